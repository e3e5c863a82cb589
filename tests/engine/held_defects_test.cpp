// One test for each defect that public matching engines have shipped around held orders, groups, self-trades and time.
#include "tests/engine/market.hpp"

#include <algorithm>

namespace buttonwood::engine::tests {
namespace {

struct Floor {
    Market market{1};
    SecurityId acme = market.add_security();
    AccountId ann = market.add_trader("Ann");
    AccountId bob = market.add_trader("Bob");
    AccountId cat = market.add_trader("Cat");

    OrderId place(const PlaceOrder& order) { return market.must(order).order(); }
    // One share changes hands between Bob and Cat; what came of the last command.
    Market::Outcome trade_at(std::int64_t price) {
        market.must(listing(bob, 1, price));
        return market.must(bid(cat, 1, price));
    }
    [[nodiscard]] Money reserved_cash(AccountId account) const {
        return market.engine().balance(account, kUsd).reserved;
    }
    [[nodiscard]] Quantity reserved_shares(AccountId account) const {
        return market.engine().holding(account, acme).reserved;
    }
};

std::vector<OrderId> activated(const Market::Outcome& outcome) {
    std::vector<OrderId> orders;
    for (const OrderActivated& event : outcome.all<OrderActivated>()) orders.push_back(event.order);
    return orders;
}
std::vector<OrderId> canceled(const Market::Outcome& outcome) {
    std::vector<OrderId> orders;
    for (const OrderCanceled& event : outcome.all<OrderCanceled>()) orders.push_back(event.order);
    return orders;
}

}  // namespace

TEST_CASE("Defect: a stop that was not triggered cannot be canceled or amended", "[unit]") {
    Floor f;
    const OrderId stop = f.place(held(f.ann, Side::Sell, OrderType::Stop, 5, 900));
    f.trade_at(1'000);
    CHECK(f.market.must(amend(f.ann, stop, 4)).only<OrderAmended>().held);
    CHECK(f.market.must(cancel(f.ann, stop)).only<OrderCanceled>().leaves_quantity == Quantity{4});
    CHECK(f.reserved_shares(f.ann) == Quantity{});
    CHECK(activated(f.trade_at(900)).empty());
}

TEST_CASE("Defect: an inverted comparison of a stop with the last price", "[unit]") {
    const auto fires = [](Side side, OrderType type, std::int64_t last) {
        Floor f;
        const OrderId order = f.place(held(f.ann, side, type, 5, 1'000));
        return activated(f.trade_at(last)) == std::vector{order};
    };
    for (const std::int64_t last : {999, 1'000, 1'001}) {
        INFO("last price " << last);
        CHECK(fires(Side::Sell, OrderType::Stop, last) == (last <= 1'000));
        CHECK(fires(Side::Buy, OrderType::Stop, last) == (last >= 1'000));
        CHECK(fires(Side::Sell, OrderType::TakeProfit, last) == (last >= 1'000));
        CHECK(fires(Side::Buy, OrderType::TakeProfit, last) == (last <= 1'000));
    }
}

TEST_CASE("Defect: a cascade of stops that is evaluated once", "[unit]") {
    constexpr int kStops = 20;
    Floor f;
    std::vector<OrderId> stops;
    for (int i = 0; i < kStops; ++i) {
        stops.push_back(f.place(held(f.ann, Side::Sell, OrderType::Stop, 1, 1'000 - i)));
        f.place(bid(f.bob, 1, 999 - i));
    }
    // Each one trades a cent lower, where the next is triggered.
    f.place(bid(f.bob, 1, 1'000));
    const auto outcome = f.market.must(listing(f.cat, 1, 1'000));
    CHECK(activated(outcome) == stops);
    CHECK(outcome.all<TradeExecuted>().size() == kStops + 1);
    CHECK(f.market.engine().last_price(f.acme) == Price{1'000 - kStops});
}

TEST_CASE("Defect: a trailing stop whose trigger moves once and then stands still", "[unit]") {
    Floor f;
    f.trade_at(1'000);
    const OrderId stop = f.place(trailing(f.ann, Side::Sell, 5, 50));
    std::int64_t highest = 1'000;
    for (const std::int64_t last : {1'010, 1'020, 1'030, 1'000, 1'040}) {
        f.trade_at(last);
        highest = std::max(highest, last);
        CHECK(f.market.engine().order(stop)->trigger_price == Price{highest - 50});
    }
    CHECK(activated(f.trade_at(991)).empty());
    CHECK(activated(f.trade_at(990)) == std::vector{stop});
}

TEST_CASE("Defect: a trailing stop that follows the market the wrong way", "[unit]") {
    Floor f;
    f.trade_at(1'000);
    const OrderId stop = f.place(trailing(f.ann, Side::Buy, 5, 50));
    f.trade_at(1'040);
    CHECK(f.market.engine().order(stop)->trigger_price == Price{1'050});
    f.trade_at(900);
    CHECK(f.market.engine().order(stop)->trigger_price == Price{950});
    CHECK(activated(f.trade_at(950)) == std::vector{stop});
}

TEST_CASE("Defect: a self-trade is prevented without a record, or with reserves that stay", "[unit]") {
    using Mode = SelfTradePrevention;
    for (const Mode mode : {Mode::CancelNewest, Mode::CancelOldest, Mode::CancelBoth, Mode::Decrement}) {
        INFO("mode " << static_cast<int>(mode));
        Floor f;
        const OrderId maker = f.place(listing(f.ann, 5, 1'000));
        const auto outcome = f.market.must(preventing(bid(f.ann, 8, 1'000), mode));
        const auto prevented = outcome.only<MatchPrevented>();
        CHECK(prevented.maker_order == maker);
        CHECK(prevented.quantity == Quantity{5});
        CHECK(outcome.all<TradeExecuted>().empty());
        CHECK(outcome.all<OrderCanceled>().size() == (mode == Mode::CancelBoth ? 2 : 1));
        const bool maker_lives = mode == Mode::CancelNewest;
        const std::int64_t taker_leaves = mode == Mode::CancelOldest ? 8 : mode == Mode::Decrement ? 3 : 0;
        CHECK(f.reserved_shares(f.ann) == Quantity{maker_lives ? 5 : 0});
        CHECK(f.reserved_cash(f.ann) == cents(taker_leaves * 1'000));
        f.market.must(MassCancel{f.ann, SecurityId::None, std::nullopt, {}});
        CHECK(f.reserved_cash(f.ann) == Money{});
        CHECK(f.reserved_shares(f.ann) == Quantity{});
    }
}

TEST_CASE("Defect: a mass cancel in an order that nobody can foresee", "[unit]") {
    constexpr int kOrders = 300;
    const auto run = [] {
        Floor f;
        for (int i = 0; i < kOrders; ++i)
            f.place(i % 3 == 0 ? held(f.ann, Side::Sell, OrderType::Stop, 1, 10 + i) : bid(f.ann, 1, 10 + i * 7 % 90));
        return canceled(f.market.must(MassCancel{f.ann, SecurityId::None, std::nullopt, {}}));
    };
    const std::vector<OrderId> first = run();
    CHECK(first.size() == kOrders);
    CHECK(std::is_sorted(first.begin(), first.end()));  // oldest first
    CHECK(run() == first);
}

TEST_CASE("Defect: the time of an order is looked at only when it comes", "[unit]") {
    Floor f;
    const OrderId resting = f.place(until(bid(f.ann, 5, 900), {f.market.time().us + 10'000'000}));
    const OrderId waiting =
        f.place(until(held(f.ann, Side::Sell, OrderType::Stop, 5, 800), {f.market.time().us + 10'000'000}));
    f.market.pass(1'000'000);
    CHECK(f.market.engine().order(resting).has_value());
    const auto expired = f.market.pass(10'000'000).all<OrderExpired>();
    REQUIRE(expired.size() == 2);
    CHECK(expired[0].order == resting);
    CHECK(expired[1].order == waiting);
    CHECK(f.reserved_cash(f.ann) == Money{});
    CHECK(f.market.must(listing(f.bob, 1, 900)).only<OrderAccepted>().rests);
}

TEST_CASE("Defect: an order whose time has come still trades because nobody swept it yet", "[unit]") {
    constexpr int kDue = 1'500;  // more than one command expires
    Floor f;
    f.market = Market(500);
    f.acme = f.market.add_security();
    f.ann = f.market.add_trader("Ann");
    f.bob = f.market.add_trader("Bob");
    const Timestamp due{f.market.time().us + 60'000'000};
    for (int i = 0; i < kDue; ++i) f.place(until(bid(f.ann, 1, 900), due));
    f.market.pass(120'000'000);
    REQUIRE(f.market.engine().open_order_count() > 0);
    const auto outcome = f.market.must(listing(f.bob, 1, 900));
    CHECK(outcome.all<TradeExecuted>().empty());
    CHECK(outcome.only<OrderRested>().leaves_quantity == Quantity{1});
    CHECK(f.reserved_cash(f.ann) == Money{});
}

TEST_CASE("Defect: the other leg of an oco trades after the first did", "[unit]") {
    Floor f;
    const OrderId first{1};
    f.market.must(PlaceGroup{GroupKind::Oco,
                             {listing(f.ann, 5, 1'100), held(f.ann, Side::Sell, OrderType::Stop, 5, 900)}});
    const auto outcome = f.market.must(bid(f.bob, 2, 1'100));
    CHECK(canceled(outcome) == std::vector{OrderId{2}});
    CHECK(activated(f.trade_at(900)).empty());
    CHECK(f.market.engine().order(first)->leaves_quantity == Quantity{3});
    CHECK(f.reserved_shares(f.ann) == Quantity{3});
}

TEST_CASE("Defect: an iceberg keeps its place when its tip is gone", "[unit]") {
    Floor f;
    const OrderId big = f.place(iceberg(listing(f.ann, 10, 1'000), 2));
    const OrderId small = f.place(listing(f.bob, 2, 1'000));
    std::vector<OrderId> makers;
    for (const TradeExecuted& trade : f.market.must(bid(f.cat, 6, 1'000)).all<TradeExecuted>())
        makers.push_back(trade.maker_order);
    CHECK(makers == std::vector{big, small, big});
}

}  // namespace buttonwood::engine::tests
