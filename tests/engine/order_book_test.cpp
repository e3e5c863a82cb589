// The order book by itself: what each operation promises.
#include "engine/order_book.hpp"

#include <catch2/catch.hpp>

namespace buttonwood::engine::tests {
namespace {

std::vector<OrderBook::Tag> queue(const OrderBook& book, Side side, std::int64_t price) {
    std::vector<OrderBook::Tag> tags;
    book.for_each_order_at(side, {price}, [&](OrderBook::Handle h) { tags.push_back(book.tag(h)); });
    return tags;
}

std::vector<std::int64_t> prices(const OrderBook& book, Side side) {
    std::vector<std::int64_t> found;
    book.for_each_level(side, [&](const OrderBook::Level& level) {
        found.push_back(level.price.units);
        return true;
    });
    return found;
}

}  // namespace

TEST_CASE("An empty book has no best price, no front and crosses nothing", "[unit]") {
    const OrderBook book;
    for (const Side side : {Side::Buy, Side::Sell}) {
        CHECK_FALSE(book.best(side).has_value());
        CHECK(book.front(side) == OrderBook::kNoHandle);
        CHECK_FALSE(book.crosses(side, {1}));
        CHECK(book.depth_at(side, {1}).order_count == 0);
    }
}

TEST_CASE("Bids are walked from the highest price, listings from the lowest", "[unit]") {
    OrderBook book;
    for (const std::int64_t price : {5, 3, 9}) {
        book.add(Side::Buy, {price}, {1}, 0);
        book.add(Side::Sell, {price + 100}, {1}, 0);
    }
    CHECK(prices(book, Side::Buy) == std::vector<std::int64_t>{9, 5, 3});
    CHECK(prices(book, Side::Sell) == std::vector<std::int64_t>{103, 105, 109});
}

TEST_CASE("A walk of the levels stops when it is told to", "[unit]") {
    OrderBook book;
    for (const std::int64_t price : {1, 2, 3}) book.add(Side::Sell, {price}, {1}, 0);
    int seen = 0;
    book.for_each_level(Side::Sell, [&](const OrderBook::Level&) { return ++seen < 2; });
    CHECK(seen == 2);
}

TEST_CASE("A level's queue is in order of arrival, and reducing keeps the place", "[unit]") {
    OrderBook book;
    const auto first = book.add(Side::Buy, {7}, {10}, 1);
    const auto second = book.add(Side::Buy, {7}, {10}, 2);
    book.add(Side::Buy, {7}, {10}, 3);
    book.reduce(first, {9});
    CHECK(queue(book, Side::Buy, 7) == std::vector<OrderBook::Tag>{1, 2, 3});
    book.remove(second);
    CHECK(queue(book, Side::Buy, 7) == std::vector<OrderBook::Tag>{1, 3});
    CHECK(book.depth_at(Side::Buy, {7}).quantity == Quantity{11});
    book.reduce(first, {1});
    CHECK(queue(book, Side::Buy, 7) == std::vector<OrderBook::Tag>{3});
}

TEST_CASE("The last order of a level takes the level with it", "[unit]") {
    OrderBook book;
    const auto best = book.add(Side::Sell, {7}, {1}, 1);
    book.add(Side::Sell, {8}, {2}, 2);
    book.remove(best);
    CHECK(book.level_count(Side::Sell) == 1);
    CHECK(book.best(Side::Sell)->price == Price{8});
    CHECK(book.tag(book.front(Side::Sell)) == 2);
}

TEST_CASE("An equal price crosses, one tick away does not", "[unit]") {
    OrderBook book;
    book.add(Side::Sell, {10}, {1}, 0);
    book.add(Side::Buy, {8}, {1}, 0);
    CHECK(book.crosses(Side::Buy, {10}));
    CHECK_FALSE(book.crosses(Side::Buy, {9}));
    CHECK(book.crosses(Side::Sell, {8}));
    CHECK_FALSE(book.crosses(Side::Sell, {9}));
}

TEST_CASE("The two sides of one price are two levels", "[unit]") {
    OrderBook book;
    book.add(Side::Buy, {10}, {3}, 1);
    book.add(Side::Sell, {10}, {4}, 2);
    CHECK(book.depth_at(Side::Buy, {10}).quantity == Quantity{3});
    CHECK(book.depth_at(Side::Sell, {10}).quantity == Quantity{4});
}

TEST_CASE("The extremes of int64 are prices like any other", "[unit]") {
    using Units = std::numeric_limits<std::int64_t>;
    OrderBook book;
    for (const std::int64_t price : {Units::max(), Units::min(), std::int64_t{0}}) {
        book.add(Side::Buy, {price}, {1}, 0);
        book.add(Side::Sell, {price}, {1}, 0);
    }
    CHECK(prices(book, Side::Buy) == std::vector<std::int64_t>{Units::max(), 0, Units::min()});
    CHECK(prices(book, Side::Sell) == std::vector<std::int64_t>{Units::min(), 0, Units::max()});
}

TEST_CASE("A handle is given again only after its order has left", "[unit]") {
    OrderBook book;
    const auto a = book.add(Side::Buy, {1}, {1}, 1);
    const auto b = book.add(Side::Buy, {1}, {1}, 2);
    REQUIRE(a != b);
    book.remove(a);
    const auto c = book.add(Side::Sell, {5}, {6}, 3);
    CHECK(c != b);
    CHECK(book.tag(c) == 3);
    CHECK(book.side(c) == Side::Sell);
    CHECK(book.price(c) == Price{5});
    CHECK(book.quantity(c) == Quantity{6});
    CHECK(queue(book, Side::Buy, 1) == std::vector<OrderBook::Tag>{2});
}

}  // namespace buttonwood::engine::tests
