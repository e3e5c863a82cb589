// The naive engine's amends.
#include "tests/engine/naive_engine.hpp"

#include <algorithm>

namespace buttonwood::engine::tests {

// The order meant, open or over, whosever it is; for AccountId::None by the engine's id only.
const NaiveEngine::Order* NaiveEngine::find_order(const OrderRef& target, AccountId account) const {
    OrderId id = target.order;
    if (id == OrderId::None && account != AccountId::None) {
        const auto named = client_ids_.find({account, target.client_order_id});
        if (named != client_ids_.end()) id = named->second;
    }
    return order(id);
}

RejectReason NaiveEngine::refuse_target(const OrderRef& target, AccountId account) const {
    const Order* order = find_order(target, account);
    if (!order) return Reason::OrderNotFound;
    if (!order->is_open()) return Reason::OrderNotOpen;  // the owner of an order that is over is forgotten
    const bool foreign = account != AccountId::None && order->request.account != account;
    return foreign ? Reason::OrderNotFound : Reason::None;
}

// What the amend itself must keep to, before it is laid over the order.
RejectReason NaiveEngine::refuse_amend(const AmendOrder& c, const Order& order) const {
    const SecurityId security = order.request.security;
    if (dead(order)) return Reason::OrderNotOpen;
    if (const Reason no = refuse_state(order.request); no != Reason::None) return no;
    if (awaits_uncross(security)) return Reason::AuctionUncrossing;
    if (c.expires_at && (*c.expires_at <= now_ || *c.expires_at > kLatestTime)) return Reason::ExpiresAtNotAllowed;
    const bool waits_for_minimum = order.stage == Stage::Held && order.minimum.units > 0 && !order.request.all_or_none;
    if (c.quantity && waits_for_minimum && *c.quantity < order.minimum) return Reason::MinQuantityNotAllowed;
    if (c.display_quantity && (c.display_quantity->units <= 0 ||
                               *c.display_quantity >= c.quantity.value_or(order.quantity) ||
                               c.display_quantity->units % securities_.at(security).terms.lot_size.units != 0))
        return Reason::DisplayQuantityNotAllowed;
    if (c.stop_price && !is_price(*c.stop_price, security)) return Reason::StopPriceNotAllowed;
    if (c.quantity)
        if (const Reason no = refuse_quantity(*c.quantity, security); no != Reason::None) return no;
    if (c.price) {
        if (is_market(order.request.type)) return Reason::PriceNotAllowed;
        if (const Reason no = refuse_price(*c.price, security); no != Reason::None) return no;
        if (outside_static(security, *c.price)) return Reason::PriceOutOfBand;
    }
    return Reason::None;
}

// What the order would become, against what it is.
RejectReason NaiveEngine::refuse_amended(const AmendOrder& c, const Order& old, const Order& amended) const {
    const PlaceOrder& request = old.request;
    const SecurityId security = request.security;
    if (amended.limit() && cost_of(security, *amended.limit(), amended.quantity) > kMaxMoney)
        return Reason::NotionalTooLarge;
    if (old.stage == Stage::Resting && !has_room(security, request.side, amended.price, amended.leaves()))
        return Reason::NotionalTooLarge;
    if (amended.price == old.price && amended.quantity == old.quantity && amended.stop_price == old.stop_price &&
        amended.display == old.display && amended.expires_at == old.expires_at)
        return Reason::NothingToAmend;
    const bool waits_for_stop = old.stage == Stage::Held && has_trigger(request.type) &&
                                request.type != OrderType::TrailingStop;
    if ((c.expires_at && request.time_in_force != TimeInForce::Gtd) || (c.display_quantity && old.display.units == 0) ||
        (c.stop_price && !waits_for_stop) ||
        (c.quantity && old.role != GroupRole::None && amended.quantity != old.quantity))
        return Reason::NotAmendable;
    if (amended.leaves().units <= 0) return Reason::None;
    if (request.post_only && old.stage == Stage::Resting && is_open_now(security) &&
        crosses(security, request.side, amended.price))
        return Reason::PostOnlyWouldCross;
    return refuse_reservation(request.account, security, request.side, reserved_cash(amended) - reserved_cash(old),
                              reserved_quantity(amended) - reserved_quantity(old));
}

RejectReason NaiveEngine::on(UserId actor, const AmendOrder& c, Prediction&) {
    if (!may(actor, Role::Trader)) return Reason::NotPermitted;
    if (!owns(actor, c.account)) return Reason::AccountNotFound;
    if (const Reason no = refuse_target(c.target, c.account); no != Reason::None) return no;
    Order& order = at(find_order(c.target, c.account)->id);
    if (const Reason no = refuse_amend(c, order); no != Reason::None) return no;
    const Order old = order;
    Order amended = order;
    amended.price = c.price.value_or(old.price);
    amended.quantity = c.quantity.value_or(old.quantity);
    amended.stop_price = c.stop_price.value_or(old.stop_price);
    amended.display = c.display_quantity.value_or(old.display);
    amended.expires_at = c.expires_at.value_or(old.expires_at);
    if (old.request.all_or_none) amended.minimum = amended.quantity;
    if (const Reason no = refuse_amended(c, old, amended); no != Reason::None) return no;
    if (amended.leaves().units <= 0) {
        cancel(order, CancelReason::AmendedBelowFilled);
        return Reason::None;
    }
    const SecurityId security = old.request.security;
    const Side side = old.request.side;
    const bool held = old.stage == Stage::Held;
    const bool takes = !held && is_open_now(security) && crosses(security, side, amended.price);
    const bool kept = amended.price == old.price && amended.stop_price == old.stop_price &&
                      amended.quantity <= old.quantity && amended.display <= old.display;
    const Quantity whole_tip = displayed(amended.leaves(), amended.display);
    amended.tip = held ? Quantity{} : kept ? std::min(old.tip, whole_tip) : whole_tip;
    if (!kept) amended.place = events_ + 1;
    if (takes && !kept) amended.stage = Stage::Taking;
    order = amended;
    emit(OrderAmended{order.id, c.account, security, side, kept, !held && (kept || !takes), order.price,
                      order.quantity, order.leaves(), reserved_cash(order), reserved_quantity(order), held,
                      order.trigger().value_or(Price{}), order.display, order.expires_at});
    if (!held) book_changed(security);
    if (order.stage == Stage::Taking) take(order);
    return Reason::None;
}

}  // namespace buttonwood::engine::tests
