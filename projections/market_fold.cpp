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
    if (!e.rests && e.display_quantity.units == 0) return {};
    const Quantity shown = e.rests ? displayed(e.quantity, e.display_quantity) : Quantity{};
    join(event, e.order, {e.security, e.side, e.price, shown, e.display_quantity});
    return {};
}

Result MarketFold::on(const Event& event, const OrderRested& e) {
    const Quantity display = display_of(e.order);
    join(event, e.order, {e.security, e.side, e.price, displayed(e.leaves_quantity, display), display});
    return {};
}

Result MarketFold::on(const Event& event, const OrderActivated& e) {
    if (!e.rests) return {};
    const Quantity display = display_of(e.order);
    join(event, e.order, {e.security, e.side, e.price, displayed(e.leaves_quantity, display), display});
    return {};
}

Result MarketFold::on(const Event& event, const TradeExecuted& e) {
    touch(event, e.security).last = LastTrade{e.price, e.quantity, e.trade, event.time};
    minutes.change_or_create({e.security, bucket_of(event.time, kMinuteUs)}).add(e);
    days.change_or_create({e.security, bucket_of(event.time, kDayUs)}).add(e);
    if (!resting.find(e.maker_order) || (e.auction && !resting.find(e.taker_order)))
        return unknown_order(e.maker_order, event.seq);
    if (auto taken = take(event, e.maker_order, e.quantity, e.maker_leaves_quantity); !taken) return taken;
    if (resting.find(e.taker_order)) return take(event, e.taker_order, e.quantity, e.taker_leaves_quantity);
    return {};
}

Result MarketFold::on(const Event& event, const OrderAmended& e) {
    RestingOrder* order = resting.change(e.order);
    if (!order && !e.held) return unknown_order(e.order, event.seq);
    Quantity shown{};
    if (e.rests) shown = displayed(e.leaves_quantity, e.display_quantity);
    if (e.rests && e.priority_kept) shown = std::min(shown, order->shown);
    if (!order) return {};
    order->display = e.display_quantity;
    return show(event, e.order, e.price, shown);
}

Result MarketFold::on(const Event& event, const OrderReduced& e) {
    if (!resting.find(e.order)) return {};
    return take(event, e.order, e.by, e.leaves_quantity);
}

Result MarketFold::on(const Event& event, const OrderRefreshed& e) {
    if (!resting.find(e.order)) return unknown_order(e.order, event.seq);
    return show(event, e.order, e.price, e.displayed_quantity);
}

Result MarketFold::on(const Event& event, const OrderCanceled& e) { return leave(event, e.order); }

Result MarketFold::on(const Event& event, const OrderExpired& e) { return leave(event, e.order); }

void MarketFold::join(const Event& event, OrderId id, const RestingOrder& order) {
    resting.create(id, order);
    if (order.shown.units == 0) return;
    levels[order.security].add(order.side, order.price, order.shown);
    touch(event, order.security);
}

Result MarketFold::take(const Event& event, OrderId id, Quantity by, Quantity leaves) {
    const RestingOrder& order = *resting.find(id);
    // An iceberg that takes is not in the book.
    const Quantity shown = order.shown.units == 0 ? Quantity{} : order.shown - by;
    if (shown.units < 0) return unknown_order(id, event.seq);
    if (auto shows = show(event, id, order.price, shown); !shows) return shows;
    if (leaves.units == 0 && resting.find(id)) resting.erase(id);
    return {};
}

Result MarketFold::leave(const Event& event, OrderId id) {
    const RestingOrder* order = resting.find(id);
    if (!order) return {};
    if (auto shows = show(event, id, order->price, {}); !shows) return shows;
    if (resting.find(id)) resting.erase(id);
    return {};
}

Result MarketFold::show(const Event& event, OrderId id, Price price, Quantity shown) {
    RestingOrder& order = *resting.change(id);
    Levels& book = levels[order.security];
    if (order.shown.units != 0 || shown.units != 0) touch(event, order.security);
    if (order.shown.units != 0 && !book.reduce(order.side, order.price, order.shown))
        return unknown_order(id, event.seq);
    if (shown.units != 0) book.add(order.side, price, shown);
    order.price = price;
    order.shown = shown;
    if (shown.units == 0 && order.display.units == 0) resting.erase(id);
    return {};
}

Quantity MarketFold::display_of(OrderId id) const {
    const RestingOrder* order = resting.find(id);
    return order ? order->display : Quantity{};
}

Ticker& MarketFold::touch(const Event& event, SecurityId security) {
    Ticker& ticker = tickers.change_or_create(security);
    ticker.updated_at = event.time;
    ticker.updated_seq = event.seq;
    return ticker;
}

}  // namespace buttonwood::projections
