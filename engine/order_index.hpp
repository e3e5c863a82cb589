// From an open order's id to its slot. Ids are assigned one after another, so the index is an array in pages; a page
// whose orders are all closed gives its memory to the next one. Two loads to find an order, no hash.
// Thread safety: none.
#pragma once

#include "engine/assert.hpp"
#include "engine/types.hpp"

#include <array>
#include <memory>
#include <vector>

namespace buttonwood::engine {

class OrderIndex {
public:
    using Slot = std::uint32_t;
    static constexpr Slot kNoSlot = 0xFFFF'FFFF;

    // kNoSlot for an id that names no open order.
    [[nodiscard]] Slot find(OrderId id) const {
        const std::size_t page = page_of(id);
        return page < pages_.size() && pages_[page] ? pages_[page]->slots[cell_of(id)] : kNoSlot;
    }

    // REQUIRES: the id is not in the index.
    void insert(OrderId id, Slot slot) {
        const std::size_t page = page_of(id);
        if (page >= pages_.size()) pages_.resize(page + 1);
        if (!pages_[page]) pages_[page] = fresh_page();
        Slot& cell = pages_[page]->slots[cell_of(id)];
        BUTTONWOOD_ASSERT(cell == kNoSlot);
        cell = slot;
        ++pages_[page]->open;
        ++size_;
    }

    // REQUIRES: the id is in the index.
    void erase(OrderId id) {
        std::unique_ptr<Page>& page = pages_[page_of(id)];
        Slot& cell = page->slots[cell_of(id)];
        BUTTONWOOD_ASSERT(cell != kNoSlot);
        cell = kNoSlot;
        --size_;
        if (--page->open == 0) spare_.push_back(std::move(page));
    }

    [[nodiscard]] std::size_t size() const { return size_; }
    // Up to this id the table of pages does not grow.
    void reserve(OrderId last) { pages_.reserve(page_of(last) + 1); }

    // f(id, slot) for each open order, oldest first.
    template <class F>
    void for_each(F&& f) const {
        for (std::size_t page = 0; page < pages_.size(); ++page)
            for (std::size_t cell = 0; pages_[page] && cell < kPageSize; ++cell)
                if (const Slot slot = pages_[page]->slots[cell]; slot != kNoSlot)
                    f(static_cast<OrderId>(page * kPageSize + cell), slot);
    }

private:
    static constexpr std::size_t kPageSize = 4096;
    struct Page {
        std::array<Slot, kPageSize> slots;
        std::uint32_t open{};
    };

    static std::size_t page_of(OrderId id) { return static_cast<std::uint64_t>(id) / kPageSize; }
    static std::size_t cell_of(OrderId id) { return static_cast<std::uint64_t>(id) % kPageSize; }

    std::unique_ptr<Page> fresh_page() {
        if (spare_.empty()) {
            auto page = std::make_unique<Page>();
            page->slots.fill(kNoSlot);
            return page;
        }
        std::unique_ptr<Page> page = std::move(spare_.back());
        spare_.pop_back();
        return page;
    }

    std::vector<std::unique_ptr<Page>> pages_;
    std::vector<std::unique_ptr<Page>> spare_;  // all their slots are kNoSlot
    std::size_t size_{};
};

}  // namespace buttonwood::engine
