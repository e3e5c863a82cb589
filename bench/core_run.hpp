// Runs the subjects of the core benchmark over one workload: interleaved rounds, latencies, counters, memory.
#pragma once

#include "bench/core_half_load.hpp"
#include "bench/core_measure.hpp"
#include "bench/core_workload.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace buttonwood::bench {

struct SubjectResult {
    std::string subject;                       // naive, map_book, book, engine
    std::vector<double> seconds;               // per round
    double ops_per_second{};                   // of the median round
    double ratio_to_naive{};                   // of the medians; naive: bench/plain_book.hpp
    double ratio_to_map_book{};                // tests/engine/map_book.hpp: levels in a std::map, orders in a slab
    Percentiles latency;                       // ns, one operation after the other
    std::optional<HalfLoad> half_load;         // at half of ops_per_second; engine
    std::optional<double> instructions_per_op;
    std::optional<double> cache_misses_per_op;
    double bytes_per_resting_order{};          // at the peak
    std::uint64_t allocations{};               // after warm-up: prefill and the first tenth of the messages
    std::uint64_t hash{};                      // of the fills
    std::uint64_t fills{};
};

struct WorkloadResult {
    WorkloadName name;
    std::size_t messages{};
    std::size_t resting_orders{};  // at the end
    std::size_t resting_levels{};
    std::size_t peak_orders{};
    std::size_t peak_levels{};
    std::vector<SubjectResult> subjects;  // naive, map_book, book, engine

    [[nodiscard]] const SubjectResult* find(std::string_view subject) const {
        for (const SubjectResult& s : subjects)
            if (s.subject == subject) return &s;
        return nullptr;
    }
};

struct RunOptions {
    std::uint64_t seed{};
    std::size_t rounds{};
    bool smoke{};
};

// Called with what is being done, between the steps.
using Progress = std::function<void(const std::string& doing)>;

// Throws std::runtime_error when two subjects disagree: in the fills, or in what rests at the end.
[[nodiscard]] WorkloadResult run_workload(const WorkloadName& name, const RunOptions& options,
                                          const Progress& progress);

}  // namespace buttonwood::bench
