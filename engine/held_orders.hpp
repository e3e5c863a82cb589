// The orders of one security that wait beside its book: for a trigger price, or for the book to give their minimum.
//
// Falling triggers fire when the last price is at or below them, rising ones when it is at or above.
// Thread safety: none.
#pragma once

#include "engine/trailing_stops.hpp"

#include <optional>
#include <set>
#include <tuple>

namespace buttonwood::engine {

class HeldOrders {
public:
    using Slot = std::uint32_t;
    // Price of the trigger, place and slot: sorted so that the one that fires first comes first.
    using Key = std::tuple<std::int64_t, EventSeq, Slot>;

    // Does this type of order on this side fire when the price falls to its trigger?
    static constexpr bool falls(Side side, OrderType type) {
        const bool takes_profit = type == OrderType::TakeProfit || type == OrderType::TakeProfitLimit;
        return (side == Side::Sell) != takes_profit;
    }

    void insert_trigger(bool falling, Price trigger, EventSeq place, Slot slot) {
        triggers(falling).insert(key(falling, trigger, place, slot));
    }
    void erase_trigger(bool falling, Price trigger, EventSeq place, Slot slot) {
        triggers(falling).erase(key(falling, trigger, place, slot));
    }
    TrailingStops& trailing(Side side) { return side == Side::Sell ? trailing_sells_ : trailing_buys_; }
    [[nodiscard]] const TrailingStops& trailing(Side side) const {
        return side == Side::Sell ? trailing_sells_ : trailing_buys_;
    }

    // Orders with a minimum, best limit first.
    void insert_minimum(Side side, Price limit, EventSeq place, Slot slot) {
        minimums(side).insert(key(side == Side::Buy, limit, place, slot));
    }
    void erase_minimum(Side side, Price limit, EventSeq place, Slot slot) {
        minimums(side).erase(key(side == Side::Buy, limit, place, slot));
    }
    // f(slot) -> continue?, best limit first, then oldest.
    template <class F>
    void for_each_minimum(Side side, F&& f) const {
        for (const auto& [limit, place, slot] : side == Side::Buy ? minimum_bids_ : minimum_listings_)
            if (!f(slot)) return;
    }

    // The order whose trigger the last price has reached, the one to fire first.
    [[nodiscard]] std::optional<Slot> triggered(Price last) const {
        const std::optional<Candidate> falling = first(true, falling_, trailing_sells_);
        const std::optional<Candidate> rising = first(false, rising_, trailing_buys_);
        const bool falls = falling && last <= falling->trigger;
        const bool rises = rising && last >= rising->trigger;
        if (falls && rises) return falling->place < rising->place ? falling->slot : rising->slot;
        if (falls) return falling->slot;
        if (rises) return rising->slot;
        return std::nullopt;
    }

    [[nodiscard]] bool has_minimums() const { return !minimum_bids_.empty() || !minimum_listings_.empty(); }
    [[nodiscard]] bool empty() const {
        return falling_.empty() && rising_.empty() && trailing_sells_.empty() && trailing_buys_.empty() &&
               !has_minimums();
    }

private:
    struct Candidate {
        Price trigger;
        EventSeq place{};
        Slot slot{};
    };
    using Keys = std::set<Key>;

    static Key key(bool highest_first, Price price, EventSeq place, Slot slot) {
        return {highest_first ? -price.units : price.units, place, slot};
    }
    Keys& triggers(bool falling) { return falling ? falling_ : rising_; }
    Keys& minimums(Side side) { return side == Side::Buy ? minimum_bids_ : minimum_listings_; }

    // Of the fixed triggers and the trailing ones of one direction.
    static std::optional<Candidate> first(bool falling, const Keys& fixed, const TrailingStops& trailing) {
        std::optional<Candidate> best;
        if (!fixed.empty()) {
            const auto& [price, place, slot] = *fixed.begin();
            best = Candidate{{falling ? -price : price}, place, slot};
        }
        TrailingStops::Trigger trail;
        if (!trailing.first(trail)) return best;
        const bool nearer = !best || (falling ? trail.price > best->trigger : trail.price < best->trigger);
        if (nearer || (trail.price == best->trigger && trail.place < best->place))
            best = Candidate{trail.price, trail.place, trail.slot};
        return best;
    }

    Keys falling_, rising_;
    Keys minimum_bids_, minimum_listings_;
    TrailingStops trailing_sells_{Side::Sell};
    TrailingStops trailing_buys_{Side::Buy};
};

}  // namespace buttonwood::engine
