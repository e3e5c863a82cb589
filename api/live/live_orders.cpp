// LiveView: what the events of orders do to orders and books. A level changes by nothing but an order's `shown`.
#include "api/live/live_view.hpp"
#include "engine/assert.hpp"
#include "engine/names.hpp"

#include <algorithm>
#include <limits>

namespace buttonwood::api {

namespace {

constexpr engine::EventSeq kNever = std::numeric_limits<engine::EventSeq>::max();

}  // namespace

using engine::displayed;

engine::Price trigger_of(const LiveOrder& order, const LiveSecurity& security) {
    if (order.type != engine::OrderType::TrailingStop || order.status != OrderStatus::Held) return order.stop_price;
    const bool is_listing = order.side == engine::Side::Sell;
    const engine::Price mark =
        is_listing ? security.marks.highest(order.trail_since) : security.marks.lowest(order.trail_since);
    if (mark.units == 0) return {};
    const std::int64_t share =
        static_cast<std::int64_t>(engine::Int128{mark.units} * order.trail_basis_points / engine::kBasisPoints);
    const std::int64_t distance =
        order.trail_amount.units != 0 ? order.trail_amount.units : std::max<std::int64_t>(share, 1);
    return {is_listing ? mark.units - distance : mark.units + distance};
}

LiveOrder& LiveView::touch(engine::OrderId id, const engine::Event& event) {
    const auto it = orders_.find(id);
    BUTTONWOOD_ASSERT(it != orders_.end());
    it->second.updated_at = event.time;
    it->second.event_seq = event.seq;
    return it->second;
}

void LiveView::stand(LiveOrder& order, engine::Quantity shown) {
    BUTTONWOOD_ASSERT(order.shown.units == 0 && shown.units > 0);
    order.shown = shown;
    LiveSecurity& security = at(order.security);
    security.book.add(order.side, order.price, shown);
    book_changed(security);
}

void LiveView::take_off(LiveOrder& order, engine::Quantity quantity) {
    if (quantity.units == 0) return;
    order.shown -= quantity;
    LiveSecurity& security = at(order.security);
    security.book.take(order.side, order.price, quantity, order.shown.units == 0);
    book_changed(security);
}

// From now on it waits; the newest trade before is the first that moves a trailing stop's trigger.
void LiveView::hold(LiveOrder& order) {
    order.status = OrderStatus::Held;
    const auto& last = at(order.security).last_trade;
    order.trail_since = last ? last->event_seq : 0;
}

void LiveView::on(const engine::Event& event, const engine::OrderAccepted& e) {
    LiveOrder& order = orders_[e.order];
    order = LiveOrder{};
    order.id = e.order;
    order.account = e.account;
    order.security = e.security;
    order.side = e.side;
    order.type = e.type;
    order.time_in_force = e.time_in_force;
    order.post_only = e.post_only;
    order.reduce_only = e.reduce_only;
    order.all_or_none = e.all_or_none;
    order.self_trade_prevention = e.self_trade_prevention;
    order.role = e.role;
    order.group = e.group;
    order.price = e.price;
    order.quantity = order.leaves = e.quantity;
    order.display_quantity = e.display_quantity;
    order.min_quantity = e.min_quantity;
    order.stop_price = e.stop_price;
    order.trail_amount = e.trail_amount;
    order.trail_basis_points = e.trail_basis_points;
    order.protection_price = e.protection_price;
    order.expires_at = e.expires_at;
    order.created_at = order.updated_at = event.time;
    order.event_seq = event.seq;
    order.client_order_id = e.client_order_id;
    at(e.account).open_orders.insert(e.order);
    if (!e.client_order_id.empty()) client_ids_[client_key(e.account, e.client_order_id)] = e.order;
    if (e.held) hold(order);
    // The exits of a bracket follow no price before their entry is done.
    if (e.role == engine::GroupRole::StopExit) order.trail_since = kNever;
    if (e.rests) stand(order, displayed(order.leaves, order.display_quantity));
    executed("new", order);
}

void LiveView::on(const engine::Event& event, const engine::OrderRested& e) {
    LiveOrder& order = touch(e.order, event);
    order.price = e.price;
    stand(order, displayed(e.leaves_quantity, order.display_quantity));
}

void LiveView::on(const engine::Event& event, const engine::OrderRefreshed& e) {
    stand(touch(e.order, event), e.displayed_quantity);
}

void LiveView::on(const engine::Event& event, const engine::OrderActivated& e) {
    LiveOrder& order = touch(e.order, event);
    order.stop_price = trigger_of(order, at(e.security));  // where a trailing stop's stood when it was reached
    order.status = order.filled.units > 0 ? OrderStatus::PartiallyFilled : OrderStatus::New;
    order.price = e.price;
    order.quantity = e.quantity;
    order.leaves = e.leaves_quantity;
    if (e.held) hold(order);
    if (e.rests) stand(order, displayed(order.leaves, order.display_quantity));
    executed("triggered", order);
}

void LiveView::on(const engine::Event& event, const engine::TradeExecuted& e) {
    record_trade(at(e.security), event, e);
    fill(e.maker_order, event, e, true);
    fill(e.taker_order, event, e, false);
}

void LiveView::fill(engine::OrderId id, const engine::Event& event, const engine::TradeExecuted& e, bool is_maker) {
    LiveOrder& order = touch(id, event);
    if (order.shown.units > 0) take_off(order, e.quantity);  // the maker; in an auction both stand in the book
    order.leaves -= e.quantity;
    order.filled += e.quantity;
    order.filled_notional += e.notional;
    order.status = order.leaves.units == 0 ? OrderStatus::Filled : OrderStatus::PartiallyFilled;
    Changes::Execution& execution = executed("trade", order);
    execution.trade = changes_.trades.back().second;
    execution.is_maker = is_maker;
    if (order.leaves.units == 0) retire(order);
}

void LiveView::on(const engine::Event& event, const engine::MatchPrevented& e) {
    prevent(e.maker_order, event, e, e.taker_order);
    prevent(e.taker_order, event, e, e.maker_order);
}

void LiveView::prevent(engine::OrderId id, const engine::Event& event, const engine::MatchPrevented& e,
                       engine::OrderId other) {
    LiveOrder& order = touch(id, event);
    order.prevented += e.quantity;
    executed("prevented", order).prevented = Changes::Prevented{other, e.price, e.quantity, e.mode};
}

void LiveView::on(const engine::Event& event, const engine::OrderReduced& e) {
    LiveOrder& order = touch(e.order, event);
    if (order.shown.units > 0) take_off(order, e.by);
    order.quantity = e.quantity;
    order.leaves = e.leaves_quantity;
    executed("restated", order);
}

void LiveView::on(const engine::Event& event, const engine::OrderAmended& e) {
    LiveOrder& order = touch(e.order, event);
    const engine::Quantity shows = displayed(e.leaves_quantity, e.display_quantity);
    // What stands in the book shows less, or leaves its level before the new price counts.
    take_off(order, e.priority_kept ? order.shown - std::min(order.shown, shows) : order.shown);
    order.price = e.price;
    order.quantity = e.quantity;
    order.leaves = e.leaves_quantity;
    order.display_quantity = e.display_quantity;
    order.stop_price = e.stop_price;
    order.expires_at = e.expires_at;
    if (!e.priority_kept && e.rests) stand(order, shows);
    executed("replaced", order);
}

void LiveView::on(const engine::Event& event, const engine::OrderCanceled& e) {
    close(event, e.order, OrderStatus::Canceled, engine::word_of(e.reason));
}

void LiveView::on(const engine::Event& event, const engine::OrderExpired& e) {
    close(event, e.order, OrderStatus::Expired, engine::word_of(e.reason));
}

void LiveView::close(const engine::Event& event, engine::OrderId id, OrderStatus status, std::string_view reason) {
    LiveOrder& order = touch(id, event);
    take_off(order, order.shown);
    order.stop_price = trigger_of(order, at(order.security));  // where a trailing stop's stood in the end
    order.status = status;
    order.reason = reason;
    order.leaves = {};
    executed(status == OrderStatus::Canceled ? "canceled" : "expired", order);
    retire(order);
}

void LiveView::retire(const LiveOrder& order) {
    BUTTONWOOD_ASSERT(at(order.account).open_orders.erase(order.id) == 1);
    closed_.push_back(order.id);
    if (closed_.size() <= kClosedOrdersKept) return;
    const auto oldest = orders_.find(closed_.front());
    client_ids_.erase(client_key(oldest->second.account, oldest->second.client_order_id));
    orders_.erase(oldest);
    closed_.pop_front();
}

Changes::Execution& LiveView::executed(std::string_view type, const LiveOrder& order) {
    const std::uint64_t seq = ++at(order.account).execution_seq;
    return changes_.executions.emplace_back(
        Changes::Execution{type, order.account, seq, order, std::nullopt, false, std::nullopt});
}

}  // namespace buttonwood::api
