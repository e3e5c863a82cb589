// The orders of the benchmarks: seeded, endless, and such that about half of them trade.
//
// Limit orders, each side with the same chance, 1..100 units, within kSpread ticks of one price: what rests is sooner
// or later met, so the book stays at some hundreds of orders however long it runs. Not thread safe.
#pragma once

#include "engine/types.hpp"

#include <cstdint>

namespace buttonwood::bench {

struct StreamOrder {
    engine::Side side{};
    std::int64_t price{};  // units of scale kStreamPriceScale
    std::int64_t quantity{};
};

inline constexpr int kStreamPriceScale = 2;
inline constexpr std::int64_t kStreamMiddle = 10'000;
inline constexpr std::int64_t kStreamSpread = 5;
inline constexpr std::int64_t kStreamMaxQuantity = 100;

class OrderStream {
public:
    explicit OrderStream(std::uint64_t seed) : state_(seed) {}

    StreamOrder next() {
        const std::uint64_t bits = random();
        return {(bits & 1) != 0 ? engine::Side::Buy : engine::Side::Sell,
                kStreamMiddle - kStreamSpread + static_cast<std::int64_t>((bits >> 8) % (2 * kStreamSpread + 1)),
                1 + static_cast<std::int64_t>((bits >> 32) % kStreamMaxQuantity)};
    }

private:
    // SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators").
    std::uint64_t random() {
        std::uint64_t z = state_ += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    std::uint64_t state_;
};

}  // namespace buttonwood::bench
