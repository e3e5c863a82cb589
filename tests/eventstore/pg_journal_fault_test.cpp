// The journal when things go wrong: whatever happens to a commit, the caller is never told more than is known, and a
// fence finds the truth.
#include "tests/support/eventually.hpp"
#include "tests/support/pg_journal_fixture.hpp"

#include <catch2/catch.hpp>

#include <future>

using namespace buttonwood;
using namespace buttonwood::eventstore;
using Catch::Matchers::Contains;
using test::BlockChain;
using test::eventually;
using test::OwnCluster;
using test::PgJournalFixture;

namespace {

using Outcome = std::expected<void, StoreError>;

// The writer's session, as the server sees it.
constexpr const char* kWriterWaits =
    "SELECT pid FROM pg_stat_activity "
    "WHERE application_name LIKE 'journal-under-test %' AND datname = current_database() AND wait_event_type = 'Lock'";
constexpr const char* kTerminateWriter =
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE application_name LIKE 'journal-under-test %' AND datname = current_database()";
constexpr const char* kWriterSessions =
    "SELECT FROM pg_stat_activity WHERE application_name LIKE 'journal-under-test %' AND datname = current_database()";
constexpr const char* kHoldHead = "BEGIN; SELECT FROM eventstore.head FOR UPDATE";

int rows_in(Connection& connection, const char* sql) {
    const auto rows = connection.query(sql);
    return rows ? rows->size() : -1;
}

// What the log holds now, as a new term of `journal` finds it, and that it can be continued.
engine::EventSeq settle(PgJournalFixture& fixture, Journal& journal) {
    const Head head = fixture.fence(journal);
    const auto blocks = fixture.read_all(journal);
    CHECK((blocks.empty() ? 0 : blocks.back().header.last_seq) == head.last_seq);
    BlockChain chain(head);
    CHECK(journal.append(chain.next(1, "after the trouble")));
    return head.last_seq;
}

}  // namespace

TEST_CASE("a failed append is what its SQLSTATE and its session say", "[unit]") {
    struct Case {
        const char* sqlstate;
        const char* constraint;
        bool survived;
        StoreError outcome;
    };
    const Case c = GENERATE(values<Case>({
        {"", "", false, StoreError::InDoubt},          // no answer, connection gone
        {"", "", true, StoreError::InDoubt},           // no answer
        {"08006", "", true, StoreError::InDoubt},      // connection failure
        {"40003", "", true, StoreError::InDoubt},      // statement completion unknown
        {"57014", "", true, StoreError::InDoubt},      // cancelled, perhaps while waiting for a standby
        {"57P01", "", true, StoreError::InDoubt},      // terminated
        {"57P02", "", false, StoreError::InDoubt},     // another backend crashed
        {"53100", "", false, StoreError::InDoubt},     // PANIC: disk full while writing the log
        {"53100", "", true, StoreError::Unavailable},  // ERROR: disk full
        {"53200", "", true, StoreError::Unavailable},  // out of memory
        {"57P03", "", true, StoreError::Unavailable},  // starting up
        {"55P03", "", true, StoreError::Unavailable},  // lock timeout
        {"40001", "", true, StoreError::Unavailable},  // serialization failure
        {"40P01", "", true, StoreError::Unavailable},  // deadlock
        {"25006", "", true, StoreError::Unavailable},  // read-only server
        {"42501", "", true, StoreError::Unavailable},  // a right was taken away
        {"58030", "", true, StoreError::Unavailable},  // I/O error
        {"23514", "", true, StoreError::Unavailable},  // no partition for this row
        {"23514", "journal_seq_order", true, StoreError::Corrupt},
        {"23505", "journal_from_1_pkey", true, StoreError::Corrupt},
        {"22003", "", true, StoreError::Corrupt},  // a number out of range
        {"XX001", "", true, StoreError::Corrupt},  // damaged page
        {"XX002", "", true, StoreError::Corrupt},  // damaged index
    }));
    CAPTURE(c.sqlstate, c.constraint, c.survived);
    const DbError error{kind_of_sqlstate(c.sqlstate), c.sqlstate, c.constraint, "x"};
    CHECK(outcome_of_failed_append(error, c.survived) == c.outcome);
}

TEST_CASE_METHOD(PgJournalFixture, "a warning on the commit is not an acknowledgement", "[postgres]") {
    const auto journal = open();
    BlockChain chain(fence(*journal));
    Connection somebody = connect();
    REQUIRE(
        somebody.execute("CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS "
                         "$$ BEGIN RAISE WARNING 'not replicated'; RETURN NULL; END $$;"
                         "CREATE TRIGGER warn AFTER INSERT ON eventstore.journal EXECUTE FUNCTION warn()"));
    CHECK(journal->append(chain.next(2, "doubtful")) == std::unexpected(StoreError::InDoubt));
    CHECK(journal->append(chain.next(2, "next")) == std::unexpected(StoreError::Unavailable));  // fence first
    REQUIRE(somebody.execute("DROP TRIGGER warn ON eventstore.journal"));
    CHECK(settle(*this, *journal) == 2);
}

TEST_CASE_METHOD(PgJournalFixture, "a fence that comes with a warning has not succeeded", "[postgres]") {
    Connection somebody = connect();
    REQUIRE(
        somebody.execute("CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS "
                         "$$ BEGIN RAISE WARNING 'not replicated'; RETURN NULL; END $$;"
                         "CREATE TRIGGER warn AFTER UPDATE ON eventstore.head EXECUTE FUNCTION warn()"));
    const auto journal = open();
    CHECK(journal->fence() == std::unexpected(StoreError::Unavailable));
    REQUIRE(somebody.execute("DROP TRIGGER warn ON eventstore.head"));
    CHECK(settle(*this, *journal) == 0);
}

TEST_CASE_METHOD(PgJournalFixture, "a session that ended before the append wrote nothing", "[postgres]") {
    const auto journal = open();
    BlockChain chain(fence(*journal));
    Connection somebody = connect();
    REQUIRE(somebody.query(kTerminateWriter));
    REQUIRE(eventually([&] { return rows_in(somebody, kWriterSessions) == 0; }));
    CHECK_FALSE(journal->append(chain.next(2, "lost")));
    CHECK(settle(*this, *journal) == 0);
}

TEST_CASE_METHOD(PgJournalFixture, "a session that ends during the append leaves it in doubt", "[postgres]") {
    const auto journal = open();
    BlockChain chain(fence(*journal));
    Connection somebody = connect();
    Connection holder = connect();
    REQUIRE(holder.execute(kHoldHead));
    auto appending = std::async(std::launch::async, [&] { return journal->append(chain.next(2, "lost")); });
    const bool waits = eventually([&] { return rows_in(somebody, kWriterWaits) == 1; });
    const auto terminated = somebody.query(kTerminateWriter);
    const Outcome outcome = appending.get();
    CHECK(waits);
    CHECK(terminated);
    CHECK(outcome == std::unexpected(StoreError::InDoubt));
    // The holder is still in the way: the fence ends its session.
    CHECK(settle(*this, *journal) == 0);
    CHECK_FALSE(holder.execute("SELECT 1"));
    CHECK_THAT(troubles(), Contains("another session holds the head"));
}

TEST_CASE_METHOD(PgJournalFixture, "an append without an answer may come through late, but not after a fence",
                 "[postgres]") {
    const auto journal = open(/*answer_timeout_ms=*/5'000);
    const auto impatient = open(/*answer_timeout_ms=*/100);
    BlockChain chain(fence(*impatient));
    Connection somebody = connect();
    Connection holder = connect();
    REQUIRE(holder.execute(kHoldHead));
    CHECK(impatient->append(chain.next(2, "late")) == std::unexpected(StoreError::InDoubt));
    CHECK(rows_in(somebody, kWriterWaits) == 1);  // nobody cancelled it: it still waits for the row

    const bool lands_before_the_fence = GENERATE(true, false);
    if (lands_before_the_fence) {
        REQUIRE(holder.execute("COMMIT"));
        REQUIRE(eventually([&] { return rows_in(somebody, kWriterSessions) == 0; }));
        CHECK(settle(*this, *journal) == 2);
    } else {
        const engine::EventSeq found = settle(*this, *journal);
        REQUIRE(eventually([&] { return rows_in(somebody, kWriterWaits) == 0; }));
        CHECK(read_all(*journal).back().header.last_seq == found + 1);
    }
}

TEST_CASE_METHOD(PgJournalFixture, "a head that contradicts the journal stops the writer", "[postgres]") {
    const auto journal = open();
    BlockChain chain(fence(*journal));
    const Block first = chain.next(2, "first");
    REQUIRE(journal->append(first));
    Connection somebody = connect();
    REQUIRE(somebody.execute("ALTER TABLE eventstore.head DISABLE TRIGGER USER"));
    SECTION("at the fence: it says more than there is") {
        REQUIRE(somebody.execute("UPDATE eventstore.head SET last_seq = 9"));
        CHECK(open()->fence() == std::unexpected(StoreError::Corrupt));
    }
    SECTION("at the fence: it has another hash") {
        REQUIRE(somebody.execute("UPDATE eventstore.head SET hash = sha256('x')"));
        CHECK(open()->fence() == std::unexpected(StoreError::Corrupt));
    }
    SECTION("at the fence: its row is gone") {
        REQUIRE(somebody.execute("DELETE FROM eventstore.head"));
        CHECK(open()->fence() == std::unexpected(StoreError::Corrupt));
    }
    SECTION("at the append: it says less than there is") {
        REQUIRE(somebody.execute("UPDATE eventstore.head SET last_seq = 0"));
        CHECK(journal->append(first) == std::unexpected(StoreError::Corrupt));
    }
    CHECK_FALSE(troubles().empty());
}

TEST_CASE("a database without the journal's tables asks to be migrated", "[postgres]") {
    PgJournalFixture fixture(test::empty_database());
    const auto journal = fixture.open();
    CHECK(journal->fence() == std::unexpected(StoreError::Unavailable));
    CHECK_THAT(fixture.troubles(), Contains("buttonwood migrate up"));
}

TEST_CASE_METHOD(PgJournalFixture, "a server where synchronous_commit is off by default cannot weaken a commit",
                 "[postgres]") {
    Connection somebody = connect();
    REQUIRE(somebody.execute(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$;"
        "CREATE FUNCTION demand_on() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF current_setting('synchronous_commit') <> 'on' THEN RAISE EXCEPTION 'not durable'; END IF; RETURN NULL; END "
        "$$;"
        "CREATE TRIGGER demand_on AFTER INSERT ON eventstore.journal EXECUTE FUNCTION demand_on();"
        "CREATE TRIGGER demand_on AFTER UPDATE ON eventstore.head EXECUTE FUNCTION demand_on()"));
    CHECK(settle(*this, *open()) == 0);
}

TEST_CASE("a server that would lose an acknowledged commit is refused", "[postgres]") {
    OwnCluster own("fsync = off");
    PgJournalFixture fixture(own.fresh_database());
    const auto journal = fixture.open();
    CHECK(journal->fence() == std::unexpected(StoreError::Unavailable));
    CHECK_THAT(fixture.troubles(), Contains("fsync=off"));

    Connection somebody = fixture.connect();
    const auto set_fsync = [&](const std::string& value) {
        REQUIRE(somebody.execute("ALTER SYSTEM SET fsync = " + value));
        REQUIRE(somebody.execute("SELECT pg_reload_conf()"));
    };
    set_fsync("on");
    REQUIRE(eventually([&] { return journal->fence().has_value(); }));
    BlockChain chain(fixture.fence(*journal));
    CHECK(journal->append(chain.next(1, "x")));

    // Nor is it used when that changes while it is being used.
    set_fsync("off");
    const auto stopped_appending = [&] {
        const auto outcome = journal->append(chain.next(1, "x"));
        return !outcome && outcome.error() == StoreError::Unavailable;
    };
    CHECK(eventually(stopped_appending));
    CHECK(journal->fence() == std::unexpected(StoreError::Unavailable));
}

TEST_CASE("what was acknowledged is there after a crash of the server, and the writer goes on", "[postgres]") {
    OwnCluster own;
    PgJournalFixture fixture(own.fresh_database());
    const auto journal = fixture.open();
    BlockChain chain(fixture.fence(*journal));
    const Block kept = chain.next(3, "acknowledged");
    REQUIRE(journal->append(kept));

    REQUIRE(own.cluster->stop_immediate());
    CHECK_FALSE(journal->append(chain.next(2, "nobody there")));
    CHECK(journal->fence() == std::unexpected(StoreError::Unavailable));
    REQUIRE(own.cluster->start_again());

    CHECK(settle(fixture, *journal) == 3);
    CHECK(test::same(fixture.read_all(*journal).front(), kept));
}
