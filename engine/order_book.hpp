// The resting orders of one security: prices, quantities and priorities, and nothing else.
//
// Price-time priority: the best price first, inside a price the order that came first; a trade prints at the maker's
// price. The book knows no accounts, money or rules; whoever owns it attaches a 64-bit tag to each order and gets it
// back in every event. Use it in one of two ways:
//   submit, cancel, replace   a complete matching book that reports what happens to a sink
//   add, reduce, remove       its primitives, for an owner that decides itself what trades (Engine)
//
// A price is any int64. The quantities of one level together must stay below 2^63, else its sum wraps round (matching
// goes by the orders' own quantities and is not affected). Any number of orders and levels: memory grows by doubling
// and no order is ever dropped; after reserve, or once warm, nothing is allocated. When there is no memory, it aborts.
// Cost: cancel, fill and the next best level O(1); to find or make a level, a step for each digit in base 64 in which
// its price differs from its neighbours', two or three in practice and never more than 11.
// Thread safety: none; one thread owns a book. A book that was moved from may only be assigned or destroyed.
#pragma once

#include "engine/assert.hpp"
#include "engine/book_ladder.hpp"
#include "engine/book_nodes.hpp"
#include "engine/types.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace buttonwood::engine {

class OrderBook {
public:
    using Tag = std::uint64_t;

    // Names a resting order of this book until it leaves; afterwards it is refused, for it is never given again.
    struct Handle {
        std::uint32_t index;
        std::uint32_t generation;
        friend constexpr bool operator==(Handle, Handle) = default;
        explicit constexpr operator bool() const { return generation != 0; }
    };
    static constexpr Handle kNoHandle{0, 0};

    struct Level {
        Price price;
        Quantity quantity;  // sum over its orders
        std::uint32_t order_count{};
        friend constexpr bool operator==(const Level&, const Level&) = default;
    };

    // One trade, at the maker's price.
    struct Fill {
        Tag maker{};
        Tag taker{};
        Handle maker_handle = kNoHandle;  // dead when maker_leaves is 0
        Price price;
        Quantity quantity;
        Quantity maker_leaves;
        Quantity taker_leaves;
        friend constexpr bool operator==(const Fill&, const Fill&) = default;
    };

    // What a sink offers, each called at most once per order and operation but filled; it must not call the book.
    // Derive from it to hear only some: the calls are resolved and inlined at compile time.
    struct NullSink {
        void filled(const Fill&) {}
        void rested(Tag, Handle, Side, Price, Quantity /*leaves*/) {}
        void expired(Tag, Quantity /*leaves*/) {}  // what an ioc order could not fill
        void canceled(Tag, Quantity /*leaves*/) {}
        void replaced(Tag, Handle, Price, Quantity /*leaves*/, bool /*priority_kept*/) {}
    };

    // Room for so many orders and levels (of both sides together) at once: up to there nothing is allocated.
    void reserve(std::size_t orders, std::size_t levels) noexcept;

    // Takes what crosses, then rests, or expires if ioc. Returns the handle of what rests, kNoHandle when nothing does.
    // Reports: filled..., then rested or expired if anything is left. REQUIRES: quantity > 0.
    template <class S>
    Handle submit(Side side, Price price, Quantity quantity, bool ioc, Tag tag, S&& sink);

    // False, and nothing happens, when the handle is dead.
    template <class S>
    bool cancel(Handle handle, S&& sink);

    // New price and quantity for a resting order, which keeps its handle. It keeps its place exactly when its quantity
    // does not go up and its price stays; otherwise it leaves, takes what it crosses and queues anew.
    // Reports: replaced with the new terms, then for an order that lost its place what submit would.
    // Returns the handle from now on, kNoHandle when all was filled; nothing when the handle was dead.
    // REQUIRES: leaves > 0.
    template <class S>
    std::optional<Handle> replace(Handle handle, Price price, Quantity leaves, S&& sink);

    // Queues behind all orders of this side and price, crossing or not. REQUIRES: quantity > 0.
    Handle add(Side side, Price price, Quantity quantity, Tag tag) noexcept;
    // Lowers an order's quantity, keeping its place; removes it when nothing is left, and says whether it did.
    // REQUIRES: a live handle, 0 < by <= its quantity.
    bool reduce(Handle handle, Quantity by) noexcept;
    // REQUIRES: a live handle.
    void remove(Handle handle) noexcept;

    [[nodiscard]] bool is_live(Handle handle) const noexcept { return nodes_.is_live(handle.index, handle.generation); }
    // REQUIRES of the next four: a live handle.
    [[nodiscard]] Tag tag(Handle handle) const noexcept { return live(handle).tag; }
    [[nodiscard]] Quantity quantity(Handle handle) const noexcept { return {live(handle).quantity}; }
    [[nodiscard]] Price price(Handle handle) const noexcept {
        return price_of(side(handle), nodes_.level(live(handle).level).key);
    }
    [[nodiscard]] Side side(Handle handle) const noexcept { return side_of(live(handle).generation); }

    [[nodiscard]] bool empty(Side side) const noexcept { return ladder(side).best() == book::kNil; }
    [[nodiscard]] std::optional<Level> best(Side side) const noexcept;
    // The order that would trade next, kNoHandle when the side is empty.
    [[nodiscard]] Handle front(Side side) const noexcept { return front_order(side).handle; }
    struct Front {
        Handle handle = kNoHandle;
        Tag tag{};
        Price price;
        Quantity quantity;
    };
    [[nodiscard]] Front front_order(Side side) const noexcept;
    // Would an order of this side and price trade at once?
    [[nodiscard]] bool crosses(Side side, Price price) const noexcept {
        const Side makers = opposite(side);
        return ladder(makers).reaches(key_of(makers, price));
    }
    // Quantity and number of orders at one price; zero where there is no level.
    [[nodiscard]] Level depth_at(Side side, Price price) const noexcept;
    [[nodiscard]] std::size_t order_count() const noexcept { return order_count_; }
    [[nodiscard]] std::size_t level_count(Side side) const noexcept { return ladder(side).level_count(); }

    // Calls f(const Level&) from the best price outwards until f returns false.
    template <class F>
    void for_each_level(Side side, F&& f) const;
    // Calls f(Handle) in queue order for each order at this price.
    template <class F>
    void for_each_order_at(Side side, Price price, F&& f) const;

    // Asks the processor for the memory of a command that comes soon: the order that it names, the price that it names.
    void prefetch(Handle handle) const noexcept { nodes_.prefetch(handle.index); }
    void prefetch(Side side, Price price) const noexcept { ladder(side).prefetch(nodes_, key_of(side, price)); }

    // What the book holds beside itself.
    [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
    friend struct BookParts;
    using Index = book::Index;

    // The smaller key is the better price on both sides, so one code path serves bids and listings.
    // Sides come at random, so what depends on them is computed rather than branched on.
    static std::uint64_t key_of(Side side, Price price) noexcept {
        return static_cast<std::uint64_t>(price.units) ^ flip(side);
    }
    static Price price_of(Side side, std::uint64_t key) noexcept {
        return {static_cast<std::int64_t>(key ^ flip(side))};
    }
    static std::uint64_t flip(Side side) noexcept { return kSignBit ^ (std::uint64_t{index_of(side)} - 1); }
    static std::uint32_t index_of(Side side) noexcept { return static_cast<std::uint32_t>(side) - 1; }
    static Side side_of(std::uint32_t generation) noexcept {
        return static_cast<Side>(1 + (generation & book::kSellBit) / book::kSellBit);
    }
    static_assert(static_cast<int>(Side::Buy) == 1 && static_cast<int>(Side::Sell) == 2);
    static std::uint64_t units(std::int64_t quantity) noexcept { return static_cast<std::uint64_t>(quantity); }
    static Level level_of(Side side, const book::LevelNode& level) noexcept {
        return {price_of(side, level.key), {static_cast<std::int64_t>(level.quantity)}, level.order_count};
    }
    [[nodiscard]] Handle handle_of(Index index) const noexcept { return {index, nodes_.order(index).generation}; }
    [[nodiscard]] const book::OrderNode& live(Handle handle) const noexcept {
        const book::OrderNode& order = nodes_.order(handle.index);
        BUTTONWOOD_ASSERT(order.generation == handle.generation && (handle.generation & book::kLiveBit) != 0);
        return order;
    }
    [[nodiscard]] book::OrderNode& live(Handle handle) noexcept {
        return const_cast<book::OrderNode&>(std::as_const(*this).live(handle));
    }
    book::Ladder& ladder(Side side) noexcept { return ladders_[index_of(side)]; }
    [[nodiscard]] const book::Ladder& ladder(Side side) const noexcept { return ladders_[index_of(side)]; }

    template <class S>
    Quantity take(Side side, Price limit, Quantity wanted, Tag taker, S& sink);
    template <class S>
    Quantity take_level(Index level, Side makers, Quantity wanted, Tag taker, S& sink);
    void enqueue(Side side, Price price, Index order) noexcept;
    void unlink(Side side, Index order) noexcept;
    void release(Index order) noexcept {
        nodes_.free_order(order);
        --order_count_;
    }

    static constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;

    book::Nodes nodes_;
    std::size_t order_count_{};
    std::array<book::Ladder, 2> ladders_;  // bids, listings
};

// ---- matching

template <class S>
OrderBook::Handle OrderBook::submit(Side side, Price price, Quantity quantity, bool ioc, Tag tag, S&& sink) {
    BUTTONWOOD_ASSERT(quantity.units > 0);
    const Quantity leaves = crosses(side, price) ? take(side, price, quantity, tag, sink) : quantity;
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
bool OrderBook::cancel(Handle handle, S&& sink) {
    if (!is_live(handle)) return false;
    const book::OrderNode& order = nodes_.order(handle.index);
    const Quantity leaves{order.quantity};
    const Tag tag = order.tag;
    unlink(side_of(handle.generation), handle.index);
    release(handle.index);
    sink.canceled(tag, leaves);
    return true;
}

template <class S>
std::optional<OrderBook::Handle> OrderBook::replace(Handle handle, Price price, Quantity leaves, S&& sink) {
    BUTTONWOOD_ASSERT(leaves.units > 0);
    if (!is_live(handle)) return std::nullopt;
    const Side side = side_of(handle.generation);
    book::OrderNode& order = nodes_.order(handle.index);
    const Tag tag = order.tag;
    book::LevelNode& level = nodes_.level(order.level);
    if (level.key == key_of(side, price) && leaves.units <= order.quantity) {
        level.quantity -= units(order.quantity - leaves.units);
        order.quantity = leaves.units;
        sink.replaced(tag, handle, price, leaves, true);
        return handle;
    }
    unlink(side, handle.index);
    sink.replaced(tag, handle, price, leaves, false);
    const Quantity left = crosses(side, price) ? take(side, price, leaves, tag, sink) : leaves;
    if (left.units == 0) {
        release(handle.index);
        return kNoHandle;
    }
    order.quantity = left.units;
    enqueue(side, price, handle.index);
    sink.rested(tag, handle, side, price, left);
    return handle;
}

// Fills a taker that crosses from the best level outwards; returns what is left of it. REQUIRES: wanted > 0.
template <class S>
Quantity OrderBook::take(Side side, Price limit, Quantity wanted, Tag taker, S& sink) {
    const Side makers = opposite(side);
    book::Ladder& ladder = this->ladder(makers);
    const std::uint64_t limit_key = key_of(makers, limit);
    do {
        const Index level = ladder.best();
        wanted = take_level(level, makers, wanted, taker, sink);
        if (nodes_.level(level).order_count == 0) ladder.remove(nodes_, level);
    } while (wanted.units > 0 && ladder.reaches(limit_key));
    return wanted;
}

// Fills a taker from one level, first come, first filled; returns what is left of it. REQUIRES: wanted > 0.
template <class S>
Quantity OrderBook::take_level(Index index, Side makers, Quantity wanted, Tag taker, S& sink) {
    book::LevelNode& level = nodes_.level(index);
    const Price price = price_of(makers, level.key);
    do {
        const Index maker_index = level.next;
        book::OrderNode& maker = nodes_.order(maker_index);
        nodes_.prefetch(maker.next);
        const Quantity quantity{std::min(wanted.units, maker.quantity)};
        wanted -= quantity;
        level.quantity -= units(quantity.units);
        maker.quantity -= quantity.units;
        const Handle handle{maker_index, maker.generation};
        const Fill fill{maker.tag, taker, handle, price, quantity, {maker.quantity}, wanted};
        if (maker.quantity == 0) {
            --level.order_count;
            nodes_.unlink(maker_index);
            release(maker_index);
        }
        sink.filled(fill);
    } while (wanted.units > 0 && level.order_count != 0);
    return wanted;
}

// ---- primitives

inline OrderBook::Handle OrderBook::add(Side side, Price price, Quantity quantity, Tag tag) noexcept {
    BUTTONWOOD_ASSERT(quantity.units > 0);
    const Index index = nodes_.new_order(index_of(side) * book::kSellBit);
    book::OrderNode& order = nodes_.order(index);
    order.quantity = quantity.units;
    order.tag = tag;
    const Handle handle{index, order.generation};
    enqueue(side, price, index);
    ++order_count_;
    return handle;
}

inline void OrderBook::enqueue(Side side, Price price, Index index) noexcept {
    book::Ladder& ladder = this->ladder(side);
    const std::uint64_t key = key_of(side, price);
    const Index level_index = ladder.find_or_add(nodes_, key);
    book::LevelNode& level = nodes_.level(level_index);
    book::OrderNode& order = nodes_.order(index);
    order.level = level_index;
    level.quantity += units(order.quantity);
    nodes_.link_before(level_index, index);
    ++level.order_count;
}

inline void OrderBook::unlink(Side side, Index index) noexcept {
    const book::OrderNode& order = nodes_.order(index);
    book::LevelNode& level = nodes_.level(order.level);
    nodes_.unlink(index);
    level.quantity -= units(order.quantity);
    if (--level.order_count == 0) ladder(side).remove(nodes_, order.level);
}

inline bool OrderBook::reduce(Handle handle, Quantity by) noexcept {
    book::OrderNode& order = live(handle);
    BUTTONWOOD_ASSERT(by.units > 0 && by.units <= order.quantity);
    if (by.units == order.quantity) {
        unlink(side_of(handle.generation), handle.index);
        release(handle.index);
        return true;
    }
    order.quantity -= by.units;
    nodes_.level(order.level).quantity -= units(by.units);
    return false;
}

inline void OrderBook::remove(Handle handle) noexcept {
    static_cast<void>(live(handle));
    unlink(side_of(handle.generation), handle.index);
    release(handle.index);
}

// ---- reading

inline std::optional<OrderBook::Level> OrderBook::best(Side side) const noexcept {
    const Index level = ladder(side).best();
    if (level == book::kNil) return std::nullopt;
    return level_of(side, nodes_.level(level));
}

inline OrderBook::Front OrderBook::front_order(Side side) const noexcept {
    const Index best = ladder(side).best();
    if (best == book::kNil) return {};
    const book::LevelNode& level = nodes_.level(best);
    const book::OrderNode& order = nodes_.order(level.next);
    return {{level.next, order.generation}, order.tag, price_of(side, level.key), {order.quantity}};
}

inline OrderBook::Level OrderBook::depth_at(Side side, Price price) const noexcept {
    const Index level = ladder(side).find(nodes_, key_of(side, price));
    if (level == book::kNil) return {price, {}, 0};
    return level_of(side, nodes_.level(level));
}

template <class F>
void OrderBook::for_each_level(Side side, F&& f) const {
    ladder(side).for_each(nodes_, [&](const book::LevelNode& level) { return f(level_of(side, level)); });
}

template <class F>
void OrderBook::for_each_order_at(Side side, Price price, F&& f) const {
    const Index level = ladder(side).find(nodes_, key_of(side, price));
    if (level == book::kNil) return;
    for (Index index = nodes_.level(level).next; index != level; index = nodes_.order(index).next) f(handle_of(index));
}

inline void OrderBook::reserve(std::size_t orders, std::size_t levels) noexcept {
    for (book::Ladder& ladder : ladders_) ladder.reserve(levels);
    nodes_.reserve(orders + levels);
}

inline std::size_t OrderBook::memory_bytes() const noexcept {
    return nodes_.memory_bytes() + ladders_[0].memory_bytes() + ladders_[1].memory_bytes();
}

}  // namespace buttonwood::engine
