#include "bench/projections_report.hpp"

#include <algorithm>
#include <cstdio>

namespace buttonwood::bench {
namespace {

using nlohmann::json;

constexpr double kCatchUpMark = 75'000;  // events per second
constexpr double kRebuildMark = 400'000;
constexpr double kRebuildStretch = 1'000'000;
constexpr double kFlatMark = 1.25;       // memory at the end of the log against a tenth of it
constexpr double kLagMark = 1.0;         // seconds, p99
constexpr double kNothingMark = 0.95;    // of the pipeline's capacity with healthy workers

double per_second(std::uint64_t count, double seconds) {
    return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}
double ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }
double megabytes(std::uint64_t bytes) { return static_cast<double>(bytes) / 1e6; }

// How near to a raw COPY of its rows: 1 = folding costs nothing.
double to_copy(const RawCopy& copy, double seconds) { return ratio(copy.seconds, seconds); }
// Of both processes together.
double growth(const RebuildRun& run) {
    return ratio(static_cast<double>(run.resident.at_100 + run.backend.at_100),
                 static_cast<double>(run.resident.at_10 + run.backend.at_10));
}

template <class Run> const Run* slowest(const std::vector<Run>& runs, double Run::*seconds) {
    const auto it = std::ranges::max_element(runs, {}, [&](const Run& r) {
        return r.*seconds / static_cast<double>(std::max<std::uint64_t>(r.events, 1));
    });
    return it == runs.end() ? nullptr : &*it;
}

const StallRun* find(const StallReport& report, std::string_view workers) {
    const auto it = std::ranges::find(report.runs, workers, &StallRun::workers);
    return it == report.runs.end() ? nullptr : &*it;
}

void print_mark(bool met, const char* subject, double value, const char* mark, const std::string& remark) {
    std::printf("  %-58s %12.2f  mark %-12s %s%s%s\n", subject, value, mark, met ? "met" : "not met",
                remark.empty() ? "" : ": ", remark.c_str());
}

template <class Run>
void print_rate_mark(const std::vector<Run>& runs, double Run::*seconds, double mark, const char* subject,
                     const char* mark_text) {
    const Run* worst = slowest(runs, seconds);
    if (!worst) return;
    const auto reached = std::ranges::count_if(
        runs, [&](const Run& r) { return per_second(r.events, r.*seconds) >= mark; });
    print_mark(static_cast<std::size_t>(reached) == runs.size(), subject, per_second(worst->events, worst->*seconds),
               mark_text, std::to_string(reached) + " of " + std::to_string(runs.size()) + ", slowest " +
                              worst->projection);
}

void print_stall_marks(const StallReport& stall) {
    const StallRun* healthy = find(stall, "healthy");
    if (!healthy) return;
    for (const StallRun& run : stall.runs) {
        if (run.workers == "none" || run.workers == "healthy") continue;
        const double share = ratio(run.capacity, healthy->capacity);
        print_mark(share >= kNothingMark,
                   ("commands/s with " + stall.projection + ' ' + run.workers + ", of healthy").c_str(), share,
                   ">= 0.95", "");
    }
    if (const StallRun* stalled = find(stall, "stalled")) {
        const double more = stalled->memory_bytes - healthy->memory_bytes;
        print_mark(more <= static_cast<double>(stall.bound_bytes), "memory held for a stalled worker, MB", more / 1e6,
                   ("<= " + std::to_string(stall.bound_bytes / 1'000'000)).c_str(), "");
    }
}

json json_of(const RawCopy& copy) {
    return {{"rows", copy.rows}, {"bytes", copy.bytes}, {"seconds", copy.seconds}};
}
json json_of(const RebuildRun::Memory& memory) {
    return {{"at_10_percent", memory.at_10}, {"at_50_percent", memory.at_50}, {"at_100_percent", memory.at_100}};
}

json json_of(const ApplyRate& rate) {
    return {{"projection", rate.projection},
            {"events", rate.events},
            {"catch_up_events_per_second", per_second(rate.events, rate.catch_up_seconds)},
            {"rebuild_events_per_second", per_second(rate.events, rate.rebuild_seconds)},
            {"copy", json_of(rate.copy)},
            {"catch_up_to_copy", to_copy(rate.copy, rate.catch_up_seconds)},
            {"rebuild_to_copy", to_copy(rate.copy, rate.rebuild_seconds)},
            {"worker_cpu_us_per_event", rate.worker_cpu_us},
            {"database_cpu_us_per_event", rate.database_cpu_us}};
}

json json_of(const RebuildRun& run) {
    return {{"projection", run.projection},
            {"events", run.events},
            {"seconds", run.seconds},
            {"events_per_second", per_second(run.events, run.seconds)},
            {"peak_resident_bytes", json_of(run.resident)},
            {"backend_private_bytes", json_of(run.backend)},
            {"copy", json_of(run.copy)},
            {"rebuild_to_copy", to_copy(run.copy, run.seconds)}};
}

json json_of(const LagRun& run) {
    json lags = json::array();
    for (const LagRun::Lag& lag : run.lags)
        lags.push_back({{"projection", lag.projection},
                        {"p50_seconds", lag.seconds.p50},
                        {"p99_seconds", lag.seconds.p99},
                        {"max_seconds", lag.seconds.max},
                        {"events_behind_at_end", lag.behind}});
    return {{"load", run.load},
            {"offered_commands_per_second", run.offered},
            {"committed_commands_per_second", run.committed},
            {"committed_events_per_second", run.events_per_second},
            {"drain_seconds", run.drain_seconds},
            {"drained", run.drained},
            {"lags", lags}};
}

json json_of(const StallReport& stall) {
    json runs = json::array();
    for (const StallRun& run : stall.runs)
        runs.push_back({{"workers", run.workers},
                        {"capacity_commands_per_second", run.capacity},
                        {"p50_us", run.p50_us},
                        {"p99_us", run.p99_us},
                        {"memory_bytes", run.memory_bytes},
                        {"events_behind_at_end", run.behind}});
    return {{"projection", stall.projection},
            {"offered_commands_per_second", stall.offered},
            {"bound_events", stall.bound_events},
            {"bound_bytes", stall.bound_bytes},
            {"runs", runs}};
}

template <class Part> json json_of(const std::vector<Part>& parts) {
    json all = json::array();
    for (const Part& part : parts) all.push_back(json_of(part));
    return all;
}

}  // namespace

void print(const std::vector<ApplyRate>& rates) {
    if (rates.empty()) return;
    double cpu_us = 0;
    std::printf("apply, %llu events; a rate against COPY is 1 where folding costs nothing\n"
                "  %-12s %11s %9s %11s %9s %11s %10s   %s\n",
                static_cast<unsigned long long>(rates.front().events), "", "catch-up/s", "to COPY", "rebuild/s",
                "to COPY", "COPY s", "rows", "cpu us/event: worker, backend");
    for (const ApplyRate& r : rates) {
        cpu_us += r.worker_cpu_us + r.database_cpu_us;
        std::printf("  %-12s %11.0f %8.2fx %11.0f %8.2fx %11.3f %10llu   %.2f, %.2f\n", r.projection.c_str(),
                    per_second(r.events, r.catch_up_seconds), to_copy(r.copy, r.catch_up_seconds),
                    per_second(r.events, r.rebuild_seconds), to_copy(r.copy, r.rebuild_seconds), r.copy.seconds,
                    static_cast<unsigned long long>(r.copy.rows), r.worker_cpu_us, r.database_cpu_us);
    }
    std::printf("  all together %.1f us of processor per event: a processor takes %.0f events/s\n", cpu_us,
                1e6 / cpu_us);
    std::fflush(stdout);
}

void print_rebuild_heading(std::uint64_t events) {
    std::printf("rebuild, %llu events; the most memory up to 10, 50, 100 %% of the log, in MB\n"
                "  %-12s %8s %10s %20s %20s %9s %11s\n",
                static_cast<unsigned long long>(events), "", "seconds", "events/s", "this process", "its backend",
                "to COPY", "rows");
    std::fflush(stdout);
}

void print(const RebuildRun& r) {
    std::printf("  %-12s %8.1f %10.0f   %5.0f %5.0f %5.0f    %5.0f %5.0f %5.0f  %8.2fx %11llu\n",
                r.projection.c_str(), r.seconds, per_second(r.events, r.seconds), megabytes(r.resident.at_10),
                megabytes(r.resident.at_50), megabytes(r.resident.at_100), megabytes(r.backend.at_10),
                megabytes(r.backend.at_50), megabytes(r.backend.at_100), to_copy(r.copy, r.seconds),
                static_cast<unsigned long long>(r.copy.rows));
    std::fflush(stdout);
}

void print_slowest(const std::vector<RebuildRun>& runs) {
    const RebuildRun* last = slowest(runs, &RebuildRun::seconds);
    if (last) std::printf("  slowest: %s, %.1f s\n", last->projection.c_str(), last->seconds);
    std::fflush(stdout);
}

void print(const LagReport& report) {
    if (report.runs.empty()) return;
    std::printf("lag; the pipeline alone %.0f commands/s, beside all workers %.0f\n", report.alone, report.beside);
    for (const LagRun& run : report.runs) {
        std::printf("  %s: %.0f commands/s offered, %.0f committed, %.0f events/s; then %.1f s until all was %s\n"
                    "  %-12s %9s %9s %9s  %s\n",
                    run.load.c_str(), run.offered, run.committed, run.events_per_second, run.drain_seconds,
                    run.drained ? "applied" : "given up", "", "p50 s", "p99 s", "max s", "events behind at the end");
        for (const LagRun::Lag& lag : run.lags)
            std::printf("  %-12s %9.3f %9.3f %9.3f  %llu\n", lag.projection.c_str(), lag.seconds.p50, lag.seconds.p99,
                        lag.seconds.max, static_cast<unsigned long long>(lag.behind));
    }
    std::fflush(stdout);
}

void print(const StallReport& stall) {
    const StallRun* healthy = find(stall, "healthy");
    if (!healthy) return;
    std::printf("the pipeline beside workers, %s in trouble; latency and memory at %.0f commands/s\n"
                "  %-12s %11s %9s %9s %9s %9s %9s  %s\n",
                stall.projection.c_str(), stall.offered, "workers", "commands/s", "healthy", "p50 us", "p99 us",
                "healthy", "grew MB", "events behind");
    for (const StallRun& r : stall.runs)
        std::printf("  %-12s %11.0f %8.2fx %9.0f %9.0f %8.2fx %9.0f  %llu\n", r.workers.c_str(), r.capacity,
                    ratio(r.capacity, healthy->capacity), r.p50_us, r.p99_us, ratio(r.p99_us, healthy->p99_us),
                    r.memory_bytes / 1e6, static_cast<unsigned long long>(r.behind));
    std::printf("  held for a worker that takes nothing: at most %llu events, %.0f MB; the rest stays in the journal\n",
                static_cast<unsigned long long>(stall.bound_events), megabytes(stall.bound_bytes));
    std::fflush(stdout);
}

void print_marks(const ProjectionsReport& report) {
    std::printf("marks\n");
    print_rate_mark(report.apply, &ApplyRate::catch_up_seconds, kCatchUpMark, "catch-up of the slowest, events/s",
                    ">= 75000");
    print_rate_mark(report.apply, &ApplyRate::rebuild_seconds, kRebuildMark,
                    "rebuild of the slowest, the sample, events/s", ">= 400000");
    print_rate_mark(report.rebuild, &RebuildRun::seconds, kRebuildMark,
                    "rebuild of the slowest, the whole log, events/s", ">= 400000");
    print_rate_mark(report.rebuild, &RebuildRun::seconds, kRebuildStretch, "the same, stretch", ">= 1000000");
    double most = 0;
    for (const RebuildRun& run : report.rebuild) most = std::max(most, growth(run));
    if (most > 0)
        print_mark(most <= kFlatMark, "memory at 100 % of the log against 10 %, the worst", most, "<= 1.25", "");
    for (const LagRun& run : report.lag.runs) {
        const auto worst = std::ranges::max_element(run.lags, {}, [](const LagRun::Lag& l) { return l.seconds.p99; });
        if (worst != run.lags.end())
            print_mark(worst->seconds.p99 < kLagMark, ("lag p99 in s, " + run.load).c_str(), worst->seconds.p99,
                       "< 1", "worst " + worst->projection);
    }
    print_stall_marks(report.stall);
}

json to_json(const ProjectionsReport& report) {
    json all{{"commit", report.info.commit},
             {"machine", report.info.machine},
             {"seed", report.info.seed},
             {"rounds", report.info.rounds},
             {"marks",
              {{"catch_up_events_per_second", kCatchUpMark},
               {"rebuild_events_per_second", kRebuildMark},
               {"lag_p99_seconds", kLagMark}}}};
    if (!report.apply.empty()) all["apply"] = json_of(report.apply);
    if (!report.rebuild.empty()) all["rebuild"] = json_of(report.rebuild);
    if (!report.lag.runs.empty())
        all["lag"] = {{"alone_commands_per_second", report.lag.alone},
                      {"beside_commands_per_second", report.lag.beside},
                      {"runs", json_of(report.lag.runs)}};
    if (!report.stall.runs.empty()) all["stall"] = json_of(report.stall);
    return all;
}

}  // namespace buttonwood::bench
