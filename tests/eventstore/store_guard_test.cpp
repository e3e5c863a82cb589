// R5: a server that would not keep an acknowledged commit, or that is not the one we knew, is not written to; when it
// is as it was, writing goes on. R7: what a take-over does to the sessions of the writer before it.
#include "eventstore/store_guard.hpp"

#include "tests/support/eventually.hpp"
#include "tests/support/pg_journal_fixture.hpp"

#include <catch2/catch.hpp>

using namespace buttonwood;
using namespace buttonwood::eventstore;
using Catch::Matchers::Contains;
using test::BlockChain;
using test::eventually;
using test::OwnCluster;
using test::PgJournalFixture;

namespace {

std::string complaint_of(StoreGuard& guard, Connection& connection) {
    const auto complaint = guard.complaint(connection);
    if (!complaint) FAIL(complaint.error().message);
    return *complaint;
}

// Changes the configuration of a running server, and waits until its sessions know.
void reconfigure(Connection& connection, const std::string& setting, const std::string& value) {
    const auto shown = [&] {
        const auto rows = connection.query("SELECT current_setting($1)", {setting});
        return rows ? std::string(rows->text(0, 0)) : std::string();
    };
    const std::string before = shown();
    REQUIRE(connection.execute("ALTER SYSTEM SET " + setting + " = '" + value + "'"));
    REQUIRE(connection.execute("SELECT pg_reload_conf()"));
    if (before != value) REQUIRE(eventually([&] { return shown() != before; }));
}

}  // namespace

TEST_CASE_METHOD(PgJournalFixture, "settings under which a commit can be lost are named (R5)", "[postgres]") {
    struct Case {
        const char* set;
        const char* complaint;
    };
    const Case c = GENERATE(values<Case>({
        {"SET synchronous_commit = off", "synchronous_commit=off"},
        {"SET synchronous_commit = local", "synchronous_commit=local"},
        {"SET synchronous_commit = remote_write", "synchronous_commit=remote_write"},
        {"SET zero_damaged_pages = on", "zero_damaged_pages=on"},
        {"SET ignore_checksum_failure = on", "ignore_checksum_failure=on"},
    }));
    CAPTURE(c.set);
    Connection connection = connect();
    StoreGuard guard;
    CHECK(complaint_of(guard, connection).empty());
    REQUIRE(connection.execute(c.set));
    CHECK_THAT(complaint_of(guard, connection), Contains(c.complaint));
    REQUIRE(connection.execute("RESET ALL"));
    CHECK(complaint_of(guard, connection).empty());
    REQUIRE(connection.execute("SET synchronous_commit = remote_apply"));
    CHECK(complaint_of(guard, connection).empty());
}

TEST_CASE_METHOD(PgJournalFixture, "a server that is another cluster than before is not written to (R5)",
                 "[postgres]") {
    OwnCluster other;
    Connection here = connect();
    auto there = Connection::open(other.fresh_database(), "somebody");
    REQUIRE(there);
    StoreGuard guard;
    CHECK(complaint_of(guard, here).empty());
    CHECK_THAT(complaint_of(guard, *there), Contains("another cluster"));
    CHECK(complaint_of(guard, here).empty());
    StoreGuard stranger;
    CHECK(complaint_of(stranger, *there).empty());
}

TEST_CASE("a server whose settings turn bad is left alone, and used again when they are good (R5)", "[postgres]") {
    struct Case {
        const char* setting;
        const char* bad;
        const char* good;
        const char* complaint;
    };
    OwnCluster own;
    const std::string database = own.fresh_database();
    for (const Case& c :
         {Case{"fsync", "off", "on", "fsync=off"}, Case{"full_page_writes", "off", "on", "full_page_writes=off"},
          Case{"synchronous_standby_names", "ghost", "", "synchronous_standby_names was '' and is 'ghost'"}}) {
        CAPTURE(c.setting);
        PgJournalFixture fixture(database);
        Connection somebody = fixture.connect();
        const auto journal = fixture.open();
        BlockChain chain(fixture.fence(*journal));
        REQUIRE(journal->append(chain.next(1, "before")));
        CHECK(journal->check());

        reconfigure(somebody, c.setting, c.bad);
        const auto refuses = [](const std::expected<void, StoreError>& outcome) {
            return !outcome && outcome.error() == StoreError::Unavailable;
        };
        CHECK(eventually([&] { return refuses(journal->check()); }));  // a session learns of it when it is idle
        CHECK(journal->fence() == std::unexpected(StoreError::Unavailable));
        CHECK_THAT(fixture.troubles(), Contains(c.complaint));

        reconfigure(somebody, c.setting, c.good);
        REQUIRE(eventually([&] { return journal->fence().has_value(); }));
        BlockChain again(fixture.fence(*journal));
        CHECK(journal->append(again.next(1, "after")));
        CHECK(fixture.read_all(*journal).back().payload == "after");
    }
}

TEST_CASE_METHOD(PgJournalFixture, "a take-over ends the sessions of the writer before it, who then stops (R7, P21)",
                 "[postgres]") {
    const auto old = open();
    BlockChain chain(fence(*old));
    REQUIRE(old->append(chain.next(1, "old")));
    CHECK(old->check());
    Connection somebody = connect();
    const auto sessions = [&somebody] {
        const auto rows = somebody.query(
            "SELECT FROM pg_stat_activity WHERE application_name LIKE 'journal-under-test %' "
            "AND datname = current_database()");
        return rows ? rows->size() : -1;
    };
    REQUIRE(sessions() == 1);

    const auto successor = open();
    BlockChain next(fence(*successor));
    CHECK(eventually([&] { return sessions() == 1; }));  // the successor's
    CHECK(old->check() == std::unexpected(StoreError::Unavailable));
    CHECK(old->fence() == std::unexpected(StoreError::Fenced));
    CHECK(old->append(chain.next(1, "x")) == std::unexpected(StoreError::Fenced));
    CHECK(old->check() == std::unexpected(StoreError::Fenced));
    // The loser's attempt has not touched the winner's session.
    CHECK(successor->check());
    CHECK(successor->append(next.next(1, "new")));
}

TEST_CASE_METHOD(PgJournalFixture, "a writer whose session survived learns from a check that it is fenced (P21)",
                 "[postgres]") {
    const auto journal = open();
    REQUIRE(fence(*journal).epoch == 1);
    CHECK(journal->check());
    Connection somebody = connect();
    REQUIRE(somebody.execute("UPDATE eventstore.head SET epoch = epoch + 1, owner = gen_random_uuid()"));
    CHECK(journal->check() == std::unexpected(StoreError::Fenced));
    CHECK(journal->fence() == std::unexpected(StoreError::Fenced));
}

TEST_CASE_METHOD(PgJournalFixture, "the writer's session is dropped by a server that loses sight of it (R7)",
                 "[postgres]") {
    Connection somebody = connect();
    REQUIRE(somebody.execute(
        "CREATE FUNCTION demand() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF current_setting('idle_in_transaction_session_timeout') <> '2s' OR current_setting('statement_timeout') <> "
        "'0' OR current_setting('idle_session_timeout') <> '0' THEN RAISE EXCEPTION 'unset'; END IF; "
        "RETURN NULL; END $$;"
        "CREATE TRIGGER demand AFTER INSERT ON eventstore.journal EXECUTE FUNCTION demand()"));
    const auto journal = open();
    BlockChain chain(fence(*journal));
    CHECK(journal->append(chain.next(1, "x")));
}
