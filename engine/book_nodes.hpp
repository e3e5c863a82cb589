// The memory of an order book: one array of 32-byte nodes, named by 32-bit indices.
//
// A node is an order or a price level. Both begin with the links of a circular list, and a level is the sentinel of the
// list of its orders: appending and unlinking touch whatever stands there and need no case for "first" or "last".
// A freed node is used again for the same kind, the last freed first. Handles of orders carry a generation that never
// returns: a node whose generations are used up is retired.
// Thread safety: none. Cost: O(1); a new node may double the array, so references end at the next allocation.
#pragma once

#include "engine/assert.hpp"
#include "engine/types.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace buttonwood::engine {
struct BookParts;  // of book_check.hpp
}

namespace buttonwood::engine::book {

// Names a node; 0 is none. Node 0 exists in every array that has nodes, and nobody owns it.
using Index = std::uint32_t;
inline constexpr Index kNil = 0;

// Generation: bit 0 "is live", bit 1 the side, above them how often the node was an order.
inline constexpr std::uint32_t kLiveBit = 1;
inline constexpr std::uint32_t kSellBit = 2;
inline constexpr std::uint32_t kGenerationStep = 4;

struct OrderNode {
    Index next;
    Index prev;
    std::int64_t quantity;  // > 0 while live
    std::uint64_t tag;
    std::uint32_t generation;
    Index level;
};
struct LevelNode {
    Index next;              // its first order, or itself
    Index prev;              // its last order, or itself
    std::uint64_t quantity;  // of its orders together, modulo 2^64
    std::uint64_t key;
    std::uint32_t order_count;
    Index parent;  // the branch of the ladder that leads to it
};
// next and prev are a common initial sequence: they may be read through either member.
union Node {
    OrderNode order;
    LevelNode level;
};
static_assert(sizeof(Node) == 32);

// kLastGeneration: see generation above; a small one lets a test use a node up.
template <std::uint32_t kLastGeneration>
class BasicNodes {
public:
    [[nodiscard]] OrderNode& order(Index index) noexcept { return nodes_[index].order; }
    [[nodiscard]] const OrderNode& order(Index index) const noexcept { return nodes_[index].order; }
    [[nodiscard]] LevelNode& level(Index index) noexcept { return nodes_[index].level; }
    [[nodiscard]] const LevelNode& level(Index index) const noexcept { return nodes_[index].level; }

    [[nodiscard]] bool is_live(Index index, std::uint32_t generation) const noexcept {
        return index < nodes_.size() && (generation & kLiveBit) != 0 && nodes_[index].order.generation == generation;
    }

    // A live order of the next generation; links, quantity, tag and level are the caller's to set.
    [[nodiscard]] Index new_order(std::uint32_t side_bit) noexcept {
        const Index index = take(free_orders_);
        OrderNode& node = nodes_[index].order;
        node.generation = (node.generation & ~(kLiveBit | kSellBit)) + kGenerationStep + side_bit + kLiveBit;
        return index;
    }
    void free_order(Index index) noexcept {
        OrderNode& node = nodes_[index].order;
        node.generation &= ~kLiveBit;
        if ((node.generation | kSellBit) == (kLastGeneration & ~kLiveBit)) {
            ++retired_;
            return;
        }
        node.next = free_orders_;
        free_orders_ = index;
    }

    // A level without orders.
    [[nodiscard]] Index new_level(std::uint64_t key) noexcept {
        const Index index = take(free_levels_);
        nodes_[index].level = {index, index, 0, key, 0, kNil};
        return index;
    }
    void free_level(Index index) noexcept {
        nodes_[index].level.next = free_levels_;
        free_levels_ = index;
    }

    void link_before(Index next, Index index) noexcept {
        const Index prev = nodes_[next].order.prev;
        nodes_[index].order.next = next;
        nodes_[index].order.prev = prev;
        nodes_[prev].order.next = index;
        nodes_[next].order.prev = index;
    }
    void unlink(Index index) noexcept {
        const OrderNode& node = nodes_[index].order;
        nodes_[node.prev].order.next = node.next;
        nodes_[node.next].order.prev = node.prev;
    }

    void reserve(std::size_t nodes) noexcept { nodes_.reserve(nodes + 1); }
    void prefetch(Index index) const noexcept { __builtin_prefetch(nodes_.data() + index); }
    [[nodiscard]] std::size_t size() const noexcept { return nodes_.size(); }
    [[nodiscard]] std::size_t memory_bytes() const noexcept { return nodes_.capacity() * sizeof(Node); }

private:
    friend struct engine::BookParts;

    Index take(Index& free_list) noexcept {
        const Index index = free_list;
        if (index == kNil) return grow();
        free_list = nodes_[index].order.next;
        return index;
    }
    [[gnu::noinline]] Index grow() noexcept {
        if (nodes_.empty()) nodes_.push_back(Node{});
        BUTTONWOOD_ASSERT(nodes_.size() <= std::numeric_limits<Index>::max());
        nodes_.push_back(Node{});
        return static_cast<Index>(nodes_.size() - 1);
    }

    std::vector<Node> nodes_;
    Index free_orders_ = kNil;
    Index free_levels_ = kNil;
    std::uint32_t retired_{};
};
using Nodes = BasicNodes<std::numeric_limits<std::uint32_t>::max()>;

}  // namespace buttonwood::engine::book
