// log.events and log.commands say what the journal says, or verify names the first row that does not.
#include "tests/projections/database.hpp"
#include "tests/projections/random_market.hpp"
#include "tests/support/test_cluster.hpp"

#include "projections/replay.hpp"
#include "projections/verify_log.hpp"

namespace buttonwood::projections::test {
namespace {

using eventstore::Connection;
using engine::EventSeq;

// A journal of a random market, and the two tables filled from it up to the end of some block.
struct Logged {
    std::string conninfo = ::buttonwood::test::fresh_database();
    Connection db = connect(conninfo);
    RandomMarket market{21};
    EventSeq checkpoint = 0;

    Logged() {
        market.run(250);
        LogWriter journal(conninfo);
        constexpr std::size_t kCommandsPerBlock = 40;
        const std::size_t commands = market.log().commands.size();
        EventSeq written = 0;
        for (std::size_t at = 0; at < commands; at += kCommandsPerBlock) {
            checkpoint = written;  // of the last block but one in the end
            written = journal.append(slice(market.log(), at, std::min(commands, at + kCommandsPerBlock)));
        }
        for (const char* name : {"events", "commands"}) {
            auto transaction = must(eventstore::Transaction::begin(db));
            must(replay(*make(name), db, checkpoint));
            must(transaction.commit());
            must(db.query("UPDATE projections.status SET checkpoint = $2 WHERE name = $1", {name, checkpoint}));
        }
    }
    [[nodiscard]] EventSeq first_bad() const {
        const auto report = verify_log({.conninfo = conninfo});
        if (!report) FAIL(report.error());
        CAPTURE(report->finding ? report->finding->what : "");
        return report->finding ? report->finding->event_seq : 0;
    }
    void change(const std::string& sql) {
        const auto rows = must(db.query(sql));
        REQUIRE(rows.affected() > 0);
    }
};

}  // namespace

TEST_CASE("the tables of the log are compared with the journal up to their checkpoints", "[postgres]") {
    Logged logged;
    REQUIRE(logged.checkpoint > 200);
    REQUIRE(logged.first_bad() == 0);
    SECTION("a payload") {
        logged.change("UPDATE log.events SET payload = payload || '{\"x\": 1}' WHERE event_seq IN (77, 150)");
        CHECK(logged.first_bad() == 77);
    }
    SECTION("a version in its stream") {
        logged.change("UPDATE log.events SET stream_version = stream_version + 1000 WHERE event_seq = 90");
        CHECK(logged.first_bad() == 90);
    }
    SECTION("a column that few look at") {
        logged.change("UPDATE log.events SET correlation_id = coalesce(correlation_id, '') || '!' "
                      "WHERE event_seq = 91");
        CHECK(logged.first_bad() == 91);
    }
    SECTION("a row that is gone") {
        logged.change("DELETE FROM log.events WHERE event_seq = 120");
        CHECK(logged.first_bad() == 120);
    }
    SECTION("a command, by its first event") {
        const std::string first = value(logged.db, "SELECT first_event_seq FROM log.commands WHERE command_seq = 60");
        logged.change("UPDATE log.commands SET outcome = 'market_closed' WHERE command_seq = 60");
        CHECK(logged.first_bad() == std::stoull(first));
    }
    SECTION("what retention let go is not missed, what it still promises is") {
        logged.change("UPDATE log.extent SET complete_from = 100 WHERE table_name = 'events'");
        logged.change("DELETE FROM log.events WHERE event_seq < 100");
        CHECK(logged.first_bad() == 0);
        logged.change("DELETE FROM log.events WHERE event_seq = 100");
        CHECK(logged.first_bad() == 100);
    }
    SECTION("what the projection has yet to write is not missed") {
        logged.change("UPDATE projections.status SET checkpoint = checkpoint + 1 WHERE name = 'events'");
        CHECK(logged.first_bad() == logged.checkpoint + 1);
    }
}

}  // namespace buttonwood::projections::test
