// save() and load(): all state as bytes, for snapshots.
//
// One list of fields per thing, walked in both directions (archive.hpp). What is written says what the state is, not
// how it is kept: orders by id with their place, balances by account and currency. Left out is what follows:
//
//   books, queues, held orders     from the orders, in the order of their places
//   expiries, timers, next states  from the orders, accounts and states that they belong to
//   counters, indexes, lists       by counting and linking anew
//   deposits per currency          the sum of all balances: trades only move cash
//   currencies                     those of the securities and of the balances that are left
//   the price before a command's trades, securities to settle: of the command being decided; there is none
#include "engine/assert.hpp"
#include "engine/engine.hpp"

#include <algorithm>
#include <new>
#include <stdexcept>
#include <tuple>

namespace buttonwood::engine {

struct Engine::Saved {
    // ---- lists of fields, for both directions

    template <class A, class E> static void counters(A& archive, E& e) {
        archive(e.last_seq_, e.last_command_, e.last_time_, e.clock_, e.last_order_, e.last_trade_, e.indicated_at_);
        archive(e.market_.state, e.market_.auction, e.market_.until);
        fees(archive, e.market_fees_);
    }
    template <class A, class F> static void fees(A& archive, F& f) { archive(f.maker_ppm, f.taker_ppm, f.account); }

    template <class A, class E> static void people(A& archive, E& e) {
        archive.each(e.users_, [&](auto& user) {
            archive(user.name, user.roles, user.status, user.kyc, user.accreditation, user.basis,
                    user.accredited_until);
        });
        archive.each(e.accounts_, [&](auto& account) { archive(account.user, account.cancel_after); });
    }

    template <class A, class K> static void key(A& archive, KeyId& id, K& key) {
        archive(id, key.user, key.secret_hash, key.roles, key.revoked);
    }

    template <class A, class S> static void security(A& archive, S& s) {
        archive(s.terms, s.own.state, s.own.auction, s.own.until, s.outstanding, s.last, s.unpaired, s.uncrossed);
        if (s.uncrossed) archive(s.auction_price, s.uncross_clock);
        archive(s.bands.reference_price, s.bands.static_basis_points, s.bands.dynamic_basis_points, s.bands.halt_us,
                s.bands.auction_us);
        bool has_terms = s.more != nullptr;
        archive(s.delisted, s.has_own_fees, has_terms);
        if constexpr (A::kLoads)
            if (has_terms) s.more = std::make_unique<SecurityTermsSet>();
        if (s.has_own_fees) fees(archive, s.fees);
        if (has_terms) archive(*s.more);
    }

    struct Cash {
        AccountId account{};
        Currency currency;
        Balance balance;
        template <class A, class Self> static void fields(A& archive, Self& self) {
            archive(self.account, self.currency, self.balance.total, self.balance.reserved);
        }
    };
    struct Shares {
        std::uint64_t key{};
        Holding holding;
        template <class A, class Self> static void fields(A& archive, Self& self) {
            archive(self.key, self.holding.total, self.holding.reserved);
        }
    };

    // A user's profile, a trade that is not settled: with the id that it lies under.
    template <class A, class P> static void profile(A& archive, UserId& user, P& p) {
        archive(user, p.email, p.jurisdiction);
    }
    template <class A, class U> static void unsettled(A& archive, TradeId& id, U& t) {
        archive(id, t.security, t.buyer, t.seller, t.quantity, t.notional, t.buyer_fee, t.seller_fee, t.fee_account,
                t.settles_at, t.failed);
    }

    template <class A, class C> static void client_id(A& archive, C& entry) {
        archive(entry.account, entry.id, entry.order, entry.fingerprint);
    }

    // tip: what the book shows of it. mark: that its trailing stop follows now.
    template <class A, class O> static void order(A& archive, O& o, Quantity& tip, bool& has_extra) {
        archive(o.id, o.place, o.account, o.security, o.side, o.type, o.time_in_force, o.prevention, o.role);
        archive(o.post_only, o.all_or_none, o.reduce_only, o.held, o.pending, o.price, o.quantity, o.leaves, tip);
        archive(o.reserved_quantity, o.reserved_cash, o.client_id, o.maker_ppm, o.taker_ppm, has_extra);
    }
    template <class A, class X> static void extra(A& archive, const Order& of, X& x, Price& mark) {
        archive(x.stop_price, x.trail_amount, x.trail_basis_points, x.protection_price, x.display_quantity,
                x.min_quantity, x.expires_at, x.group);
        if (follows_a_mark(of)) archive(mark);
    }

    template <class A, class E> static void waiting(A& archive, E& e) {
        archive.each(e.works_, [&](auto& w) {
            archive(w.kind, w.account, w.security, w.side, w.reason, w.through, w.next_state, w.cause, w.done_count);
        });
        archive.each(e.closed_entries_, [&](auto& entry) { archive(entry.id, entry.executed); });
        archive.each(e.unindicated_, [&](auto& id) { archive(id); });
    }

    // ---- saving

    static void keys(ArchiveWriter& archive, const Engine& e) {
        std::vector<KeyId> ids;
        for (const auto& [id, unused] : e.keys_) ids.push_back(id);
        std::sort(ids.begin(), ids.end());
        archive.each(ids, [&](KeyId id) { key(archive, id, e.keys_.at(id)); });
    }

    static void profiles(ArchiveWriter& archive, const Engine& e) {
        archive.each(e.profiles_, [&](const auto& entry) {
            UserId user = entry.first;
            profile(archive, user, entry.second);
        });
    }

    static void trades(ArchiveWriter& archive, const Engine& e) {
        archive.each(e.unsettled_, [&](const auto& entry) {
            TradeId id = entry.first;
            unsettled(archive, id, entry.second);
        });
    }

    static void cash(ArchiveWriter& archive, const Engine& e) {
        std::vector<Cash> all;
        e.for_each_balance([&](AccountId account, std::size_t currency, const Balance& balance) {
            if (balance.total != Money{} || balance.reserved != Money{})
                all.push_back({account, e.currencies_[currency], balance});
        });
        std::sort(all.begin(), all.end(), [](const Cash& a, const Cash& b) {
            return std::tie(a.account, a.currency) < std::tie(b.account, b.currency);
        });
        archive.each(all, [&](const Cash& cash) { Cash::fields(archive, cash); });
    }

    static void holdings(ArchiveWriter& archive, const Engine& e) {
        std::vector<Shares> all;
        e.holdings_.for_each([&](std::uint64_t key, const Holding& holding) {
            if (holding.total != Quantity{} || holding.reserved != Quantity{}) all.push_back({key, holding});
        });
        std::sort(all.begin(), all.end(), [](const Shares& a, const Shares& b) { return a.key < b.key; });
        archive.each(all, [&](const Shares& shares) { Shares::fields(archive, shares); });
    }

    static void client_ids(ArchiveWriter& archive, const Engine& e) {
        archive(static_cast<std::uint64_t>(e.client_ids_.size()));
        for (ClientIds::Number n = 1; n <= e.client_ids_.size(); ++n) client_id(archive, e.client_ids_.at(n));
    }

    static void orders(ArchiveWriter& archive, const Engine& e) {
        archive(static_cast<std::uint64_t>(e.order_index_.size()));
        e.order_index_.for_each([&](OrderId, Slot slot) {
            const Order& o = e.orders_[slot];
            Quantity tip = e.tip_of(o);
            bool has_extra = o.extra != kNoSlot;
            order(archive, o, tip, has_extra);
            if (!has_extra) return;
            Price mark = e.mark_of(slot);
            extra(archive, o, e.extras_[o.extra], mark);
        });
    }

    // ---- loading: each piece is checked before anything is looked up by it

    static bool may_be(const Engine& e, const Fees& fees) {
        return fees.account == AccountId::None ? higher_rate(fees) == 0
                                               : e.find(fees.account) && higher_rate(fees) <= kMaxFeePpm;
    }

    static void check_people(ArchiveReader& archive, Engine& e) {
        for (const User& user : e.users_)
            archive.require(user.accredited_until.us == 0 || user.accreditation == AccreditationStatus::Verified,
                            "an accreditation that is none ends");
        archive.require(may_be(e, e.market_fees_), "fees go nowhere");
        for (std::size_t i = 0; i < e.accounts_.size(); ++i) {
            const Account& account = e.accounts_[i];
            archive.require(e.find(account.user), "an account has no user");
            if (account.cancel_after.us != 0)
                e.cancel_afters_.insert({account.cancel_after, static_cast<AccountId>(i + 1)});
        }
    }

    static void keys(ArchiveReader& archive, Engine& e) {
        archive.each_of<KeyId>([&](KeyId& id) {
            ApiKey loaded;
            key(archive, id, loaded);
            archive.require(e.keys_.emplace(id, loaded).second, "a key is there twice");
        });
    }

    struct NamedProfile : Profile {
        UserId user{};
    };
    static void profiles(ArchiveReader& archive, Engine& e) {
        archive.each_of<NamedProfile>([&](NamedProfile& loaded) {
            profile(archive, loaded.user, loaded);
            archive.require(e.find(loaded.user), "a profile has no user");
            archive.require(e.profiles_.emplace(loaded.user, loaded).second, "a profile is there twice");
        });
    }

    struct NamedTrade : Unsettled {
        TradeId id{};
    };
    static void trades(ArchiveReader& archive, Engine& e) {
        archive.each_of<NamedTrade>([&](NamedTrade& loaded) {
            unsettled(archive, loaded.id, loaded);
            archive.require(loaded.id > TradeId::None && loaded.id <= e.last_trade_, "a trade is from the future");
            archive.require(e.find(loaded.security) && e.find(loaded.buyer) && e.find(loaded.seller) &&
                                (loaded.fee_account == AccountId::None || e.find(loaded.fee_account)),
                            "a trade concerns nobody");
            archive.require(e.unsettled_.emplace(loaded.id, loaded).second, "a trade is there twice");
            if (!archive.ok()) return;
            if (!loaded.failed) e.settlements_.insert({loaded.settles_at, loaded.id});
            e.proceeds_[cash_key(loaded.seller, e.at(loaded.security).currency)] += loaded.proceeds();
        });
    }

    static void securities(ArchiveReader& archive, Engine& e) {
        archive.each(e.securities_, [&](Security& s) {
            security(archive, s);
            const SecurityCreated& terms = s.terms;
            archive.require(static_cast<std::size_t>(terms.security) == e.securities_.size(),
                            "a security is misplaced");
            archive.require(terms.price_scale <= kMoneyScale && terms.quantity_scale <= kMoneyScale &&
                                terms.price_scale + terms.quantity_scale <= kMoneyScale,
                            "a security's scales are too large");
            archive.require(terms.tick_size.units > 0 && terms.lot_size.units > 0, "a security has no tick or lot");
            if (!archive.ok()) return;
            e.complete(s);
            derive_restrictions(s);
            archive.require(may_be(e, s.fees) && (!s.has_own_fees || s.fees.account != AccountId::None),
                            "fees go nowhere");
            if (s.own.until.us != 0) e.state_changes_.insert({s.own.until, terms.security});
            if (s.uncrossed) e.uncrossed_.push_back(terms.security);
        });
        if (e.market_.until.us != 0) e.state_changes_.insert({e.market_.until, SecurityId::None});
    }

    static void cash(ArchiveReader& archive, Engine& e) {
        archive.each_of<Cash>([&](Cash& loaded) {
            Cash::fields(archive, loaded);
            archive.require(e.find(loaded.account), "cash has no account");
            archive.require(!loaded.currency.empty(), "cash has no currency");
            if (!archive.ok()) return;
            const std::size_t currency = e.index_of(loaded.currency);
            archive.require(currency <= 0xFFFF, "there are too many currencies");
            if (archive.ok()) e.cash(loaded.account, currency) = loaded.balance;
            e.deposited_[std::string(loaded.currency.view())] += loaded.balance.total;
        });
    }

    static void holdings(ArchiveReader& archive, Engine& e) {
        archive.each_of<Shares>([&](Shares& loaded) {
            Shares::fields(archive, loaded);
            archive.require(e.find(static_cast<AccountId>(loaded.key >> 32)) &&
                                e.find(static_cast<SecurityId>(loaded.key & 0xFFFF'FFFF)),
                            "shares have no account or no security");
            if (archive.ok()) e.holdings_[loaded.key] = loaded.holding;
        });
    }

    static void client_ids(ArchiveReader& archive, Engine& e) {
        archive.each_of<ClientIds::Entry>([&](ClientIds::Entry& entry) {
            client_id(archive, entry);
            archive.require(e.client_ids_.size() < UINT32_MAX, "there are too many client ids");
            archive.require(e.client_ids_.find(entry.account, entry.id) == 0, "a client id is there twice");
            if (archive.ok()) e.client_ids_.insert(entry);
        });
    }

    struct Loaded {
        EventSeq place{};
        Slot slot{};
        Quantity tip;
    };

    static void check_order(ArchiveReader& archive, const Engine& e, const Order& o, Quantity tip) {
        const bool needs_extra = has_trigger(o.type) || o.role != GroupRole::None;
        archive.require(o.id > OrderId::None && o.id <= e.last_order_ && o.place <= e.last_seq_ &&
                            static_cast<std::uint64_t>(o.id) <= e.last_seq_,
                        "an order is from the future");
        archive.require(e.find(o.account) && e.find(o.security), "an order has no account or no security");
        archive.require(o.client_id <= e.client_ids_.size(), "an order's client id is missing");
        archive.require(o.leaves.units > 0 && o.leaves <= o.quantity, "an order is open without a rest");
        archive.require(o.held ? tip.units == 0 : tip.units > 0 && tip <= o.leaves, "an order shows what it has not");
        archive.require(!needs_extra || o.extra != kNoSlot, "an order lacks the terms of its type");
        archive.require(!o.pending || (o.held && o.role != GroupRole::None), "an order waits for no entry");
    }

    static void orders(ArchiveReader& archive, Engine& e) {
        std::vector<Loaded> by_place;
        OrderId previous{};
        archive.each(by_place, [&](Loaded& loaded) {
            Order o;
            bool has_extra{};
            order(archive, o, loaded.tip, has_extra);
            if (has_extra) {
                o.extra = static_cast<Slot>(e.extras_.size());
                Extra& own = e.extras_.emplace_back();
                extra(archive, o, own, own.trail_mark);
            }
            check_order(archive, e, o, loaded.tip);
            archive.require(o.id > previous, "orders are out of order");
            if (!archive.ok()) return;
            previous = o.id;
            loaded.place = o.place;
            loaded.slot = static_cast<Slot>(e.orders_.size());
            e.orders_.push_back(o);
            e.order_index_.insert(o.id, loaded.slot);
            e.link(e.at(o.account).orders, &Order::of_account, loaded.slot);
            e.link(e.at(o.security).orders, &Order::of_security, loaded.slot);
            ++e.at(e.at(o.account).user).open_orders;
            e.expect_expiry(e.orders_[loaded.slot]);
        });
        if (!archive.ok()) return;
        std::sort(by_place.begin(), by_place.end(), [](const Loaded& a, const Loaded& b) { return a.place < b.place; });
        for (const Loaded& loaded : by_place) enter(e, loaded);
    }

    // Where it stood: behind those of earlier places, in the book or among the held.
    static void enter(Engine& e, const Loaded& loaded) {
        Order& o = e.orders_[loaded.slot];
        if (o.held) return e.change_held(loaded.slot, true);
        Security& security = e.at(o.security);
        o.handle = security.book.add(o.side, o.price, loaded.tip, loaded.slot);
        security.shown[side_index(o.side)] += loaded.tip.units;
        if (e.is_iceberg(o)) ++security.iceberg_count;
        if (for_auction(o.time_in_force)) ++security.auction_orders;
    }

    static void check_waiting(ArchiveReader& archive, Engine& e) {
        for (const WorkDeferred& work : e.works_) {
            archive.require((work.account == AccountId::None || e.find(work.account)) &&
                                (work.security == SecurityId::None || e.find(work.security)),
                            "work concerns nobody");
            if (work.kind == WorkKind::MassCancel || work.kind == WorkKind::DayEnd) ++e.sweeps_;
        }
        for (BracketEntry& entry : e.closed_entries_) {
            const Slot exit = e.slot_of(static_cast<OrderId>(static_cast<std::uint64_t>(entry.id) + 1));
            archive.require(exit != kNoSlot, "an entry has no exits");
            if (exit != kNoSlot) entry.security = e.orders_[exit].security;
        }
        for (const SecurityId id : e.unindicated_) archive.require(e.find(id), "an auction has no security");
    }

    static void load(ArchiveReader& archive, Engine& e) {
        counters(archive, e);
        people(archive, e);
        check_people(archive, e);
        keys(archive, e);
        securities(archive, e);
        cash(archive, e);
        holdings(archive, e);
        profiles(archive, e);
        trades(archive, e);
        client_ids(archive, e);
        if (archive.ok()) orders(archive, e);
        waiting(archive, e);
        if (archive.ok()) check_waiting(archive, e);
    }
};

void Engine::save(ArchiveWriter& archive) const {
    BUTTONWOOD_ASSERT(touched_.empty());
    Saved::counters(archive, *this);
    Saved::people(archive, *this);
    Saved::keys(archive, *this);
    archive.each(securities_, [&](const Security& s) { Saved::security(archive, s); });
    Saved::cash(archive, *this);
    Saved::holdings(archive, *this);
    Saved::profiles(archive, *this);
    Saved::trades(archive, *this);
    Saved::client_ids(archive, *this);
    Saved::orders(archive, *this);
    Saved::waiting(archive, *this);
}

std::expected<Engine, std::string> Engine::load(ArchiveReader& archive) {
    Engine engine;
    try {
        Saved::load(archive, engine);
    } catch (const std::bad_alloc&) {
        archive.fail("it needs more memory than there is");
    } catch (const std::length_error&) {
        archive.fail("it needs more memory than there is");
    }
    if (!archive.ok()) return std::unexpected(archive.problem());
    return engine;
}

}  // namespace buttonwood::engine
