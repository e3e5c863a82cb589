// The checker of the book finds what is broken: one test breaks one part, and expects the rule that says so.
#include "engine/book_check.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>
#include <limits>

namespace buttonwood::engine::tests {
namespace {

// Bids at 1, 2 and 1000 below a root of two ways; two orders at 2; a dead order and a dropped level.
OrderBook sample() {
    OrderBook book;
    book.add(Side::Buy, {1}, {10}, 1);
    book.add(Side::Buy, {2}, {20}, 2);
    book.add(Side::Buy, {2}, {30}, 3);
    book.add(Side::Buy, {1000}, {40}, 4);
    book.remove(book.add(Side::Buy, {500}, {1}, 5));
    return book;
}

struct Parts {
    OrderBook book = sample();
    book::Nodes& nodes = BookParts::nodes(book);
    book::Ladder& bids = BookParts::ladder(book, Side::Buy);
    book::Index root = BookParts::root(bids);
    book::Index best = bids.best();
    book::Index front = nodes.level(best).next;
    book::Index second_level = bids.find(nodes, key({2}));
    BookParts::Branch& branch(book::Index index) { return BookParts::branches(bids)[index]; }
    BookParts::Branch& child() { return branch(nodes.level(second_level).parent); }
    // The key of a bid, as the ladder has it.
    static std::uint64_t key(Price price) {
        return ~static_cast<std::uint64_t>(price.units) ^ (std::uint64_t{1} << 63);
    }
};

bool finds(const char* rule, const std::function<void(Parts&)>& damage) {
    Parts parts;
    REQUIRE(check_invariants(parts.book).empty());
    damage(parts);
    const std::vector<std::string> broken = check_invariants(parts.book);
    return std::ranges::find(broken, rule) != broken.end();
}

constexpr book::Index kNowhere = std::numeric_limits<book::Index>::max();

}  // namespace

TEST_CASE("An order count that is not that of the queues is found", "[unit]") {
    CHECK(finds("the order count is not that of the queues", [](Parts& p) { ++BookParts::order_count(p.book); }));
}

TEST_CASE("Lost memory is found", "[unit]") {
    CHECK(finds("a node is neither used nor free, or both", [](Parts& p) { BookParts::free_orders(p.nodes) = 0; }));
    CHECK(finds("a node is neither used nor free, or both", [](Parts& p) { BookParts::free_levels(p.nodes) = 0; }));
    CHECK(finds("a node is neither used nor free, or both", [](Parts& p) { ++BookParts::retired(p.nodes); }));
    CHECK(finds("a branch is neither used nor free, or both",
                [](Parts& p) { BookParts::free_branches(p.bids) = p.root; }));
}

TEST_CASE("Free memory that runs in a circle is found, and ends", "[unit]") {
    CHECK(finds("a node is neither used nor free, or both", [](Parts& p) {
        const book::Index free = BookParts::free_orders(p.nodes);
        p.nodes.order(free).next = free;
    }));
    CHECK(finds("a branch is neither used nor free, or both", [](Parts& p) {
        p.branch(p.root).parent = p.root;
        BookParts::free_branches(p.bids) = p.root;
    }));
}

TEST_CASE("Damage to the branches is found", "[unit]") {
    CHECK(finds("the root is no branch", [](Parts& p) { BookParts::root(p.bids) = kNowhere; }));
    CHECK(finds("the level count is not that of the ladder", [](Parts& p) { ++BookParts::level_count(p.bids); }));
    CHECK(finds("the best level is none of the ladder", [](Parts& p) { BookParts::root(p.bids) = book::kNil; }));
    CHECK(finds("a branch does not know its parent", [](Parts& p) { p.branch(p.root).parent = p.root; }));
    CHECK(
        finds("a way leads to a branch and to a level", [](Parts& p) { p.branch(p.root).levels = ~std::uint64_t{0}; }));
    CHECK(finds("a branch has less than two ways", [](Parts& p) { p.child().levels &= p.child().levels - 1; }));
    CHECK(finds("a way leads nowhere", [](Parts& p) { p.branch(p.root).ways.fill(kNowhere); }));
    CHECK(finds("a branch below has not the lower digit", [](Parts& p) { p.child().shift = p.branch(p.root).shift; }));
    CHECK(finds("a branch hangs on another's way", [](Parts& p) { p.child().key = 0; }));
    CHECK(finds("the branches run in a circle", [](Parts& p) {
        p.branch(p.root).branches = ~std::uint64_t{0};
        p.branch(p.root).ways.fill(p.root);
    }));
}

TEST_CASE("Damage to the levels is found", "[unit]") {
    CHECK(finds("a level does not know its branch", [](Parts& p) { p.nodes.level(p.best).parent = kNowhere; }));
    CHECK(finds("a level hangs on another's way", [](Parts& p) { ++p.nodes.level(p.second_level).key; }));
    CHECK(finds("the best level is not the first", [](Parts& p) { BookParts::best(p.bids) = p.second_level; }));
    CHECK(finds("the best level is not the first", [](Parts& p) { ++BookParts::best_key(p.bids); }));
    CHECK(finds("levels are out of order", [](Parts& p) { p.nodes.level(p.second_level).key = 0; }));
    CHECK(finds("a level has no orders", [](Parts& p) { p.nodes.level(p.best).order_count = 0; }));
    CHECK(finds("a level does not know its last order", [](Parts& p) { p.nodes.level(p.best).prev = p.best; }));
    CHECK(
        finds("a level's order count is not that of its queue", [](Parts& p) { ++p.nodes.level(p.best).order_count; }));
    CHECK(finds("a level's quantity is not that of its queue", [](Parts& p) { ++p.nodes.level(p.best).quantity; }));
}

TEST_CASE("Damage to a queue is found", "[unit]") {
    CHECK(finds("a queue runs astray", [](Parts& p) { p.nodes.order(p.front).next = kNowhere; }));
    CHECK(finds("a queue runs astray", [](Parts& p) { p.nodes.order(p.front).next = p.front; }));
    for (const std::uint32_t bit : {book::kLiveBit, book::kSellBit})
        CHECK(finds("a queued order is dead or of the other side",
                    [bit](Parts& p) { p.nodes.order(p.front).generation ^= bit; }));
    CHECK(finds("an order does not know its level", [](Parts& p) { ++p.nodes.order(p.front).level; }));
    CHECK(finds("a queue is not the same in both directions", [](Parts& p) { p.nodes.order(p.front).prev = p.front; }));
    CHECK(finds("a queued order has no quantity", [](Parts& p) { p.nodes.order(p.front).quantity = 0; }));
}

}  // namespace buttonwood::engine::tests
