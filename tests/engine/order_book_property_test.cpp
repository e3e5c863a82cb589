// OrderBook alone against the naive book: random adds, reductions and removals, compared in every read.
#include "engine/order_book.hpp"
#include "tests/engine/command_stream.hpp"
#include "tests/engine/naive_book.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <iostream>
#include <map>

namespace buttonwood::engine::tests {
namespace {

// Both books under the same operations; orders are known to both by the tag of the fast book, the id of the naive one.
class Pair {
public:
    void add(Side side, Price price, Quantity quantity) {
        const auto id = static_cast<OrderId>(++last_id_);
        const OrderBook::Handle handle = fast_.add(side, price, quantity, last_id_);
        REQUIRE(handle != OrderBook::kNoHandle);
        for (const auto& [other, taken] : handles_) REQUIRE(!(handle == taken));
        naive_.add({id, side, price, quantity});
        handles_[id] = handle;
        highest_index_ = std::max(highest_index_, handle.index);
    }
    void reduce(OrderId id, Quantity by) {
        const Quantity left = naive_.find(id)->leaves - by;
        fast_.reduce(handles_.at(id), by);
        if (left.units > 0) return naive_.set_leaves(id, left);
        naive_.cancel(id);
        handles_.erase(id);
    }
    void remove(OrderId id) {
        fast_.remove(handles_.at(id));
        naive_.cancel(id);
        handles_.erase(id);
    }

    void require_equal() const {
        REQUIRE(fast_.order_count() == handles_.size());
        for (const auto& [id, handle] : handles_) {
            const NaiveBook::Order& order = *naive_.find(id);
            REQUIRE(fast_.tag(handle) == static_cast<OrderBook::Tag>(id));
            REQUIRE(fast_.quantity(handle) == order.leaves);
            REQUIRE(fast_.price(handle) == order.price);
            REQUIRE(fast_.side(handle) == order.side);
        }
        for (const Side side : {Side::Buy, Side::Sell}) require_equal(side);
    }
    void require_equal_at(Price price) const {
        for (const Side side : {Side::Buy, Side::Sell}) {
            REQUIRE(fast_.crosses(side, price) == naive_.would_cross(side, price));
            const auto level = naive_.levels(side).find(price);
            const bool known = level != naive_.levels(side).end();
            const OrderBook::Level at = fast_.depth_at(side, price);
            REQUIRE(at.order_count == (known ? level->second.size() : 0));
            REQUIRE((at.quantity.units > 0) == known);
        }
    }

    [[nodiscard]] const std::map<OrderId, OrderBook::Handle>& resting() const { return handles_; }
    [[nodiscard]] const NaiveBook& naive() const { return naive_; }
    [[nodiscard]] std::uint32_t highest_index() const { return highest_index_; }

private:
    void require_equal(Side side) const {
        std::vector<NaiveBook::Level> levels;
        std::vector<std::uint64_t> walked;
        fast_.for_each_level(side, [&](const OrderBook::Level& level) {
            levels.push_back({level.price, level.quantity, level.order_count});
            fast_.for_each_order_at(side, level.price, [&](OrderBook::Handle h) { walked.push_back(fast_.tag(h)); });
            return true;
        });
        std::vector<std::uint64_t> expected;
        for (const auto& [price, queue] : naive_.levels(side))
            for (const NaiveBook::Order& order : queue) expected.push_back(static_cast<std::uint64_t>(order.id));
        REQUIRE(levels == naive_.depth(side));
        REQUIRE(walked == expected);
        REQUIRE(fast_.level_count(side) == levels.size());
        REQUIRE(fast_.best(side).has_value() == !levels.empty());
        REQUIRE((fast_.front(side) == OrderBook::kNoHandle) == levels.empty());
        if (levels.empty()) return;
        REQUIRE(fast_.best(side)->price == levels.front().price);
        REQUIRE(fast_.best(side)->quantity == levels.front().quantity);
        REQUIRE(fast_.tag(fast_.front(side)) == expected.front());
    }

    OrderBook fast_;
    NaiveBook naive_;
    std::map<OrderId, OrderBook::Handle> handles_;
    std::uint64_t last_id_{};
    std::uint32_t highest_index_{};
};

void random_operation(Pair& books, Dice& dice, Price price, std::size_t capacity) {
    const bool full = books.resting().size() >= capacity;
    if (books.resting().empty() || (!full && dice.chance(50))) {
        // The book takes whatever it is given, crossed or not: matching is the engine's.
        books.add(dice.pick({Side::Buy, Side::Sell}), price, {dice.between(1, 5)});
        return;
    }
    const OrderId id = dice.any_of(books.resting()).first;
    if (dice.chance(50))
        books.remove(id);
    else
        books.reduce(id, {dice.between(1, books.naive().find(id)->leaves.units)});
}

}  // namespace

TEST_CASE("The order book and the naive book agree after every random operation", "[property]") {
    const char* chosen = std::getenv("BUTTONWOOD_SEED");
    const std::uint64_t seed = chosen ? std::strtoull(chosen, nullptr, 10) : Catch::rngSeed();
    std::cout << "order book against naive book: BUTTONWOOD_SEED=" << seed << '\n';
    CAPTURE(seed);
    Dice dice(seed);
    for (int round = 0; round < 20; ++round) {
        Pair books;
        const std::size_t capacity = 1 + dice.below(60);
        for (int i = 0; i < 1'000; ++i) {
            CAPTURE(round, i);
            const bool far = dice.chance(5);  // any int64 is a price to the book
            const Price price{far ? dice.pick({std::numeric_limits<std::int64_t>::max(), std::int64_t{0},
                                               std::int64_t{-7}, std::numeric_limits<std::int64_t>::min()})
                                  : dice.between(95, 105)};
            random_operation(books, dice, price, capacity);
            books.require_equal();
            books.require_equal_at(price);
        }
        // Memory is used again: it grows only to the most orders and levels that ever rested together.
        REQUIRE(books.highest_index() <= 3 * capacity + 40);
    }
}

}  // namespace buttonwood::engine::tests
