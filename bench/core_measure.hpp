// What the core benchmark measures with: a clock of few cycles, percentiles, hardware counters, allocations.
//
// One thread measures; nothing here is thread safe.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace buttonwood::bench {

// The processor's time stamp counter where there is one, else the steady clock.
class CycleClock {
public:
    static std::uint64_t now() {
#if defined(__x86_64__)
        _mm_lfence();
        const std::uint64_t ticks = __rdtsc();
        _mm_lfence();
        return ticks;
#else
        return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
    }
    // Measured once, in about 50 ms.
    static double ns_per_tick();
    // What now() itself adds to the distance of two calls: the median of many.
    static std::uint64_t own_ticks();
};

// Nanoseconds, the clock's own share subtracted.
struct Percentiles {
    double p50{}, p99{}, p999{}, p9999{}, worst{};
};
// Reorders `ticks`.
[[nodiscard]] Percentiles percentiles_of(std::vector<std::uint32_t>& ticks, std::uint64_t own_ticks);

[[nodiscard]] double median_of(std::vector<double> values);  // 0 for none

// Instructions and last-level cache misses of this thread in user space, between resume() and pause().
// Kernels and virtual machines without counters: is_available() is false, and everything else does nothing.
class HardwareCounters {
public:
    struct Counts {
        std::uint64_t instructions{};
        std::optional<std::uint64_t> cache_misses;
    };
    HardwareCounters();
    HardwareCounters(const HardwareCounters&) = delete;
    HardwareCounters& operator=(const HardwareCounters&) = delete;
    ~HardwareCounters();

    [[nodiscard]] bool is_available() const { return instructions_ >= 0; }
    void resume();
    void pause();
    [[nodiscard]] std::optional<Counts> read() const;

private:
    int instructions_ = -1;
    int cache_misses_ = -1;
};

// Every operator new and delete of the program, while counting is on. Costs one branch while it is off.
class AllocationCounter {
public:
    static void start();  // counts from zero
    static void stop();
    static std::uint64_t allocations();
    // Bytes taken since start() less bytes given back, as the allocator rounds them.
    static std::int64_t held_bytes();
};

}  // namespace buttonwood::bench
