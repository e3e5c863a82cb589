// The oracle of the order book: a std::map of std::list, written to be obviously right rather than fast.
//
// Price-time priority: the best price first, inside a price the order that came first. Shares nothing with the engine
// but the vocabulary of types.hpp, so a mistake in one is not repeated in the other.
#pragma once

#include "engine/types.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <list>
#include <map>
#include <optional>
#include <vector>

namespace buttonwood::engine::tests {

class NaiveBook {
public:
    struct Order {
        OrderId id{};
        Side side{};
        Price price;
        Quantity leaves;
    };
    // One trade with a resting order, at its price.
    struct Fill {
        OrderId maker{};
        Price price;
        Quantity quantity;
        Quantity maker_leaves;
        friend bool operator==(const Fill&, const Fill&) = default;
    };
    struct Level {
        Price price;
        Quantity quantity;
        std::uint32_t order_count{};
        friend bool operator==(const Level&, const Level&) = default;
    };
    using Queue = std::list<Order>;
    using Levels = std::map<Price, Queue, std::function<bool(Price, Price)>>;  // best price first

    // Joins the back of its price.
    void add(const Order& order) { levels(order.side)[order.price].push_back(order); }

    [[nodiscard]] const Order* find(OrderId id) const {
        for (const Levels* side : {&bids_, &listings_})
            for (const auto& [price, queue] : *side)
                for (const Order& order : queue)
                    if (order.id == id) return &order;
        return nullptr;
    }

    // Sets what is left of a resting order, which keeps its place.
    void set_leaves(OrderId id, Quantity leaves) {
        for (Levels* side : {&bids_, &listings_})
            for (auto& [price, queue] : *side)
                for (Order& order : queue)
                    if (order.id == id) order.leaves = leaves;
    }

    // Takes an order out of the book; an id that does not rest changes nothing.
    void cancel(OrderId id) {
        for (Levels* side : {&bids_, &listings_}) {
            for (auto& [price, queue] : *side) queue.remove_if([&](const Order& order) { return order.id == id; });
            std::erase_if(*side, [](const auto& level) { return level.second.empty(); });
        }
    }

    // The limit of a taker that accepts every price: a market order.
    static Price any_price(Side taker) {
        using Units = std::numeric_limits<std::int64_t>;
        return {taker == Side::Buy ? Units::max() : Units::min()};
    }

    // What a taker with this limit would trade, best price first. Changes nothing.
    [[nodiscard]] std::vector<Fill> preview(Side taker, Price limit, Quantity wanted) const {
        std::vector<Fill> fills;
        for (const auto& [price, queue] : levels(opposite(taker))) {
            if (!acceptable(taker, limit, price)) break;
            for (const Order& maker : queue) {
                if (wanted.units == 0) return fills;
                const Quantity quantity = std::min(wanted, maker.leaves);
                fills.push_back({maker.id, price, quantity, maker.leaves - quantity});
                wanted -= quantity;
            }
        }
        return fills;
    }

    // The same, done: makers shrink or leave the book.
    std::vector<Fill> take(Side taker, Price limit, Quantity wanted) {
        const std::vector<Fill> fills = preview(taker, limit, wanted);
        for (const Fill& fill : fills)
            if (fill.maker_leaves.units == 0)
                cancel(fill.maker);
            else
                set_leaves(fill.maker, fill.maker_leaves);
        return fills;
    }

    [[nodiscard]] bool would_cross(Side side, Price price) const { return !preview(side, price, {1}).empty(); }
    [[nodiscard]] bool empty(Side side) const { return levels(side).empty(); }

    [[nodiscard]] std::vector<Level> depth(Side side) const {
        std::vector<Level> depth;
        for (const auto& [price, queue] : levels(side)) {
            Level level{price, {}, 0};
            for (const Order& order : queue) level.quantity += order.leaves, ++level.order_count;
            depth.push_back(level);
        }
        return depth;
    }
    [[nodiscard]] std::optional<Level> best(Side side) const {
        const std::vector<Level> all = depth(side);
        return all.empty() ? std::nullopt : std::optional(all.front());
    }

    [[nodiscard]] const Levels& levels(Side side) const { return side == Side::Buy ? bids_ : listings_; }

private:
    static bool acceptable(Side taker, Price limit, Price price) {
        return taker == Side::Buy ? price <= limit : price >= limit;
    }
    Levels& levels(Side side) { return side == Side::Buy ? bids_ : listings_; }

    Levels bids_{[](Price a, Price b) { return a > b; }};
    Levels listings_{[](Price a, Price b) { return a < b; }};
};

inline Quantity total(const std::vector<NaiveBook::Fill>& fills) {
    Quantity sum;
    for (const NaiveBook::Fill& fill : fills) sum += fill.quantity;
    return sum;
}

}  // namespace buttonwood::engine::tests
