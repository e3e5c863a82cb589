// What projections_bench finds out, as figures; as text with its marks; as JSON.
//
// Marks are those of the performance page: rates in events per second, lag in seconds. Ratios are of one run.
#pragma once

#include "bench/run_info.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace buttonwood::bench {

// A raw COPY of the rows that a projection made, into an empty copy of its tables.
struct RawCopy {
    std::uint64_t rows{};
    std::uint64_t bytes{};  // as COPY writes them
    double seconds{};
};

// Part "apply": the median of the rounds of one projection.
struct ApplyRate {
    std::string projection;
    std::uint64_t events{};
    double catch_up_seconds{};  // a worker's batches
    double rebuild_seconds{};   // beside the serving tables, swap included
    RawCopy copy;
    double worker_cpu_us{};     // processor time per event while catching up: the worker's own ...
    double database_cpu_us{};   // ... and its backend's
};

// Part "rebuild": one projection, the whole log.
struct RebuildRun {
    struct Memory {
        std::uint64_t at_10{}, at_50{}, at_100{};  // the most up to this share of the log
    };
    std::string projection;
    std::uint64_t events{};
    double seconds{};
    Memory resident{};  // of this process
    Memory backend{};   // private memory of the PostgreSQL process that takes the rows
    RawCopy copy{};
};

struct Latency {
    double p50{}, p99{}, max{};
};

// Part "lag": one load.
struct LagRun {
    struct Lag {
        std::string projection;
        Latency seconds;
        std::uint64_t behind{};  // events not applied when the load ended
    };
    std::string load;  // half of what
    double offered{}, committed{};  // commands per second
    double events_per_second{};
    double drain_seconds{};  // from the end of the load until all was applied
    bool drained = true;
    std::vector<Lag> lags;
};
struct LagReport {
    double alone{};   // the pipeline's capacity in commands per second, 256 in flight, without workers
    double beside{};  // with all workers running
    std::vector<LagRun> runs;
};

// Part "stall": the pipeline beside workers in different states; medians of rounds.
struct StallRun {
    std::string workers;             // none, healthy, stalled, slow, paused
    double capacity{};               // closed loop, commands per second
    double p50_us{}, p99_us{};       // acknowledgement at half of the capacity, open loop, from the scheduled time on
    double memory_bytes{};           // that the process grew by at most, in the open loop
    std::uint64_t behind{};          // events that `trades` lacked at the end of the open loop
};
struct StallReport {
    std::string projection;  // the one that is stalled, slow, paused
    double offered{};        // commands per second in the open loop
    std::uint64_t bound_events{};  // most events that are held in memory for a worker that does not take them
    std::uint64_t bound_bytes{};
    std::vector<StallRun> runs;
};

struct ProjectionsReport {
    RunInfo info;
    std::vector<ApplyRate> apply;
    std::vector<RebuildRun> rebuild;
    LagReport lag;
    StallReport stall;
};

// Prints a part as soon as it is there; parts without figures are left out of the marks and the JSON.
void print(const std::vector<ApplyRate>& rates);
// A heading, a line as soon as a projection is done, and which one was the slowest.
void print_rebuild_heading(std::uint64_t events);
void print(const RebuildRun& run);
void print_slowest(const std::vector<RebuildRun>& runs);
void print(const LagReport& report);
void print(const StallReport& report);
void print_marks(const ProjectionsReport& report);
[[nodiscard]] nlohmann::json to_json(const ProjectionsReport& report);

}  // namespace buttonwood::bench
