// The yardstick of the core benchmark: the book that a competent programmer writes in an afternoon.
//
// Price levels in a std::map, each a std::list in order of arrival, and a std::unordered_map that finds an order by
// its id. The same contract as engine::OrderBook, so one harness drives both; the tag of an order is its id, and a
// handle is nothing but that id. Thread safety: none.
#pragma once

#include "engine/types.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <list>
#include <map>
#include <optional>
#include <unordered_map>

namespace buttonwood::bench {

class PlainBook {
public:
    using Tag = std::uint64_t;
    using Price = engine::Price;
    using Quantity = engine::Quantity;
    using Side = engine::Side;

    struct Handle {
        Tag id{};
        friend constexpr bool operator==(Handle, Handle) = default;
    };
    static constexpr Handle kNoHandle{~Tag{0}};
    struct Fill {
        Tag maker{};
        Tag taker{};
        Price price;
        Quantity quantity;
    };

    void reserve(std::size_t orders, std::size_t /*levels*/) { orders_.reserve(orders); }

    template <class Sink>
    Handle submit(Side side, Price price, Quantity quantity, bool ioc, Tag tag, Sink&& sink) {
        const Quantity leaves = take(side, price, quantity, tag, sink);
        if (leaves.units == 0) return kNoHandle;
        if (ioc) {
            sink.expired(tag, leaves);
            return kNoHandle;
        }
        rest(side, price, leaves, tag);
        sink.rested(tag, Handle{tag}, side, price, leaves);
        return {tag};
    }

    template <class Sink>
    bool cancel(Handle handle, Sink&& sink) {
        const auto found = orders_.find(handle.id);
        if (found == orders_.end()) return false;
        const Quantity leaves = found->second.order->leaves;
        remove(found);
        sink.canceled(handle.id, leaves);
        return true;
    }

    template <class Sink>
    std::optional<Handle> replace(Handle handle, Price price, Quantity leaves, Sink&& sink) {
        const auto found = orders_.find(handle.id);
        if (found == orders_.end()) return std::nullopt;
        const Place place = found->second;
        if (place.price == price && leaves <= place.order->leaves) {
            place.order->leaves = leaves;
            sink.replaced(handle.id, handle, price, leaves, true);
            return handle;
        }
        remove(found);
        sink.replaced(handle.id, handle, price, leaves, false);
        const Quantity left = take(place.side, price, leaves, handle.id, sink);
        if (left.units == 0) return kNoHandle;
        rest(place.side, price, left, handle.id);
        sink.rested(handle.id, handle, place.side, price, left);
        return handle;
    }

    [[nodiscard]] std::size_t order_count() const { return orders_.size(); }
    [[nodiscard]] std::size_t level_count(Side side) const { return levels(side).size(); }
    // Of the nodes as the library allocates them; the array of the hash table and the allocator's own part not counted.
    [[nodiscard]] std::size_t memory_bytes() const {
        return orders_.size() * (sizeof(Order) + sizeof(Place) + 5 * sizeof(void*)) +
               (bids_.size() + listings_.size()) * (sizeof(Level) + 5 * sizeof(void*));
    }

private:
    struct Order {
        Tag tag{};
        Quantity leaves;
    };
    using Level = std::list<Order>;
    // By a key of which the smaller one is the better price.
    using Levels = std::map<std::int64_t, Level>;
    struct Place {
        Side side{};
        Price price;
        Level::iterator order;
    };
    using Orders = std::unordered_map<Tag, Place>;

    static std::int64_t key_of(Side side, Price price) { return side == Side::Buy ? ~price.units : price.units; }
    Levels& levels(Side side) { return side == Side::Buy ? bids_ : listings_; }
    [[nodiscard]] const Levels& levels(Side side) const { return side == Side::Buy ? bids_ : listings_; }

    template <class Sink>
    Quantity take(Side side, Price limit, Quantity wanted, Tag taker, Sink& sink) {
        const Side makers = engine::opposite(side);
        Levels& opposite = levels(makers);
        while (wanted.units > 0 && !opposite.empty() && opposite.begin()->first <= key_of(makers, limit)) {
            const auto best = opposite.begin();
            Order& maker = best->second.front();
            const Quantity quantity = std::min(wanted, maker.leaves);
            wanted -= quantity;
            maker.leaves -= quantity;
            const Price price{makers == Side::Buy ? ~best->first : best->first};
            sink.filled(Fill{maker.tag, taker, price, quantity});
            if (maker.leaves.units > 0) break;
            orders_.erase(maker.tag);
            best->second.pop_front();
            if (best->second.empty()) opposite.erase(best);
        }
        return wanted;
    }

    void rest(Side side, Price price, Quantity leaves, Tag tag) {
        Level& level = levels(side)[key_of(side, price)];
        level.push_back(Order{tag, leaves});
        orders_[tag] = Place{side, price, std::prev(level.end())};
    }

    void remove(Orders::iterator found) {
        const Place place = found->second;
        Levels& side = levels(place.side);
        const auto level = side.find(key_of(place.side, place.price));
        level->second.erase(place.order);
        if (level->second.empty()) side.erase(level);
        orders_.erase(found);
    }

    Levels bids_;
    Levels listings_;
    Orders orders_;
};

}  // namespace buttonwood::bench
