// The waiting time of commands that arrive at half the rate the engine can do.
//
// Open loop: a command is due at its own time, whatever became of those before it, and waits for them. Three answers:
//
//     measured   against the clock, interrupts and other guests of the processor included
//     machine    the same loop with nothing to do: what the machine alone makes of it
//     own        the engine's part: each command takes the least time of several runs (the engine is deterministic, so
//                its work is the same in each, and what is more in one run was not its work), and the queue in front of
//                it is computed from these times
//
// Where the machine's p99.9 is above a goal, only the last can tell whether the engine meets it.
#pragma once

#include "bench/core_engine.hpp"
#include "bench/core_measure.hpp"

namespace buttonwood::bench {

// Nanoseconds from the time a command is due until it is done.
struct HalfLoad {
    Percentiles measured;  // the median of each percentile over the runs
    Percentiles machine;
    Percentiles own;
};

[[nodiscard]] HalfLoad measure_half_load(const Workload& workload, const EnginePlan& plan, double ops_per_second,
                                         bool smoke);

}  // namespace buttonwood::bench
