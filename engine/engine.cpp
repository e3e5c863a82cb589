#include "engine/engine.hpp"

#include "engine/assert.hpp"
#include "engine/engine_emit.hpp"

namespace buttonwood::engine {

const Engine::Extra Engine::kNoExtra{};

RejectReason Engine::decide(const CommandHeader& header, const Command& command, std::vector<Event>& out) {
    BUTTONWOOD_ASSERT(header.seq == last_command_ + 1);
    BUTTONWOOD_ASSERT(header.time >= last_time_);
    Context context{header, out, out.size()};
    const RejectReason reason = std::visit([&](const auto& c) { return on(context, c); }, command);
    if (!touched_.empty()) settle(context);
    BUTTONWOOD_ASSERT(out.size() > context.first);
    BUTTONWOOD_ASSERT(reason == RejectReason::None || out.size() == context.first + 1);
    return reason;
}

void Engine::reserve(std::size_t orders, std::size_t accounts, std::size_t securities) {
    users_.reserve(accounts);
    accounts_.reserve(accounts);
    holdings_.reserve(accounts);
    securities_.reserve(securities);
    orders_.reserve(orders_.size() + orders);
    free_slots_.reserve(orders_.size() + orders);
    client_ids_.reserve(client_ids_.size() + orders);
    order_index_.reserve(static_cast<OrderId>(static_cast<std::uint64_t>(last_order_) + orders));
}

RejectReason Engine::reject(Context& context, RejectReason reason, AccountId account, SecurityId security,
                            OrderId order) {
    emit(context, CommandRejected{reason, account, security, order});
    return reason;
}

std::size_t Engine::find_currency(Currency currency) const {
    for (std::size_t i = 0; i < currencies_.size(); ++i)
        if (currencies_[i] == currency) return i;
    return currencies_.size();
}

std::size_t Engine::index_of(Currency currency) {
    const std::size_t index = find_currency(currency);
    if (index == currencies_.size()) currencies_.push_back(currency);
    return index;
}

bool Engine::level_is_full(const Security& security, Side side, Price price, Quantity quantity) {
    // A side that shows less than a level may hold has no full level: then the level need not be looked up.
    if (security.shown[side_index(side)] + quantity.units <= kMaxLevelUnits) return false;
    return security.book.depth_at(side, price).quantity.units > kMaxLevelUnits - quantity.units;
}

bool Engine::fits_in_money(const Security& security, Price price, Quantity quantity) {
    return Int128{price.units} * quantity.units <= security.max_product;
}

TrailingStops::Stop Engine::trailing_stop(Slot slot) const {
    const Order& order = orders_[slot];
    const Extra& own = extra(order);
    const bool in_basis_points = own.trail_amount.units == 0;
    return {order.place, slot, in_basis_points ? own.trail_basis_points : own.trail_amount.units, in_basis_points};
}

Price Engine::trigger_of(Slot slot) const {
    const Order& order = orders_[slot];
    if (!order.held || !has_trigger(order.type)) return {};
    if (order.type != OrderType::TrailingStop) return extra(order).stop_price;
    if (order.pending) return {};
    return at(order.security).held->trailing(order.side).trigger_of(trailing_stop(slot));
}

Price Engine::mark_of(Slot slot) const {
    const Order& order = orders_[slot];
    return follows_a_mark(order) ? at(order.security).held->trailing(order.side).mark_of(slot) : Price{};
}

Balance Engine::balance(AccountId account, Currency currency) const {
    return find(account) ? balance(account, find_currency(currency)) : Balance{};
}

Holding Engine::holding(AccountId account, SecurityId security) const {
    const Holding* found = holdings_.find(holding_key(account, security));
    return found ? *found : Holding{};
}

std::optional<OrderView> Engine::order(OrderId id) const {
    const Slot slot = slot_of(id);
    if (slot == kNoSlot) return std::nullopt;
    const Order& o = orders_[slot];
    const ClientOrderId client_id = o.client_id == 0 ? ClientOrderId() : client_ids_.at(o.client_id).id;
    return OrderView{o.id, o.account, o.security, o.side, o.type, o.price, o.quantity, o.leaves, tip_of(o), o.held,
                     trigger_of(slot), client_id};
}

std::optional<OrderId> Engine::order_by_client_id(AccountId account, const ClientOrderId& id) const {
    const ClientIds::Number number = client_ids_.find(account, id);
    if (number == 0) return std::nullopt;
    return client_ids_.at(number).order;
}

SecurityId Engine::security_by_symbol(const Symbol& symbol) const {
    const auto it = symbols_.find(std::string(symbol.view()));
    return it == symbols_.end() ? SecurityId::None : it->second;
}

const OrderBook* Engine::book(SecurityId security) const {
    const Security* found = find(security);
    return found ? &found->book : nullptr;
}

Price Engine::last_price(SecurityId security) const {
    const Security* found = find(security);
    return found ? found->last : Price{};
}

StateInForce Engine::state_in_force(SecurityId security) const {
    const Security* found = find(security);
    return found ? in_force(*found) : severer(State{}, market_);
}

Quantity Engine::shares_outstanding(SecurityId security) const {
    const Security* found = find(security);
    return found ? found->outstanding : Quantity{};
}

}  // namespace buttonwood::engine
