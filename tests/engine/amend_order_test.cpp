// Amending: what keeps its place in the queue, what matches, what is cancelled, what is refused.
#include "tests/engine/market.hpp"

namespace buttonwood::engine::tests {
namespace {

struct Queue {
    Market market;
    SecurityId acme = market.add_security();
    AccountId ann = market.add_trader("Ann");
    AccountId bob = market.add_trader("Bob");
    OrderId first = market.must(listing(ann, 10, 1'000)).order();
    OrderId second = market.must(listing(ann, 10, 1'000)).order();

    // Who trades when Bob buys one lot at the first price.
    OrderId next_to_trade() { return market.must(bid(bob, 1, 1'000)).only<TradeExecuted>().maker_order; }
    RejectReason run(const Command& command) { return market.run(command).reason; }
    [[nodiscard]] const OrderBook& book() const { return *market.engine().book(acme); }
};

}  // namespace

TEST_CASE("An amend to a smaller quantity at the same price keeps the place in the queue", "[unit]") {
    Queue q;
    const auto outcome = q.market.must(amend(q.ann, q.first, 4));
    CHECK(outcome.only<OrderAmended>().priority_kept);
    CHECK(outcome.events.size() == 1);
    CHECK(q.next_to_trade() == q.first);
}

TEST_CASE("An amend that names the same price and a smaller quantity keeps the place, too", "[unit]") {
    Queue q;
    CHECK(q.market.must(amend(q.ann, q.first, 9, 1'000)).only<OrderAmended>().priority_kept);
    CHECK(q.next_to_trade() == q.first);
}

TEST_CASE("An amend to a larger quantity goes to the back of the queue", "[unit]") {
    Queue q;
    const auto amended = q.market.must(amend(q.ann, q.first, 11)).only<OrderAmended>();
    CHECK_FALSE(amended.priority_kept);
    CHECK(amended.rests);
    CHECK(q.next_to_trade() == q.second);
}

TEST_CASE("An amend to another price and back has lost its place, even with a smaller quantity", "[unit]") {
    Queue q;
    CHECK_FALSE(q.market.must(amend(q.ann, q.first, 5, 1'001)).only<OrderAmended>().priority_kept);
    CHECK_FALSE(q.market.must(amend(q.ann, q.first, 4, 1'000)).only<OrderAmended>().priority_kept);
    CHECK(q.next_to_trade() == q.second);
}

TEST_CASE("An amend keeps the order's id and its client order id", "[unit]") {
    Queue q;
    const OrderId order = q.market.must(named(listing(q.ann, 10, 1'005), "mine")).order();
    q.market.must(AmendOrder{q.ann, {OrderId::None, "mine"}, Price{1'003}, {}});
    const auto view = q.market.engine().order(order);
    REQUIRE(view.has_value());
    CHECK(view->price == Price{1'003});
    CHECK(view->quantity == Quantity{10});
    CHECK(q.market.engine().order_by_client_id(q.ann, "mine") == order);
}

TEST_CASE("An amend to a crossing price matches at once, at the makers' prices, and the rest queues", "[unit]") {
    Queue q;
    const OrderId bid_order = q.market.must(bid(q.bob, 25, 900)).order();
    const auto outcome = q.market.must(amend(q.bob, bid_order, {}, 1'200));
    CHECK_FALSE(outcome.only<OrderAmended>().rests);
    const auto trades = outcome.all<TradeExecuted>();
    REQUIRE(trades.size() == 2);
    CHECK(trades[0].maker_order == q.first);
    CHECK(trades[0].price == Price{1'000});
    CHECK(trades[1].maker_order == q.second);
    CHECK(outcome.only<OrderRested>().leaves_quantity == Quantity{5});
    CHECK(q.book().best(Side::Buy)->price == Price{1'200});
    CHECK_FALSE(q.book().best(Side::Sell).has_value());
    // Filled below the new limit: only what rests stays reserved.
    CHECK(q.market.engine().balance(q.bob, kUsd).reserved == cents(5 * 1'200));
}

TEST_CASE("An order that an amend filled is gone: its id cannot be amended or cancelled again", "[unit]") {
    Queue q;
    const OrderId order = q.market.must(bid(q.bob, 10, 900)).order();
    q.market.must(amend(q.bob, order, {}, 1'000));
    CHECK_FALSE(q.market.engine().order(order).has_value());
    CHECK(q.run(amend(q.bob, order, 5)) == RejectReason::OrderNotOpen);
    CHECK(q.run(cancel(q.bob, order)) == RejectReason::OrderNotOpen);
}

TEST_CASE("The quantity of an amend is the total: what is filled counts", "[unit]") {
    Queue q;
    q.market.must(bid(q.bob, 4, 1'000));
    const auto amended = q.market.must(amend(q.ann, q.first, 7)).only<OrderAmended>();
    CHECK(amended.quantity == Quantity{7});
    CHECK(amended.leaves_quantity == Quantity{3});
    CHECK(amended.reserved_quantity == Quantity{3});
}

TEST_CASE("An amend at or below the filled quantity cancels what is left", "[unit]") {
    for (const std::int64_t total : {4, 3, 1}) {
        Queue q;
        q.market.must(bid(q.bob, 4, 1'000));
        const auto canceled = q.market.must(amend(q.ann, q.first, total)).only<OrderCanceled>();
        CHECK(canceled.reason == CancelReason::AmendedBelowFilled);
        CHECK(canceled.leaves_quantity == Quantity{6});
        CHECK_FALSE(q.market.engine().order(q.first).has_value());
        CHECK(q.market.engine().holding(q.ann, q.acme).reserved == Quantity{10});
    }
}

TEST_CASE("An amend to zero is refused: that is what cancel is for", "[unit]") {
    Queue q;
    CHECK(q.run(amend(q.ann, q.first, 0)) == RejectReason::QuantityNotPositive);
}

TEST_CASE("The extremes of an amend's quantity are refused on a partly filled order, too", "[unit]") {
    Queue q;
    q.market.must(bid(q.bob, 4, 1'000));
    using Units = std::numeric_limits<std::int64_t>;
    CHECK(q.run(amend(q.ann, q.first, Units::min())) == RejectReason::QuantityNotPositive);
    CHECK(q.run(amend(q.ann, q.first, Units::max())) == RejectReason::QuantityTooLarge);
    CHECK(q.run(amend(q.ann, q.first, {}, Units::min())) == RejectReason::PriceNotPositive);
    CHECK(q.run(amend(q.ann, q.first, {}, Units::max())) == RejectReason::PriceTooLarge);
}

TEST_CASE("An amend that changes nothing is refused and keeps the place", "[unit]") {
    Queue q;
    CHECK(q.run(amend(q.ann, q.first, {})) == RejectReason::NothingToAmend);
    CHECK(q.run(amend(q.ann, q.first, 10, 1'000)) == RejectReason::NothingToAmend);
    CHECK(q.next_to_trade() == q.first);
}

TEST_CASE("A post-only order cannot be amended to take liquidity", "[unit]") {
    Queue q;
    const OrderId order = q.market.must(post_only(bid(q.bob, 5, 900))).order();
    CHECK(q.run(amend(q.bob, order, {}, 1'000)) == RejectReason::PostOnlyWouldCross);
    CHECK(q.market.engine().order(order)->price == Price{900});
    q.market.must(amend(q.bob, order, {}, 999));
}

TEST_CASE("An amend needs free cash only for what it adds to its own reservation", "[unit]") {
    Queue q;
    const AccountId poor = q.market.add_trader("Poor", dollars(100), {});
    const OrderId order = q.market.must(bid(poor, 10, 900)).order();  // 90.00 of 100.00
    CHECK(q.run(amend(poor, order, 12)) == RejectReason::InsufficientFunds);  // 108.00
    q.market.must(amend(poor, order, 11));                                    // 99.00
    CHECK(q.market.engine().balance(poor, kUsd).reserved == dollars(99));
    q.market.must(amend(poor, order, 20, 500));  // 100.00
    CHECK(q.market.engine().balance(poor, kUsd).reserved == dollars(100));
}

TEST_CASE("An amend needs free shares only for what it adds to its own reservation", "[unit]") {
    Queue q;
    const AccountId poor = q.market.add_trader("Poor", {}, {10});
    const OrderId order = q.market.must(listing(poor, 9, 1'100)).order();
    CHECK(q.run(amend(poor, order, 11)) == RejectReason::InsufficientShares);
    q.market.must(amend(poor, order, 10));
    CHECK(q.market.engine().holding(poor, q.acme).reserved == Quantity{10});
}

TEST_CASE("An amend of another account's order finds no such order", "[unit]") {
    Queue q;
    CHECK(q.run(amend(q.bob, q.first, 5)) == RejectReason::OrderNotFound);
    CHECK(q.next_to_trade() == q.first);
}

}  // namespace buttonwood::engine::tests
