// The naive engine's placing: orders and groups of orders.
#include "tests/engine/naive_engine.hpp"
#include "tests/engine/records.hpp"

namespace buttonwood::engine::tests {

std::optional<Price> NaiveRecords::Order::limit() const {
    if (price.units != 0) return price;
    if (request.protection_price.units != 0) return request.protection_price;
    return std::nullopt;
}

std::optional<Price> NaiveRecords::Order::trigger() const {
    if (!has_trigger(request.type)) return std::nullopt;
    if (request.type != OrderType::TrailingStop) return stop_price;
    if (mark.units == 0) return std::nullopt;
    Int128 distance = request.trail_amount.units;
    if (distance == 0) distance = Int128{mark.units} * request.trail_basis_points / kBasisPoints;
    if (distance == 0) distance = 1;
    const auto units = static_cast<std::int64_t>(distance);
    return Price{is_buy() ? mark.units + units : mark.units - units};
}

const NaiveEngine::Order* NaiveEngine::order(OrderId id) const {
    const auto number = static_cast<std::uint64_t>(id);
    return number == 0 || number > orders_.size() ? nullptr : &at(id);
}

// The whole list of reasons for one order, but for who may place at all.
RejectReason NaiveEngine::refuse(UserId actor, const PlaceOrder& c, bool is_exit, Plan& plan, Prediction& out) const {
    if (!owns(actor, c.account)) return Reason::AccountNotFound;
    if (!securities_.contains(c.security)) return Reason::SecurityNotFound;
    const auto earlier = client_ids_.find({c.account, c.client_order_id});
    if (earlier != client_ids_.end()) {
        out.order = earlier->second;
        return same(at(earlier->second).request, c) ? Reason::DuplicateClientOrderId : Reason::ClientOrderIdConflict;
    }
    if (const Reason no = refuse_state(c); no != Reason::None) return no;
    if (in_force(c.security).gathers() && !auction_takes(c)) return Reason::AuctionOnly;
    if (awaits_uncross(c.security)) return Reason::AuctionUncrossing;
    if (const Reason no = refuse_terms(c); no != Reason::None) return no;

    const Security& security = securities_.at(c.security);
    plan = {c.price, c.quantity, {}, false, false};
    const bool is_for_auction = c.time_in_force == TimeInForce::Opg || c.time_in_force == TimeInForce::Cls;
    if (c.type == OrderType::Market && is_for_auction)
        plan.price = c.protection_price.units != 0 ? c.protection_price : security.terms.tick_size;
    if (const Reason no = refuse_numbers(c, plan); no != Reason::None) return no;
    if (c.reduce_only) {
        const Quantity free = holding(c.account, c.security) - reserved_holding(c.account, c.security);
        const Quantity lots{free.units - free.units % security.terms.lot_size.units};
        plan.quantity = std::min(c.quantity, lots);
        if (plan.quantity.units == 0) return Reason::NothingToReduce;
    }
    plan.minimum = c.all_or_none ? plan.quantity : std::min(c.min_quantity, plan.quantity);
    if (!is_exit) {
        if (const Reason no = refuse_liquidity(c, plan); no != Reason::None) return no;
        if (const Reason no = refuse_means(c, plan); no != Reason::None) return no;
    }
    settle_stage(c, plan);
    plan.held = plan.held || is_exit;
    plan.rests = plan.rests && !is_exit;
    return Reason::None;
}

// Held, resting or taking?
void NaiveEngine::settle_stage(const PlaceOrder& c, Plan& plan) const {
    const State state = in_force(c.security);
    const bool has_minimum = plan.minimum.units != 0 && may_rest(c.time_in_force);
    plan.held = has_trigger(c.type) || (c.time_in_force == TimeInForce::Cls && !state.is_closing_auction()) ||
                (has_minimum && (state.gathers() ||
                                 takeable(c, plan.price, plan.quantity).units < plan.minimum.units));
    const bool rests_when_open = c.type == OrderType::Limit && may_rest(c.time_in_force) &&
                                 !crosses(c.security, c.side, plan.price);
    plan.rests = !plan.held && (state.gathers() || rests_when_open);
}

// The order exists from here on; its event is predicted.
NaiveEngine::Order& NaiveEngine::accept(const PlaceOrder& c, const Plan& plan, GroupRole role, OrderId group) {
    Order fresh;
    fresh.id = static_cast<OrderId>(orders_.size() + 1);
    fresh.request = c;
    fresh.role = role;
    fresh.group = group;
    fresh.price = plan.price;
    fresh.quantity = plan.quantity;
    fresh.display = c.display_quantity;
    fresh.minimum = plan.minimum;
    fresh.stop_price = c.stop_price;
    fresh.expires_at = c.expires_at;
    fresh.rates = rates_in_force(c.security);
    fresh.stage = plan.held ? Stage::Held : plan.rests ? Stage::Resting : Stage::Taking;
    fresh.is_dormant = role == GroupRole::TakeProfitExit || role == GroupRole::StopExit;
    fresh.reserves = !fresh.is_dormant && role != GroupRole::OcoSecond;
    fresh.place = events_ + 1;
    if (!fresh.is_dormant) fresh.mark = securities_.at(c.security).last;
    if (plan.rests) fresh.tip = displayed(fresh.leaves(), fresh.display);
    orders_.push_back(fresh);
    Order& order = orders_.back();
    open_.insert(order.id);
    if (!c.client_order_id.empty()) client_ids_[{c.account, c.client_order_id}] = order.id;
    emit(OrderAccepted{order.id, c.account, c.security, c.side, c.type, c.time_in_force, c.post_only, plan.rests,
                       order.quantity, order.price, reserved_cash(order), reserved_quantity(order), c.client_order_id,
                       0, plan.held, c.reduce_only, c.all_or_none, c.self_trade_prevention, role, group,
                       order.trigger().value_or(Price{}), c.trail_amount, c.trail_basis_points, c.protection_price,
                       c.display_quantity, c.min_quantity, c.expires_at, order.rates.maker_ppm,
                       order.rates.taker_ppm});
    if (plan.rests) book_changed(c.security);
    return order;
}

RejectReason NaiveEngine::on(UserId actor, const PlaceOrder& c, Prediction& out) {
    if (!may(actor, Role::Trader)) return Reason::NotPermitted;
    Plan plan;
    if (const Reason no = refuse(actor, c, false, plan, out); no != Reason::None) return no;
    Order& order = accept(c, plan, GroupRole::None, OrderId::None);
    if (order.stage == Stage::Taking) take(order);
    return Reason::None;
}

bool NaiveEngine::has_group_shape(const PlaceGroup& c) {
    const auto rests = [](const PlaceOrder& leg) { return may_rest(leg.time_in_force); };
    const bool is_oco = c.kind == GroupKind::Oco;
    if (!is_oco && c.kind != GroupKind::Bracket) return false;
    if (c.legs.size() != (is_oco ? 2U : 3U)) return false;
    const PlaceOrder& first = c.legs[0];
    for (const PlaceOrder& leg : c.legs) {
        if (leg.account != first.account || leg.security != first.security) return false;
        if (leg.reduce_only || leg.post_only || leg.all_or_none || leg.min_quantity.units != 0) return false;
        if (leg.quantity != first.quantity) return false;
    }
    const PlaceOrder& second = c.legs[1];
    if (is_oco) {
        if (second.side != first.side || !rests(first) || !rests(second)) return false;
        return first.type != OrderType::Market && has_trigger(second.type);
    }
    const PlaceOrder& third = c.legs[2];
    const bool entry = (first.type == OrderType::Market && first.time_in_force == TimeInForce::Ioc) ||
                       (first.type == OrderType::Limit && rests(first));
    const bool stops = third.type == OrderType::Stop || third.type == OrderType::StopLimit ||
                       third.type == OrderType::TrailingStop;
    return entry && second.side == opposite(first.side) && third.side == second.side &&
           second.type == OrderType::Limit && rests(second) && stops && rests(third);
}

RejectReason NaiveEngine::on(UserId actor, const PlaceGroup& c, Prediction& out) {
    if (!may(actor, Role::Trader)) return Reason::NotPermitted;
    if (!has_group_shape(c)) return Reason::GroupNotAllowed;
    for (std::size_t i = 0; i < c.legs.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (!c.legs[i].client_order_id.empty() && c.legs[i].client_order_id == c.legs[j].client_order_id)
                return Reason::ClientOrderIdConflict;
    const bool is_oco = c.kind == GroupKind::Oco;
    std::vector<Plan> plans(c.legs.size());
    for (std::size_t i = 0; i < c.legs.size(); ++i)
        if (const Reason no = refuse(actor, c.legs[i], !is_oco && i > 0, plans[i], out); no != Reason::None) return no;

    const auto group = static_cast<OrderId>(orders_.size() + 1);
    constexpr GroupRole kOcoRoles[] = {GroupRole::OcoFirst, GroupRole::OcoSecond};
    constexpr GroupRole kBracketRoles[] = {GroupRole::Entry, GroupRole::TakeProfitExit, GroupRole::StopExit};
    for (std::size_t i = 0; i < c.legs.size(); ++i)
        accept(c.legs[i], plans[i], is_oco ? kOcoRoles[i] : kBracketRoles[i], group);
    if (at(group).stage == Stage::Taking) take(at(group));
    return Reason::None;
}

}  // namespace buttonwood::engine::tests
