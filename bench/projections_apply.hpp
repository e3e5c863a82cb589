// How fast projections take events, and how fast PostgreSQL takes the same rows without them. Trouble is an exception
// with one line. Thread safety: one thread.
#pragma once

#include "bench/bench_cluster.hpp"
#include "bench/projections_report.hpp"
#include "engine/types.hpp"
#include "eventstore/database.hpp"

#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace buttonwood::bench {

// done of total events; what it is about.
using Told = std::function<void(std::uint64_t done, std::uint64_t total, const std::string& what)>;

// The value, or an exception with what the error says.
template <class T, class E>
T must(std::expected<T, E> outcome, const std::string& what) {
    if (!outcome) {
        if constexpr (std::is_same_v<E, eventstore::DbError>)
            throw std::runtime_error(what + ": " + outcome.error().message);
        else throw std::runtime_error(what + ": " + outcome.error());
    }
    if constexpr (!std::is_void_v<T>) return std::move(*outcome);
}

// A database whose journal holds about so many events of a day of trading, in blocks of 256 commands; its last event.
struct DayLog {
    std::string conninfo;
    engine::EventSeq last_seq{};
};
[[nodiscard]] DayLog write_day(BenchCluster& cluster, std::uint64_t seed, std::uint64_t events, const Told& told);

// COPY into an empty copy of the projection's tables, indexes and constraints as theirs, of the rows that they hold.
[[nodiscard]] RawCopy copy_rows(BenchCluster& cluster, const std::string& conninfo, std::string_view projection);

// Catch-up, rebuild and COPY of each projection in turn, each on a fresh copy of the log; the medians of the rounds.
[[nodiscard]] std::vector<ApplyRate> measure_apply(BenchCluster& cluster, const DayLog& log,
                                                   std::span<const std::string> projections, std::size_t rounds,
                                                   const Told& told);
// One projection over the whole log, and COPY of what it made. Its tables are empty before and after.
[[nodiscard]] RebuildRun measure_rebuild(BenchCluster& cluster, const DayLog& log, const std::string& projection,
                                         const Told& told);

}  // namespace buttonwood::bench
