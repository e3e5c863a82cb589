// log.events and log.commands: partitions are made ahead, old ones go by policy, and what is left stays provable.
#include "projections/log_retention.hpp"

#include "projections/verify.hpp"
#include "projections/worker.hpp"
#include "tests/projections/database.hpp"
#include "tests/projections/random_market.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/test_cluster.hpp"

#include <mutex>

namespace buttonwood::projections::test {
namespace {

using engine::EventSeq;
using eventstore::Connection;
using ::buttonwood::test::eventually;

constexpr const char* kTables[] = {"events", "commands"};

// A database whose log tables have small partitions, and a market that fills its journal.
struct SmallPartitions {
    std::string conninfo = ::buttonwood::test::fresh_database();
    Connection db = connect(conninfo);
    LogWriter writer{conninfo};
    RandomMarket market;
    std::size_t written = 0;

    explicit SmallPartitions(std::uint64_t seed, int rows = 100) : market(seed) {
        for (const char* parent : kTables) {
            const auto children = must(db.query(
                "SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = ('log.' || $1)::regclass", {parent}));
            for (int row = 0; row < children.size(); ++row)
                must(db.execute("DROP TABLE " + std::string(children.text(row, 0))));
        }
        must(db.query("UPDATE log.extent SET partition_rows = $1::bigint", {rows}));
    }

    // Decides more commands and writes them, a block per ten. Returns the last event.
    EventSeq run(int commands) {
        market.run(commands);
        EventSeq last = 0;
        for (const std::size_t all = market.log().commands.size(); written < all;) {
            const std::size_t next = std::min(written + 10, all);
            last = writer.append(slice(market.log(), written, next));
            written = next;
        }
        return last;
    }
    void rebuild_both() {
        for (const char* name : kTables) must(rebuild(db, name));
    }
    std::string of(const std::string& what, const std::string& table) {
        return value(db, "SELECT " + what + " FROM log.extent WHERE table_name = '" + table + "'");
    }
    std::string partitions(const std::string& table) {
        return value(db, "SELECT count(*) FROM pg_inherits WHERE inhparent = 'log." + table + "'::regclass");
    }
};

}  // namespace

TEST_CASE("partitions of the log are made ahead while projections run", "[postgres]") {
    SmallPartitions log(11);
    const auto workers = Workers::start(log.conninfo);
    for (int round = 0; round < 4; ++round) {
        const EventSeq last = log.run(150);
        workers->wake(last);
        for (const char* table : kTables)
            REQUIRE(eventually([&] { return workers->checkpoint(table) == last; }));
        for (const char* table : kTables) {
            CAPTURE(round, table);
            const std::string column = std::string(table) == "events" ? "event_seq" : "command_seq";
            // Half a partition at least lies ahead of the newest row.
            CHECK(value(log.db, "SELECT log.partitions_end('" + std::string(table) + "') - max(" + column +
                                    ") >= 50 FROM log." + table) == "t");
        }
    }
    CHECK(std::stoi(log.partitions("events")) > 4);
    CHECK(value(log.db, "SELECT bool_and(c > 0) FROM (SELECT count(*) AS c FROM pg_inherits i JOIN pg_index x ON "
                        "x.indrelid = i.inhrelid AND x.indisunique AND NOT x.indisprimary "
                        "WHERE i.inhparent = 'log.events'::regclass GROUP BY i.inhrelid) u") == "t");
}

TEST_CASE("retention drops whole old partitions, records it, and the rest still equals the journal", "[postgres]") {
    SmallPartitions log(12);
    const EventSeq last = log.run(400);
    log.rebuild_both();
    CHECK(must(drop_old_log(log.db)).empty());  // no policy: everything stays

    must(keep_events(log.db, 150));
    const auto dropped = must(drop_old_log(log.db));
    REQUIRE_FALSE(dropped.empty());
    const auto extent = must(read_log_extent(log.db));
    REQUIRE(extent.size() == 2);
    const LogExtent& events = extent[0];
    CHECK(events.table == "events");
    CHECK(events.checkpoint == last);
    CHECK(events.keep_events == 150);
    CHECK(events.complete_from % 100 == 1);
    CHECK(events.complete_from <= last - 150 + 1);
    CHECK(events.complete_from + 100 > last - 150 + 1);  // nothing more could go
    CHECK_FALSE(events.dropped_at.empty());
    CHECK(value(log.db, "SELECT min(event_seq) FROM log.events") == std::to_string(events.complete_from));
    CHECK(value(log.db, "SELECT count(*) FROM log.events") == std::to_string(last - events.complete_from + 1));
    // Every event that is left has its command.
    CHECK(value(log.db, "SELECT count(*) FROM log.events e WHERE NOT EXISTS (SELECT FROM log.commands c WHERE "
                        "c.command_seq = e.command_id)") == "0");
    CHECK(value(log.db, "SELECT min(command_seq) FROM log.commands") == std::to_string(extent[1].complete_from));
    CHECK(extent[1].complete_from > 1);
    CHECK(must(drop_old_log(log.db)).empty());

    for (const char* name : kTables) CHECK(must(differences_after_rebuild(log.db, name)).empty());
    log.rebuild_both();
    CHECK(value(log.db, "SELECT min(event_seq) FROM log.events") == std::to_string(events.complete_from));
    // psql reads what is gone from the journal, and finds nothing else there than in the table for the rest.
    CHECK(value(log.db, "SELECT min(event_seq) FROM eventstore.journal_events()") == "1");
    CHECK(value(log.db, "SELECT count(*) FROM log.events e FULL JOIN (SELECT * FROM eventstore.journal_events() WHERE "
                        "event_seq >= (SELECT complete_from FROM log.extent WHERE table_name = 'events')) j "
                        "USING (event_seq, stream_type, stream_id, event_type, payload, metadata, command_id, actor, "
                        "occurred_at) WHERE e.causation_id IS NULL OR j.causation_id IS NULL OR "
                        "e.correlation_id IS DISTINCT FROM j.correlation_id") == "0");
}

TEST_CASE("retention lets nothing go that a projection has yet to write", "[postgres]") {
    SmallPartitions log(13);
    log.run(300);
    must(rebuild(log.db, "events"));  // commands stays at 0
    must(keep_events(log.db, 0));
    CHECK(must(drop_old_log(log.db)).empty());
    must(rebuild(log.db, "commands"));
    CHECK_FALSE(must(drop_old_log(log.db)).empty());
}

TEST_CASE("retention does not wait for a rebuild", "[postgres]") {
    SmallPartitions log(14);
    log.run(300);
    log.rebuild_both();
    must(keep_events(log.db, 0));
    Connection rebuilding = connect(log.conninfo);
    must(rebuilding.execute("BEGIN; SELECT FROM projections.status WHERE name = 'events' FOR UPDATE"));
    const auto refused = drop_old_log(log.db);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == eventstore::DbErrorKind::Conflict);
    must(rebuilding.execute("ROLLBACK"));
    CHECK_FALSE(must(drop_old_log(log.db)).empty());
}

TEST_CASE("the keeper drops what the policy lets go while projections go on", "[postgres]") {
    SmallPartitions log(15);
    must(keep_events(log.db, 100));
    std::mutex mutex;
    std::string said;
    const LogKeeper keeper(log.conninfo, std::chrono::milliseconds(20), [&](const std::string& line) {
        const std::lock_guard lock(mutex);
        said += line + '\n';
    });
    const auto workers = Workers::start(log.conninfo);
    EventSeq last = 0;
    for (int round = 0; round < 3; ++round) workers->wake(last = log.run(150));
    const auto has_said = [&](const std::string& words) {
        const std::lock_guard lock(mutex);
        return said.find(words) != std::string::npos;
    };
    CHECK(eventually([&] {
        return must(read_log_extent(log.db))[0].complete_from + 200 > last && workers->checkpoint("events") == last;
    }));
    CHECK(eventually([&] { return has_said("dropped log.events_from_1: log.events begins with 101,"); }));
    CHECK_FALSE(has_said("cannot"));
}

}  // namespace buttonwood::projections::test
