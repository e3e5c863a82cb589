// The naive engine's matching: what could be taken, and taking it.
#include "tests/engine/naive_engine.hpp"

#include <algorithm>

namespace buttonwood::engine::tests {
namespace {

bool within(Side taker, std::optional<Price> limit, Price price) {
    if (!limit) return true;
    return taker == Side::Buy ? price <= *limit : price >= *limit;
}

bool outside(Price price, Price reference, std::uint32_t basis_points) {
    if (reference.units == 0 || basis_points == 0) return false;
    const Int128 distance = Int128{price.units} - reference.units;
    return (distance < 0 ? -distance : distance) * kBasisPoints > Int128{reference.units} * basis_points;
}

}  // namespace

// Exact up to kMaxMoney; whatever is more is only said to be more.
Money NaiveEngine::cost_of(SecurityId security, Price price, Quantity quantity) const {
    const CreateSecurity& terms = securities_.at(security).terms;
    Int128 units = Int128{price.units} * quantity.units;
    if (units > kMaxMoney.units) return {kMaxMoney.units + 1};
    for (int scale = terms.price_scale + terms.quantity_scale; scale < kMoneyScale; ++scale) units *= 10;
    return {units};
}

std::vector<const NaiveEngine::Order*> NaiveEngine::book(SecurityId security, Side side) const {
    std::vector<const Order*> found;
    for (const OrderId id : open_) {
        const Order& order = at(id);
        if (order.request.security == security && order.request.side == side && order.stage == Stage::Resting)
            found.push_back(&order);
    }
    std::sort(found.begin(), found.end(), [&](const Order* a, const Order* b) {
        if (a->price != b->price) return side == Side::Buy ? a->price > b->price : a->price < b->price;
        return a->place < b->place;
    });
    return found;
}

const NaiveEngine::Order* NaiveEngine::front(SecurityId security, Side side) const {
    const Order* best = nullptr;
    for (const OrderId id : open_) {
        const Order& order = at(id);
        if (order.request.security != security || order.request.side != side || order.stage != Stage::Resting) continue;
        const bool better_price = best && (side == Side::Buy ? order.price > best->price : order.price < best->price);
        if (!best || better_price || (order.price == best->price && order.place < best->place)) best = &order;
    }
    return best;
}

bool NaiveEngine::crosses(SecurityId security, Side side, std::optional<Price> limit) const {
    const Order* best = front(security, opposite(side));
    return best && within(side, limit, best->price);
}

bool NaiveEngine::has_room(SecurityId security, Side side, Price price, Quantity quantity) const {
    Int128 shown = quantity.units;
    for (const OrderId id : open_) {
        const Order& order = at(id);
        if (order.request.security == security && order.request.side == side && order.stage == Stage::Resting &&
            order.price == price)
            shown += order.tip.units;
    }
    return shown <= kMaxLevelUnits;
}

void NaiveEngine::book_changed(SecurityId security) {
    if (in_force(security).state == TradingState::Auction) securities_.at(security).indication_is_stale = true;
}

bool NaiveEngine::outside_static(SecurityId security, Price price) const {
    const SetPriceBands& bands = securities_.at(security).bands;
    return outside(price, bands.reference_price, bands.static_basis_points);
}

bool NaiveEngine::outside_bands(SecurityId security, Price price) const {
    return outside_static(security, price) || outside(price, last_before_.at(security),
                                                      securities_.at(security).bands.dynamic_basis_points);
}

// The walk of take() without doing it: in each level the tips in queue order, then what hides behind them. For what a
// bid costs, own orders that `decrement` would take off both are taken off what is wanted, and cost nothing.
NaiveEngine::Takeable NaiveEngine::takeable(const PlaceOrder& who, std::optional<Price> limit, Quantity wanted,
                                            bool behind_own) const {
    Takeable sum;
    Int128 left = wanted.units;
    Int128 fills = 0;
    const SelfTradePrevention mode = who.self_trade_prevention;
    const auto is_own = [&](const Order& maker) {
        return mode != SelfTradePrevention::None && user_of(maker.request) == user_of(who);
    };
    const auto give = [&](const Order& maker, Int128 units) {
        units = std::min(units, left);
        left -= units;
        if (is_own(maker)) return;
        sum.units += units;
        sum.cost += cost_of(who.security, maker.price, {static_cast<std::int64_t>(units)}).units;
    };
    const std::vector<const Order*> makers = book(who.security, opposite(who.side));
    for (std::size_t level = 0; level < makers.size();) {
        const Price price = makers[level]->price;
        if (!within(who.side, limit, price)) return sum;
        std::vector<const Order*> icebergs;
        for (; level < makers.size() && makers[level]->price == price; ++level) {
            const Order& maker = *makers[level];
            if (left == 0 || fills == kMaxFillsPerCommand) return sum;
            ++fills;
            if (dead(maker) || (is_own(maker) && mode == SelfTradePrevention::CancelOldest)) continue;
            if (is_own(maker) && !(behind_own && mode == SelfTradePrevention::Decrement)) return sum;
            if (!is_own(maker) && outside_bands(who.security, price)) return sum;
            give(maker, maker.tip.units);
            if (maker.leaves() > maker.tip) icebergs.push_back(&maker);
        }
        for (const Order* maker : icebergs) {
            const Int128 rest = maker->leaves().units - maker->tip.units;
            const Int128 most = (kMaxFillsPerCommand - fills) * maker->display.units;
            const Int128 given = std::min({rest, most, left});
            give(*maker, given);
            fills += (given + maker->display.units - 1) / maker->display.units;
        }
    }
    return sum;
}

// Section 3 of the rules, step by step.
void NaiveEngine::take(Order& taker) {
    const SecurityId security = taker.request.security;
    for (std::size_t met = 0; taker.leaves().units > 0; ++met) {
        if (met == kMaxFillsPerCommand) return expire(taker, ExpireReason::FillLimit);
        const Order* front_maker = front(security, opposite(taker.request.side));
        if (!front_maker || !within(taker.request.side, taker.limit(), front_maker->price))
            return rest_or_expire(taker, ExpireReason::ImmediateRemainder);
        Order& maker = at(front_maker->id);
        if (const auto why = dead(maker)) {
            end(maker, *why);
            continue;
        }
        if (taker.request.self_trade_prevention != SelfTradePrevention::None &&
            user_of(maker.request) == user_of(taker.request)) {
            prevent(maker, taker);
            if (!taker.is_open()) return;
            continue;
        }
        if (outside_bands(security, maker.price)) return stop_at_band(taker);
        trade(maker, taker, maker.price, std::min(taker.leaves(), maker.tip), false);
    }
}

// What a taker could not fill joins the book if it may.
void NaiveEngine::rest_or_expire(Order& taker, ExpireReason otherwise) {
    const PlaceOrder& c = taker.request;
    if (is_market(c.type) || !may_rest(c.time_in_force)) return expire(taker, otherwise);
    taker.stage = Stage::Resting;
    taker.tip = displayed(taker.leaves(), taker.display);
    taker.place = events_ + 1;
    emit(OrderRested{taker.id, c.account, c.security, c.side, taker.price, taker.leaves()});
    book_changed(c.security);
}

// The next trade would be outside a band; with a breaker the security pauses.
void NaiveEngine::stop_at_band(Order& taker) {
    const SecurityId security = taker.request.security;
    const SetPriceBands bands = securities_.at(security).bands;
    if (bands.halt_us == 0 && bands.auction_us == 0) return expire(taker, ExpireReason::PriceBand);
    rest_or_expire(taker, ExpireReason::PriceBand);
    const State before = in_force(security);
    if (bands.halt_us > 0)
        set_state({security, TradingState::Halted, {}, AuctionKind::None, {now_.us + bands.halt_us},
                   StateCause::Volatility});
    else
        set_state({security, TradingState::Auction, {}, AuctionKind::Reopening, {now_.us + bands.auction_us},
                   StateCause::Volatility});
    indicate_new_auction(security, before);
}

void NaiveEngine::prevent(Order& maker, Order& taker) {
    const SelfTradePrevention mode = taker.request.self_trade_prevention;
    const Quantity quantity = std::min(taker.leaves(), maker.tip);
    emit(MatchPrevented{taker.request.security, maker.id, taker.id, maker.request.account, taker.request.account,
                        taker.request.side, mode, maker.price, quantity});
    switch (mode) {
        case SelfTradePrevention::None: return;
        case SelfTradePrevention::CancelNewest: return cancel(taker, CancelReason::SelfTrade);
        case SelfTradePrevention::CancelOldest: return cancel(maker, CancelReason::SelfTrade);
        case SelfTradePrevention::CancelBoth:
            cancel(maker, CancelReason::SelfTrade);
            return cancel(taker, CancelReason::SelfTrade);
        case SelfTradePrevention::Decrement:
            reduce(maker, quantity);
            return reduce(taker, quantity);
    }
}

// Takes `by` off an order's total; one that has nothing else left is canceled.
void NaiveEngine::reduce(Order& order, Quantity by) {
    if (order.leaves() == by) return cancel(order, CancelReason::SelfTrade);
    const Money cash_before = reserved_cash(order);
    const Quantity quantity_before = reserved_quantity(order);
    order.quantity -= by;
    if (order.stage == Stage::Resting) order.tip -= by;
    emit(OrderReduced{order.id, order.request.account, order.request.security, order.request.side, by, order.quantity,
                      order.leaves(), cash_before - reserved_cash(order),
                      quantity_before - reserved_quantity(order)});
    if (order.stage == Stage::Resting) book_changed(order.request.security);
    refresh(order);
}

// One fill, the groups it decides, and the next tips of what stands in the book.
void NaiveEngine::trade(Order& maker, Order& taker, Price price, Quantity quantity, bool auction) {
    const SecurityId security = taker.request.security;
    const bool taker_buys = taker.is_buy();
    const Order& buyer = taker_buys ? taker : maker;
    const Order& seller = taker_buys ? maker : taker;
    const Money cash_before = reserved_cash(buyer);
    const Quantity quantity_before = reserved_quantity(seller);
    for (Order* order : {&maker, &taker}) {
        order->filled += quantity;
        if (order->stage == Stage::Resting) order->tip -= quantity;
    }
    const Money notional = cost_of(security, price, quantity);
    const Money maker_fee = fee_of(notional, maker.rates.maker_ppm);
    const Money taker_fee = fee_of(notional, taker.rates.taker_ppm);
    const bool is_free = maker_fee.units == 0 && taker_fee.units == 0;
    const Timestamp settles_at = settlement_time(security);
    trades_.push_back({static_cast<TradeId>(trades_.size() + 1), security, buyer.request.account,
                       seller.request.account, quantity, notional, taker_buys ? taker_fee : maker_fee,
                       taker_buys ? maker_fee : taker_fee, is_free ? AccountId{} : fees_in_force(security)->account,
                       settles_at, settles_at.us == 0 ? SettlementStep::Settled : SettlementStep::Pending});
    move(trades_.back(), false);
    emit(TradeExecuted{trades_.back().id, security, maker.id, taker.id, maker.request.account, taker.request.account,
                       taker.request.side, price, quantity, notional, cash_before - reserved_cash(buyer),
                       quantity_before - reserved_quantity(seller), maker.leaves(), taker.leaves(), auction,
                       maker_fee, taker_fee, trades_.back().fee_account, settles_at});
    book_changed(security);
    move_marks(security, price);
    for (Order* order : {&maker, &taker})
        if (order->leaves().units == 0) {
            order->stage = Stage::Over;
            open_.erase(order->id);
            if (order->role == GroupRole::Entry) after_end(*order);
        }
    for (const Order* order : {&maker, &taker})
        if (order->role != GroupRole::Entry) end_partner(*order);
    refresh(maker);
    refresh(taker);
}

void NaiveEngine::move_marks(SecurityId security, Price price) {
    securities_.at(security).last = price;
    for (const OrderId id : open_) {
        Order& order = at(id);
        if (order.request.security != security || order.request.type != OrderType::TrailingStop) continue;
        if (order.stage != Stage::Held || order.is_dormant) continue;
        const bool better = order.is_buy() ? price < order.mark : price > order.mark;
        if (order.mark.units == 0 || better) order.mark = price;
    }
}

// The next tip of an order in the book that shows nothing any more.
void NaiveEngine::refresh(Order& order) {
    if (order.stage != Stage::Resting || order.tip.units > 0) return;
    const PlaceOrder& c = order.request;
    const Quantity tip = displayed(order.leaves(), order.display);
    if (!has_room(c.security, c.side, order.price, tip)) return expire(order, ExpireReason::LevelFull);
    order.tip = tip;
    order.place = events_ + 1;
    emit(OrderRefreshed{order.id, c.account, c.security, c.side, order.price, tip, order.leaves()});
    book_changed(c.security);
}

// Does what is free cover this much more cash (bids) or quantity (listings)?
RejectReason NaiveEngine::refuse_reservation(AccountId account, SecurityId security, Side side, Money cash_needed,
                                             Quantity quantity_needed) const {
    if (side == Side::Buy) {
        const Currency currency = securities_.at(security).terms.currency;
        return cash_needed > free_cash(account, currency) ? Reason::InsufficientFunds : Reason::None;
    }
    const Quantity free = holding(account, security) - reserved_holding(account, security);
    return quantity_needed > free ? Reason::InsufficientShares : Reason::None;
}

}  // namespace buttonwood::engine::tests
