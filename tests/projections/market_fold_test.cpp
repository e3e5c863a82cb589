// Candles at their edges, best prices through the life of orders.
#include "projections/market_fold.hpp"

#include <catch2/catch.hpp>

namespace buttonwood::projections::test {
namespace {

using namespace engine;

constexpr auto kAcme = static_cast<SecurityId>(1);
constexpr Timestamp kMidnight{1'798'761'600'000'000};  // 2027-01-01T00:00:00Z

class Story {
public:
    void tell(EventBody body, Timestamp time = kMidnight) { REQUIRE(try_tell(std::move(body), time)); }
    [[nodiscard]] bool try_tell(EventBody body, Timestamp time = kMidnight) {
        return fold_.apply(Event{++seq_, 1, time, std::move(body)}).has_value();
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
    [[nodiscard]] const Candle* minute(Timestamp bucket) const { return fold_.minutes.find({kAcme, bucket}); }
    [[nodiscard]] const Candle* day(Timestamp bucket) const { return fold_.days.find({kAcme, bucket}); }
    // "price x quantity", or "-".
    [[nodiscard]] std::string best(Side side) const {
        const auto it = fold_.levels.find(kAcme);
        const auto level = it == fold_.levels.end() ? std::nullopt : it->second.best(side);
        return level ? std::to_string(level->price.units) + " x " + std::to_string(level->quantity.units) : "-";
    }
    [[nodiscard]] const Ticker& ticker() const { return *fold_.tickers.find(kAcme); }

private:
    MarketFold fold_;
    EventSeq seq_{};
    std::uint64_t orders_{};
    std::uint64_t trades_{};
};

TEST_CASE("a bucket begins at its first microsecond and ends before the next", "[unit]") {
    CHECK(bucket_of(kMidnight, kDayUs) == kMidnight);
    CHECK(bucket_of({kMidnight.us + kDayUs - 1}, kDayUs) == kMidnight);
    CHECK(bucket_of({kMidnight.us - 1}, kDayUs) == Timestamp{kMidnight.us - kDayUs});
    CHECK(bucket_of({kMidnight.us + kMinuteUs - 1}, kMinuteUs) == kMidnight);
    CHECK(bucket_of({kMidnight.us + kMinuteUs}, kMinuteUs) == Timestamp{kMidnight.us + kMinuteUs});
    CHECK(bucket_of({0}, kDayUs) == Timestamp{0});
    CHECK(bucket_of({-1}, kDayUs) == Timestamp{-kDayUs});
    CHECK(bucket_of({-kDayUs}, kDayUs) == Timestamp{-kDayUs});
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

}  // namespace
}  // namespace buttonwood::projections::test
