// A hash map from a 64-bit key, never 0, to a small value: open addressing, no node per entry, nothing is ever removed.
//
// The order of iteration depends on the hash: use it only for sums and checks. Addresses of values change when the map
// grows. Thread safety: none.
#pragma once

#include "engine/assert.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace buttonwood::engine {

template <class Value>
class FlatMap {
public:
    // nullptr where there is none.
    [[nodiscard]] const Value* find(std::uint64_t key) const {
        if (cells_.empty()) return nullptr;
        for (std::size_t i = place_of(key);; i = (i + 1) & mask_) {
            if (cells_[i].key == key) return &cells_[i].value;
            if (cells_[i].key == 0) return nullptr;
        }
    }

    // Adds a default value where there is none.
    Value& operator[](std::uint64_t key) {
        if (cells_.empty()) return add(key);
        for (std::size_t i = place_of(key);; i = (i + 1) & mask_) {
            if (cells_[i].key == key) return cells_[i].value;
            if (cells_[i].key == 0) return add(key);
        }
    }

    // Room for so many entries: up to there it does not grow.
    void reserve(std::size_t entries) {
        std::size_t capacity = kFirstCapacity;
        while (capacity < entries * 2) capacity *= 2;
        if (capacity > cells_.size()) grow(capacity);
    }

    // f(key, value) for each entry.
    template <class F>
    void for_each(F&& f) const {
        for (const Cell& cell : cells_)
            if (cell.key != 0) f(cell.key, cell.value);
    }

    [[nodiscard]] std::size_t size() const { return size_; }

private:
    struct Cell {
        Value value{};
        std::uint64_t key{};  // 0: the cell is free
    };

    [[nodiscard]] std::size_t place_of(std::uint64_t key) const {
        return static_cast<std::size_t>((key * 0x9E37'79B9'7F4A'7C15) >> shift_);
    }

    // REQUIRES: the key is not in the map.
    [[gnu::noinline]] Value& add(std::uint64_t key) {
        BUTTONWOOD_ASSERT(key != 0);
        if (size_ * 2 >= cells_.size()) grow(cells_.empty() ? kFirstCapacity : cells_.size() * 2);
        std::size_t i = place_of(key);
        while (cells_[i].key != 0) i = (i + 1) & mask_;
        cells_[i].key = key;
        ++size_;
        return cells_[i].value;
    }

    // capacity: a power of two.
    void grow(std::size_t capacity) {
        const std::vector<Cell> old = std::exchange(cells_, std::vector<Cell>(capacity));
        mask_ = capacity - 1;
        shift_ = 64;
        for (std::size_t n = capacity; n > 1; n /= 2) --shift_;
        size_ = 0;
        for (const Cell& cell : old)
            if (cell.key != 0) add(cell.key) = cell.value;
    }

    static constexpr std::size_t kFirstCapacity = 16;
    std::vector<Cell> cells_;  // a power of two
    std::size_t mask_{};
    unsigned shift_{};
    std::size_t size_{};
};

}  // namespace buttonwood::engine
