// Candles at their edges, best prices and their history through the life of orders.
#include "projections/market_fold.hpp"

#include "eventstore/record_json.hpp"

#include <catch2/catch.hpp>

#include <charconv>
#include <chrono>

namespace buttonwood::projections::test {
namespace {

using namespace engine;

constexpr auto kAcme = static_cast<SecurityId>(1);
constexpr std::int64_t kMinuteUs = 60'000'000;
constexpr std::int64_t kDayUs = 86'400'000'000;
constexpr Timestamp kMidnight{1'798'761'600'000'000};  // 2027-01-01T00:00:00Z

// "2027-01-01 00:00:00", with or without ".000000", UTC.
Timestamp at(std::string_view text) {
    using namespace std::chrono;
    const auto number = [&](std::size_t from, std::size_t count) {
        int value = 0;
        std::from_chars(text.data() + from, text.data() + from + count, value);
        return value;
    };
    const sys_days day{year{number(0, 4)} / number(5, 2) / number(8, 2)};
    const auto time = day + hours{number(11, 2)} + minutes{number(14, 2)} + seconds{number(17, 2)} +
                      microseconds{text.size() > 19 ? number(20, 6) : 0};
    return {time.time_since_epoch().count()};
}

class Story {
public:
    void tell(EventBody body, Timestamp time = kMidnight) { REQUIRE(try_tell(std::move(body), time)); }
    [[nodiscard]] bool try_tell(EventBody body, Timestamp time = kMidnight) {
        ++seq_;
        return fold_.apply(Event{seq_, command_ ? command_ : seq_, time, std::move(body)}).has_value();
    }
    // What is told in between are the events of one command.
    template <class F>
    void in_one_command(F&& tell_them) {
        command_ = seq_ + 1;
        tell_them();
        command_ = 0;
    }
    // An order that joins the book at once.
    OrderId rest(Side side, std::int64_t price, std::int64_t quantity) {
        const auto order = static_cast<OrderId>(++orders_);
        tell(OrderAccepted{order,
                           static_cast<AccountId>(1),
                           kAcme,
                           side,
                           OrderType::Limit,
                           TimeInForce::Gtc,
                           false,
                           true,
                           {quantity},
                           {price},
                           {},
                           {},
                           {},
                           0});
        return order;
    }
    void trade(Timestamp time, std::int64_t price, std::int64_t quantity) {
        TradeExecuted trade;
        trade.trade = static_cast<TradeId>(++trades_);
        trade.security = kAcme;
        trade.maker_order = rest(Side::Sell, price, quantity);
        trade.taker_side = Side::Buy;
        trade.price = {price};
        trade.quantity = {quantity};
        trade.notional = {Int128{price} * quantity};
        tell(trade, time);
    }
    [[nodiscard]] const Candle* candle(CandleInterval interval, Timestamp bucket) {
        fold_.finish();
        return fold_.candles.find({kAcme, interval, bucket});
    }
    [[nodiscard]] const Candle* minute(Timestamp bucket) { return candle(CandleInterval::Minute, bucket); }
    [[nodiscard]] const Candle* day(Timestamp bucket) { return candle(CandleInterval::Day, bucket); }
    // "bid: open high low close, ask: open high low close"; nullopt: no best price changed in that minute.
    [[nodiscard]] std::optional<std::string> best_prices(Timestamp minute) {
        fold_.finish();
        const BestPrices* row = fold_.best_prices.find({kAcme, minute});
        if (!row) return std::nullopt;
        const auto text = [](const PriceRange& range) {
            std::string words;
            for (const auto& price : {range.open, range.high, range.low, range.close})
                words += " " + (price ? std::to_string(price->units) : std::string("-"));
            return words;
        };
        return "bid:" + text(row->bid) + ", ask:" + text(row->ask);
    }
    // "price x quantity", or "-".
    [[nodiscard]] std::string best(Side side) const {
        const auto it = fold_.levels.find(kAcme);
        const auto level = it == fold_.levels.end() ? std::nullopt : it->second.best(side);
        return level ? std::to_string(level->price.units) + " x " + std::to_string(level->quantity.units) : "-";
    }
    [[nodiscard]] const Ticker& ticker() const { return *fold_.tickers.find(kAcme); }
    // Rows of tickers that the events since the last look changed.
    [[nodiscard]] int changed_tickers() {
        fold_.finish();
        int changed = 0;
        fold_.tickers.flush([&](bool, SecurityId, const Ticker&) { ++changed; });
        return changed;
    }

private:
    MarketFold fold_;
    EventSeq seq_{};
    CommandSeq command_{};  // 0: each event is a command of its own
    std::uint64_t orders_{};
    std::uint64_t trades_{};
};

// The start of the interval that holds a time, both in words.
std::string bucket(std::string_view time, std::string_view interval) {
    return eventstore::to_rfc3339(bucket_of(at(time), *from_word<CandleInterval>(interval)));
}

TEST_CASE("a bucket begins at its first microsecond and ends before the next", "[unit]") {
    struct Case {
        const char *interval, *first, *last, *next;
    };
    // 2026-12-28 and 2024-02-26 are Mondays.
    const Case cases[] = {
        {"1s", "2026-12-31 23:59:59", "2026-12-31 23:59:59.999999", "2027-01-01 00:00:00"},
        {"1m", "2026-12-31 23:59:00", "2026-12-31 23:59:59.999999", "2027-01-01 00:00:00"},
        {"5m", "2026-12-31 23:55:00", "2026-12-31 23:59:59.999999", "2027-01-01 00:00:00"},
        {"15m", "2026-03-29 01:45:00", "2026-03-29 01:59:59.999999", "2026-03-29 02:00:00"},
        {"30m", "2026-03-29 01:30:00", "2026-03-29 01:59:59.999999", "2026-03-29 02:00:00"},
        {"1h", "2026-10-25 01:00:00", "2026-10-25 01:59:59.999999", "2026-10-25 02:00:00"},
        {"4h", "2026-12-31 20:00:00", "2026-12-31 23:59:59.999999", "2027-01-01 00:00:00"},
        {"1d", "2024-02-28 00:00:00", "2024-02-28 23:59:59.999999", "2024-02-29 00:00:00"},
        {"1d", "2024-02-29 00:00:00", "2024-02-29 23:59:59.999999", "2024-03-01 00:00:00"},
        {"1w", "2026-12-28 00:00:00", "2027-01-03 23:59:59.999999", "2027-01-04 00:00:00"},
        {"1w", "2024-02-26 00:00:00", "2024-03-03 23:59:59.999999", "2024-03-04 00:00:00"},
        {"1w", "1969-12-29 00:00:00", "1970-01-04 23:59:59.999999", "1970-01-05 00:00:00"},
        {"1M", "2024-02-01 00:00:00", "2024-02-29 23:59:59.999999", "2024-03-01 00:00:00"},
        {"1M", "2023-02-01 00:00:00", "2023-02-28 23:59:59.999999", "2023-03-01 00:00:00"},
        {"1M", "2100-02-01 00:00:00", "2100-02-28 23:59:59.999999", "2100-03-01 00:00:00"},
        {"1M", "2026-12-01 00:00:00", "2026-12-31 23:59:59.999999", "2027-01-01 00:00:00"},
        {"1M", "1969-12-01 00:00:00", "1969-12-31 23:59:59.999999", "1970-01-01 00:00:00"},
    };
    for (const auto& [interval, first, last, next] : cases) {
        CAPTURE(interval, first);
        const std::string begins = eventstore::to_rfc3339(at(first));
        CHECK(bucket(first, interval) == begins);
        CHECK(bucket(last, interval) == begins);
        CHECK(bucket(next, interval) == eventstore::to_rfc3339(at(next)));
        CHECK(at(next).us == at(last).us + 1);
    }
}

TEST_CASE("seconds are kept for the hour of the newest trade and 168 hours before it", "[unit]") {
    CHECK(oldest_second(at("2027-01-08 00:00:00")) == at("2027-01-01 00:00:00"));
    CHECK(oldest_second(at("2027-01-08 00:59:59.999999")) == at("2027-01-01 00:00:00"));
    CHECK(oldest_second(at("2027-01-08 01:00:00")) == at("2027-01-01 01:00:00"));
}

TEST_CASE("the first and the last trade of every interval are in one candle, the next one is in another", "[unit]") {
    for (const auto& [interval, word] : kCandleIntervalWords) {
        CAPTURE(word);
        Story story;
        // Midnight is a boundary of all of them but of the week, which begins on the Monday after.
        const Timestamp next = interval == CandleInterval::Week ? at("2027-01-04 00:00:00") : kMidnight;
        const Timestamp first = bucket_of({next.us - 1}, interval);
        story.trade({first.us - 1}, 50, 1);
        story.trade(first, 100, 1);
        story.trade({next.us - 1}, 300, 2);
        story.trade(next, 200, 5);
        const Candle* candle = story.candle(interval, first);
        REQUIRE(candle);
        CHECK(candle->open.units == 100);
        CHECK(candle->close.units == 300);
        CHECK(candle->volume_units == 3);
        CHECK(candle->turnover == Money{700});
        CHECK(candle->trade_count == 2);
        REQUIRE(story.candle(interval, next));
        CHECK(story.candle(interval, next)->open.units == 200);
        CHECK(story.candle(interval, next)->trade_count == 1);
    }
}

TEST_CASE("the best prices of a minute are those after each command, with what the minute began with", "[unit]") {
    Story story;
    const Timestamp second{kMidnight.us + kMinuteUs}, fourth{kMidnight.us + 3 * kMinuteUs};
    const OrderId bid = story.rest(Side::Buy, 100, 10);
    CHECK(story.best_prices(kMidnight) == "bid: - 100 100 100, ask: - - - -");
    story.rest(Side::Sell, 105, 3);
    story.rest(Side::Buy, 100, 5);
    CHECK(story.best_prices(kMidnight) == "bid: - 100 100 100, ask: - 105 105 105");
    SECTION("where quantities alone change, and where nothing does, there is no row") {
        story.tell(OrderReduced{bid, {}, kAcme, Side::Buy, {4}, {6}, {6}, {}, {}}, second);
        CHECK_FALSE(story.best_prices(second));
    }
    SECTION("an order that leaves its level to come back better was never away") {
        story.in_one_command([&] {
            story.tell(OrderAmended{bid, {}, kAcme, Side::Buy, false, false, {102}, {10}, {10}, {}, {}}, fourth);
            story.tell(OrderRested{bid, {}, kAcme, Side::Buy, {102}, {10}}, fourth);
        });
        CHECK(story.best_prices(fourth) == "bid: 100 102 100 102, ask: 105 105 105 105");
        CHECK_FALSE(story.best_prices(second));
    }
    SECTION("a side that empties closes with nothing, and opens the next row with nothing") {
        story.tell(OrderCanceled{static_cast<OrderId>(2), {}, kAcme, Side::Sell, CancelReason::User, {3}, {}, {}},
                   second);
        CHECK(story.best_prices(second) == "bid: 100 100 100 100, ask: 105 105 105 -");
        story.tell(OrderCanceled{bid, {}, kAcme, Side::Buy, CancelReason::User, {10}, {}, {}}, fourth);
        CHECK_FALSE(story.best_prices(fourth));  // another bid stands there
        story.tell(OrderCanceled{static_cast<OrderId>(3), {}, kAcme, Side::Buy, CancelReason::User, {5}, {}, {}},
                   fourth);
        CHECK(story.best_prices(fourth) == "bid: 100 100 100 -, ask: - - - -");
    }
}

TEST_CASE("trades around midnight UTC fall into two days and two minutes", "[unit]") {
    Story story;
    story.trade({kMidnight.us - 1}, 100, 1);
    story.trade(kMidnight, 200, 2);
    const Candle* before = story.day({kMidnight.us - kDayUs});
    const Candle* after = story.day(kMidnight);
    REQUIRE((before && after));
    CHECK(before->close.units == 100);
    CHECK(before->trade_count == 1);
    CHECK(after->open.units == 200);
    CHECK(after->trade_count == 1);
    CHECK(story.minute({kMidnight.us - kMinuteUs})->close.units == 100);
    CHECK(story.minute(kMidnight)->open.units == 200);
}

TEST_CASE("a candle keeps first, highest, lowest and last price, and sums the rest", "[unit]") {
    Story story;
    for (const auto& [price, quantity] : {std::pair{150, 10}, {180, 1}, {120, 5}, {130, 4}})
        story.trade(kMidnight, price, quantity);
    story.trade({kMidnight.us + kMinuteUs}, 999, 1);
    const Candle* candle = story.minute(kMidnight);
    REQUIRE(candle);
    CHECK(candle->open.units == 150);
    CHECK(candle->high.units == 180);
    CHECK(candle->low.units == 120);
    CHECK(candle->close.units == 130);
    CHECK(candle->volume_units == 20);
    CHECK(candle->turnover == Money{150 * 10 + 180 + 120 * 5 + 130 * 4});
    CHECK(candle->trade_count == 4);
    CHECK(story.day(kMidnight)->high.units == 999);
}

TEST_CASE("the volume of a candle outgrows 64 bits", "[unit]") {
    Candle candle;
    TradeExecuted trade;
    trade.price = {1};
    trade.quantity = {kMaxQuantityUnits};
    for (int i = 0; i < 20; ++i) candle.add(trade);
    CHECK(candle.volume_units == Int128{kMaxQuantityUnits} * 20);
}

TEST_CASE("the best level follows orders that rest, trade, move and go", "[unit]") {
    Story story;
    CHECK(story.best(Side::Buy) == "-");
    const OrderId first = story.rest(Side::Buy, 100, 10);
    story.rest(Side::Buy, 99, 7);
    story.rest(Side::Buy, 100, 5);
    const OrderId listing = story.rest(Side::Sell, 105, 3);
    CHECK(story.best(Side::Buy) == "100 x 15");
    CHECK(story.best(Side::Sell) == "105 x 3");

    SECTION("a fill reduces it") {
        TradeExecuted trade;
        trade.trade = static_cast<TradeId>(1);
        trade.security = kAcme;
        trade.maker_order = first;
        trade.taker_side = Side::Sell;
        trade.price = {100};
        trade.quantity = {4};
        trade.notional = {400};
        trade.maker_leaves_quantity = {6};
        story.tell(trade);
        CHECK(story.best(Side::Buy) == "100 x 11");
        CHECK(story.ticker().last->quantity.units == 4);
    }
    SECTION("an amend moves its order") {
        story.tell(OrderAmended{first, {}, kAcme, Side::Buy, false, true, {101}, {10}, {10}, {}, {}});
        CHECK(story.best(Side::Buy) == "101 x 10");
    }
    SECTION("an amend that takes leaves the book until it rests again") {
        story.tell(OrderAmended{listing, {}, kAcme, Side::Sell, false, false, {100}, {3}, {3}, {}, {}});
        CHECK(story.best(Side::Sell) == "-");
        story.tell(OrderRested{listing, {}, kAcme, Side::Sell, {101}, {2}});
        CHECK(story.best(Side::Sell) == "101 x 2");
    }
    SECTION("a cancel of the last order empties the side") {
        story.tell(OrderCanceled{listing, {}, kAcme, Side::Sell, CancelReason::User, {3}, {}, {}});
        CHECK(story.best(Side::Sell) == "-");
        CHECK_FALSE(story.try_tell(OrderRefreshed{listing, {}, kAcme, Side::Sell, {105}, {1}, {1}}));
    }
    SECTION("so does the end of its time") {
        story.tell(OrderExpired{listing, {}, kAcme, Side::Sell, ExpireReason::GoodTill, {3}, {}, {}});
        CHECK(story.best(Side::Sell) == "-");
    }
    SECTION("a reduced order shows less") {
        story.tell(OrderReduced{first, {}, kAcme, Side::Buy, {4}, {6}, {6}, {}, {}});
        CHECK(story.best(Side::Buy) == "100 x 11");
    }
    SECTION("a held order is in no book until it goes live, nor is one that ends before") {
        OrderAccepted held;
        held.order = static_cast<OrderId>(90);
        held.security = kAcme;
        held.side = Side::Sell;
        held.type = OrderType::StopLimit;
        held.quantity = {4};
        held.price = {101};
        held.held = true;
        story.tell(held);
        held.order = static_cast<OrderId>(91);
        story.tell(held);
        CHECK(story.best(Side::Sell) == "105 x 3");
        OrderActivated activated;
        activated.order = static_cast<OrderId>(90);
        activated.security = kAcme;
        activated.side = Side::Sell;
        activated.rests = true;
        activated.price = {101};
        activated.quantity = activated.leaves_quantity = {4};
        story.tell(activated);
        story.tell(OrderCanceled{static_cast<OrderId>(91), {}, kAcme, Side::Sell, CancelReason::User, {4}, {}, {}});
        CHECK(story.best(Side::Sell) == "101 x 4");
    }
}

TEST_CASE("an iceberg shows its tip, again and again, wherever it stands", "[unit]") {
    Story story;
    const auto iceberg = static_cast<OrderId>(80);
    OrderAccepted accepted;
    accepted.order = iceberg;
    accepted.security = kAcme;
    accepted.side = Side::Buy;
    accepted.type = OrderType::Limit;
    accepted.quantity = {25};
    accepted.price = {100};
    accepted.display_quantity = {10};
    const auto fill = [&](std::int64_t quantity, std::int64_t leaves) {
        TradeExecuted trade;
        trade.trade = static_cast<TradeId>(1);
        trade.security = kAcme;
        trade.maker_order = iceberg;
        trade.taker_order = static_cast<OrderId>(81);
        trade.taker_side = Side::Sell;
        trade.price = {100};
        trade.quantity = {quantity};
        trade.notional = {1};
        trade.maker_leaves_quantity = {leaves};
        story.tell(trade);
    };
    SECTION("resting at once, traded to its end") {
        accepted.rests = true;
        story.tell(accepted);
        CHECK(story.best(Side::Buy) == "100 x 10");
        fill(4, 21);
        CHECK(story.best(Side::Buy) == "100 x 6");
        fill(6, 15);
        CHECK(story.best(Side::Buy) == "-");
        story.tell(OrderRefreshed{iceberg, {}, kAcme, Side::Buy, {100}, {10}, {15}});
        CHECK(story.best(Side::Buy) == "100 x 10");
        fill(10, 5);
        story.tell(OrderRefreshed{iceberg, {}, kAcme, Side::Buy, {100}, {5}, {5}});
        fill(5, 0);
        CHECK(story.best(Side::Buy) == "-");
        CHECK_FALSE(story.try_tell(OrderRefreshed{iceberg, {}, kAcme, Side::Buy, {100}, {5}, {5}}));
    }
    SECTION("resting after it took") {
        story.tell(accepted);
        CHECK(story.best(Side::Buy) == "-");
        story.tell(OrderRested{iceberg, {}, kAcme, Side::Buy, {100}, {7}});
        CHECK(story.best(Side::Buy) == "100 x 7");
    }
    SECTION("amended") {
        accepted.rests = true;
        story.tell(accepted);
        fill(4, 21);
        OrderAmended amended{iceberg, {}, kAcme, Side::Buy, true, true, {100}, {20}, {16}, {}, {}};
        amended.display_quantity = {8};
        story.tell(amended);
        CHECK(story.best(Side::Buy) == "100 x 6");  // a kept tip does not grow
        amended.priority_kept = false;
        amended.price = {101};
        story.tell(amended);
        CHECK(story.best(Side::Buy) == "101 x 8");
    }
    SECTION("ended between two tips") {
        accepted.rests = true;
        story.tell(accepted);
        fill(10, 15);
        story.tell(OrderExpired{iceberg, {}, kAcme, Side::Buy, ExpireReason::LevelFull, {15}, {}, {}});
        CHECK(story.best(Side::Buy) == "-");
    }
}

TEST_CASE("a book may stand crossed in an auction, whose trades take from both sides and count", "[unit]") {
    Story story;
    TradeExecuted trade;
    trade.trade = static_cast<TradeId>(1);
    trade.security = kAcme;
    trade.maker_order = story.rest(Side::Sell, 98, 5);
    trade.taker_order = story.rest(Side::Buy, 102, 3);
    trade.taker_side = Side::Buy;
    trade.price = {100};
    trade.quantity = {3};
    trade.notional = {300};
    trade.maker_leaves_quantity = {2};
    trade.auction = true;
    CHECK(story.best(Side::Buy) == "102 x 3");
    CHECK(story.best(Side::Sell) == "98 x 5");
    story.tell(trade);
    CHECK(story.best(Side::Buy) == "-");
    CHECK(story.best(Side::Sell) == "98 x 2");
    CHECK(story.minute(kMidnight)->volume_units == 3);
    CHECK(story.ticker().last->price.units == 100);
    CHECK_FALSE(story.try_tell(trade));
}

TEST_CASE("an iceberg that comes and goes beside the book changes no ticker", "[unit]") {
    Story story;
    story.rest(Side::Sell, 1'000, 5);
    CHECK(story.changed_tickers() == 1);
    OrderAccepted taker;
    taker.order = static_cast<OrderId>(9);
    taker.security = kAcme;
    taker.side = Side::Buy;
    taker.price = {900};
    taker.quantity = {50};
    taker.display_quantity = {10};
    story.tell(taker);
    OrderExpired gone;
    gone.order = taker.order;
    story.tell(gone);
    CHECK(story.changed_tickers() == 0);
    CHECK(story.ticker().updated_seq == 1);
}

}  // namespace
}  // namespace buttonwood::projections::test
