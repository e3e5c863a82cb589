#include "engine/engine.hpp"

#include "engine/assert.hpp"

namespace buttonwood::engine {

RejectReason Engine::decide(const CommandHeader& header, const Command& command, std::vector<Event>& out) {
    BUTTONWOOD_ASSERT(header.seq == last_command_ + 1);
    BUTTONWOOD_ASSERT(header.time >= last_time_);
    Context context{header, out};
    const std::size_t first = out.size();
    const RejectReason reason = std::visit([&](const auto& c) { return on(context, c); }, command);
    BUTTONWOOD_ASSERT(out.size() > first);
    BUTTONWOOD_ASSERT(reason == RejectReason::None || out.size() == first + 1);
    return reason;
}

void Engine::apply(const Event& event) {
    BUTTONWOOD_ASSERT(event.seq == last_seq_ + 1);
    BUTTONWOOD_ASSERT(event.command >= last_command_ && event.time >= last_time_);
    last_seq_ = event.seq;
    last_command_ = event.command;
    last_time_ = event.time;
    std::visit([&](const auto& body) { on(event, body); }, event.body);
}

void Engine::emit(Context& context, EventBody body) {
    context.out.push_back(Event{last_seq_ + 1, context.header.seq, context.header.time, std::move(body)});
    apply(context.out.back());
}

RejectReason Engine::reject(Context& context, RejectReason reason, AccountId account, SecurityId security,
                            OrderId order) {
    emit(context, CommandRejected{reason, account, security, order});
    return reason;
}

bool Engine::actor_may(const Context& context, Role role) const {
    if (context.header.actor == UserId::None) return true;  // the system itself
    const User* user = find(context.header.actor);
    return user && (user->roles.has(role) || user->roles.has(Role::Admin));
}

bool Engine::actor_owns(const Context& context, AccountId account) const {
    const Account* found = find(account);
    return found && (context.header.actor == UserId::None || found->user == context.header.actor);
}

const Engine::User* Engine::find(UserId id) const {
    const auto index = static_cast<std::size_t>(id);
    return index >= 1 && index <= users_.size() ? &users_[index - 1] : nullptr;
}

const Engine::Account* Engine::find(AccountId id) const {
    const auto index = static_cast<std::size_t>(id);
    return index >= 1 && index <= accounts_.size() ? &accounts_[index - 1] : nullptr;
}

const Engine::Security* Engine::find(SecurityId id) const {
    const auto index = static_cast<std::size_t>(id);
    return index >= 1 && index <= securities_.size() ? &securities_[index - 1] : nullptr;
}

Engine::Slot Engine::slot_of(OrderId id) const {
    const auto it = order_slots_.find(id);
    return it == order_slots_.end() ? kNoSlot : it->second;
}

std::uint64_t Engine::cash_key(AccountId account, std::size_t currency_index) {
    return (static_cast<std::uint64_t>(account) << 16) | currency_index;
}

std::uint64_t Engine::holding_key(AccountId account, SecurityId security) {
    return (static_cast<std::uint64_t>(account) << 32) | static_cast<std::uint64_t>(security);
}

std::size_t Engine::currency_index(Currency currency) const {
    for (std::size_t i = 0; i < currencies_.size(); ++i)
        if (currencies_[i] == currency) return i;
    return currencies_.size();
}

Balance& Engine::cash(AccountId account, Currency currency) {
    const std::size_t index = currency_index(currency);
    if (index == currencies_.size()) currencies_.push_back(currency);
    return cash_[cash_key(account, index)];
}

Holding& Engine::shares(AccountId account, SecurityId security) { return holdings_[holding_key(account, security)]; }

std::string Engine::client_key(AccountId account, const ClientOrderId& id) {
    std::string key(sizeof account, '\0');
    std::memcpy(key.data(), &account, sizeof account);
    key.append(id.view());
    return key;
}

Balance Engine::balance(AccountId account, Currency currency) const {
    const auto it = cash_.find(cash_key(account, currency_index(currency)));
    return it == cash_.end() ? Balance{} : it->second;
}

Holding Engine::holding(AccountId account, SecurityId security) const {
    const auto it = holdings_.find(holding_key(account, security));
    return it == holdings_.end() ? Holding{} : it->second;
}

std::optional<OrderView> Engine::order(OrderId id) const {
    const Slot slot = slot_of(id);
    if (slot == kNoSlot) return std::nullopt;
    const Order& o = orders_[slot];
    return OrderView{o.id, o.account, o.security, o.side, o.price, o.quantity, o.leaves, o.client_order_id};
}

std::optional<OrderId> Engine::order_by_client_id(AccountId account, const ClientOrderId& id) const {
    const auto it = client_ids_.find(client_key(account, id));
    if (it == client_ids_.end()) return std::nullopt;
    return it->second.order;
}

SecurityId Engine::security_by_symbol(const Symbol& symbol) const {
    const auto it = symbols_.find(std::string(symbol.view()));
    return it == symbols_.end() ? SecurityId::None : it->second;
}

const OrderBook* Engine::book(SecurityId security) const {
    const Security* found = find(security);
    return found ? &found->book : nullptr;
}

Quantity Engine::shares_outstanding(SecurityId security) const {
    const Security* found = find(security);
    return found ? found->outstanding : Quantity{};
}

}  // namespace buttonwood::engine
