// The resting orders of one security: prices, quantities and priorities, and nothing else.
//
// Price-time priority: the best price first, inside a price the order that came first. The book knows no accounts,
// money or rules; whoever owns it (Engine) attaches a 64-bit tag to each order and gets it back.
// Orders live in a slab and are named by 32-bit handles; a level is an intrusive FIFO list, so adding at the back,
// taking from the front and removing from the middle are O(1), finding a level is O(log levels).
// Thread safety: none; one thread owns a book.
#pragma once

#include "engine/types.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace buttonwood::engine {

class OrderBook {
public:
    using Tag = std::uint64_t;
    // Names a resting order from add() until it is removed or reduced to zero; then it may be given to another.
    using Handle = std::uint32_t;
    static constexpr Handle kNoHandle = 0xFFFF'FFFF;

    struct Level {
        Price price;
        Quantity quantity;         // sum over its orders, > 0
        std::uint32_t order_count{};  // > 0
    };

    // Queues behind all orders of this side and price. REQUIRES: quantity > 0.
    Handle add(Side side, Price price, Quantity quantity, Tag tag);
    // Lowers an order's quantity, keeping its place; removes it when nothing is left.
    // REQUIRES: the handle names a resting order, 0 < by <= its quantity.
    void reduce(Handle handle, Quantity by);
    // REQUIRES: the handle names a resting order.
    void remove(Handle handle);

    [[nodiscard]] std::optional<Level> best(Side side) const;
    // The order that would trade next, kNoHandle when the side is empty.
    [[nodiscard]] Handle front(Side side) const;
    [[nodiscard]] Tag tag(Handle handle) const { return orders_[handle].tag; }
    [[nodiscard]] Quantity quantity(Handle handle) const { return orders_[handle].quantity; }
    [[nodiscard]] Price price(Handle handle) const { return orders_[handle].price; }
    [[nodiscard]] Side side(Handle handle) const { return orders_[handle].side; }
    [[nodiscard]] std::size_t order_count() const { return order_count_; }
    [[nodiscard]] std::size_t level_count(Side side) const { return levels(side).size(); }
    // Would an order of this side and price trade at once?
    [[nodiscard]] bool crosses(Side side, Price price) const;
    // Quantity and number of orders at one price; zero where there is no level.
    [[nodiscard]] Level depth_at(Side side, Price price) const;

    // Calls f(const Level&) from the best price outwards until f returns false.
    template <class F> void for_each_level(Side side, F&& f) const {
        for (const auto& [key, queue] : levels(side))
            if (!f(Level{price_of(side, key), queue.quantity, queue.order_count})) return;
    }
    // Calls f(Handle) in queue order for each order at this price.
    template <class F> void for_each_order_at(Side side, Price price, F&& f) const {
        const auto it = levels(side).find(key_of(side, price));
        if (it == levels(side).end()) return;
        for (Handle h = it->second.head; h != kNoHandle; h = orders_[h].next) f(h);
    }

private:
    struct Node {
        Price price;
        Quantity quantity;
        Tag tag{};
        Handle next = kNoHandle;
        Handle prev = kNoHandle;
        Side side{};
    };
    struct Queue {
        Handle head = kNoHandle;
        Handle tail = kNoHandle;
        Quantity quantity;
        std::uint32_t order_count{};
    };
    // Keyed so that the smaller key is the better price on both sides: one code path serves bids and listings.
    using Levels = std::map<std::int64_t, Queue>;

    static std::int64_t key_of(Side side, Price price) { return side == Side::Buy ? ~price.units : price.units; }
    static Price price_of(Side side, std::int64_t key) { return {side == Side::Buy ? ~key : key}; }
    Levels& levels(Side side) { return side == Side::Buy ? bids_ : listings_; }
    [[nodiscard]] const Levels& levels(Side side) const { return side == Side::Buy ? bids_ : listings_; }

    std::vector<Node> orders_;
    std::vector<Handle> free_;
    Levels bids_;
    Levels listings_;
    std::size_t order_count_{};
};

}  // namespace buttonwood::engine
