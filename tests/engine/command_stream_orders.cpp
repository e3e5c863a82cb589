// The part of the stream that trades: orders of every type and shape, groups, amends, cancels.
#include "tests/engine/command_stream.hpp"

#include <algorithm>
#include <limits>
#include <string>

namespace buttonwood::engine::tests {
namespace {

std::int64_t lot_of(const NaiveEngine& model, SecurityId security) {
    const auto found = model.securities().find(security);
    return found == model.securities().end() ? 1 : found->second.terms.lot_size.units;
}
std::int64_t tick_of(const NaiveEngine& model, SecurityId security) {
    const auto found = model.securities().find(security);
    return found == model.securities().end() ? 1 : found->second.terms.tick_size.units;
}
bool gathers(const NaiveEngine& model, SecurityId security) {
    return model.securities().contains(security) && model.in_force(security).gathers();
}

}  // namespace

PlaceOrder CommandStream::place(const NaiveEngine& model, AccountId account) {
    PlaceOrder order;
    order.account = account;
    order.security = security(model);
    order.side = dice_.pick({Side::Buy, Side::Sell});
    order.quantity = quantity(model, order.security);
    order.client_order_id = client_id();
    if (dice_.chance(40))
        order.self_trade_prevention =
            dice_.pick({SelfTradePrevention::CancelNewest, SelfTradePrevention::CancelOldest,
                        SelfTradePrevention::CancelBoth, SelfTradePrevention::Decrement});
    order.reduce_only = order.side == Side::Sell && dice_.chance(8);
    const auto roll = dice_.below(100);
    if (profile_ == Profile::Extreme && dice_.chance(12))
        shape_giant(order);
    else if (roll < 62)
        shape_limit(order, model);
    else if (roll < 74)
        shape_market(order, model);
    else
        shape_trigger(order, model);
    if (dice_.chance(8)) spoil(order, model);
    return order;
}

TimeInForce CommandStream::resting_time() { return dice_.pick({TimeInForce::Gtc, TimeInForce::Day, TimeInForce::Gtd}); }

Timestamp CommandStream::later() {
    return {time_.us + dice_.pick<std::int64_t>({1, 500, 5'000, 500'000, 3'000'000, 3'600'000'000})};
}

// A part of a quantity in lots, one lot where there is only one.
Quantity CommandStream::part_of(Quantity whole, const NaiveEngine& model, SecurityId security) {
    const std::int64_t lot = lot_of(model, security);
    const std::int64_t lots = std::clamp<std::int64_t>(whole.units / lot, 1, 1'000);
    return {lot * dice_.between(1, lots)};
}

void CommandStream::shape_limit(PlaceOrder& order, const NaiveEngine& model) {
    order.type = OrderType::Limit;
    order.price = price(model, order.security);
    const bool gathering = gathers(model, order.security);
    const auto roll = dice_.below(100);
    if (roll < 66)
        order.time_in_force = resting_time();
    else if (roll < 84)
        order.time_in_force = gathering && dice_.chance(80) ? TimeInForce::Opg
                                                            : dice_.pick({TimeInForce::Ioc, TimeInForce::Fok});
    else
        order.time_in_force = dice_.pick({TimeInForce::Cls, gathering ? TimeInForce::Opg : TimeInForce::Ioc});
    if (order.time_in_force == TimeInForce::Gtd) order.expires_at = later();
    const bool rests = may_rest(order.time_in_force);
    const auto flag = dice_.below(100);
    if (flag < 12 && rests && !gathering) {
        order.post_only = true;
        order.post_only_reprice = dice_.chance(50);
        if (dice_.chance(20)) order.display_quantity = part_of(order.quantity, model, order.security);
    } else if (flag < 30 && rests) {
        order.display_quantity = part_of(order.quantity, model, order.security);
    } else if (flag < 42 && (rests || order.time_in_force == TimeInForce::Ioc)) {
        order.min_quantity = part_of(order.quantity, model, order.security);
    } else if (flag < 54 && rests) {
        order.all_or_none = true;
    }
}

// Bids of the largest size at the lowest price: a few of them fill a level, and then held ones find no room.
void CommandStream::shape_giant(PlaceOrder& order) {
    order.side = Side::Buy;
    order.reduce_only = false;
    order.security = SecurityId{1};
    order.type = dice_.pick({OrderType::Limit, OrderType::StopLimit});
    order.time_in_force = TimeInForce::Gtc;
    order.quantity = {kMaxQuantityUnits};
    order.price = {1};
    if (order.type == OrderType::StopLimit) order.stop_price = {1};
}

void CommandStream::shape_market(PlaceOrder& order, const NaiveEngine& model) {
    order.type = OrderType::Market;
    order.time_in_force = dice_.chance(gathers(model, order.security) ? 20 : 85)
                              ? dice_.pick({TimeInForce::Ioc, TimeInForce::Ioc, TimeInForce::Fok})
                              : dice_.pick({TimeInForce::Opg, TimeInForce::Cls});
    const bool is_for_auction = order.time_in_force == TimeInForce::Opg || order.time_in_force == TimeInForce::Cls;
    if (dice_.chance(is_for_auction ? 85 : 35)) order.protection_price = price(model, order.security);
    if (order.time_in_force == TimeInForce::Ioc && dice_.chance(20))
        order.min_quantity = part_of(order.quantity, model, order.security);
}

void CommandStream::shape_trigger(PlaceOrder& order, const NaiveEngine& model) {
    order.type = dice_.pick({OrderType::Stop, OrderType::StopLimit, OrderType::TakeProfit, OrderType::TakeProfitLimit,
                             OrderType::TrailingStop});
    order.time_in_force = resting_time();
    if (order.time_in_force == TimeInForce::Gtd) order.expires_at = later();
    if (order.type == OrderType::TrailingStop) {
        if (dice_.chance(60))
            order.trail_amount = {dice_.between(1, 8) * tick_of(model, order.security)};
        else
            order.trail_basis_points = static_cast<std::uint32_t>(dice_.pick({1, 150, 400, 1'000, 9'999}));
    } else {
        order.stop_price = price(model, order.security);
    }
    if (!is_market(order.type))
        order.price = price(model, order.security);
    else if (dice_.chance(30))
        order.protection_price = price(model, order.security);
}

// One term that does not belong there, or is at a limit.
void CommandStream::spoil(PlaceOrder& order, const NaiveEngine& model) {
    switch (dice_.below(16)) {
        case 0: order.type = dice_.pick({OrderType::Market, OrderType::Limit, OrderType::StopLimit}); break;
        case 1:
            order.time_in_force = dice_.pick({TimeInForce::Gtc, TimeInForce::Day, TimeInForce::Gtd, TimeInForce::Ioc,
                                              TimeInForce::Fok, TimeInForce::Opg, TimeInForce::Cls});
            break;
        case 2: order.expires_at = dice_.pick({time_, Timestamp{time_.us + 1}, Timestamp{-1}, Timestamp{0}}); break;
        case 3: order.post_only = !order.post_only; break;
        case 4: order.post_only_reprice = !order.post_only_reprice; break;
        case 5: order.reduce_only = !order.reduce_only; break;
        case 6: order.all_or_none = !order.all_or_none; break;
        case 7: order.min_quantity = dice_.pick({order.quantity, Quantity{boundary()}, Quantity{1}}); break;
        case 8: order.display_quantity = dice_.pick({order.quantity, Quantity{boundary()}, Quantity{1}}); break;
        case 9: order.trail_amount = {boundary()}; break;
        case 10: order.trail_basis_points = dice_.pick<std::uint32_t>({0, 1, 9'999, 10'000, ~std::uint32_t{0}}); break;
        case 11: order.stop_price = {boundary()}; break;
        case 12: order.protection_price = dice_.pick({Price{boundary()}, price(model, order.security), Price{}}); break;
        case 13: order.price = dice_.pick({Price{boundary()}, price(model, order.security), Price{}}); break;
        case 14: order.quantity = {boundary()}; break;
        default: order.expires_at = {kLatestTime.us + dice_.between(0, 1)}; break;
    }
}

// An order of an exit's type on the other side of its entry.
PlaceOrder CommandStream::exit(const PlaceOrder& entry, OrderType type, const NaiveEngine& model) {
    PlaceOrder order;
    order.security = entry.security;
    while (has_trigger(type) && order.type != type) {
        order = {};
        order.security = entry.security;
        shape_trigger(order, model);
    }
    order.account = entry.account;
    order.side = opposite(entry.side);
    order.quantity = entry.quantity;
    order.client_order_id = client_id();
    order.self_trade_prevention = entry.self_trade_prevention;
    if (type == OrderType::Limit) {
        order.type = type;
        order.time_in_force = resting_time();
        if (order.time_in_force == TimeInForce::Gtd) order.expires_at = later();
        order.price = price(model, order.security);
        if (dice_.chance(20)) order.display_quantity = part_of(order.quantity, model, order.security);
    }
    return order;
}

Command CommandStream::place_group(const NaiveEngine& model, AccountId account) {
    PlaceGroup group;
    PlaceOrder first = place(model, account);
    if (dice_.chance(95)) {
        first.reduce_only = first.post_only = first.post_only_reprice = first.all_or_none = false;
        first.min_quantity = {};
    }
    if (dice_.chance(40)) {
        group.kind = GroupKind::Oco;
        if (dice_.chance(95)) {
            if (first.type == OrderType::Market) first = exit(first, OrderType::Limit, model);
            if (!may_rest(first.time_in_force)) first.time_in_force = TimeInForce::Gtc;
        }
        PlaceOrder second = exit(first, dice_.pick({OrderType::Stop, OrderType::StopLimit, OrderType::TakeProfit,
                                                    OrderType::TakeProfitLimit, OrderType::TrailingStop}),
                                 model);
        second.side = first.side;
        group.legs = {first, second};
    } else {
        group.kind = GroupKind::Bracket;
        if (dice_.chance(95)) {
            if (has_trigger(first.type)) first = exit(first, OrderType::Limit, model);
            const bool fits = first.type == OrderType::Limit && may_rest(first.time_in_force);
            if (!fits) first.time_in_force = first.type == OrderType::Market ? TimeInForce::Ioc : TimeInForce::Day;
        }
        group.legs = {first, exit(first, OrderType::Limit, model),
                      exit(first, dice_.pick({OrderType::Stop, OrderType::StopLimit, OrderType::TrailingStop}), model)};
    }
    if (dice_.chance(3)) group.legs.pop_back();
    if (dice_.chance(3)) spoil(group.legs.back(), model);
    if (dice_.chance(2)) group.legs.back().account = this->account(model);
    if (dice_.chance(2)) group.legs.back().client_order_id = group.legs.front().client_order_id;
    return group;
}

// An entry that executes in two parts, and its owner sells the first before the second comes: exits find too little.
CommandStream::Act CommandStream::oversell(const NaiveEngine& model) {
    constexpr AccountId kPoor{7};  // starts without any holding
    constexpr AccountId kRich{6};
    const auto order = [&](AccountId account, Side side, std::int64_t quantity, std::int64_t ticks) {
        PlaceOrder c;
        c.account = account;
        c.security = SecurityId{1};
        c.side = side;
        c.type = OrderType::Limit;
        c.time_in_force = TimeInForce::Gtc;
        c.quantity = {quantity};
        c.price = {ticks};
        return c;
    };
    const PlaceOrder entry = order(kPoor, Side::Buy, 5, 61);
    PlaceOrder stop = exit(entry, OrderType::Stop, model);
    stop.time_in_force = TimeInForce::Gtc;
    stop.expires_at = {};
    stop.stop_price = {20};
    planned_.push_back({UserId::None, order(kRich, Side::Sell, 3, 61)});
    planned_.push_back({UserId::None, order(kPoor, Side::Sell, 3, 80)});
    planned_.push_back({UserId::None, order(kRich, Side::Sell, 2, 61)});
    return {UserId::None, PlaceGroup{GroupKind::Bracket, {entry, order(kPoor, Side::Sell, 5, 79), stop}}};
}

// An order sent once more, as it was or slightly changed: a duplicate or a conflict if it carries a client id.
Command CommandStream::retry(const NaiveEngine& model, AccountId& account) {
    if (model.orders().empty()) return place(model, account);
    PlaceOrder again = dice_.any_of(model.orders()).request;
    account = again.account;
    if (dice_.chance(30)) again.quantity = quantity(model, again.security);
    if (dice_.chance(10)) spoil(again, model);
    if (dice_.chance(10)) again.security = security(model);
    return again;
}

Command CommandStream::amend(const NaiveEngine& model, AccountId& account) {
    AmendOrder change;
    change.target = target(model, account);
    change.account = account;
    const NaiveEngine::Order* order = model.order(change.target.order);
    const SecurityId security = order ? order->request.security : SecurityId{1};
    if (dice_.chance(50)) change.price = price(model, security);
    if (dice_.chance(50)) change.quantity = quantity(model, security);
    if (dice_.chance(order && has_trigger(order->request.type) ? 40 : 2)) change.stop_price = price(model, security);
    if (dice_.chance(order && order->display.units != 0 ? 40 : 2))
        change.display_quantity = dice_.chance(90) ? part_of({8}, model, security) : Quantity{boundary()};
    if (dice_.chance(order && order->expires_at.us != 0 ? 40 : 2))
        change.expires_at = dice_.chance(90) ? later() : dice_.pick({time_, Timestamp{kLatestTime.us + 1}});
    if (!order) return change;
    if (change.price && is_market(order->request.type) && dice_.chance(80)) change.price.reset();
    // Around what is there: the same price, the filled quantity, one lot more or less.
    const std::int64_t lot = model.securities().at(security).terms.lot_size.units;
    if (change.price && dice_.chance(25)) change.price = order->price;
    if (change.quantity && dice_.chance(50))
        change.quantity = dice_.pick({order->quantity, order->filled, Quantity{order->filled.units + lot},
                                      Quantity{order->quantity.units - lot}, Quantity{order->quantity.units + lot}});
    return change;
}

Command CommandStream::cancel(const NaiveEngine& model, AccountId& account) {
    CancelOrder command;
    command.target = target(model, account);
    command.account = dice_.chance(5) ? AccountId::None : account;
    return command;
}

CommandStream::Act CommandStream::mass_cancel(const NaiveEngine& model, AccountId account) {
    MassCancel command;
    const bool by_operator = dice_.chance(25);
    if (!by_operator) command.account = account;
    if (dice_.chance(50)) command.security = security(model);
    if (dice_.chance(50)) command.side = dice_.pick({Side::Buy, Side::Sell});
    if (by_operator) command.note = "because";
    return {by_operator && dice_.chance(90) ? UserId{1} : owner_or_other(model, account), command};
}

// Mostly an open order of that account (which is changed to fit), else a dead, a foreign or an unknown one.
OrderRef CommandStream::target(const NaiveEngine& model, AccountId& account) {
    OrderRef ref;
    const auto roll = dice_.below(100);
    if (roll < 85 && !model.open_orders().empty())
        ref.order = dice_.any_of(model.open_orders());
    else if (roll < 97 && !model.orders().empty())
        ref.order = dice_.any_of(model.orders()).id;
    else
        ref.order = static_cast<OrderId>(dice_.pick<std::uint64_t>({0, model.orders().size() + 1, ~std::uint64_t{0}}));
    const NaiveEngine::Order* order = model.order(ref.order);
    if (!order) return ref;
    if (dice_.chance(95)) account = order->request.account;
    if (dice_.chance(20)) ref.client_order_id = order->request.client_order_id;
    if (!ref.client_order_id.empty() && dice_.chance(80)) ref.order = OrderId::None;
    return ref;
}

// None, a new one, or one that was used a moment ago.
ClientOrderId CommandStream::client_id() {
    if (dice_.chance(40)) return {};
    const bool again = next_client_id_ >= 5 && dice_.chance(4);
    const std::uint64_t number = again ? next_client_id_ - dice_.below(5) : ++next_client_id_;
    return ClientOrderId("c" + std::to_string(number));
}

}  // namespace buttonwood::engine::tests
