// Defects that public order books have shipped, each as a test that the bare book does not have it.
#include "engine/book_check.hpp"
#include "engine/order_book.hpp"

#include <catch2/catch.hpp>

#include <vector>

namespace buttonwood::engine::tests {
namespace {

struct Fills : OrderBook::NullSink {
    std::vector<OrderBook::Fill> all;
    void filled(const OrderBook::Fill& fill) { all.push_back(fill); }
};

constexpr OrderBook::NullSink kQuiet;

std::vector<OrderBook::Tag> queue(const OrderBook& book, Side side, Price price) {
    std::vector<OrderBook::Tag> tags;
    book.for_each_order_at(side, price, [&](OrderBook::Handle h) { tags.push_back(book.tag(h)); });
    return tags;
}

OrderBook::Handle rest(OrderBook& book, Side side, std::int64_t price, std::int64_t quantity, OrderBook::Tag tag) {
    return book.submit(side, {price}, {quantity}, false, tag, OrderBook::NullSink(kQuiet));
}

}  // namespace

TEST_CASE("Defect: a trade is printed at the taker's price", "[unit]") {
    OrderBook book;
    Fills fills;
    rest(book, Side::Sell, 100, 5, 1);
    rest(book, Side::Buy, 90, 5, 2);
    book.submit(Side::Buy, {105}, {5}, false, 3, fills);
    book.submit(Side::Sell, {80}, {5}, false, 4, fills);
    REQUIRE(fills.all.size() == 2);
    CHECK(fills.all[0].price == Price{100});
    CHECK(fills.all[1].price == Price{90});
}

TEST_CASE("Defect: a sweep goes on beyond the taker's own limit", "[unit]") {
    OrderBook book;
    Fills fills;
    for (const std::int64_t price : {100, 101, 102, 103}) rest(book, Side::Sell, price, 1, 0);
    book.submit(Side::Buy, {102}, {10}, true, 9, fills);
    CHECK(fills.all.size() == 3);
    CHECK(fills.all.back().price == Price{102});
    CHECK(book.best(Side::Sell)->price == Price{103});
}

TEST_CASE("Defect: the handle of a filled, cancelled or replaced-away order hits its successor in memory", "[unit]") {
    OrderBook book;
    const auto filled = rest(book, Side::Sell, 100, 1, 1);
    rest(book, Side::Buy, 100, 1, 2);
    const auto cancelled = rest(book, Side::Sell, 100, 1, 3);
    REQUIRE(cancelled.index == filled.index);
    REQUIRE(book.cancel(cancelled, OrderBook::NullSink{}));
    const auto replaced = rest(book, Side::Buy, 90, 1, 4);
    rest(book, Side::Sell, 100, 1, 5);
    REQUIRE(book.replace(replaced, {100}, {1}, OrderBook::NullSink{}) == OrderBook::kNoHandle);
    const auto heir = rest(book, Side::Sell, 100, 1, 6);
    for (const auto stale : {filled, cancelled, replaced}) {
        CHECK_FALSE(book.is_live(stale));
        CHECK_FALSE(book.cancel(stale, OrderBook::NullSink{}));
        CHECK_FALSE(book.replace(stale, {50}, {1}, OrderBook::NullSink{}).has_value());
    }
    CHECK(book.tag(heir) == 6);
    CHECK(book.order_count() == 1);
}

TEST_CASE("Defect: the handle is stale after a match inside a replace", "[unit]") {
    OrderBook book;
    rest(book, Side::Sell, 101, 2, 1);
    const auto bid = rest(book, Side::Buy, 100, 5, 2);
    const auto after = book.replace(bid, {101}, {5}, OrderBook::NullSink{});
    REQUIRE(after.has_value());
    CHECK(book.quantity(*after) == Quantity{3});
    CHECK(book.cancel(*after, OrderBook::NullSink{}));
    CHECK(book.order_count() == 0);
}

TEST_CASE("Defect: a crossing replace rests instead of trading", "[unit]") {
    OrderBook book;
    Fills fills;
    rest(book, Side::Sell, 101, 2, 1);
    const auto bid = rest(book, Side::Buy, 100, 2, 2);
    book.replace(bid, {101}, {2}, fills);
    CHECK(fills.all.size() == 1);
    CHECK(book.order_count() == 0);
}

TEST_CASE("Defect: a cancel from the middle swaps the last order into the gap", "[unit]") {
    OrderBook book;
    std::vector<OrderBook::Handle> handles;
    for (OrderBook::Tag tag = 0; tag < 6; ++tag) handles.push_back(rest(book, Side::Buy, 100, 1, tag));
    book.cancel(handles[1], OrderBook::NullSink{});
    book.cancel(handles[4], OrderBook::NullSink{});
    CHECK(queue(book, Side::Buy, {100}) == std::vector<OrderBook::Tag>{0, 2, 3, 5});
}

TEST_CASE("Defect: a partial fill sends the maker to the back of its queue", "[unit]") {
    OrderBook book;
    rest(book, Side::Sell, 100, 10, 1);
    rest(book, Side::Sell, 100, 10, 2);
    rest(book, Side::Buy, 100, 4, 3);
    CHECK(queue(book, Side::Sell, {100}) == std::vector<OrderBook::Tag>{1, 2});
    CHECK(book.quantity(book.front(Side::Sell)) == Quantity{6});
}

TEST_CASE("Defect: the best price or the depth is a phantom after a cancel, a sweep or a partial fill", "[unit]") {
    OrderBook book;
    const auto top = rest(book, Side::Buy, 100, 5, 1);
    rest(book, Side::Buy, 99, 7, 2);
    rest(book, Side::Buy, 98, 9, 3);

    rest(book, Side::Sell, 100, 2, 4);
    CHECK(book.best(Side::Buy) == OrderBook::Level{{100}, {3}, 1});
    book.cancel(top, OrderBook::NullSink{});
    CHECK(book.best(Side::Buy) == OrderBook::Level{{99}, {7}, 1});
    CHECK(book.depth_at(Side::Buy, {100}) == OrderBook::Level{{100}, {0}, 0});
    book.submit(Side::Sell, {98}, {10}, true, 5, OrderBook::NullSink{});
    CHECK(book.best(Side::Buy) == OrderBook::Level{{98}, {6}, 1});
    book.submit(Side::Sell, {98}, {10}, true, 6, OrderBook::NullSink{});
    CHECK_FALSE(book.best(Side::Buy).has_value());
    CHECK(book.level_count(Side::Buy) == 0);
    CHECK_FALSE(book.crosses(Side::Sell, {1}));
}

TEST_CASE("Defect: prices that are equal modulo the size of a table share a level", "[unit]") {
    OrderBook book;
    std::vector<std::int64_t> prices;
    for (unsigned power = 0; power < 63; ++power) prices.push_back(std::int64_t{1} << power);
    for (std::int64_t k = 1; k <= 500; ++k) prices.push_back(-k * 1'048'576);
    for (const std::int64_t price : prices) rest(book, Side::Sell, price, 1, static_cast<OrderBook::Tag>(price));
    CHECK(book.level_count(Side::Sell) == prices.size());
    for (const std::int64_t price : prices)
        CHECK(queue(book, Side::Sell, {price}) == std::vector<OrderBook::Tag>{static_cast<OrderBook::Tag>(price)});
    CHECK(check_invariants(book).empty());
}

TEST_CASE("Defect: orders beyond a fixed capacity are dropped in silence", "[unit]") {
    OrderBook book;
    book.reserve(10, 2);
    constexpr std::int64_t kOrders = 100'000;
    for (std::int64_t i = 0; i < kOrders; ++i) rest(book, Side::Buy, i % 10'000, 1, static_cast<OrderBook::Tag>(i));
    CHECK(book.order_count() == kOrders);
    CHECK(book.level_count(Side::Buy) == 10'000);
    CHECK(book.depth_at(Side::Buy, {9'999}) == OrderBook::Level{{9'999}, {10}, 10});
    Fills fills;
    book.submit(Side::Sell, {0}, {kOrders}, true, 0, fills);
    CHECK(fills.all.size() == kOrders);
    CHECK(book.order_count() == 0);
    CHECK(check_invariants(book).empty());
}

TEST_CASE("Defect: a level of 5,000 orders that is filled at once exhausts something", "[unit]") {
    OrderBook book;
    Fills fills;
    for (OrderBook::Tag tag = 0; tag < 5'000; ++tag)
        rest(book, Side::Sell, 100, 1 + static_cast<std::int64_t>(tag % 3), tag);
    const Quantity all = book.best(Side::Sell)->quantity;
    CHECK(book.submit(Side::Buy, {100}, all, false, 9'999, fills) == OrderBook::kNoHandle);
    REQUIRE(fills.all.size() == 5'000);
    for (std::size_t i = 0; i < fills.all.size(); ++i) CHECK(fills.all[i].maker == i);
    CHECK(book.empty(Side::Sell));
    CHECK(check_invariants(book).empty());
}

}  // namespace buttonwood::engine::tests
