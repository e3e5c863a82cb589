#include "bench/projections_apply.hpp"

#include "bench/block_maker.hpp"
#include "bench/core_measure.hpp"
#include "bench/process_figures.hpp"
#include "bench/trading_day.hpp"
#include "eventstore/database.hpp"
#include "eventstore/pg_journal.hpp"
#include "projections/worker.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace buttonwood::bench {

using namespace eventstore;
using engine::EventSeq;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t kCommandsPerBlock = 256;
// A worker rests before it takes fewer than so many events: what is left then says nothing about its rate.
constexpr EventSeq kTail = 5'000;
constexpr auto kBetweenLooks = std::chrono::milliseconds(1);
constexpr auto kPatience = std::chrono::minutes(2);  // without any progress
constexpr const char* kCopySchema = "bench_copy";

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

Connection connect(const std::string& conninfo) { return must(Connection::open(conninfo, "bench"), "connect"); }

// ---- raw COPY

// Without the columns that PostgreSQL computes itself.
std::string columns_of(Connection& connection, const std::string& table) {
    auto rows = must(connection.query("SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute "
                                      "WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped "
                                      "AND attgenerated = ''", {table}),
                     "columns of " + table);
    return std::string(rows.text(0, 0));
}

std::string array_of(const projections::Projection& projection) {
    std::string out;
    for (const std::string_view table : projection.tables()) (out += out.empty() ? '{' : ',') += table;
    return out + '}';
}

// ---- a worker that catches up

struct CatchUp {
    double seconds{};  // as if the last events had come at the rate of the others
    double worker_cpu{}, database_cpu{};
};

double backend_cpu(Connection& connection, const std::string& projection) {
    auto rows = must(connection.query("SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
                                      "AND application_name = $1", {"buttonwood-projection-" + projection}),
                     "the worker's backend");
    return rows.size() == 0 ? 0 : cpu_seconds(static_cast<pid_t>(rows.integer(0, 0)));
}

CatchUp catch_up(const DayLog& log, const std::string& projection) {
    Connection connection = connect(log.conninfo);
    const double cpu_before = own_cpu_seconds();
    const auto begin = Clock::now();
    const auto workers = projections::Workers::start(log.conninfo, {projection});
    workers->wake(log.last_seq);
    CatchUp result;
    EventSeq last = 0;
    for (auto moved = begin; last < log.last_seq;) {
        std::this_thread::sleep_for(kBetweenLooks);
        const EventSeq now = workers->checkpoint(projection);
        if (now != last) {
            if (log.last_seq - last >= kTail || last == 0)
                result.seconds = seconds_since(begin) * static_cast<double>(log.last_seq) / static_cast<double>(now);
            last = now;
            moved = Clock::now();
        }
        if (Clock::now() - moved > kPatience)
            throw std::runtime_error(projection + " stands still after event " + std::to_string(last));
    }
    result.worker_cpu = own_cpu_seconds() - cpu_before;
    result.database_cpu = backend_cpu(connection, projection);
    return result;
}

double rebuild_once(const DayLog& log, const std::string& projection) {
    Connection connection = connect(log.conninfo);
    const auto begin = Clock::now();
    must(projections::rebuild(connection, projection), "rebuild of " + projection);
    return seconds_since(begin);
}

// What was measured of one projection, a value per round.
struct Rounds {
    std::vector<double> catch_up, rebuild, copy, worker_cpu, database_cpu;
    RawCopy last;
};

void measure_round(BenchCluster& cluster, const DayLog& log, const std::string& projection, Rounds& rounds) {
    const DayLog copy{must(cluster.copy_of(log.conninfo), "a copy of the log"), log.last_seq};
    const CatchUp caught = catch_up(copy, projection);
    rounds.catch_up.push_back(caught.seconds);
    rounds.worker_cpu.push_back(caught.worker_cpu);
    rounds.database_cpu.push_back(caught.database_cpu);
    rounds.rebuild.push_back(rebuild_once(copy, projection));
    rounds.last = copy_rows(cluster, copy.conninfo, projection);
    rounds.copy.push_back(rounds.last.seconds);
    must(cluster.drop(copy.conninfo), "drop");
}

ApplyRate rate_of(const std::string& projection, EventSeq events, Rounds& rounds) {
    const auto per_event_us = [&](const std::vector<double>& seconds) {
        return median_of(seconds) * 1e6 / static_cast<double>(events);
    };
    ApplyRate rate{.projection = projection,
                   .events = events,
                   .catch_up_seconds = median_of(rounds.catch_up),
                   .rebuild_seconds = median_of(rounds.rebuild),
                   .copy = rounds.last,
                   .worker_cpu_us = per_event_us(rounds.worker_cpu),
                   .database_cpu_us = per_event_us(rounds.database_cpu)};
    rate.copy.seconds = median_of(rounds.copy);
    return rate;
}

}  // namespace

DayLog write_day(BenchCluster& cluster, std::uint64_t seed, std::uint64_t events, const Told& told) {
    DayLog log{must(cluster.fresh_database(), "a database"), 0};
    const auto journal = make_pg_journal({.conninfo = log.conninfo});
    const auto head = journal->fence();
    if (!head) throw std::runtime_error("the journal: " + std::string(name_of(head.error())));
    BlockPacker packer(*head);
    TradingDay day(seed);
    while (log.last_seq < events) {
        for (std::size_t n = 0; n < kCommandsPerBlock; ++n) day.next();
        const Records records = day.take();
        std::span<const engine::Event> rest(records.events);
        for (const CommandRecord& command : records.commands) {
            packer.add(command, rest.first(command.event_count));
            rest = rest.subspan(command.event_count);
        }
        if (auto done = journal->append(packer.finish()); !done)
            throw std::runtime_error("the journal: " + std::string(name_of(done.error())));
        log.last_seq = day.last_seq();
        told(std::min<std::uint64_t>(log.last_seq, events), events, "the log");
    }
    return log;
}

RawCopy copy_rows(BenchCluster& cluster, const std::string& conninfo, std::string_view name) {
    const auto projection = projections::make(name);
    Connection connection = connect(conninfo);
    must(connection.execute("SET synchronous_commit = off"), "a session as a worker's");
    must(connection.query("SELECT projections.copy_tables($1, $2, $3::text[])",
                          {projection->schema(), kCopySchema, array_of(*projection)}),
         "an empty copy of " + std::string(name));
    RawCopy copy;
    auto tables = projection->tables();
    std::ranges::reverse(tables);  // those that refer to others come first there
    for (const std::string_view table : tables) {
        const std::string from = projections::qualified(*projection, table);
        const std::string columns = columns_of(connection, from);
        const auto file = cluster.data_directory() / "bench_rows";
        must(connection.execute("COPY (SELECT " + columns + " FROM " + from + ") TO '" + file.string() + '\''),
             "rows of " + from);
        copy.bytes += std::filesystem::file_size(file);
        const auto begin = Clock::now();
        auto rows = must(connection.query("COPY " + std::string(kCopySchema) + '.' + std::string(table) + " (" +
                                          columns + ") FROM '" + file.string() + '\''),
                         "COPY into " + from);
        copy.seconds += seconds_since(begin);
        copy.rows += static_cast<std::uint64_t>(rows.affected());
        std::filesystem::remove(file);
    }
    must(connection.execute("SET client_min_messages = warning; DROP SCHEMA " + std::string(kCopySchema) + " CASCADE"),
         "drop the copy");
    return copy;
}

std::vector<ApplyRate> measure_apply(BenchCluster& cluster, const DayLog& log,
                                     std::span<const std::string> projections, std::size_t rounds, const Told& told) {
    std::vector<Rounds> measured(projections.size());
    std::size_t done = 0;
    for (std::size_t round = 0; round < rounds; ++round)
        for (std::size_t i = 0; i < projections.size(); ++i) {
            told(done++, rounds * projections.size(), projections[i]);
            measure_round(cluster, log, projections[i], measured[i]);
        }
    std::vector<ApplyRate> rates;
    for (std::size_t i = 0; i < projections.size(); ++i)
        rates.push_back(rate_of(projections[i], log.last_seq, measured[i]));
    return rates;
}

namespace {

RebuildRun rebuild_whole(const DayLog& log, const std::string& projection, const Told& told) {
    Connection connection = connect(log.conninfo);
    const pid_t backend = connection.backend_pid();
    RebuildRun run{.projection = projection, .events = log.last_seq};
    std::uint64_t most_private = 0;
    const auto look = [&](EventSeq done) {
        most_private = std::max(most_private, private_bytes(backend));
        const auto note = [&](std::uint64_t tenths, std::uint64_t& resident, std::uint64_t& private_memory) {
            if (resident != 0 || done * 10 < log.last_seq * tenths) return;
            resident = peak_resident_bytes();
            private_memory = most_private;
        };
        note(1, run.resident.at_10, run.backend.at_10);
        note(5, run.resident.at_50, run.backend.at_50);
    };
    start_peak();
    const auto begin = Clock::now();
    must(projections::rebuild(connection, projection, [&](EventSeq done, EventSeq total) {
             look(done);
             told(done, total, projection);
         }), "rebuild of " + projection);
    run.seconds = seconds_since(begin);
    look(log.last_seq);
    run.resident.at_100 = peak_resident_bytes();
    run.backend.at_100 = most_private;
    return run;
}

// Whatever comes next gets the disk of this one.
void empty_tables(const std::string& conninfo, std::string_view name) {
    const auto projection = projections::make(name);
    std::string all;
    for (const std::string_view table : projection->tables())
        (all += all.empty() ? "" : ", ") += projections::qualified(*projection, table);
    must(connect(conninfo).execute("TRUNCATE " + all + "; CHECKPOINT"), "empty the tables of " + std::string(name));
}

}  // namespace

RebuildRun measure_rebuild(BenchCluster& cluster, const DayLog& log, const std::string& projection,
                           const Told& told) {
    RebuildRun run = rebuild_whole(log, projection, told);
    run.copy = copy_rows(cluster, log.conninfo, projection);
    empty_tables(log.conninfo, projection);
    return run;
}

}  // namespace buttonwood::bench
