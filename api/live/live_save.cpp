// LiveView as bytes and back, for snapshots: one list of fields per thing, for both directions (engine/archive.hpp).
//
// Left out is what follows from the rest: symbols, the accounts of a user, the open orders of an account, the orders'
// client ids, the state in force; and what was noted about the last command.
#include "api/live/live_view.hpp"

#include "engine/names.hpp"

#include <algorithm>

namespace buttonwood::api {
namespace {

using Reason = engine::FixedString<32>;

// The literal of this word; empty where there is none.
std::string_view reason_named(std::string_view word) {
    for (const auto& entry : engine::words_of(engine::CancelReason{}))
        if (entry.word == word) return entry.word;
    for (const auto& entry : engine::words_of(engine::ExpireReason{}))
        if (entry.word == word) return entry.word;
    return {};
}

template <class Map> auto sorted_keys(const Map& map) {
    std::vector<typename Map::key_type> keys;
    keys.reserve(map.size());
    for (const auto& [key, unused] : map) keys.push_back(key);
    std::ranges::sort(keys);
    return keys;
}

}  // namespace

struct LiveView::Saved {
    template <class A, class S> static void state(A& archive, S& s) {
        archive(s.state, s.auction, s.until, s.cause);
    }

    template <class A, class V> static void market(A& archive, V& view) {
        archive(view.event_seq_, view.command_, view.time_, view.market_status_seq_);
        state(archive, view.market_);
    }

    template <class A, class U> static void user(A& archive, U& u) {
        archive(u.id, u.name, u.roles, u.status, u.created_at);
    }

    template <class A, class C> static void account(A& archive, C& a) {
        archive(a.user, a.execution_seq, a.cancel_after);
    }

    template <class A, class K> static void key(A& archive, K& k) {
        archive(k.user, k.secret_hash, k.roles, k.revoked);
    }

    template <class A, class T> static void trade(A& archive, T& t) {
        archive(t.id, t.price, t.quantity, t.taker_side, t.time, t.event_seq, t.auction);
    }

    template <class A, class M> static void minute(A& archive, M& m) {
        archive(m.minute, m.open, m.high, m.low, m.close, m.volume, m.turnover, m.trade_count);
    }

    // Whether it is there, and then f(it).
    template <class A, class Optional, class F> static void maybe(A& archive, Optional& optional, F&& f) {
        bool present = optional.has_value();
        archive(present);
        if constexpr (A::kLoads) {
            if (present) f(optional.emplace());
        } else {
            if (present) f(*optional);
        }
    }

    template <class A, class S> static void security(A& archive, S& s) {
        const auto auction = [&](auto& a) {
            archive(a.price, a.paired, a.imbalance, a.imbalance_side, a.time);
        };
        archive(s.terms);
        state(archive, s.own);
        state(archive, s.state);
        maybe(archive, s.indication, auction);
        maybe(archive, s.last_auction, auction);
        archive(s.bands, s.outstanding);
        LiveBook::fields(archive, s.book);
        archive(s.book_seq, s.trade_seq, s.ticker_seq, s.status_seq, s.auction_seq, s.book_event_seq, s.book_time);
        archive.each(s.trades, [&](auto& t) { trade(archive, t); });
        archive.each(s.minutes, [&](auto& m) { minute(archive, m); });
        maybe(archive, s.last_trade, [&](auto& t) { trade(archive, t); });
        PriceMarks::fields(archive, s.marks);
        archive(s.bbo.bid, s.bbo.offer, s.bbo.bid_quantity, s.bbo.offer_quantity);
    }

    template <class A, class O> static void order(A& archive, O& o, Reason& reason) {
        archive(o.id, o.account, o.security, o.side, o.type, o.time_in_force, o.post_only, o.reduce_only,
                o.all_or_none, o.self_trade_prevention, o.role, o.status, reason, o.group, o.price);
        archive(o.quantity, o.leaves, o.filled, o.prevented, o.shown, o.display_quantity, o.min_quantity);
        archive(o.stop_price, o.trail_amount, o.trail_basis_points, o.protection_price, o.trail_since, o.expires_at);
        archive(o.filled_notional, o.created_at, o.updated_at, o.event_seq, o.client_order_id);
    }

    static void load_people(engine::ArchiveReader& archive, LiveView& view) {
        archive.each(view.users_, [&](LiveUser& u) {
            user(archive, u);
            archive.require(static_cast<std::size_t>(u.id) == view.users_.size(), "a user is misplaced");
        });
        archive.each(view.accounts_, [&](LiveAccount& a) {
            account(archive, a);
            archive.require(view.user(a.user), "an account has no user");
            if (!archive.ok()) return;
            view.users_[static_cast<std::size_t>(a.user) - 1].accounts.push_back(
                static_cast<engine::AccountId>(view.accounts_.size()));
        });
        archive.each_of<engine::KeyId>([&](engine::KeyId& id) {
            archive(id);
            key(archive, view.keys_[id]);
        });
    }

    static void load_securities(engine::ArchiveReader& archive, LiveView& view) {
        archive.each(view.securities_, [&](LiveSecurity& s) {
            security(archive, s);
            const engine::SecurityId id = s.terms.security;
            archive.require(static_cast<std::size_t>(id) == view.securities_.size(), "a security is misplaced");
            view.symbols_[std::string(s.symbol())] = id;
        });
    }

    static void load_orders(engine::ArchiveReader& archive, LiveView& view) {
        archive.each_of<LiveOrder>([&](LiveOrder& o) {
            Reason reason;
            order(archive, o, reason);
            o.reason = reason_named(reason.view());
            archive.require(o.reason == reason.view(), "a reason is not known");
            archive.require(o.status <= OrderStatus::Expired, "a status is not known");
            archive.require(view.account(o.account) && view.security(o.security), "an order belongs to nobody");
            if (!archive.ok()) return;
            if (is_open(o.status)) view.at(o.account).open_orders.insert(o.id);
            if (!o.client_order_id.empty()) view.client_ids_[client_key(o.account, o.client_order_id)] = o.id;
            view.orders_.emplace(o.id, o);
        });
        archive.each(view.closed_, [&](engine::OrderId& id) {
            archive(id);
            archive.require(view.order(id), "a closed order is not there");
        });
    }
};

void LiveView::save(engine::ArchiveWriter& archive) const {
    Saved::market(archive, *this);
    archive.each(users_, [&](const LiveUser& u) { Saved::user(archive, u); });
    archive.each(accounts_, [&](const LiveAccount& a) { Saved::account(archive, a); });
    archive.each(sorted_keys(keys_), [&](engine::KeyId id) {
        archive(id);
        Saved::key(archive, keys_.at(id));
    });
    archive.each(securities_, [&](const LiveSecurity& s) { Saved::security(archive, s); });
    archive.each(sorted_keys(orders_), [&](engine::OrderId id) {
        const LiveOrder& o = orders_.at(id);
        Reason reason = o.reason;
        Saved::order(archive, o, reason);
    });
    archive.each(closed_, [&](engine::OrderId id) { archive(id); });
}

void LiveView::load(engine::ArchiveReader& archive) {
    *this = LiveView();
    Saved::market(archive, *this);
    Saved::load_people(archive, *this);
    Saved::load_securities(archive, *this);
    Saved::load_orders(archive, *this);
}

}  // namespace buttonwood::api
