#include "projections/market_fold.hpp"

#include "projections/fault.hpp"

#include <algorithm>

namespace buttonwood::projections {

using namespace engine;

Timestamp bucket_of(Timestamp time, std::int64_t interval_us) {
    const std::int64_t past = time.us % interval_us;
    return {time.us - (past < 0 ? past + interval_us : past)};
}

void Candle::add(const TradeExecuted& trade) {
    if (trade_count == 0) open = high = low = trade.price;
    high = std::max(high, trade.price);
    low = std::min(low, trade.price);
    close = trade.price;
    volume_units += trade.quantity.units;
    turnover += trade.notional;
    ++trade_count;
}

void Levels::add(Side side, Price price, Quantity by) { of(side)[key_of(side, price)] += by; }

bool Levels::reduce(Side side, Price price, Quantity by) {
    Queue& queue = of(side);
    const auto it = queue.find(key_of(side, price));
    if (it == queue.end() || it->second < by) return false;
    it->second -= by;
    if (it->second.units == 0) queue.erase(it);
    return true;
}

std::optional<BestLevel> Levels::best(Side side) const {
    const Queue& queue = of(side);
    if (queue.empty()) return std::nullopt;
    const auto& [key, quantity] = *queue.begin();
    return BestLevel{{side == Side::Buy ? -key : key}, quantity};
}

Result MarketFold::apply(const Event& event) {
    return std::visit([&](const auto& body) { return on(event, body); }, event.body);
}

void MarketFold::clear() {
    resting.clear();
    tickers.clear();
    minutes.clear();
    days.clear();
    levels.clear();
}

Result MarketFold::on(const Event& event, const SecurityCreated& e) {
    touch(event, e.security);
    return {};
}

Result MarketFold::on(const Event& event, const OrderAccepted& e) {
    if (e.rests) rest(event, e.order, {e.security, e.side, e.price, e.quantity});
    return {};
}

Result MarketFold::on(const Event& event, const OrderRested& e) {
    rest(event, e.order, {e.security, e.side, e.price, e.leaves_quantity});
    return {};
}

Result MarketFold::on(const Event& event, const TradeExecuted& e) {
    touch(event, e.security).last = LastTrade{e.price, e.quantity, e.trade, event.time};
    minutes.change_or_create({e.security, bucket_of(event.time, kMinuteUs)}).add(e);
    days.change_or_create({e.security, bucket_of(event.time, kDayUs)}).add(e);
    return reduce(event, e.maker_order, e.quantity);
}

Result MarketFold::on(const Event& event, const OrderAmended& e) {
    if (auto removed = remove(event, e.order); !removed) return removed;
    if (e.rests) rest(event, e.order, {e.security, e.side, e.price, e.leaves_quantity});
    return {};
}

Result MarketFold::on(const Event& event, const OrderCanceled& e) { return remove(event, e.order); }

void MarketFold::rest(const Event& event, OrderId id, RestingOrder order) {
    levels[order.security].add(order.side, order.price, order.leaves);
    resting.create(id, order);
    touch(event, order.security);
}

Result MarketFold::reduce(const Event& event, OrderId id, Quantity by) {
    RestingOrder* order = resting.change(id);
    if (!order || order->leaves < by || !levels[order->security].reduce(order->side, order->price, by))
        return unknown_order(id, event.seq);
    touch(event, order->security);
    order->leaves -= by;
    if (order->leaves.units == 0) resting.erase(id);
    return {};
}

Result MarketFold::remove(const Event& event, OrderId id) {
    const RestingOrder* order = resting.find(id);
    return order ? reduce(event, id, order->leaves) : unknown_order(id, event.seq);
}

Ticker& MarketFold::touch(const Event& event, SecurityId security) {
    Ticker& ticker = tickers.change_or_create(security);
    ticker.updated_at = event.time;
    ticker.updated_seq = event.seq;
    return ticker;
}

}  // namespace buttonwood::projections
