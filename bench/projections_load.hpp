// Read models beside a working pipeline: how late they are, and what they cost it. Trouble is an exception with one
// line. Thread safety: one thread.
#pragma once

#include "bench/pipeline_load.hpp"
#include "bench/projections_apply.hpp"

namespace buttonwood::bench {

struct LoadSettings {
    std::chrono::milliseconds capacity{};  // of one measurement of capacity, or of what the states of workers cost
    std::chrono::milliseconds lag{};       // of one measurement of lag
    std::size_t rounds{};
    bool brief = false;  // of the states of workers only healthy and stalled
};

[[nodiscard]] LagReport measure_lag(BenchCluster& cluster, DayOrders& orders, const LoadSettings& settings,
                                    const Told& told);
[[nodiscard]] StallReport measure_stall(BenchCluster& cluster, DayOrders& orders, const LoadSettings& settings,
                                        const Told& told);

}  // namespace buttonwood::bench
