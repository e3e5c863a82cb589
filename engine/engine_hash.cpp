// state_hash(): what the state is, whatever holds it. digest(): the same of what some events name.
#include "engine/engine.hpp"

#include <algorithm>

namespace buttonwood::engine {
namespace {

// Digests one entity (128 bits, two lanes of a 64-bit finaliser); the state's hash is the sum over its entities, so no
// container's order matters. Not cryptographic: it finds divergence, the journal's SHA-256 chain finds tampering.
class EntityHash {
public:
    explicit EntityHash(std::uint64_t kind) { add(kind); }

    EntityHash& add(std::uint64_t word) {
        high_ = mix(high_ ^ word) + 0x9E37'79B9'7F4A'7C15;
        low_ = mix(low_ + word) ^ 0xD1B5'4A32'D192'ED03;
        return *this;
    }
    EntityHash& add(Int128 value) {
        add(static_cast<std::uint64_t>(value));
        return add(static_cast<std::uint64_t>(static_cast<UInt128>(value) >> 64));
    }
    EntityHash& add(std::string_view text) {
        add(std::uint64_t{text.size()});
        for (const char c : text) add(std::uint64_t{static_cast<unsigned char>(c)});
        return *this;
    }
    template <class E> requires std::is_enum_v<E> EntityHash& add(E value) {
        return add(static_cast<std::uint64_t>(value));
    }
    template <class Tag> EntityHash& add(Amount<Tag> value) { return add(static_cast<std::uint64_t>(value.units)); }
    EntityHash& add(Money value) { return add(value.units); }
    EntityHash& add(std::int64_t value) { return add(static_cast<std::uint64_t>(value)); }
    EntityHash& add(Timestamp value) { return add(value.us); }
    template <std::size_t N> EntityHash& add(const FixedString<N>& text) { return add(text.view()); }
    EntityHash& add(RoleSet roles) { return add(std::uint64_t{roles.bits}); }

    void into(StateHash& sum) const {
        sum.high += high_;
        sum.low += low_;
    }

private:
    static std::uint64_t mix(std::uint64_t x) {
        x ^= x >> 30;
        x *= 0xBF58'476D'1CE4'E5B9;
        x ^= x >> 27;
        x *= 0x94D0'49BB'1331'11EB;
        return x ^ (x >> 31);
    }
    std::uint64_t high_ = 0x243F'6A88'85A3'08D3;
    std::uint64_t low_ = 0x1319'8A2E'0370'7344;
};

// One number per kind of entity; part of the hash, never renumber. What an older engine did not know adds nothing as
// long as it is not used, so that old logs keep their hashes.
enum class Kind : std::uint64_t { Counters = 1, User, Account, ApiKey, Security, Cash, Holding, Order, ClientId, Work,
                                  ClosedEntry, Unindicated, Standing, Profile, SecurityTerms, Delisted, Fees,
                                  OrderFees, Unsettled };
EntityHash entity(Kind kind) { return EntityHash(static_cast<std::uint64_t>(kind)); }

}  // namespace

std::string StateHash::hex() const {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text(32, '0');
    for (std::size_t i = 0; i < 16; ++i) {
        text[15 - i] = kDigits[(high >> (4 * i)) & 15];
        text[31 - i] = kDigits[(low >> (4 * i)) & 15];
    }
    return text;
}

StateHash Engine::state_hash() const {
    StateHash sum;
    hash_counters(sum);
    for (std::size_t i = 0; i < users_.size(); ++i) hash_user(i, sum);
    for (std::size_t i = 0; i < accounts_.size(); ++i) hash_account(i, sum);
    for (const auto& [id, key] : keys_) hash_key(id, key, sum);
    for (const Security& s : securities_) hash_security(s, sum);
    for_each_balance([&](AccountId account, std::size_t currency, const Balance& balance) {
        hash_cash(account, currency, balance, sum);
    });
    holdings_.for_each([&](std::uint64_t key, const Holding& held) { hash_holding(key, held, sum); });
    order_index_.for_each([&](OrderId, Slot slot) { hash_order(slot, sum); });
    for (ClientIds::Number number = 1; number <= client_ids_.size(); ++number) {
        const ClientIds::Entry& entry = client_ids_.at(number);
        entity(Kind::ClientId).add(entry.account).add(entry.id).add(entry.order).add(entry.fingerprint).into(sum);
    }
    for (const auto& [id, trade] : unsettled_) hash_unsettled(id, trade, sum);
    hash_waiting(sum);
    return sum;
}

namespace {

// f(id) for each of them once, in order.
template <class T, class F> void each_once(std::vector<T> ids, F&& f) {
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    for (const T& id : ids) f(id);
}

}  // namespace

StateHash Engine::digest(std::span<const Event> events) const {
    NamedByEvents named;
    named.add(events);
    return digest(named);
}

StateHash Engine::digest(const NamedByEvents& named) const {
    StateHash sum;
    hash_counters(sum);
    each_once(named.users_, [&](UserId id) {
        if (find(id)) hash_user(static_cast<std::size_t>(id) - 1, sum);
    });
    each_once(named.accounts_, [&](AccountId id) {
        if (find(id)) hash_account(static_cast<std::size_t>(id) - 1, sum);
    });
    each_once(named.keys_, [&](KeyId id) {
        if (const auto it = keys_.find(id); it != keys_.end()) hash_key(id, it->second, sum);
    });
    each_once(named.trades_, [&](TradeId id) {
        if (const auto it = unsettled_.find(id); it != unsettled_.end()) hash_unsettled(id, it->second, sum);
    });
    each_once(named.securities_, [&](SecurityId id) {
        if (const Security* security = find(id)) hash_security(*security, sum);
    });
    each_once(named.orders_, [&](OrderId id) {
        if (const Slot slot = slot_of(id); slot != kNoSlot) hash_order(slot, sum);
    });
    std::vector<std::pair<AccountId, std::size_t>> balances;
    for (const auto& [account, currency] : named.cash_) balances.emplace_back(account, find_currency(currency));
    each_once(named.holdings_, [&](const auto& of) {
        const std::uint64_t key = holding_key(of.first, of.second);
        if (const Holding* held = holdings_.find(key)) hash_holding(key, *held, sum);
        if (const Security* security = find(of.second)) balances.emplace_back(of.first, security->currency);
    });
    each_once(balances, [&](const auto& of) {
        if (find(of.first) && of.second < currencies_.size())
            hash_cash(of.first, of.second, balance(of.first, of.second), sum);
    });
    return sum;
}

void Engine::hash_counters(StateHash& sum) const {
    entity(Kind::Counters).add(last_seq_).add(last_command_).add(last_time_).add(clock_).add(last_order_)
        .add(last_trade_).add(indicated_at_).add(market_.state).add(market_.auction).add(market_.until).into(sum);
    hash_fees(SecurityId::None, market_fees_, sum);
}

void Engine::hash_user(std::size_t i, StateHash& sum) const {
    const User& user = users_[i];
    entity(Kind::User).add(std::uint64_t{i}).add(user.name).add(user.roles).add(user.status).into(sum);
    if (user.kyc != KycStatus::None || user.accreditation != AccreditationStatus::None ||
        user.basis != AccreditationBasis::None)
        entity(Kind::Standing).add(std::uint64_t{i}).add(user.kyc).add(user.accreditation).add(user.basis)
            .add(user.accredited_until).into(sum);
    if (const auto it = profiles_.find(static_cast<UserId>(i + 1)); it != profiles_.end())
        entity(Kind::Profile).add(std::uint64_t{i}).add(it->second.email).add(it->second.jurisdiction).into(sum);
}

void Engine::hash_fees(SecurityId security, const Fees& fees, StateHash& sum) {
    if (fees.account != AccountId::None)
        entity(Kind::Fees).add(security).add(std::uint64_t{fees.maker_ppm}).add(std::uint64_t{fees.taker_ppm})
            .add(fees.account).into(sum);
}

void Engine::hash_unsettled(TradeId id, const Unsettled& t, StateHash& sum) {
    entity(Kind::Unsettled).add(id).add(t.security).add(t.buyer).add(t.seller).add(t.quantity).add(t.notional)
        .add(t.buyer_fee).add(t.seller_fee).add(t.fee_account).add(t.settles_at).add(std::uint64_t{t.failed}).into(sum);
}

void Engine::hash_account(std::size_t i, StateHash& sum) const {
    entity(Kind::Account).add(std::uint64_t{i}).add(accounts_[i].user).add(accounts_[i].cancel_after).into(sum);
}

void Engine::hash_key(KeyId id, const ApiKey& key, StateHash& sum) {
    EntityHash hash = entity(Kind::ApiKey);
    hash.add(id).add(key.user).add(key.roles).add(std::uint64_t{key.revoked});
    for (const std::byte b : key.secret_hash) hash.add(std::to_integer<std::uint64_t>(b));
    hash.into(sum);
}

void Engine::hash_cash(AccountId account, std::size_t currency, const Balance& balance, StateHash& sum) const {
    if (balance.total != Money{} || balance.reserved != Money{})
        entity(Kind::Cash).add(account).add(currencies_[currency]).add(balance.total).add(balance.reserved).into(sum);
}

void Engine::hash_holding(std::uint64_t key, const Holding& held, StateHash& sum) {
    if (held.total != Quantity{} || held.reserved != Quantity{})
        entity(Kind::Holding).add(key).add(held.total).add(held.reserved).into(sum);
}

void Engine::hash_security(const Security& s, StateHash& sum) {
    entity(Kind::Security).add(s.terms.security).add(s.terms.symbol).add(s.terms.name).add(s.terms.currency)
        .add(std::uint64_t{s.terms.price_scale}).add(std::uint64_t{s.terms.quantity_scale}).add(s.terms.tick_size)
        .add(s.terms.lot_size).add(s.own.state).add(s.own.auction).add(s.own.until).add(s.outstanding).add(s.last)
        .add(s.unpaired).add(std::uint64_t{s.uncrossed}).add(s.uncrossed ? s.auction_price : Price{})
        .add(s.uncrossed ? s.uncross_clock : Timestamp{}).add(s.bands.reference_price)
        .add(std::uint64_t{s.bands.static_basis_points}).add(std::uint64_t{s.bands.dynamic_basis_points})
        .add(s.bands.halt_us).add(s.bands.auction_us).into(sum);
    if (s.has_own_fees) hash_fees(s.terms.security, s.fees, sum);
    if (s.delisted) entity(Kind::Delisted).add(s.terms.security).into(sum);
    if (!s.more) return;
    const SecurityTermsSet& t = *s.more;
    entity(Kind::SecurityTerms).add(t.security).add(t.issuer).add(t.asset_class).add(t.exemption)
        .add(std::uint64_t{t.accredited_only}).add(std::uint64_t{t.kyc_required}).add(t.lock_up_until)
        .add(std::uint64_t{t.settlement_days}).add(t.free_float).add(t.description).into(sum);
}

void Engine::hash_order(Slot slot, StateHash& sum) const {
    const Order& o = orders_[slot];
    const Extra& own = extra(o);
    entity(Kind::Order).add(o.id).add(o.account).add(o.security).add(o.side).add(o.type).add(o.time_in_force)
        .add(std::uint64_t{o.post_only}).add(std::uint64_t{o.all_or_none}).add(std::uint64_t{o.reduce_only})
        .add(o.prevention).add(o.role).add(std::uint64_t{o.held}).add(std::uint64_t{o.pending}).add(o.price)
        .add(o.quantity).add(o.leaves).add(tip_of(o)).add(o.reserved_cash).add(o.reserved_quantity).add(o.place)
        .add(std::uint64_t{o.client_id}).add(own.stop_price).add(own.trail_amount)
        .add(std::uint64_t{own.trail_basis_points}).add(mark_of(slot)).add(trigger_of(slot)).add(own.protection_price)
        .add(own.display_quantity).add(own.min_quantity).add(own.expires_at).add(own.group).into(sum);
    if ((o.maker_ppm | o.taker_ppm) != 0)
        entity(Kind::OrderFees).add(o.id).add(std::uint64_t{o.maker_ppm}).add(std::uint64_t{o.taker_ppm}).into(sum);
}

// What waits for the clock.
void Engine::hash_waiting(StateHash& sum) const {
    for (std::size_t i = 0; i < works_.size(); ++i) {
        const WorkDeferred& w = works_[i];
        entity(Kind::Work).add(std::uint64_t{i}).add(w.kind).add(w.account).add(w.security)
            .add(w.side ? static_cast<std::uint64_t>(*w.side) : 0).add(w.reason).add(w.through).add(w.next_state)
            .add(w.cause).add(std::uint64_t{w.done_count}).into(sum);
    }
    for (std::size_t i = 0; i < closed_entries_.size(); ++i)
        entity(Kind::ClosedEntry).add(std::uint64_t{i}).add(closed_entries_[i].id).add(closed_entries_[i].executed)
            .into(sum);
    for (const SecurityId id : unindicated_) entity(Kind::Unindicated).add(id).into(sum);
}

}  // namespace buttonwood::engine
