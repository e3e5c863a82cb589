// The order book by itself: what each operation promises.
#include "engine/order_book.hpp"
#include "engine/book_check.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace buttonwood::engine::tests {
namespace {

std::vector<OrderBook::Tag> queue(const OrderBook& book, Side side, std::int64_t price) {
    std::vector<OrderBook::Tag> tags;
    book.for_each_order_at(side, {price}, [&](OrderBook::Handle h) { tags.push_back(book.tag(h)); });
    return tags;
}

// Everything that a book reports, as one line a call.
struct Reports : OrderBook::NullSink {
    std::vector<std::string> lines;
    void say(const auto&... parts) {
        std::ostringstream line;
        (line << ... << parts);
        lines.push_back(line.str());
    }
    void filled(const OrderBook::Fill& f) {
        say("maker ", f.maker, " taker ", f.taker, " ", f.quantity.units, " at ", f.price.units, " leaves ",
            f.maker_leaves.units, " and ", f.taker_leaves.units);
    }
    void rested(OrderBook::Tag tag, OrderBook::Handle, Side side, Price price, Quantity leaves) {
        say(tag, side == Side::Buy ? " buys " : " sells ", leaves.units, " at ", price.units);
    }
    void expired(OrderBook::Tag tag, Quantity leaves) { say(tag, " expires ", leaves.units); }
    void canceled(OrderBook::Tag tag, Quantity leaves) { say(tag, " canceled ", leaves.units); }
    void replaced(OrderBook::Tag tag, OrderBook::Handle, Price price, Quantity leaves, bool kept) {
        say(tag, " replaced by ", leaves.units, " at ", price.units, kept ? " in place" : "");
    }
};
using Lines = std::vector<std::string>;

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
        CHECK(queue(book, side, 1).empty());
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
    CHECK_FALSE(book.reduce(first, {9}));
    CHECK(queue(book, Side::Buy, 7) == std::vector<OrderBook::Tag>{1, 2, 3});
    book.remove(second);
    CHECK(queue(book, Side::Buy, 7) == std::vector<OrderBook::Tag>{1, 3});
    CHECK(book.depth_at(Side::Buy, {7}).quantity == Quantity{11});
    CHECK(book.reduce(first, {1}));
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
    CHECK(book.best(Side::Buy) == OrderBook::Level{{10}, {3}, 1});
    CHECK(book.best(Side::Buy) != OrderBook::Level{{11}, {3}, 1});
    CHECK(book.best(Side::Buy) != OrderBook::Level{{10}, {4}, 1});
    CHECK(book.best(Side::Buy) != OrderBook::Level{{10}, {3}, 2});
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

TEST_CASE("A handle names one order for ever: memory is used again, handles are not", "[unit]") {
    OrderBook book;
    const auto a = book.add(Side::Buy, {1}, {1}, 1);
    const auto b = book.add(Side::Buy, {1}, {1}, 2);
    REQUIRE(a != b);
    book.remove(a);
    const auto c = book.add(Side::Sell, {5}, {6}, 3);
    CHECK(c.index == a.index);
    CHECK(c != a);
    CHECK_FALSE(book.is_live(a));
    CHECK(book.is_live(c));
    CHECK(book.tag(c) == 3);
    CHECK(book.side(c) == Side::Sell);
    CHECK(book.price(c) == Price{5});
    CHECK(book.quantity(c) == Quantity{6});
    CHECK(queue(book, Side::Buy, 1) == std::vector<OrderBook::Tag>{2});
}

TEST_CASE("No handle, one of memory that is not there and one made up are dead", "[unit]") {
    OrderBook book;
    CHECK_FALSE(book.is_live(OrderBook::kNoHandle));
    const OrderBook::Handle handle = book.add(Side::Sell, {1}, {1}, 0);
    CHECK(handle);
    CHECK_FALSE(OrderBook::kNoHandle);
    CHECK_FALSE(book.is_live(OrderBook::kNoHandle));
    CHECK_FALSE(book.is_live({handle.index + 100, handle.generation}));
    CHECK_FALSE(book.is_live({handle.index, handle.generation + 4}));
    book.remove(handle);
    CHECK_FALSE(book.is_live({handle.index, handle.generation - 1}));
}

TEST_CASE("An order that crosses nothing rests, and says where", "[unit]") {
    OrderBook book;
    Reports reports;
    const auto handle = book.submit(Side::Buy, {10}, {5}, false, 1, reports);
    CHECK(book.is_live(handle));
    CHECK(reports.lines == Lines{"1 buys 5 at 10"});
    CHECK(book.empty(Side::Sell));
    CHECK_FALSE(book.empty(Side::Buy));
}

TEST_CASE("A taker sweeps from the best price to its limit, first come first filled, and the rest rests", "[unit]") {
    OrderBook book;
    Reports reports;
    book.add(Side::Sell, {12}, {4}, 3);
    book.add(Side::Sell, {10}, {1}, 1);
    book.add(Side::Sell, {10}, {2}, 2);
    book.add(Side::Sell, {13}, {9}, 4);
    const auto handle = book.submit(Side::Buy, {12}, {10}, false, 7, reports);
    CHECK(reports.lines == Lines{"maker 1 taker 7 1 at 10 leaves 0 and 9", "maker 2 taker 7 2 at 10 leaves 0 and 7",
                                 "maker 3 taker 7 4 at 12 leaves 0 and 3", "7 buys 3 at 12"});
    CHECK(book.quantity(handle) == Quantity{3});
    CHECK(prices(book, Side::Sell) == std::vector<std::int64_t>{13});
    CHECK(check_invariants(book).empty());
}

TEST_CASE("A taker that is filled rests nowhere and gets no handle", "[unit]") {
    OrderBook book;
    Reports reports;
    const auto maker = book.add(Side::Buy, {10}, {5}, 1);
    CHECK(book.submit(Side::Sell, {10}, {2}, false, 2, reports) == OrderBook::kNoHandle);
    CHECK(book.quantity(maker) == Quantity{3});
    CHECK(book.submit(Side::Sell, {9}, {3}, true, 3, reports) == OrderBook::kNoHandle);
    CHECK(reports.lines == Lines{"maker 1 taker 2 2 at 10 leaves 3 and 0", "maker 1 taker 3 3 at 10 leaves 0 and 0"});
    CHECK(book.order_count() == 0);
}

TEST_CASE("What an ioc order cannot fill at once expires", "[unit]") {
    OrderBook book;
    Reports reports;
    book.add(Side::Buy, {10}, {5}, 1);
    CHECK(book.submit(Side::Sell, {10}, {7}, true, 2, reports) == OrderBook::kNoHandle);
    CHECK(reports.lines == Lines{"maker 1 taker 2 5 at 10 leaves 0 and 2", "2 expires 2"});
    CHECK(book.order_count() == 0);
}

TEST_CASE("A cancel takes an order out once", "[unit]") {
    OrderBook book;
    Reports reports;
    const auto handle = book.add(Side::Sell, {10}, {5}, 1);
    CHECK(book.cancel(handle, reports));
    CHECK_FALSE(book.cancel(handle, reports));
    CHECK(reports.lines == Lines{"1 canceled 5"});
    CHECK(book.empty(Side::Sell));
}

TEST_CASE("A replace keeps the place exactly when the price stays and the quantity does not go up", "[unit]") {
    OrderBook book;
    const auto first = book.add(Side::Buy, {10}, {5}, 1);
    book.add(Side::Buy, {10}, {5}, 2);
    Reports reports;
    CHECK(book.replace(first, {10}, {5}, reports) == first);
    CHECK(book.replace(first, {10}, {3}, reports) == first);
    CHECK(reports.lines == Lines{"1 replaced by 5 at 10 in place", "1 replaced by 3 at 10 in place"});
    CHECK(queue(book, Side::Buy, 10) == std::vector<OrderBook::Tag>{1, 2});
    CHECK(book.depth_at(Side::Buy, {10}) == OrderBook::Level{{10}, {8}, 2});

    SECTION("more of it queues anew") {
        CHECK(book.replace(first, {10}, {4}, reports) == first);
        CHECK(queue(book, Side::Buy, 10) == std::vector<OrderBook::Tag>{2, 1});
        CHECK(reports.lines.back() == "1 buys 4 at 10");
    }
    SECTION("another price queues anew") {
        CHECK(book.replace(first, {11}, {1}, reports) == first);
        CHECK(queue(book, Side::Buy, 11) == std::vector<OrderBook::Tag>{1});
        CHECK(book.depth_at(Side::Buy, {10}) == OrderBook::Level{{10}, {5}, 1});
    }
    CHECK(check_invariants(book).empty());
}

TEST_CASE("A replace to a crossing price takes, and rests with what is left under the same handle", "[unit]") {
    OrderBook book;
    Reports reports;
    const auto bid = book.add(Side::Buy, {10}, {5}, 1);
    book.add(Side::Sell, {12}, {3}, 2);
    CHECK(book.replace(bid, {12}, {7}, reports) == bid);
    CHECK(reports.lines == Lines{"1 replaced by 7 at 12", "maker 2 taker 1 3 at 12 leaves 0 and 4", "1 buys 4 at 12"});
    CHECK(prices(book, Side::Buy) == std::vector<std::int64_t>{12});

    book.add(Side::Sell, {13}, {9}, 3);
    CHECK(book.replace(bid, {13}, {4}, reports) == OrderBook::kNoHandle);
    CHECK_FALSE(book.is_live(bid));
    CHECK(book.replace(bid, {1}, {1}, reports) == std::nullopt);
    CHECK(book.order_count() == 1);
    CHECK(check_invariants(book).empty());
}

TEST_CASE("A level's quantity wraps round beyond 2^63, and nothing else suffers", "[unit]") {
    constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();
    OrderBook book;
    for (OrderBook::Tag tag = 1; tag <= 3; ++tag) book.add(Side::Sell, {1}, {kHuge}, tag);
    Reports reports;
    book.submit(Side::Buy, {1}, {kHuge}, false, 9, reports);
    book.submit(Side::Buy, {1}, {kHuge}, false, 9, reports);
    CHECK(reports.lines.size() == 2);
    CHECK(book.best(Side::Sell) == OrderBook::Level{{1}, {kHuge}, 1});
    CHECK(check_invariants(book).empty());
}

TEST_CASE("Asking the processor for memory changes nothing, whatever is asked for", "[unit]") {
    OrderBook book;
    book.prefetch(OrderBook::kNoHandle);
    book.prefetch(Side::Buy, {1});
    const auto handle = book.add(Side::Buy, {1}, {1}, 1);
    book.prefetch(handle);
    book.prefetch(Side::Buy, {1});
    book.prefetch(Side::Buy, {1'000'000});
    CHECK(book.order_count() == 1);
    CHECK(check_invariants(book).empty());
}

TEST_CASE("An empty book is small and has no memory of its own; an order takes 32 bytes", "[unit]") {
    CHECK(sizeof(OrderBook) <= 256);
    OrderBook book;
    CHECK(book.memory_bytes() == 0);
    book.reserve(1'000, 1);
    const std::size_t reserved = book.memory_bytes();
    for (int i = 0; i < 1'000; ++i) book.add(Side::Buy, {5}, {1}, 0);
    CHECK(book.memory_bytes() == reserved);
    book.reserve(2'000, 1);
    CHECK(book.memory_bytes() == reserved + 32 * 1'000);
}

TEST_CASE("A node whose generations are used up is retired, so that its old handles stay dead", "[unit]") {
    // Three generations: 4, 8 and 12, beside the bits for the side and for being live.
    book::BasicNodes<15> nodes;
    const book::Index first = nodes.new_order(0);
    for (int life = 1; life <= 2; ++life) {
        nodes.free_order(first);
        REQUIRE(nodes.new_order(life == 1 ? book::kSellBit : 0) == first);
    }
    nodes.free_order(first);
    CHECK(nodes.new_order(0) != first);
    for (std::uint32_t generation = 0; generation < 16; ++generation) CHECK_FALSE(nodes.is_live(first, generation));
}

}  // namespace buttonwood::engine::tests
