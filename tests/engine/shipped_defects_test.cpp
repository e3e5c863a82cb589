// One test for each defect that public matching engines have shipped and that applies to this one.
#include "tests/engine/market.hpp"

#include <set>

namespace buttonwood::engine::tests {
namespace {

struct Floor {
    Market market{1};
    SecurityId acme = market.add_security();
    AccountId ann = market.add_trader("Ann");
    AccountId bob = market.add_trader("Bob");

    OrderId place(const PlaceOrder& order) { return market.must(order).order(); }
    [[nodiscard]] const OrderBook& book() const { return *market.engine().book(acme); }
    // Makers and quantities of what a market order of Bob's takes.
    std::vector<std::pair<OrderId, std::int64_t>> take(Side side, std::int64_t quantity) {
        std::vector<std::pair<OrderId, std::int64_t>> fills;
        for (const auto& trade : market.must(tests::market(bob, side, quantity)).all<TradeExecuted>())
            fills.emplace_back(trade.maker_order, trade.quantity.units);
        return fills;
    }
};
using Fills = std::vector<std::pair<OrderId, std::int64_t>>;

}  // namespace

TEST_CASE("Defect: a trade printed at the taker's price", "[unit]") {
    Floor f;
    f.place(listing(f.ann, 5, 1'000));
    CHECK(f.market.must(bid(f.bob, 5, 1'050)).only<TradeExecuted>().price == Price{1'000});
    f.place(bid(f.ann, 5, 990));
    CHECK(f.market.must(listing(f.bob, 5, 900)).only<TradeExecuted>().price == Price{990});
}

TEST_CASE("Defect: a sweep past the order's own limit", "[unit]") {
    Floor f;
    for (const std::int64_t price : {1'000, 1'001, 1'002}) f.place(listing(f.ann, 5, price));
    const auto outcome = f.market.must(bid(f.bob, 15, 1'001));
    CHECK(outcome.all<TradeExecuted>().size() == 2);
    CHECK(outcome.only<OrderRested>().leaves_quantity == Quantity{5});
    CHECK(f.book().best(Side::Sell)->price == Price{1'002});
    CHECK(f.book().best(Side::Buy)->price == Price{1'001});
}

TEST_CASE("Defect: a stale handle reaches the order that took its place", "[unit]") {
    Floor f;
    const OrderId dead = f.place(listing(f.ann, 5, 1'000));
    f.place(bid(f.bob, 5, 1'000));
    const OrderId heir = f.place(listing(f.ann, 7, 1'000));  // may live in the dead one's memory
    CHECK(f.market.run(cancel(f.ann, dead)).reason == RejectReason::OrderNotOpen);
    CHECK(f.market.run(amend(f.ann, dead, 1)).reason == RejectReason::OrderNotOpen);
    CHECK(f.market.engine().order(heir)->leaves_quantity == Quantity{7});
}

TEST_CASE("Defect: a stale handle after a match inside an amend", "[unit]") {
    Floor f;
    const OrderId maker = f.place(listing(f.ann, 5, 1'000));
    const OrderId amended = f.place(bid(f.bob, 5, 900));
    f.market.must(amend(f.bob, amended, {}, 1'000));  // both are gone now
    const OrderId next = f.place(listing(f.ann, 3, 1'100));
    for (const OrderId dead : {maker, amended})
        CHECK(f.market.run(cancel(dead == maker ? f.ann : f.bob, dead)).reason == RejectReason::OrderNotOpen);
    CHECK(f.market.engine().order(next)->leaves_quantity == Quantity{3});
}

TEST_CASE("Defect: an amend to a crossing price that rests and leaves the book crossed", "[unit]") {
    Floor f;
    f.place(listing(f.ann, 5, 1'000));
    const OrderId order = f.place(bid(f.bob, 5, 900));
    f.market.must(amend(f.bob, order, 8, 1'010));
    CHECK_FALSE(f.book().best(Side::Sell).has_value());
    CHECK(f.book().best(Side::Buy)->quantity == Quantity{3});
}

TEST_CASE("Defect: an amend or a cancel of a filled order is accepted", "[unit]") {
    Floor f;
    const OrderId order = f.place(listing(f.ann, 5, 1'000));
    f.place(bid(f.bob, 5, 1'000));
    CHECK(f.market.run(amend(f.ann, order, 10)).reason == RejectReason::OrderNotOpen);
    CHECK(f.market.run(amend(f.ann, order, {}, 990)).reason == RejectReason::OrderNotOpen);
    CHECK(f.market.run(cancel(f.ann, order)).reason == RejectReason::OrderNotOpen);
    CHECK(f.book().order_count() == 0);
}

TEST_CASE("Defect: first-in-first-out lost by a cancel in the middle of a level", "[unit]") {
    Floor f;
    std::vector<OrderId> orders;
    for (int i = 0; i < 5; ++i) orders.push_back(f.place(listing(f.ann, 1, 1'000)));
    f.market.must(cancel(f.ann, orders[1]));
    CHECK(f.take(Side::Buy, 4) == Fills{{orders[0], 1}, {orders[2], 1}, {orders[3], 1}, {orders[4], 1}});
}

TEST_CASE("Defect: first-in-first-out lost by a partial fill", "[unit]") {
    Floor f;
    const OrderId first = f.place(listing(f.ann, 10, 1'000));
    const OrderId second = f.place(listing(f.ann, 10, 1'000));
    CHECK(f.take(Side::Buy, 3) == Fills{{first, 3}});
    CHECK(f.take(Side::Buy, 3) == Fills{{first, 3}});
    CHECK(f.take(Side::Buy, 5) == Fills{{first, 4}, {second, 1}});
}

TEST_CASE("Defect: a phantom best price after a cancel", "[unit]") {
    Floor f;
    f.place(bid(f.ann, 5, 900));
    const OrderId best = f.place(bid(f.ann, 5, 910));
    f.market.must(cancel(f.ann, best));
    CHECK(f.book().best(Side::Buy)->price == Price{900});
    CHECK(f.book().depth_at(Side::Buy, {910}).order_count == 0);
    CHECK_FALSE(f.book().crosses(Side::Sell, {905}));
    f.market.must(post_only(listing(f.bob, 1, 905)));
}

TEST_CASE("Defect: a phantom best price after a sweep", "[unit]") {
    Floor f;
    for (const std::int64_t price : {1'000, 1'001, 1'002}) f.place(listing(f.ann, 5, price));
    f.place(bid(f.bob, 15, 1'002));
    CHECK_FALSE(f.book().best(Side::Sell).has_value());
    CHECK(f.book().level_count(Side::Sell) == 0);
    CHECK(f.market.run(market(f.bob, Side::Buy, 1)).reason == RejectReason::NoLiquidity);
    f.market.must(post_only(bid(f.bob, 1, 2'000)));
}

TEST_CASE("Defect: a wrong depth after a partial fill", "[unit]") {
    Floor f;
    f.place(listing(f.ann, 10, 1'000));
    f.place(listing(f.ann, 10, 1'000));
    f.take(Side::Buy, 13);
    CHECK(f.book().depth_at(Side::Sell, {1'000}).quantity == Quantity{7});
    CHECK(f.book().depth_at(Side::Sell, {1'000}).order_count == 1);
}

TEST_CASE("Defect: a reservation leaks when an order leaves the book in pieces", "[unit]") {
    Floor f;
    const OrderId order = f.place(bid(f.ann, 10, 1'003));
    f.place(listing(f.bob, 3, 1'003));
    f.market.must(amend(f.ann, order, 8));
    f.market.must(amend(f.ann, order, 9, 1'001));
    f.place(listing(f.bob, 1, 1'001));
    f.market.must(cancel(f.ann, order));
    CHECK(f.market.engine().balance(f.ann, kUsd).reserved == Money{});
}

TEST_CASE("Defect: a duplicate live id", "[unit]") {
    Floor f;
    std::set<OrderId> seen;
    const OrderId filled = f.place(listing(f.ann, 1, 1'000));
    f.place(bid(f.bob, 1, 1'000));
    const OrderId canceled = f.place(bid(f.ann, 1, 900));
    f.market.must(cancel(f.ann, canceled));
    seen = {filled, canceled};
    for (int i = 0; i < 10; ++i) CHECK(seen.insert(f.place(bid(f.ann, 1, 900))).second);
    f.market.must(named(bid(f.ann, 1, 900), "once"));
    CHECK(f.market.run(named(bid(f.ann, 1, 900), "once")).reason == RejectReason::DuplicateClientOrderId);
    CHECK(f.book().depth_at(Side::Buy, {900}).order_count == 11);
}

TEST_CASE("Defect: an id reused after a cancel or after a fill", "[unit]") {
    Floor f;
    const OrderId canceled = f.place(bid(f.ann, 1, 900));
    f.market.must(cancel(f.ann, canceled));
    const OrderId filled = f.place(listing(f.ann, 1, 1'000));
    CHECK(filled > canceled);
    const OrderId taker = f.place(bid(f.bob, 1, 1'000));
    CHECK(taker > filled);
    CHECK(f.place(bid(f.ann, 1, 900)) > taker);
}

TEST_CASE("Defect: prices far apart collide", "[unit]") {
    Floor f;
    // A power of two and more apart, as a table indexed by the price modulo its size would confuse them.
    for (int bit = 0; bit < 40; bit += 8) f.place(listing(f.ann, 1, 1'000 + (std::int64_t{1} << bit)));
    CHECK(f.book().level_count(Side::Sell) == 5);
    CHECK(f.book().best(Side::Sell)->price == Price{1'001});
    CHECK(f.book().depth_at(Side::Sell, {1'000}).order_count == 0);
}

TEST_CASE("Defect: a fixed capacity that drops orders silently", "[unit]") {
    constexpr std::uint32_t kOrders = 70'000;  // more than 16 bits count
    Floor f;
    f.market = Market(10'000);
    f.acme = f.market.add_security();
    f.ann = f.market.add_trader("Ann", kMaxMoney);
    for (std::uint32_t i = 0; i < kOrders; ++i) f.market.must(bid(f.ann, 1, 1 + i % 100));
    CHECK(f.book().order_count() == kOrders);
    CHECK(f.book().depth_at(Side::Buy, {1}).order_count == kOrders / 100);
    // Longer than one command may be, so the clock goes on with it.
    f.market.must(MassCancel{f.ann, SecurityId::None, std::nullopt, {}});
    std::vector<MassCancelCompleted> completed;
    while (completed.empty()) completed = f.market.pass(1'000).all<MassCancelCompleted>();
    CHECK(completed.front().canceled_count == kOrders);
    CHECK(f.book().order_count() == 0);
}

TEST_CASE("Defect: a level of 5,000 orders filled at once", "[unit]") {
    constexpr std::int64_t kOrders = 5'000;
    Floor f;
    f.market = Market(1'000);
    f.acme = f.market.add_security();
    f.ann = f.market.add_trader("Ann");
    f.bob = f.market.add_trader("Bob", kMaxMoney);
    std::vector<OrderId> placed;
    for (int i = 0; i < kOrders; ++i) placed.push_back(f.place(listing(f.ann, 2, 1'000)));
    const auto trades = f.market.must(bid(f.bob, 2 * kOrders - 1, 1'000)).all<TradeExecuted>();
    REQUIRE(trades.size() == kOrders);
    for (std::size_t i = 0; i < trades.size(); ++i) REQUIRE(trades[i].maker_order == placed[i]);
    CHECK(trades.back().maker_leaves_quantity == Quantity{1});
    CHECK(f.book().order_count() == 1);
    CHECK(f.market.engine().holding(f.bob, f.acme).total == Quantity{1'000'000 + 2 * kOrders - 1});
    f.market.check();
}

}  // namespace buttonwood::engine::tests
