// The naive engine's orders: place, amend, cancel, and the trades they cause.
#include "tests/engine/naive_engine.hpp"
#include "tests/engine/records.hpp"

namespace buttonwood::engine::tests {

// Exact up to kMaxMoney; whatever is more is only said to be more.
Money NaiveEngine::cost_of(SecurityId security, Price price, Quantity quantity) const {
    const CreateSecurity& terms = securities_.at(security).terms;
    Int128 units = Int128{price.units} * quantity.units;
    if (units > kMaxMoney.units) return {kMaxMoney.units + 1};
    for (int scale = terms.price_scale + terms.quantity_scale; scale < kMoneyScale; ++scale) units *= 10;
    return {units};
}

// The order meant, open or dead, whosever it is; for AccountId::None by the engine's id only.
const NaiveEngine::Order* NaiveEngine::find_order(const OrderRef& target, AccountId account) const {
    OrderId id = target.order;
    if (id == OrderId::None && account != AccountId::None) {
        const auto named = client_ids_.find({account, target.client_order_id});
        if (named != client_ids_.end()) id = named->second;
    }
    const auto found = orders_.find(id);
    return found == orders_.end() ? nullptr : &found->second;
}

RejectReason NaiveEngine::refuse_target(const OrderRef& target, AccountId account) const {
    const Order* order = find_order(target, account);
    if (!order) return Reason::OrderNotFound;
    if (!order->is_open) return Reason::OrderNotOpen;  // the owner of a dead order is forgotten
    const bool foreign = account != AccountId::None && order->request.account != account;
    return foreign ? Reason::OrderNotFound : Reason::None;
}

RejectReason NaiveEngine::refuse_market_state(AccountId account, const Security& security) const {
    if (users_.at(accounts_.at(account)).status != UserStatus::Active) return Reason::AccountSuspended;
    switch (security.state) {
        case TradingState::Open: return Reason::None;
        case TradingState::Halted: return Reason::SecurityHalted;
        case TradingState::CancelOnly: return Reason::CancelOnly;
        case TradingState::Closed: return Reason::MarketClosed;
    }
    return Reason::MarketClosed;
}

RejectReason NaiveEngine::refuse_quantity(Quantity quantity, const Security& security) const {
    if (quantity.units <= 0) return Reason::QuantityNotPositive;
    if (quantity.units > kMaxQuantityUnits) return Reason::QuantityTooLarge;
    return quantity.units % security.terms.lot_size.units == 0 ? Reason::None : Reason::QuantityNotOnLot;
}

RejectReason NaiveEngine::refuse_price(Price price, const Security& security) const {
    if (price.units <= 0) return Reason::PriceNotPositive;
    if (price.units > kMaxPriceUnits) return Reason::PriceTooLarge;
    return price.units % security.terms.tick_size.units == 0 ? Reason::None : Reason::PriceNotOnTick;
}

// A level holds at most kMaxLevelUnits; what would join it is counted whether or not it comes to rest there.
bool NaiveEngine::overfills_level(const Security& security, Side side, Price price, Quantity quantity) {
    Int128 sum = quantity.units;
    for (const NaiveBook::Level& level : security.book.depth(side))
        if (level.price == price) sum += level.quantity.units;
    return sum > kMaxLevelUnits;
}

RejectReason NaiveEngine::refuse_liquidity(const PlaceOrder& c, const Security& security) const {
    const bool is_market = c.type == OrderType::Market;
    if (c.post_only && security.book.would_cross(c.side, c.price)) return Reason::PostOnlyWouldCross;
    if (is_market && security.book.empty(opposite(c.side))) return Reason::NoLiquidity;
    const Price limit = is_market ? NaiveBook::any_price(c.side) : c.price;
    if (c.time_in_force == TimeInForce::Fok && total(security.book.preview(c.side, limit, c.quantity)) < c.quantity)
        return Reason::FokNotFillable;
    return Reason::None;
}

// Does what is free cover this much more cash (bids) or quantity (listings)?
RejectReason NaiveEngine::refuse_reservation(AccountId account, SecurityId security, Side side, Money cash_needed,
                                             Quantity quantity_needed) const {
    if (side == Side::Buy) {
        const Currency currency = securities_.at(security).terms.currency;
        const Money free = cash(account, currency) - reserved_cash(account, currency);
        return cash_needed > free ? Reason::InsufficientFunds : Reason::None;
    }
    const Quantity free = holding(account, security) - reserved_holding(account, security);
    return quantity_needed > free ? Reason::InsufficientShares : Reason::None;
}

RejectReason NaiveEngine::on(UserId actor, const PlaceOrder& c, Prediction& out) {
    if (!may(actor, Role::Trader)) return Reason::NotPermitted;
    if (!owns(actor, c.account)) return Reason::AccountNotFound;
    if (!securities_.contains(c.security)) return Reason::SecurityNotFound;
    Security& security = securities_[c.security];
    const auto earlier = client_ids_.find({c.account, c.client_order_id});
    if (earlier != client_ids_.end()) {
        out.order = earlier->second;
        return same(orders_.at(earlier->second).request, c) ? Reason::DuplicateClientOrderId
                                                            : Reason::ClientOrderIdConflict;
    }
    if (const Reason no = refuse_market_state(c.account, security); no != Reason::None) return no;
    const bool is_market = c.type == OrderType::Market;
    if (is_market && c.time_in_force == TimeInForce::Gtc) return Reason::TimeInForceNotAllowed;
    if (c.post_only && (is_market || c.time_in_force != TimeInForce::Gtc)) return Reason::PostOnlyNotAllowed;
    if (const Reason no = refuse_quantity(c.quantity, security); no != Reason::None) return no;
    if (is_market && c.price.units != 0) return Reason::PriceNotAllowed;
    if (!is_market)
        if (const Reason no = refuse_price(c.price, security); no != Reason::None) return no;
    Money needed = cost_of(c.security, c.price, c.quantity);
    if (needed > kMaxMoney || overfills_level(security, c.side, c.price, c.quantity)) return Reason::NotionalTooLarge;
    if (const Reason no = refuse_liquidity(c, security); no != Reason::None) return no;
    const bool is_buy = c.side == Side::Buy;
    if (is_market && is_buy)
        for (const auto& fill : security.book.preview(c.side, NaiveBook::any_price(c.side), c.quantity))
            needed += cost_of(c.security, fill.price, fill.quantity);
    if (const Reason no = refuse_reservation(c.account, c.security, c.side, needed, c.quantity); no != Reason::None)
        return no;

    const auto id = static_cast<OrderId>(orders_.size() + 1);
    Order& order = orders_[id] = Order{id, c, c.price, c.quantity, {}, true};
    open_.insert(id);
    if (!c.client_order_id.empty()) client_ids_[{c.account, c.client_order_id}] = id;
    const bool rests = !is_market && c.time_in_force == TimeInForce::Gtc && !security.book.would_cross(c.side, c.price);
    out.events.emplace_back(OrderAccepted{
        id, c.account, c.security, c.side, c.type, c.time_in_force, c.post_only, rests, c.quantity, c.price,
        is_buy ? cost_of(c.security, c.price, c.quantity) : Money{}, is_buy ? Quantity{} : c.quantity,
        c.client_order_id, 0});
    if (rests)
        rest(order);
    else
        match(order, out);
    return Reason::None;
}

void NaiveEngine::rest(const Order& order) {
    securities_[order.request.security].book.add({order.id, order.request.side, order.price, order.leaves()});
}

void NaiveEngine::close(OrderId id) {
    orders_.at(id).is_open = false;
    open_.erase(id);
}

// Takes what the book offers; what is left rests (gtc) or expires.
void NaiveEngine::match(Order& taker, Prediction& out) {
    const PlaceOrder& c = taker.request;
    const Price limit = c.type == OrderType::Market ? NaiveBook::any_price(c.side) : taker.price;
    for (const auto& fill : securities_[c.security].book.take(c.side, limit, taker.leaves())) trade(taker, fill, out);
    if (taker.leaves().units == 0) return close(taker.id);
    if (c.time_in_force == TimeInForce::Gtc) {
        rest(taker);
        out.events.emplace_back(OrderRested{taker.id, c.account, c.security, c.side, taker.price, taker.leaves()});
        return;
    }
    const bool is_buy = c.side == Side::Buy;
    out.events.emplace_back(OrderExpired{taker.id, c.account, c.security, c.side, ExpireReason::ImmediateRemainder,
                                         taker.leaves(),
                                         is_buy ? cost_of(c.security, taker.price, taker.leaves()) : Money{},
                                         is_buy ? Quantity{} : taker.leaves()});
    close(taker.id);
}

void NaiveEngine::trade(Order& taker, const NaiveBook::Fill& fill, Prediction& out) {
    Order& maker = orders_.at(fill.maker);
    maker.filled += fill.quantity;
    taker.filled += fill.quantity;
    if (maker.leaves().units == 0) close(maker.id);
    const SecurityId security = taker.request.security;
    const Order& buyer = taker.request.side == Side::Buy ? taker : maker;
    const Order& seller = taker.request.side == Side::Buy ? maker : taker;
    const Money notional = cost_of(security, fill.price, fill.quantity);
    const Currency currency = securities_.at(security).terms.currency;
    cash_[{buyer.request.account, currency}] -= notional;
    cash_[{seller.request.account, currency}] += notional;
    holdings_[{seller.request.account, security}] -= fill.quantity;
    holdings_[{buyer.request.account, security}] += fill.quantity;
    last_trade_ = static_cast<TradeId>(static_cast<std::uint64_t>(last_trade_) + 1);
    // A market bid has no price and reserves nothing, so the same product says 0 for it.
    out.events.emplace_back(TradeExecuted{last_trade_, security, maker.id, taker.id, maker.request.account,
                                          taker.request.account, taker.request.side, fill.price, fill.quantity,
                                          notional, cost_of(security, buyer.price, fill.quantity), fill.quantity,
                                          maker.leaves(), taker.leaves()});
}

RejectReason NaiveEngine::on(UserId actor, const AmendOrder& c, Prediction& out) {
    if (!may(actor, Role::Trader)) return Reason::NotPermitted;
    if (!owns(actor, c.account)) return Reason::AccountNotFound;
    if (const Reason no = refuse_target(c.target, c.account); no != Reason::None) return no;
    Order& order = orders_.at(find_order(c.target, c.account)->id);
    const PlaceOrder& request = order.request;
    Security& security = securities_[request.security];
    if (const Reason no = refuse_market_state(c.account, security); no != Reason::None) return no;
    if (c.quantity)
        if (const Reason no = refuse_quantity(*c.quantity, security); no != Reason::None) return no;
    if (c.price)
        if (const Reason no = refuse_price(*c.price, security); no != Reason::None) return no;
    const Price price = c.price.value_or(order.price);
    const Quantity quantity = c.quantity.value_or(order.quantity);
    if (quantity <= order.filled) {
        cancel(order.id, CancelReason::AmendedBelowFilled, out);
        return Reason::None;
    }
    const Quantity leaves = quantity - order.filled;
    if (cost_of(request.security, price, quantity) > kMaxMoney ||
        overfills_level(security, request.side, price, leaves))
        return Reason::NotionalTooLarge;
    if (price == order.price && quantity == order.quantity) return Reason::NothingToAmend;
    const bool crosses = security.book.would_cross(request.side, price);
    if (request.post_only && crosses) return Reason::PostOnlyWouldCross;
    const Money more_cash = cost_of(request.security, price, leaves) -
                            cost_of(request.security, order.price, order.leaves());
    if (const Reason no = refuse_reservation(c.account, request.security, request.side, more_cash,
                                             leaves - order.leaves());
        no != Reason::None)
        return no;

    const bool priority_kept = price == order.price && quantity < order.quantity;
    const bool is_buy = request.side == Side::Buy;
    order.price = price;
    order.quantity = quantity;
    out.events.emplace_back(OrderAmended{order.id, c.account, request.security, request.side, priority_kept, !crosses,
                                         price, quantity, leaves,
                                         is_buy ? cost_of(request.security, price, leaves) : Money{},
                                         is_buy ? Quantity{} : leaves});
    if (priority_kept) {
        security.book.set_leaves(order.id, leaves);
        return Reason::None;
    }
    security.book.cancel(order.id);
    if (crosses)
        match(order, out);
    else
        rest(order);
    return Reason::None;
}

void NaiveEngine::cancel(OrderId id, CancelReason reason, Prediction& out) {
    const Order& order = orders_.at(id);
    const PlaceOrder& c = order.request;
    const bool is_buy = c.side == Side::Buy;
    securities_[c.security].book.cancel(id);
    close(id);
    out.events.emplace_back(OrderCanceled{id, c.account, c.security, c.side, reason, order.leaves(),
                                          is_buy ? cost_of(c.security, order.price, order.leaves()) : Money{},
                                          is_buy ? Quantity{} : order.leaves()});
}

RejectReason NaiveEngine::on(UserId actor, const CancelOrder& c, Prediction& out) {
    const bool on_behalf = c.account == AccountId::None;
    if (!may(actor, on_behalf ? Role::Operator : Role::Trader)) return Reason::NotPermitted;
    if (!on_behalf && !owns(actor, c.account)) return Reason::AccountNotFound;
    if (const Reason no = refuse_target(c.target, c.account); no != Reason::None) return no;
    cancel(find_order(c.target, c.account)->id, on_behalf ? CancelReason::Operator : CancelReason::User, out);
    return Reason::None;
}

RejectReason NaiveEngine::on(UserId actor, const MassCancel& c, Prediction& out) {
    if (!may(actor, Role::Trader)) return Reason::NotPermitted;
    if (!owns(actor, c.account)) return Reason::AccountNotFound;
    if (c.security != SecurityId::None && !securities_.contains(c.security)) return Reason::SecurityNotFound;
    std::uint32_t count = 0;
    for (const OrderId id : std::set<OrderId>(open_)) {  // a copy: cancelling takes them out of open_
        const PlaceOrder& order = orders_.at(id).request;
        if (order.account != c.account) continue;
        if (c.security != SecurityId::None && order.security != c.security) continue;
        if (c.side && order.side != *c.side) continue;
        cancel(id, CancelReason::Mass, out);
        ++count;
    }
    out.events.emplace_back(MassCancelCompleted{c.account, c.security, count});
    return Reason::None;
}

}  // namespace buttonwood::engine::tests
