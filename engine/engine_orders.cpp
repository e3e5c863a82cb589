// decide() for orders: place, amend, cancel, mass cancel, and the matching loop.
#include "engine/assert.hpp"
#include "engine/engine.hpp"

#include <algorithm>

namespace buttonwood::engine {
namespace {

// FNV-1a over the request's own terms: a retry has the same fingerprint, another order under the same client id not.
std::uint64_t fingerprint_of(const PlaceOrder& c) {
    std::uint64_t hash = 0xCBF2'9CE4'8422'2325;
    const auto mix = [&](std::uint64_t value) {
        for (int shift = 0; shift < 64; shift += 8) hash = (hash ^ ((value >> shift) & 0xFF)) * 0x100'0000'01B3;
    };
    mix(static_cast<std::uint64_t>(c.security));
    mix(static_cast<std::uint64_t>(c.side));
    mix(static_cast<std::uint64_t>(c.type));
    mix(static_cast<std::uint64_t>(c.time_in_force));
    mix(c.post_only ? 1 : 0);
    mix(static_cast<std::uint64_t>(c.quantity.units));
    mix(static_cast<std::uint64_t>(c.price.units));
    return hash;
}

bool level_overflows(const OrderBook& book, Side side, Price price, Quantity quantity) {
    return book.depth_at(side, price).quantity.units > kMaxLevelUnits - quantity.units;
}

}  // namespace

RejectReason Engine::refuse_by_state(const Security& security) const {
    switch (security.state) {
        case TradingState::Open: return RejectReason::None;
        case TradingState::Halted: return RejectReason::SecurityHalted;
        case TradingState::CancelOnly: return RejectReason::CancelOnly;
        case TradingState::Closed: return RejectReason::MarketClosed;
    }
    return RejectReason::MarketClosed;
}

RejectReason Engine::refuse_quantity(const Security& security, Quantity quantity) {
    if (quantity.units <= 0) return RejectReason::QuantityNotPositive;
    if (quantity.units > kMaxQuantityUnits) return RejectReason::QuantityTooLarge;
    if (quantity.units % security.terms.lot_size.units != 0) return RejectReason::QuantityNotOnLot;
    return RejectReason::None;
}

RejectReason Engine::refuse_price(const Security& security, Price price) {
    if (price.units <= 0) return RejectReason::PriceNotPositive;
    if (price.units > kMaxPriceUnits) return RejectReason::PriceTooLarge;
    if (price.units % security.terms.tick_size.units != 0) return RejectReason::PriceNotOnTick;
    return RejectReason::None;
}

RejectReason Engine::refuse_terms(const PlaceOrder& c, const Security& security) {
    const bool is_market = c.type == OrderType::Market;
    if (is_market && c.time_in_force == TimeInForce::Gtc) return RejectReason::TimeInForceNotAllowed;
    if (c.post_only && (is_market || c.time_in_force != TimeInForce::Gtc)) return RejectReason::PostOnlyNotAllowed;
    if (const auto reason = refuse_quantity(security, c.quantity); reason != RejectReason::None) return reason;
    if (is_market) return c.price.units != 0 ? RejectReason::PriceNotAllowed : RejectReason::None;
    if (const auto reason = refuse_price(security, c.price); reason != RejectReason::None) return reason;
    Money value;
    if (!notional(c.price, c.quantity, security.terms.price_scale, security.terms.quantity_scale, value) ||
        level_overflows(security.book, c.side, c.price, c.quantity))
        return RejectReason::NotionalTooLarge;
    return RejectReason::None;
}

Engine::Taking Engine::taking(const Security& security, Side side, const Price* limit, Quantity wanted) {
    Taking result;
    const Int128 factor = pow10_128(kMoneyScale - security.terms.price_scale - security.terms.quantity_scale);
    security.book.for_each_level(opposite(side), [&](const OrderBook::Level& level) {
        if (limit && (side == Side::Buy ? level.price > *limit : level.price < *limit)) return false;
        const Int128 units = std::min(Int128{level.quantity.units}, wanted.units - result.units);
        result.units += units;
        result.cost += units * level.price.units * factor;
        return result.units < wanted.units;
    });
    return result;
}

RejectReason Engine::refuse_liquidity(const PlaceOrder& c, const Security& security) {
    if (c.post_only && security.book.crosses(c.side, c.price)) return RejectReason::PostOnlyWouldCross;
    if (c.type == OrderType::Market && !security.book.best(opposite(c.side))) return RejectReason::NoLiquidity;
    if (c.time_in_force == TimeInForce::Fok) {
        const Price* limit = c.type == OrderType::Limit ? &c.price : nullptr;
        if (taking(security, c.side, limit, c.quantity).units < c.quantity.units) return RejectReason::FokNotFillable;
    }
    return RejectReason::None;
}

RejectReason Engine::refuse_funds(const PlaceOrder& c, const Security& security) const {
    if (c.side == Side::Sell) {
        const Holding held = holding(c.account, c.security);
        return c.quantity > held.total - held.reserved ? RejectReason::InsufficientShares : RejectReason::None;
    }
    const Balance held = balance(c.account, security.terms.currency);
    Money cost;
    if (c.type == OrderType::Market)
        cost = Money{taking(security, c.side, nullptr, c.quantity).cost};
    else
        BUTTONWOOD_ASSERT(
            notional(c.price, c.quantity, security.terms.price_scale, security.terms.quantity_scale, cost));
    return cost > held.total - held.reserved ? RejectReason::InsufficientFunds : RejectReason::None;
}

RejectReason Engine::on(Context& context, const PlaceOrder& c) {
    const auto refuse = [&](RejectReason reason, OrderId order = OrderId::None) {
        return reject(context, reason, c.account, c.security, order);
    };
    if (!actor_may(context, Role::Trader)) return reject(context, RejectReason::NotPermitted);
    if (!actor_owns(context, c.account)) return reject(context, RejectReason::AccountNotFound);
    const Security* security = find(c.security);
    if (!security) return reject(context, RejectReason::SecurityNotFound, c.account);

    const std::uint64_t fingerprint = fingerprint_of(c);
    if (!c.client_order_id.empty()) {
        const auto known = client_ids_.find(client_key(c.account, c.client_order_id));
        if (known != client_ids_.end())
            return refuse(known->second.fingerprint == fingerprint ? RejectReason::DuplicateClientOrderId
                                                                   : RejectReason::ClientOrderIdConflict,
                          known->second.order);
    }
    if (find(find(c.account)->user)->status != UserStatus::Active) return refuse(RejectReason::AccountSuspended);
    if (const auto reason = refuse_by_state(*security); reason != RejectReason::None) return refuse(reason);
    if (const auto reason = refuse_terms(c, *security); reason != RejectReason::None) return refuse(reason);
    if (const auto reason = refuse_liquidity(c, *security); reason != RejectReason::None) return refuse(reason);
    if (const auto reason = refuse_funds(c, *security); reason != RejectReason::None) return refuse(reason);

    // Point of no return: from here on the command is accepted.
    Money reserved_cash;
    if (c.side == Side::Buy && c.type == OrderType::Limit)
        BUTTONWOOD_ASSERT(notional(c.price, c.quantity, security->terms.price_scale, security->terms.quantity_scale,
                                   reserved_cash));
    const bool rests = c.type == OrderType::Limit && c.time_in_force == TimeInForce::Gtc &&
                       !security->book.crosses(c.side, c.price);
    const auto order = static_cast<OrderId>(static_cast<std::uint64_t>(last_order_) + 1);
    emit(context, OrderAccepted{order, c.account, c.security, c.side, c.type, c.time_in_force, c.post_only, rests,
                                c.quantity, c.price, reserved_cash,
                                c.side == Side::Sell ? c.quantity : Quantity{}, c.client_order_id, fingerprint});
    if (!rests) match(context, slot_of(order));
    return RejectReason::None;
}

TradeExecuted Engine::next_trade(const Order& taker, const Order& maker) const {
    const Security& security = at(taker.security);
    const auto value_at = [&](Price price, Quantity quantity) {
        Money value;
        // Both orders passed this check with their whole quantity.
        BUTTONWOOD_ASSERT(
            notional(price, quantity, security.terms.price_scale, security.terms.quantity_scale, value));
        return value;
    };
    const Order& buyer = taker.side == Side::Buy ? taker : maker;
    const Quantity quantity = std::min(taker.leaves, maker.leaves);
    TradeExecuted trade;
    trade.trade = static_cast<TradeId>(static_cast<std::uint64_t>(last_trade_) + 1);
    trade.security = taker.security;
    trade.maker_order = maker.id;
    trade.taker_order = taker.id;
    trade.maker_account = maker.account;
    trade.taker_account = taker.account;
    trade.taker_side = taker.side;
    trade.price = maker.price;
    trade.quantity = quantity;
    trade.notional = value_at(maker.price, quantity);
    trade.released_cash = buyer.type == OrderType::Limit ? value_at(buyer.price, quantity) : Money{};
    trade.released_quantity = quantity;
    trade.maker_leaves_quantity = maker.leaves - quantity;
    trade.taker_leaves_quantity = taker.leaves - quantity;
    return trade;
}

void Engine::match(Context& context, Slot taker) {
    const OrderBook& book = at(orders_[taker].security).book;
    while (true) {
        const Order& order = orders_[taker];
        const OrderBook::Handle best = book.front(opposite(order.side));
        if (best == OrderBook::kNoHandle) break;
        if (order.type == OrderType::Limit && !book.crosses(order.side, order.price)) break;
        const TradeExecuted trade = next_trade(order, orders_[book.tag(best)]);
        emit(context, trade);
        if (trade.taker_leaves_quantity.units == 0) return;  // filled: its slot is free again
    }
    finish_taker(context, taker);
}

void Engine::finish_taker(Context& context, Slot taker) {
    const Order& o = orders_[taker];
    if (o.type == OrderType::Limit && o.time_in_force == TimeInForce::Gtc)
        return emit(context, OrderRested{o.id, o.account, o.security, o.side, o.price, o.leaves});
    emit(context, OrderExpired{o.id, o.account, o.security, o.side, ExpireReason::ImmediateRemainder, o.leaves,
                               o.reserved_cash, o.reserved_quantity});
}

RejectReason Engine::find_target(const OrderRef& target, AccountId account, Slot& slot, OrderId& order) const {
    order = target.order;
    if (order == OrderId::None) {
        const auto known = account == AccountId::None ? client_ids_.end()
                                                      : client_ids_.find(client_key(account, target.client_order_id));
        if (known == client_ids_.end()) return RejectReason::OrderNotFound;
        order = known->second.order;
    }
    slot = slot_of(order);
    if (slot == kNoSlot) return order <= last_order_ ? RejectReason::OrderNotOpen : RejectReason::OrderNotFound;
    if (account != AccountId::None && orders_[slot].account != account) return RejectReason::OrderNotFound;
    return RejectReason::None;
}

RejectReason Engine::refuse_reserve(const Order& order, Money reserved_cash, Quantity reserved_quantity) const {
    const Balance money = balance(order.account, at(order.security).terms.currency);
    if (reserved_cash - order.reserved_cash > money.total - money.reserved) return RejectReason::InsufficientFunds;
    const Holding held = holding(order.account, order.security);
    if (reserved_quantity - order.reserved_quantity > held.total - held.reserved)
        return RejectReason::InsufficientShares;
    return RejectReason::None;
}

RejectReason Engine::on(Context& context, const AmendOrder& c) {
    Slot slot = kNoSlot;
    OrderId id{};
    const auto refuse = [&](RejectReason reason) {
        return reject(context, reason, c.account, slot == kNoSlot ? SecurityId::None : orders_[slot].security, id);
    };
    if (!actor_may(context, Role::Trader)) return reject(context, RejectReason::NotPermitted);
    if (!actor_owns(context, c.account)) return reject(context, RejectReason::AccountNotFound);
    if (const auto reason = find_target(c.target, c.account, slot, id); reason != RejectReason::None) {
        slot = kNoSlot;
        return refuse(reason);
    }
    const Order& o = orders_[slot];
    const Security& security = at(o.security);
    const Price price = c.price.value_or(o.price);
    const Quantity quantity = c.quantity.value_or(o.quantity);
    const Quantity filled = o.quantity - o.leaves;

    if (find(find(c.account)->user)->status != UserStatus::Active) return refuse(RejectReason::AccountSuspended);
    if (const auto reason = refuse_by_state(security); reason != RejectReason::None) return refuse(reason);
    if (const auto reason = refuse_quantity(security, quantity); reason != RejectReason::None) return refuse(reason);
    if (const auto reason = refuse_price(security, price); reason != RejectReason::None) return refuse(reason);
    const Quantity leaves = quantity - filled;  // only now: an unchecked quantity could overflow here
    Money reserved_cash;
    const bool at_or_below_filled = leaves.units <= 0;
    if (!at_or_below_filled &&
        (!notional(price, quantity, security.terms.price_scale, security.terms.quantity_scale, reserved_cash) ||
         level_overflows(security.book, o.side, price, leaves)))
        return refuse(RejectReason::NotionalTooLarge);
    if (price == o.price && quantity == o.quantity) return refuse(RejectReason::NothingToAmend);
    if (at_or_below_filled) {
        cancel(context, slot, CancelReason::AmendedBelowFilled);
        return RejectReason::None;
    }
    const bool crosses = security.book.crosses(o.side, price);
    if (o.post_only && crosses) return refuse(RejectReason::PostOnlyWouldCross);
    BUTTONWOOD_ASSERT(
        notional(price, leaves, security.terms.price_scale, security.terms.quantity_scale, reserved_cash));
    if (o.side == Side::Sell) reserved_cash = Money{};
    const Quantity reserved_quantity = o.side == Side::Sell ? leaves : Quantity{};
    if (const auto reason = refuse_reserve(o, reserved_cash, reserved_quantity); reason != RejectReason::None)
        return refuse(reason);

    const bool priority_kept = price == o.price && quantity < o.quantity;
    emit(context, OrderAmended{o.id, o.account, o.security, o.side, priority_kept, !crosses, price, quantity, leaves,
                               reserved_cash, reserved_quantity});
    if (crosses) match(context, slot);
    return RejectReason::None;
}

void Engine::cancel(Context& context, Slot slot, CancelReason reason) {
    const Order& o = orders_[slot];
    emit(context, OrderCanceled{o.id, o.account, o.security, o.side, reason, o.leaves, o.reserved_cash,
                                o.reserved_quantity});
}

RejectReason Engine::on(Context& context, const CancelOrder& c) {
    const bool on_behalf = c.account == AccountId::None;
    if (!actor_may(context, on_behalf ? Role::Operator : Role::Trader))
        return reject(context, RejectReason::NotPermitted);
    if (!on_behalf && !actor_owns(context, c.account)) return reject(context, RejectReason::AccountNotFound);
    Slot slot = kNoSlot;
    OrderId id{};
    if (const auto reason = find_target(c.target, c.account, slot, id); reason != RejectReason::None)
        return reject(context, reason, c.account, SecurityId::None, id);
    cancel(context, slot, on_behalf ? CancelReason::Operator : CancelReason::User);
    return RejectReason::None;
}

RejectReason Engine::on(Context& context, const MassCancel& c) {
    if (!actor_may(context, Role::Trader)) return reject(context, RejectReason::NotPermitted);
    if (!actor_owns(context, c.account)) return reject(context, RejectReason::AccountNotFound);
    if (c.security != SecurityId::None && !find(c.security))
        return reject(context, RejectReason::SecurityNotFound, c.account);
    std::uint32_t count = 0;
    for (Slot slot = at(c.account).first_order; slot != kNoSlot;) {
        const Order& o = orders_[slot];
        const Slot next = o.next_of_account;
        if ((c.security == SecurityId::None || o.security == c.security) && (!c.side || o.side == *c.side)) {
            cancel(context, slot, CancelReason::Mass);
            ++count;
        }
        slot = next;
    }
    emit(context, MassCancelCompleted{c.account, c.security, count});
    return RejectReason::None;
}

}  // namespace buttonwood::engine
