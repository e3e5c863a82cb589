// The trailing stops of one side of a security: which one's trigger comes first, while the marks they follow move.
//
// Orders with the same mark share a bucket, sorted by distance. When the price passes marks, their buckets become one:
// the smaller moves into the larger, so that an order moves O(log n) times however often the market makes new highs.
//
//     mark 105   amounts 1 #7, 3 #9   basis points 50 #4      head: the trigger that comes first in this bucket
//     mark 101   amounts 2 #12                                heads_: the buckets' heads, the first of all in front
//
// Listings follow the highest price downwards, bids the lowest upwards: bids are kept with negated prices, so that a
// mark only rises and a trigger lies below it. Thread safety: none.
#pragma once

#include "engine/types.hpp"

#include <map>
#include <memory>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace buttonwood::engine {

class TrailingStops {
public:
    using Slot = std::uint32_t;
    struct Stop {
        EventSeq place{};  // older first among equal triggers
        Slot slot{};
        std::int64_t distance{};  // price units, or basis points
        bool in_basis_points{};
        friend auto operator<=>(const Stop&, const Stop&) = default;
    };
    struct Trigger {
        Price price;
        EventSeq place{};
        Slot slot{};
    };

    explicit TrailingStops(Side side) : sign_(side == Side::Sell ? 1 : -1) {}

    // `mark`: the price to follow from; 0 = none yet, then the first trade sets it.
    void insert(Price mark, const Stop& stop) {
        if (mark.units == 0) return static_cast<void>(unmarked_.insert(stop));
        Bucket& bucket = bucket_at(mark.units * sign_);
        bucket.of(stop).insert(key_of(stop));
        where_[stop.slot] = &bucket;
        move_head(bucket);
    }
    void erase(const Stop& stop) {
        if (unmarked_.erase(stop) > 0) return;
        const auto it = where_.find(stop.slot);
        Bucket& bucket = *it->second;
        where_.erase(it);
        bucket.of(stop).erase(key_of(stop));
        move_head(bucket);
        if (bucket.size() == 0) buckets_.erase(bucket.mark);
    }
    // A trade: all marks that it passes move to it.
    void moved(Price last) {
        const std::int64_t mark = last.units * sign_;
        for (const Stop& stop : unmarked_) insert(last, stop);
        unmarked_.clear();
        while (!buckets_.empty() && buckets_.begin()->first < mark) {
            std::unique_ptr<Bucket> smaller = std::move(buckets_.begin()->second);
            buckets_.erase(buckets_.begin());
            heads_.erase(smaller->head);
            std::unique_ptr<Bucket>& larger = buckets_[mark];
            if (!larger || larger->size() < smaller->size()) larger.swap(smaller);
            larger->mark = mark;
            if (smaller) merge(*larger, *smaller);
            move_head(*larger);
        }
    }
    // The trigger that the price reaches first; false when there is none.
    [[nodiscard]] bool first(Trigger& out) const {
        if (heads_.empty()) return false;
        const auto& [negated, place, slot] = *heads_.begin();
        out = Trigger{{-negated * sign_}, place, slot};
        return true;
    }
    // The mark that it follows now, 0 without one.
    [[nodiscard]] Price mark_of(Slot slot) const {
        const auto it = where_.find(slot);
        return it == where_.end() ? Price{} : Price{it->second->mark * sign_};
    }
    // Where its trigger stands now, 0 without a mark.
    [[nodiscard]] Price trigger_of(const Stop& stop) const {
        const auto it = where_.find(stop.slot);
        if (it == where_.end()) return {};
        return {trigger_at(it->second->mark, stop.distance, stop.in_basis_points) * sign_};
    }
    // The trigger of a distance (an amount, or else basis points) to a mark.
    static Price trigger(Side side, Price mark, Price amount, std::uint32_t basis_points) {
        const std::int64_t sign = side == Side::Sell ? 1 : -1;
        const bool in_basis_points = amount.units == 0;
        return {trigger_at(mark.units * sign, in_basis_points ? basis_points : amount.units, in_basis_points) * sign};
    }
    [[nodiscard]] bool empty() const { return buckets_.empty() && unmarked_.empty(); }

private:
    using Key = std::tuple<std::int64_t, EventSeq, Slot>;   // distance, place, slot
    using Head = std::tuple<std::int64_t, EventSeq, Slot>;  // negated trigger, place, slot: the highest trigger first
    struct Bucket {
        std::int64_t mark{};
        std::set<Key> amounts;
        std::set<Key> basis_points;
        Head head{};
        std::set<Key>& of(const Stop& stop) { return stop.in_basis_points ? basis_points : amounts; }
        [[nodiscard]] std::size_t size() const { return amounts.size() + basis_points.size(); }
    };

    static Key key_of(const Stop& stop) { return {stop.distance, stop.place, stop.slot}; }

    static std::int64_t trigger_at(std::int64_t mark, std::int64_t distance, bool in_basis_points) {
        if (!in_basis_points) return mark - distance;
        const Int128 share = Int128{mark < 0 ? -mark : mark} * distance / kBasisPoints;
        return mark - (share < 1 ? 1 : static_cast<std::int64_t>(share));
    }

    Bucket& bucket_at(std::int64_t mark) {
        std::unique_ptr<Bucket>& bucket = buckets_[mark];
        if (!bucket) {
            bucket = std::make_unique<Bucket>();
            bucket->mark = mark;
        }
        return *bucket;
    }

    void merge(Bucket& into, Bucket& from) {
        for (const auto* keys : {&from.amounts, &from.basis_points})
            for (const Key& key : *keys) where_[std::get<2>(key)] = &into;
        into.amounts.merge(from.amounts);
        into.basis_points.merge(from.basis_points);
        heads_.erase(from.head);
    }

    void move_head(Bucket& bucket) {
        heads_.erase(bucket.head);
        if (bucket.size() == 0) return;
        bucket.head = head_of(bucket.mark, bucket);
        heads_.insert(bucket.head);
    }

    static Head head_of(std::int64_t mark, const Bucket& bucket) {
        Head best{INT64_MAX, 0, 0};
        const auto consider = [&](const Key& key, bool in_basis_points) {
            const auto& [distance, place, slot] = key;
            const Head head{-trigger_at(mark, distance, in_basis_points), place, slot};
            if (head < best) best = head;
            return std::get<0>(head);
        };
        if (!bucket.amounts.empty()) consider(*bucket.amounts.begin(), false);
        std::int64_t nearest = INT64_MAX;
        for (const Key& key : bucket.basis_points) {  // several shares may round to one trigger
            const std::int64_t trigger = consider(key, true);
            if (nearest != INT64_MAX && trigger != nearest) break;
            nearest = trigger;
        }
        return best;
    }

    std::int64_t sign_;
    std::map<std::int64_t, std::unique_ptr<Bucket>> buckets_;  // by mark
    std::unordered_map<Slot, Bucket*> where_;
    std::set<Head> heads_;
    std::set<Stop> unmarked_;
};

}  // namespace buttonwood::engine
