// state_hash() and check_invariants(): what the state is, and whether it can be.
#include "engine/engine.hpp"

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

// One number per kind of entity; part of the hash, never renumber.
enum class Kind : std::uint64_t { Counters = 1, User, Account, ApiKey, Security, Cash, Holding, Order, ClientId };
EntityHash digest(Kind kind) { return EntityHash(static_cast<std::uint64_t>(kind)); }

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
    digest(Kind::Counters).add(last_seq_).add(last_command_).add(static_cast<std::uint64_t>(last_time_.us))
        .add(last_order_).add(last_trade_).into(sum);
    for (std::size_t i = 0; i < users_.size(); ++i)
        digest(Kind::User).add(std::uint64_t{i}).add(users_[i].name).add(users_[i].roles)
            .add(users_[i].status).into(sum);
    for (std::size_t i = 0; i < accounts_.size(); ++i)
        digest(Kind::Account).add(std::uint64_t{i}).add(accounts_[i].user).into(sum);
    for (const auto& [id, key] : keys_) {
        EntityHash hash = digest(Kind::ApiKey);
        hash.add(id).add(key.user).add(key.roles).add(std::uint64_t{key.revoked});
        for (const std::byte b : key.secret_hash) hash.add(std::to_integer<std::uint64_t>(b));
        hash.into(sum);
    }
    for (const Security& s : securities_)
        digest(Kind::Security).add(s.terms.security).add(s.terms.symbol).add(s.terms.name).add(s.terms.currency)
            .add(std::uint64_t{s.terms.price_scale}).add(std::uint64_t{s.terms.quantity_scale}).add(s.terms.tick_size)
            .add(s.terms.lot_size).add(s.state).add(s.outstanding).into(sum);
    for (const auto& [key, balance] : cash_)
        if (balance.total != Money{} || balance.reserved != Money{})
            digest(Kind::Cash).add(key >> 16).add(currencies_[key & 0xFFFF]).add(balance.total).add(balance.reserved)
                .into(sum);
    for (const auto& [key, held] : holdings_)
        if (held.total != Quantity{} || held.reserved != Quantity{})
            digest(Kind::Holding).add(key).add(held.total).add(held.reserved).into(sum);
    for (const auto& [id, slot] : order_slots_) {
        const Order& o = orders_[slot];
        digest(Kind::Order).add(id).add(o.account).add(o.security).add(o.side).add(o.type).add(o.time_in_force)
            .add(std::uint64_t{o.post_only}).add(o.price).add(o.quantity).add(o.leaves).add(o.reserved_cash)
            .add(o.reserved_quantity).add(o.priority).add(o.client_order_id).into(sum);
    }
    for (const auto& [key, record] : client_ids_)
        digest(Kind::ClientId).add(std::string_view(key)).add(record.order).add(record.fingerprint).into(sum);
    return sum;
}

namespace {

template <class... Parts> std::string words(const Parts&... parts) {
    std::string text;
    const auto append = [&text](const auto& part) {
        if constexpr (std::is_convertible_v<decltype(part), std::string_view>) text += part;
        else text += std::to_string(static_cast<std::uint64_t>(part));
    };
    (append(parts), ...);
    return text;
}

}  // namespace

std::vector<std::string> Engine::check_invariants() const {
    std::vector<std::string> broken;
    check_books(broken);
    check_reservations(broken);
    check_conservation(broken);
    check_indexes(broken);
    return broken;
}

void Engine::check_books(std::vector<std::string>& broken) const {
    for (const Security& s : securities_) {
        const auto bid = s.book.best(Side::Buy);
        const auto offer = s.book.best(Side::Sell);
        if (bid && offer && bid->price >= offer->price)
            broken.push_back(words(s.terms.symbol.view(), ": book is crossed"));
        std::size_t orders = 0;
        for (const Side side : {Side::Buy, Side::Sell}) {
            s.book.for_each_level(side, [&](const OrderBook::Level& level) {
                Int128 sum = 0;
                std::uint32_t count = 0;
                EventSeq previous = 0;
                s.book.for_each_order_at(side, level.price, [&](OrderBook::Handle h) {
                    const Order& o = orders_[s.book.tag(h)];
                    if (o.handle != h || o.security != s.terms.security || o.side != side || o.price != level.price ||
                        o.leaves != s.book.quantity(h))
                        broken.push_back(words("order ", o.id, ": book and order disagree"));
                    if (o.priority <= previous) broken.push_back(words("order ", o.id, ": stands before an older one"));
                    previous = o.priority;
                    sum += s.book.quantity(h).units;
                    ++count;
                });
                if (sum != level.quantity.units || count != level.order_count)
                    broken.push_back(words(s.terms.symbol.view(), ": a level differs from the sum of its orders"));
                orders += count;
                return true;
            });
        }
        if (orders != s.book.order_count()) broken.push_back(words(s.terms.symbol.view(), ": order count is wrong"));
    }
}

void Engine::check_reservations(std::vector<std::string>& broken) const {
    std::unordered_map<std::uint64_t, Money> cash_sum;
    std::unordered_map<std::uint64_t, Quantity> share_sum;
    for (const auto& [id, slot] : order_slots_) {
        const Order& o = orders_[slot];
        const Security& s = at(o.security);
        Money expected;
        if (o.side == Side::Buy && !notional(o.price, o.leaves, s.terms.price_scale, s.terms.quantity_scale, expected))
            broken.push_back(words("order ", id, ": its notional overflows"));
        if (o.reserved_cash != expected || o.reserved_quantity != (o.side == Side::Sell ? o.leaves : Quantity{}))
            broken.push_back(words("order ", id, ": its reservation differs from what is open"));
        cash_sum[cash_key(o.account, currency_index(s.terms.currency))] += o.reserved_cash;
        share_sum[holding_key(o.account, o.security)] += o.reserved_quantity;
    }
    for (const auto& [key, balance] : cash_) {
        if (balance.reserved != cash_sum[key])
            broken.push_back(words("account ", key >> 16, ": reserved cash differs"));
        if (balance.reserved < Money{} || balance.reserved > balance.total)
            broken.push_back(words("account ", key >> 16, ": reserves more cash than it has"));
    }
    for (const auto& [key, held] : holdings_) {
        if (held.reserved != share_sum[key]) broken.push_back(words("account ", key >> 32, ": reserved shares differ"));
        if (held.reserved < Quantity{} || held.reserved > held.total)
            broken.push_back(words("account ", key >> 32, ": reserves more shares than it has"));
    }
}

void Engine::check_conservation(std::vector<std::string>& broken) const {
    std::vector<Money> cash_sum(currencies_.size());
    for (const auto& [key, balance] : cash_) cash_sum[key & 0xFFFF] += balance.total;
    for (std::size_t i = 0; i < currencies_.size(); ++i) {
        const auto it = deposited_.find(std::string(currencies_[i].view()));
        if (cash_sum[i] != (it == deposited_.end() ? Money{} : it->second))
            broken.push_back(words(currencies_[i].view(), ": cash is not conserved"));
    }
    std::vector<Quantity> share_sum(securities_.size());
    for (const auto& [key, held] : holdings_) share_sum[(key & 0xFFFF'FFFF) - 1] += held.total;
    for (std::size_t i = 0; i < securities_.size(); ++i)
        if (share_sum[i] != securities_[i].outstanding)
            broken.push_back(words(securities_[i].terms.symbol.view(), ": shares are not conserved"));
}

void Engine::check_indexes(std::vector<std::string>& broken) const {
    std::size_t listed = 0;
    std::vector<std::uint32_t> open_of_user(users_.size());
    for (std::size_t i = 0; i < accounts_.size(); ++i) {
        OrderId previous{};
        for (Slot slot = accounts_[i].first_order; slot != kNoSlot; slot = orders_[slot].next_of_account) {
            const Order& o = orders_[slot];
            if (slot_of(o.id) != slot || static_cast<std::size_t>(o.account) != i + 1 || o.id <= previous ||
                o.leaves.units <= 0 || o.leaves > o.quantity || o.handle == OrderBook::kNoHandle)
                broken.push_back(words("order ", o.id, ": its account's list is wrong"));
            previous = o.id;
            ++listed;
            ++open_of_user[static_cast<std::size_t>(accounts_[i].user) - 1];
        }
    }
    for (std::size_t i = 0; i < users_.size(); ++i)
        if (users_[i].open_orders != open_of_user[i])
            broken.push_back(words("user ", i + 1, ": open orders miscounted"));
    std::size_t in_books = 0;
    for (const Security& s : securities_) in_books += s.book.order_count();
    if (listed != order_slots_.size() || in_books != order_slots_.size() ||
        orders_.size() != order_slots_.size() + free_slots_.size())
        broken.push_back("order indexes disagree");
}

}  // namespace buttonwood::engine
