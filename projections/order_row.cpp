#include "projections/order_row.hpp"

#include <limits>

namespace buttonwood::projections {

using namespace engine;

namespace {

void stamp(OrderRow& row, const Event& event) {
    row.updated_at = event.time;
    row.updated_seq = event.seq;
}

}  // namespace

OrderRow accepted(const Event& event, const OrderAccepted& e) {
    OrderRow row;
    row.terms = e;
    row.created_at = event.time;
    row.created_seq = event.seq;
    if (!is_market(e.type)) row.price = e.price;
    row.quantity = row.leaves = e.quantity;
    row.stop_price = e.stop_price;
    row.display_quantity = e.display_quantity;
    row.expires_at = e.expires_at;
    if (e.held) row.status = "held";
    stamp(row, event);
    return row;
}

void rest(OrderRow& row, const Event& event) { stamp(row, event); }

void fill(OrderRow& row, const Event& event, const TradeExecuted& e, bool takes) {
    row.filled += e.quantity;
    row.leaves = takes ? e.taker_leaves_quantity : e.maker_leaves_quantity;
    row.notional += e.notional;
    row.fees += takes ? e.taker_fee : e.maker_fee;
    row.status = row.is_open() ? "partially_filled" : "filled";
    stamp(row, event);
}

void amend(OrderRow& row, const Event& event, const OrderAmended& e) {
    if (row.price) row.price = e.price;
    row.quantity = e.quantity;
    row.leaves = e.leaves_quantity;
    row.stop_price = e.stop_price;
    row.display_quantity = e.display_quantity;
    row.expires_at = e.expires_at;
    stamp(row, event);
}

void activate(OrderRow& row, const Event& event, const OrderActivated& e) {
    if (row.price) row.price = e.price;
    row.quantity = e.quantity;
    row.leaves = e.leaves_quantity;
    row.status = e.held ? "held" : "new";
    row.activation_reason = e.reason;
    row.activated_at = event.time;
    stamp(row, event);
}

void prevent(OrderRow& row, const Event& event, const MatchPrevented& e) {
    row.prevented_units += e.quantity.units;
    stamp(row, event);
}

void reduce(OrderRow& row, const Event& event, const OrderReduced& e) {
    row.quantity = e.quantity;
    row.leaves = e.leaves_quantity;
    stamp(row, event);
}

void close(OrderRow& row, const Event& event, std::string_view status, std::string_view reason) {
    row.leaves = {};
    row.status = status;
    row.reason = reason;
    stamp(row, event);
}

OrderId changed_order(const EventBody& body, Side side) {
    if (const auto* e = std::get_if<TradeExecuted>(&body))
        return e->taker_side == side ? e->taker_order : e->maker_order;
    if (const auto* e = std::get_if<MatchPrevented>(&body))
        return e->taker_side == side ? e->taker_order : e->maker_order;
    const auto of_side = [side](const auto* e) { return e && e->side == side ? e->order : OrderId::None; };
    if (const auto* e = std::get_if<OrderRested>(&body)) return of_side(e);
    if (const auto* e = std::get_if<OrderAmended>(&body)) return of_side(e);
    if (const auto* e = std::get_if<OrderCanceled>(&body)) return of_side(e);
    if (const auto* e = std::get_if<OrderExpired>(&body)) return of_side(e);
    if (const auto* e = std::get_if<OrderActivated>(&body)) return of_side(e);
    if (const auto* e = std::get_if<OrderReduced>(&body)) return of_side(e);
    if (const auto* e = std::get_if<OrderRefreshed>(&body)) return of_side(e);
    return OrderId::None;
}

OrderId first_accepted(std::span<const Event> events) {
    for (const Event& event : events)
        if (const auto* e = std::get_if<OrderAccepted>(&event.body)) return e->order;
    return static_cast<OrderId>(std::numeric_limits<std::uint64_t>::max());
}

}  // namespace buttonwood::projections
