// The order book as a std::map of FIFO lists: the measure of the fast book, in benchmarks and in property tests.
//
// The same contract as engine::OrderBook, in the plain way: orders in a slab with a free list, linked by 32-bit
// indices; a balanced tree from price to the ends of its list; the list of a level found anew for each operation.
// Cost: O(log levels) to find a level, O(1) inside it. Thread safety: none.
#pragma once

#include "engine/assert.hpp"
#include "engine/types.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace buttonwood::engine::tests {

class MapBook {
public:
    using Tag = std::uint64_t;
    struct Handle {
        std::uint32_t index;
        std::uint32_t generation;
        friend constexpr bool operator==(Handle, Handle) = default;
        explicit constexpr operator bool() const { return generation != 0; }
    };
    static constexpr Handle kNoHandle{0, 0};
    struct Level {
        Price price;
        Quantity quantity;
        std::uint32_t order_count{};
    };
    struct Fill {
        Tag maker{};
        Tag taker{};
        Handle maker_handle = kNoHandle;
        Price price;
        Quantity quantity;
        Quantity maker_leaves;
        Quantity taker_leaves;
    };
    struct NullSink {
        void filled(const Fill&) {}
        void rested(Tag, Handle, Side, Price, Quantity) {}
        void expired(Tag, Quantity) {}
        void canceled(Tag, Quantity) {}
        void replaced(Tag, Handle, Price, Quantity, bool) {}
    };

    void reserve(std::size_t orders, std::size_t /*levels*/) {
        orders_.reserve(orders);
        free_.reserve(orders);
    }

    template <class S>
    Handle submit(Side side, Price price, Quantity quantity, bool ioc, Tag tag, S&& sink) {
        const Quantity leaves = take(side, price, quantity, tag, sink);
        if (leaves.units == 0) return kNoHandle;
        if (ioc) {
            sink.expired(tag, leaves);
            return kNoHandle;
        }
        const Handle handle = add(side, price, leaves, tag);
        sink.rested(tag, handle, side, price, leaves);
        return handle;
    }

    template <class S>
    bool cancel(Handle handle, S&& sink) {
        if (!is_live(handle)) return false;
        const Node node = orders_[handle.index];
        remove(handle);
        sink.canceled(node.tag, node.quantity);
        return true;
    }

    template <class S>
    std::optional<Handle> replace(Handle handle, Price price, Quantity leaves, S&& sink) {
        if (!is_live(handle)) return std::nullopt;
        Node& node = orders_[handle.index];
        const Tag tag = node.tag;
        const Side side = node.side;
        if (price == node.price && leaves <= node.quantity) {
            if (leaves < node.quantity) reduce(handle, node.quantity - leaves);
            sink.replaced(tag, handle, price, leaves, true);
            return handle;
        }
        unlink(handle.index);
        sink.replaced(tag, handle, price, leaves, false);
        const Quantity left = take(side, price, leaves, tag, sink);
        if (left.units == 0) {
            release(handle.index);
            return kNoHandle;
        }
        enqueue(handle.index, side, price, left, tag);
        sink.rested(tag, handle, side, price, left);
        return handle;
    }

    Handle add(Side side, Price price, Quantity quantity, Tag tag) {
        if (free_.empty()) {
            free_.push_back(static_cast<std::uint32_t>(orders_.size()));
            orders_.emplace_back();
        }
        const std::uint32_t index = free_.back();
        free_.pop_back();
        enqueue(index, side, price, quantity, tag);
        ++order_count_;
        return {index, ++orders_[index].generation};
    }
    void reduce(Handle handle, Quantity by) {
        BUTTONWOOD_ASSERT(is_live(handle));
        Node& node = orders_[handle.index];
        if (by == node.quantity) return remove(handle);
        node.quantity -= by;
        levels(node.side).find(key_of(node.side, node.price))->second.quantity -= by;
    }
    void remove(Handle handle) {
        BUTTONWOOD_ASSERT(is_live(handle));
        unlink(handle.index);
        release(handle.index);
    }

    // Odd generations live.
    [[nodiscard]] bool is_live(Handle handle) const {
        return handle.index < orders_.size() && handle.generation % 2 == 1 &&
               orders_[handle.index].generation == handle.generation;
    }
    [[nodiscard]] Tag tag(Handle handle) const { return orders_[handle.index].tag; }
    [[nodiscard]] Quantity quantity(Handle handle) const { return orders_[handle.index].quantity; }
    [[nodiscard]] Price price(Handle handle) const { return orders_[handle.index].price; }
    [[nodiscard]] Side side(Handle handle) const { return orders_[handle.index].side; }

    [[nodiscard]] bool empty(Side side) const { return levels(side).empty(); }
    [[nodiscard]] std::optional<Level> best(Side side) const {
        if (empty(side)) return std::nullopt;
        const auto& [key, queue] = *levels(side).begin();
        return Level{price_of(side, key), queue.quantity, queue.order_count};
    }
    [[nodiscard]] Handle front(Side side) const {
        return empty(side) ? kNoHandle : handle_of(levels(side).begin()->second.head);
    }
    [[nodiscard]] bool crosses(Side side, Price price) const {
        const Levels& makers = levels(opposite(side));
        return !makers.empty() && makers.begin()->first <= key_of(opposite(side), price);
    }
    [[nodiscard]] Level depth_at(Side side, Price price) const {
        const auto it = levels(side).find(key_of(side, price));
        if (it == levels(side).end()) return {price, {}, 0};
        return {price, it->second.quantity, it->second.order_count};
    }
    [[nodiscard]] std::size_t order_count() const { return order_count_; }
    [[nodiscard]] std::size_t level_count(Side side) const { return levels(side).size(); }

    template <class F>
    void for_each_level(Side side, F&& f) const {
        for (const auto& [key, queue] : levels(side))
            if (!f(Level{price_of(side, key), queue.quantity, queue.order_count})) return;
    }
    template <class F>
    void for_each_order_at(Side side, Price price, F&& f) const {
        const auto it = levels(side).find(key_of(side, price));
        if (it == levels(side).end()) return;
        for (std::uint32_t i = it->second.head; i != kNone; i = orders_[i].next) f(handle_of(i));
    }

    // What the book holds beside itself; of a tree's node, what libstdc++ and the allocator make of it.
    [[nodiscard]] std::size_t memory_bytes() const {
        constexpr std::size_t kTreeNode = 32 + sizeof(Levels::value_type) + 8;
        return orders_.capacity() * sizeof(Node) + free_.capacity() * sizeof(std::uint32_t) +
               (bids_.size() + listings_.size()) * kTreeNode;
    }

private:
    static constexpr std::uint32_t kNone = 0xFFFF'FFFF;
    struct Node {
        Price price;
        Quantity quantity;
        Tag tag{};
        std::uint32_t next = kNone;
        std::uint32_t prev = kNone;
        std::uint32_t generation{};
        Side side{};
    };
    struct Queue {
        std::uint32_t head = kNone;
        std::uint32_t tail = kNone;
        Quantity quantity;
        std::uint32_t order_count{};
    };
    // Keyed so that the smaller key is the better price on both sides.
    using Levels = std::map<std::int64_t, Queue>;

    static std::int64_t key_of(Side side, Price price) { return side == Side::Buy ? ~price.units : price.units; }
    static Price price_of(Side side, std::int64_t key) { return {side == Side::Buy ? ~key : key}; }
    Levels& levels(Side side) { return side == Side::Buy ? bids_ : listings_; }
    [[nodiscard]] const Levels& levels(Side side) const { return side == Side::Buy ? bids_ : listings_; }
    [[nodiscard]] Handle handle_of(std::uint32_t index) const { return {index, orders_[index].generation}; }

    template <class S>
    Quantity take(Side side, Price limit, Quantity wanted, Tag taker, S& sink) {
        const Side makers = opposite(side);
        Levels& from = levels(makers);
        const std::int64_t limit_key = key_of(makers, limit);
        while (wanted.units > 0 && !from.empty() && from.begin()->first <= limit_key) {
            const auto best = from.begin();
            wanted = take_level(best->second, price_of(makers, best->first), wanted, taker, sink);
            if (best->second.order_count == 0) from.erase(best);
        }
        return wanted;
    }
    template <class S>
    Quantity take_level(Queue& queue, Price price, Quantity wanted, Tag taker, S& sink) {
        while (wanted.units > 0 && queue.order_count > 0) {
            const std::uint32_t index = queue.head;
            Node& maker = orders_[index];
            const Quantity quantity = std::min(wanted, maker.quantity);
            wanted -= quantity;
            maker.quantity -= quantity;
            queue.quantity -= quantity;
            const Fill fill{maker.tag, taker, handle_of(index), price, quantity, maker.quantity, wanted};
            if (maker.quantity.units == 0) {
                queue.head = maker.next;
                (queue.head == kNone ? queue.tail : orders_[queue.head].prev) = kNone;
                --queue.order_count;
                release(index);
            }
            sink.filled(fill);
        }
        return wanted;
    }

    void enqueue(std::uint32_t index, Side side, Price price, Quantity quantity, Tag tag) {
        Queue& queue = levels(side)[key_of(side, price)];
        orders_[index] = Node{price, quantity, tag, kNone, queue.tail, orders_[index].generation, side};
        (queue.tail == kNone ? queue.head : orders_[queue.tail].next) = index;
        queue.tail = index;
        queue.quantity += quantity;
        ++queue.order_count;
    }
    void unlink(std::uint32_t index) {
        const Node& node = orders_[index];
        Levels& from = levels(node.side);
        const auto it = from.find(key_of(node.side, node.price));
        Queue& queue = it->second;
        (node.prev == kNone ? queue.head : orders_[node.prev].next) = node.next;
        (node.next == kNone ? queue.tail : orders_[node.next].prev) = node.prev;
        queue.quantity -= node.quantity;
        if (--queue.order_count == 0) from.erase(it);
    }
    void release(std::uint32_t index) {
        ++orders_[index].generation;
        free_.push_back(index);
        --order_count_;
    }

    std::vector<Node> orders_;
    std::vector<std::uint32_t> free_;
    Levels bids_;
    Levels listings_;
    std::size_t order_count_{};
};

}  // namespace buttonwood::engine::tests
