#include "projections/market_fold.hpp"

#include "projections/fault.hpp"

#include <algorithm>

namespace buttonwood::projections {

using namespace engine;

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
    if (event.command != command_) finish_command();
    command_ = event.command;
    command_time_ = event.time;
    return std::visit([&](const auto& body) { return on(event, body); }, event.body);
}

void MarketFold::finish() {
    finish_command();
    for (const auto& [security, part] : unfinished_) finish_second(security, part.candle, part.second);
    unfinished_.clear();
}

void MarketFold::clear() {
    resting.clear();
    tickers.clear();
    candles.clear();
    best_prices.clear();
    levels.clear();
    unfinished_.clear();
    changed_books_.clear();
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
    Unfinished& part = unfinished_[e.security];
    if (const Timestamp second = bucket_of(event.time, CandleInterval::Second); part.second != second) {
        finish_second(e.security, part.candle, part.second);
        part = {second, {}};
    }
    part.candle.add(e);
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
    book_to_change(order.security).add(order.side, order.price, order.shown);
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
    Levels& book = book_to_change(order.security);
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

Levels& MarketFold::book_to_change(SecurityId security) {
    if (std::ranges::find(changed_books_, security) == changed_books_.end()) changed_books_.push_back(security);
    return levels[security];
}

void MarketFold::finish_second(SecurityId security, const Candle& candle, Timestamp second) {
    if (candle.trade_count == 0) return;
    for (const auto& [interval, word] : kCandleIntervalWords)
        candles.change_or_create({security, interval, bucket_of(second, interval)}).add(candle);
}

void MarketFold::finish_command() {
    for (const SecurityId security : changed_books_) {
        const Levels& book = levels[security];
        const auto price_of = [&book](Side side) {
            const auto level = book.best(side);
            return level ? std::optional(level->price) : std::nullopt;
        };
        const auto bid = price_of(Side::Buy);
        const auto ask = price_of(Side::Sell);
        const Ticker* before = tickers.find(security);
        if (before ? bid == before->bid && ask == before->ask : !bid && !ask) continue;
        Ticker& ticker = tickers.change_or_create(security);
        const BestPricesKey key{security, bucket_of(command_time_, CandleInterval::Minute)};
        BestPrices* row = best_prices.change(key);
        if (!row) {
            row = &best_prices.create(key, {});
            row->bid.begin(ticker.bid);
            row->ask.begin(ticker.ask);
        }
        row->bid.move(ticker.bid = bid);
        row->ask.move(ticker.ask = ask);
    }
    changed_books_.clear();
}

}  // namespace buttonwood::projections
