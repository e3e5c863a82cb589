// Random numbers of the core workloads: the same on every machine and compiler, unlike the standard distributions.
//
// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators") and the few distributions that the
// workloads need. Not thread safe.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace buttonwood::bench {

class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t bits() {
        std::uint64_t z = state_ += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
    // In [0, n). REQUIRES: 0 < n < 2^32.
    std::size_t below(std::size_t n) { return static_cast<std::size_t>((bits() >> 32) * n >> 32); }
    // In [low, high].
    std::int64_t between(std::int64_t low, std::int64_t high) {
        return low + static_cast<std::int64_t>(below(static_cast<std::size_t>(high - low + 1)));
    }
    // In [0, 1), 53 bits.
    double unit() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
    bool chance(double probability) { return unit() < probability; }
    double exponential(double mean) { return -mean * std::log(1.0 - unit()); }
    // Mean 0, variance 1: the sum of twelve uniform numbers, near enough to a normal one for the steps of a walk.
    double normal() {
        double sum = -6.0;
        for (int i = 0; i < 12; ++i) sum += unit();
        return sum;
    }

private:
    std::uint64_t state_;
};

// Draws an index with a probability proportional to its weight, in O(log n).
class WeightedIndex {
public:
    // weight(i) >= 0 for i in [0, count).
    template <class Weight>
    WeightedIndex(std::size_t count, Weight weight) {
        double sum = 0;
        for (std::size_t i = 0; i < count; ++i) sums_.push_back(sum += weight(i));
    }
    std::size_t draw(Random& random) const {
        const auto it = std::ranges::upper_bound(sums_, random.unit() * sums_.back());
        return std::min(static_cast<std::size_t>(it - sums_.begin()), sums_.size() - 1);
    }

private:
    std::vector<double> sums_;
};

}  // namespace buttonwood::bench
