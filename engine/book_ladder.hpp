// The price levels of one side of a book, under keys of which the smaller is the better price.
//
// A table of chains leads from a key to its level, a set of keys from the best level to the next. An emptied level stays
// in both for a while, because a price near the touch is usually quoted again at once: filling it anew costs no more
// than a look into the table. Levels without orders are reclaimed as new prices come, at the latest when they outnumber
// the others, so memory is bounded by twice the most levels that ever had orders at once.
// Thread safety: none. Nodes are the book's and are passed to each operation that needs them.
#pragma once

#include "engine/assert.hpp"
#include "engine/book_keys.hpp"
#include "engine/book_nodes.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace buttonwood::engine::book {

class Ladder {
public:
    // The best level that has orders, kNil when none has.
    [[nodiscard]] Index best() const { return best_; }
    // Is there a level with orders at this key or a better one?
    [[nodiscard]] bool reaches(std::uint64_t key) const { return best_ != kNil && best_key_ <= key; }
    // Levels that have orders.
    [[nodiscard]] std::uint32_t level_count() const { return filled_; }

    // The level of this key, with or without orders; kNil when there is none.
    [[nodiscard]] Index find(const Nodes& nodes, std::uint64_t key) const {
        if (slots_.empty()) return kNil;
        Index index = slots_[home(key)];
        while (index != kNil && nodes.level(index).key != key) index = nodes.level(index).chain;
        return index;
    }
    // The level of this key, made when there is none. May allocate.
    [[nodiscard]] Index find_or_add(Nodes& nodes, std::uint64_t key) {
        const Index found = find(nodes, key);
        return found != kNil ? found : add(nodes, key);
    }

    // To be called when a level gets its first order ...
    void filled(std::uint64_t key, Index level) {
        ++filled_;
        keys_.insert(key);
        if (best_ != kNil && best_key_ < key) return;
        best_ = level;
        best_key_ = key;
    }
    // ... and when it has lost its last.
    void emptied(const Nodes& nodes, Index level) {
        --filled_;
        if (level == best_) find_best(nodes);
    }

    // Calls f(const LevelNode&) from the best level outwards until it returns false.
    template <class F>
    void for_each(const Nodes& nodes, F&& f) const {
        if (best_ == kNil) return;
        for (std::optional<std::uint64_t> key = best_key_; key; key = keys_.after(*key)) {
            const LevelNode& level = nodes.level(find(nodes, *key));
            if (level.order_count != 0 && !f(level)) return;
        }
    }

    // Room for so many levels with orders, wherever their prices are up to kWordsPerLevel words of keys each.
    void reserve(Nodes& nodes, std::size_t levels) {
        const std::size_t capacity = 2 * levels + kSpare;
        if (capacity > this->capacity()) rehash(nodes, std::bit_ceil(capacity * kSlotsPerLevel));
        keys_.reserve(levels * kWordsPerLevel);
    }
    // The most levels, with orders or without, that need no bigger table.
    [[nodiscard]] std::size_t capacity() const { return slots_.size() / kSlotsPerLevel; }

    void prefetch(std::uint64_t key) const {
        if (!slots_.empty()) __builtin_prefetch(&slots_[home(key)]);
    }
    [[nodiscard]] std::size_t memory_bytes() const {
        return slots_.capacity() * sizeof(Index) + keys_.memory_bytes();
    }

private:
    static constexpr std::size_t kFirstSlots = 16;
    static constexpr std::size_t kSlotsPerLevel = 2;
    static constexpr std::size_t kWordsPerLevel = 4;
    static constexpr std::uint32_t kSpare = 16;       // levels without orders that are no burden
    static constexpr std::size_t kSlotsToSearch = 64;  // for one level to reclaim, unless the table is full

    // Neighbouring ticks are neighbouring slots. What lies above log2(slots) bits turns the whole, so that prices far
    // apart meet by chance only, whatever power of two or ten lies between them.
    [[nodiscard]] std::size_t home(std::uint64_t key) const {
        constexpr std::uint64_t kMix = 0x9E37'79B9'7F4A'7C15;  // 2^64 / golden ratio
        const std::size_t mask = slots_.size() - 1;
        return (key + ((key >> slot_bits_) * kMix >> 32)) & mask;
    }

    [[gnu::noinline]] Index add(Nodes& nodes, std::uint64_t key) {
        const std::uint32_t unfilled = levels_ - filled_;
        if (unfilled > filled_ + kSpare) reclaim(nodes, levels_ < capacity() ? kSlotsToSearch : slots_.size());
        if (levels_ == capacity()) rehash(nodes, slots_.empty() ? kFirstSlots : slots_.size() * 2);
        const Index level = nodes.new_level(key);
        push(nodes, level);
        ++levels_;
        return level;
    }
    void push(Nodes& nodes, Index level) {
        Index& slot = slots_[home(nodes.level(level).key)];
        nodes.level(level).chain = slot;
        slot = level;
    }
    void rehash(Nodes& nodes, std::size_t slots) {
        std::vector<Index> old(slots, kNil);
        old.swap(slots_);
        slot_bits_ = static_cast<unsigned>(std::countr_zero(slots));
        for (Index level : old)
            while (level != kNil) {
                const Index next = nodes.level(level).chain;
                push(nodes, level);
                level = next;
            }
    }

    // Frees one level without orders, the next that the hand meets on its way round the table.
    void reclaim(Nodes& nodes, std::size_t slots_to_search) {
        for (; slots_to_search > 0; --slots_to_search, ++hand_) {
            for (Index* link = &slots_[hand_ & (slots_.size() - 1)]; *link != kNil; link = &nodes.level(*link).chain) {
                const Index index = *link;
                const LevelNode& level = nodes.level(index);
                if (level.order_count != 0) continue;
                *link = level.chain;
                keys_.erase(level.key);
                nodes.free_level(index);
                --levels_;
                return;
            }
        }
    }

    // The next level with orders behind the best, which has none any more; forgets the keys without orders it passes.
    void find_best(const Nodes& nodes) {
        best_ = kNil;
        while (filled_ != 0) {
            best_key_ = *keys_.after(best_key_);
            best_ = find(nodes, best_key_);
            if (nodes.level(best_).order_count != 0) return;
            keys_.erase(best_key_);
        }
    }

    std::vector<Index> slots_;  // heads of chains; a power of two, or none
    Index best_ = kNil;
    unsigned slot_bits_{};  // log2(slots)
    std::uint64_t best_key_{};
    std::uint32_t filled_{};  // levels with orders
    std::uint32_t levels_{};  // all levels in the table
    std::size_t hand_{};
    Keys keys_;  // those of all levels with orders, and of some without
};

}  // namespace buttonwood::engine::book
