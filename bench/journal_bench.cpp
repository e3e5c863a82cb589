// journal_bench: what each --journal-compression costs and saves: the same orders in blocks of 16, 128 and 1,024,
// appended through the server's journal to a fresh database each, then read back.
//
// Prints a Markdown table. Bytes are those of the journal's partitions (with their TOAST tables and indexes) and of the
// write-ahead log, a full checkpoint before; reading is decoded, as in a replay, but not applied. psql is the rate of
// eventstore.journal_events() with its payloads.
#include "bench/bench_arguments.hpp"
#include "bench/block_maker.hpp"
#include "eventstore/codec.hpp"
#include "eventstore/journal_compression.hpp"
#include "eventstore/migrator.hpp"
#include "eventstore/pg_journal.hpp"
#include "eventstore/private_cluster.hpp"
#include "tests/support/server_process.hpp"

namespace {

using namespace buttonwood;
using namespace buttonwood::eventstore;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kBlockSizes[] = {16, 128, 1024};  // commands
constexpr std::size_t kMostCommands = 500'000;
constexpr const char* kMethods[] = {"none", "lz4", "pglz"};

// Thrown and caught in this file only: the first failure ends the program.
struct Failed {
    std::string what;
};
template <class T>
T must(std::expected<T, DbError> outcome) {
    if (!outcome) throw Failed{outcome.error().message};
    if constexpr (!std::is_void_v<T>) return std::move(*outcome);
}
template <class T>
T must(std::expected<T, StoreError> outcome) {
    if (!outcome) throw Failed{std::string(name_of(outcome.error()))};
    if constexpr (!std::is_void_v<T>) return std::move(*outcome);
}

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

double number(Connection& db, const std::string& sql) {
    const Rows rows = must(db.query(sql));
    return std::atof(std::string(rows.text(0, 0)).c_str());
}

struct Measured {
    std::uint64_t commands{}, events{}, payload_bytes{};
    double append_seconds{}, disk_bytes{}, wal_bytes{}, read_seconds{}, psql_seconds{};
};

void append(const std::string& database, std::size_t commands_per_block, std::size_t commands, Measured& measured) {
    const auto journal = make_pg_journal({.conninfo = database});
    bench::BlockMaker maker(must(journal->fence()));
    must(journal->append(maker.opening()));
    std::chrono::nanoseconds busy{};  // making the blocks is not measured
    while (measured.commands < commands) {
        const Block block = maker.next(commands_per_block);
        const auto begin = Clock::now();
        must(journal->append(block));
        busy += Clock::now() - begin;
        measured.commands += block.header.command_count;
        measured.events += block.header.event_count;
        measured.payload_bytes += block.payload.size();
    }
    measured.append_seconds = std::chrono::duration<double>(busy).count();
}

void read_back(const std::string& database, Measured& measured) {
    const auto journal = make_pg_journal({.conninfo = database});
    std::uint64_t events = 0;
    const auto begin = Clock::now();
    must(journal->read(0, [&events](const Block& block) {
        const auto records = decode(block.payload, block.header.first_seq);
        if (records) events += records->events.size();
        return records.has_value();
    }));
    measured.read_seconds = seconds_since(begin);
    if (events < measured.events) throw Failed{"the journal cannot be read back"};
}

Measured measure(PrivateCluster& cluster, const std::string& name, const std::string& method, std::size_t block,
                 std::size_t commands) {
    Connection admin = must(Connection::open(cluster.conninfo("postgres"), "bench"));
    must(admin.execute("CREATE DATABASE " + name));
    const std::string database = cluster.conninfo(name);
    Connection db = must(Connection::open(database, "bench"));
    must(migrate_up(db));
    must(set_journal_compression(db, *journal_compression(method)));
    must(db.execute("CHECKPOINT"));
    const double wal = number(db, "SELECT pg_current_wal_lsn() - '0/0'");

    Measured measured;
    append(database, block, commands, measured);
    measured.wal_bytes = number(db, "SELECT pg_current_wal_lsn() - '0/0'") - wal;
    measured.disk_bytes = number(db, "SELECT sum(pg_total_relation_size(relid)) FROM "
                                     "pg_partition_tree('eventstore.journal')");
    read_back(database, measured);
    const auto begin = Clock::now();
    number(db, "SELECT count(payload) FROM eventstore.journal_events(1, 200000)");
    measured.psql_seconds = seconds_since(begin);
    must(admin.execute("DROP DATABASE " + name + " WITH (FORCE)"));
    return measured;
}

void print(const char* method, std::size_t block, const Measured& m) {
    const auto events = static_cast<double>(m.events);
    std::printf("| %s | %zu | %.0f | %.0f | %.0f | %.0f | %.2f | %.0f |\n", method, block, events / m.append_seconds,
                static_cast<double>(m.payload_bytes) / events, m.disk_bytes / events, m.wal_bytes / events,
                events / m.read_seconds / 1e6, std::min(events, 200'000.0) / m.psql_seconds / 1e3);
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    const auto arguments = bench::parse_bench_arguments(argc, argv);
    if (!arguments) {
        std::fprintf(stderr, "journal_bench: %s\n", arguments.error().c_str());
        return 2;
    }
    const test::ScratchDirectory directory;
    auto cluster =
        PrivateCluster::start({.directory = directory.path() / "pg", .supervise = true, .extra_settings = {}});
    if (!cluster) {
        std::fprintf(stderr, "journal_bench: %s\n", cluster.error().c_str());
        return 1;
    }
    std::printf("| compression | commands a block | events/s appended | payload bytes/event | bytes/event on disk | "
                "WAL bytes/event | million events/s read | thousand events/s in psql |\n"
                "|---|---|---|---|---|---|---|---|\n");
    int databases = 0;
    try {
        for (const std::size_t block : kBlockSizes)
            for (const char* method : kMethods) {
                const std::size_t commands = arguments->smoke ? 4 * block : std::min(2'000 * block, kMostCommands);
                const std::string database = "bench_" + std::to_string(++databases);
                print(method, block, measure(**cluster, database, method, block, commands));
            }
    } catch (const Failed& failure) {
        std::fprintf(stderr, "journal_bench: %s\n", failure.what.c_str());
        return 1;
    }
}
