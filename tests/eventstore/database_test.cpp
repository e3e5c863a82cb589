// Connections, rows and errors: what goes in comes out, and every failure has a name.
#include "eventstore/database.hpp"

#include "tests/support/eventually.hpp"
#include "tests/support/test_cluster.hpp"

#include <catch2/catch.hpp>

using namespace buttonwood;
using namespace buttonwood::eventstore;
using test::eventually;

namespace {

Connection connect(const std::string& conninfo) {
    auto connection = Connection::open(conninfo, "database_test");
    REQUIRE(connection);
    return *std::move(connection);
}

Rows rows_of(std::expected<Rows, DbError> outcome) {
    if (!outcome) FAIL(outcome.error().message << " [" << outcome.error().sqlstate << "]");
    return *std::move(outcome);
}

std::int64_t count_of(Connection& connection, const std::string& sql) {
    return rows_of(connection.query(sql)).integer(0, 0);
}

std::string every_byte() {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
    return bytes;
}

}  // namespace

TEST_CASE("an SQLSTATE says what to do", "[unit]") {
    const auto [sqlstate, kind] = GENERATE(table<std::string, DbErrorKind>({
        {"", DbErrorKind::Unavailable},       // nobody answered
        {"08006", DbErrorKind::Unavailable},  // connection failure
        {"53100", DbErrorKind::Unavailable},  // disk full
        {"53300", DbErrorKind::Unavailable},  // too many connections
        {"57P01", DbErrorKind::Unavailable},  // admin shutdown
        {"57P03", DbErrorKind::Unavailable},  // starting up
        {"58030", DbErrorKind::Unavailable},  // I/O error
        {"25006", DbErrorKind::Unavailable},  // read-only server
        {"40001", DbErrorKind::Conflict},     // serialization failure
        {"40P01", DbErrorKind::Conflict},     // deadlock
        {"55P03", DbErrorKind::Conflict},     // lock timeout
        {"57014", DbErrorKind::Conflict},     // statement timeout
        {"23505", DbErrorKind::Constraint},   // unique violation
        {"23001", DbErrorKind::Constraint},   // append-only table
        {"57P04", DbErrorKind::Fault},        // database dropped
        {"3D000", DbErrorKind::Fault},        // no such database
        {"42P01", DbErrorKind::Fault},        // no such table
        {"22021", DbErrorKind::Fault},        // bad text
        {"XX001", DbErrorKind::Fault},        // damaged data
    }));
    CAPTURE(sqlstate);
    CHECK(kind_of_sqlstate(sqlstate) == kind);
}

TEST_CASE("a COPY field escapes exactly what would end or change it", "[unit]") {
    std::string out;
    append_copy_field(out, "a\tb\nc\rd\\N 'é\"");
    CHECK(out == "a\\tb\\nc\\rd\\\\N 'é\"");
}

TEST_CASE("a connection that cannot be is refused with its reason", "[unit]") {
    SECTION("an unreadable connection string is our mistake") {
        const auto refused = Connection::open("host=", "t");
        const auto broken = Connection::open("nonsense==\\", "t");
        REQUIRE_FALSE(refused);
        REQUIRE_FALSE(broken);
        CHECK(broken.error().kind == DbErrorKind::Fault);
    }
    SECTION("a server that is not there may come back") {
        const auto away = Connection::open("host=/nonexistent dbname=x user=x", "t");
        REQUIRE_FALSE(away);
        CHECK(away.error().kind == DbErrorKind::Unavailable);
        CHECK(away.error().sqlstate.empty());
        CHECK(away.error().message.find('\n') == std::string::npos);
    }
}

TEST_CASE("a database that does not exist is a fault, with the server's code", "[postgres]") {
    const auto refused = Connection::open(test::test_cluster().conninfo("no_such_database"), "t");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == DbErrorKind::Fault);
    CHECK(refused.error().sqlstate == "3D000");
    CHECK(refused.error().message == "database \"no_such_database\" does not exist");
}

TEST_CASE("parameters and results keep every value", "[postgres]") {
    Connection connection = connect(test::empty_database());
    const std::string sql = "SELECT $1::text, $2::bigint, $3::smallint, $4::bytea, $5::text, $6::bytea, $7::bool::int";
    const std::vector<Param> params{"it's \\ é",  INT64_MIN,        -7,  Param::bytea(every_byte()),
                                    std::nullopt, Param::bytea(""), true};
    const auto check_numbers_and_bytes = [](const Rows& rows) {
        REQUIRE(rows.size() == 1);
        REQUIRE(rows.columns() == 7);
        CHECK(rows.text(0, 0) == "it's \\ é");
        CHECK(rows.integer(0, 1) == INT64_MIN);
        CHECK(rows.integer(0, 2) == -7);
        CHECK(rows.bytes(0, 3) == every_byte());
        CHECK(rows.is_null(0, 4));
        CHECK(rows.text(0, 4).empty());
        CHECK_FALSE(rows.is_null(0, 5));
        CHECK(rows.bytes(0, 5).empty());
        CHECK(rows.integer(0, 6) == 1);
        CHECK(rows.name(1) == "int8");
    };
    SECTION("query") { check_numbers_and_bytes(rows_of(connection.query(sql, params))); }
    SECTION("prepared") { check_numbers_and_bytes(rows_of(connection.prepared(sql, params))); }
    SECTION("prepared, in the binary format") {
        check_numbers_and_bytes(rows_of(connection.prepared_binary(sql, params)));
    }
}

TEST_CASE("a text parameter with a NUL is refused before anything is sent", "[postgres]") {
    Connection connection = connect(test::empty_database());
    const auto refused = connection.query("SELECT $1::text", {std::string("a\0b", 3)});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().sqlstate == "22021");
    CHECK(count_of(connection, "SELECT 1") == 1);
}

TEST_CASE("a prepared statement is parsed once per connection", "[postgres]") {
    Connection connection = connect(test::empty_database());
    for (int i = 0; i < 3; ++i) CHECK(rows_of(connection.prepared("SELECT $1::int + 1", {i})).integer(0, 0) == i + 1);
    CHECK(rows_of(connection.prepared("SELECT 5", {})).integer(0, 0) == 5);
    CHECK(count_of(connection, "SELECT count(*) FROM pg_prepared_statements") == 2);
}

TEST_CASE("an error names its code and constraint, and the connection goes on", "[postgres]") {
    Connection connection = connect(test::empty_database());
    REQUIRE(connection.execute("CREATE TABLE t (id int CONSTRAINT only_once PRIMARY KEY); INSERT INTO t VALUES (1)"));
    const auto doubled = connection.query("INSERT INTO t VALUES ($1)", {1});
    REQUIRE_FALSE(doubled);
    CHECK(doubled.error().kind == DbErrorKind::Constraint);
    CHECK(doubled.error().sqlstate == "23505");
    CHECK(doubled.error().constraint == "only_once");
    CHECK(doubled.error().message ==
          "duplicate key value violates unique constraint \"only_once\" (Key (id)=(1) already exists.)");
    CHECK(connection.healthy());
    CHECK(rows_of(connection.query("INSERT INTO t SELECT generate_series(2, 4)")).affected() == 3);
    CHECK(rows_of(connection.query("UPDATE t SET id = id WHERE id > 99")).affected() == 0);
}

TEST_CASE("several statements stop at the first error and undo those before it", "[postgres]") {
    Connection connection = connect(test::empty_database());
    const auto failed = connection.execute("CREATE TABLE a (x int); SELECT 1/0; CREATE TABLE b (x int)");
    REQUIRE_FALSE(failed);
    CHECK(failed.error().sqlstate == "22012");
    CHECK(count_of(connection, "SELECT count(*) FROM pg_class WHERE relname IN ('a', 'b')") == 0);
}

TEST_CASE("a warning marks the statement it came with", "[postgres]") {
    const std::string conninfo = test::empty_database();
    Connection connection = connect(conninfo);
    SECTION("and no other") {
        REQUIRE(
            connection.execute("CREATE FUNCTION warn() RETURNS int LANGUAGE plpgsql AS "
                               "$$ BEGIN RAISE WARNING 'careful'; RETURN 1; END $$"));
        CHECK(rows_of(connection.query("SELECT warn()")).warned());
        CHECK_FALSE(rows_of(connection.query("SELECT 1")).warned());
        CHECK(rows_of(connection.prepared("SELECT warn()", {})).warned());
        CHECK_FALSE(rows_of(connection.query("CREATE TABLE IF NOT EXISTS t (x int)")).warned());
        CHECK_FALSE(rows_of(connection.query("CREATE TABLE IF NOT EXISTS t (x int)")).warned());  // a notice only
    }
    SECTION("even when the database's settings would hide it") {
        REQUIRE(
            connection.execute("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET client_min_messages = error', "
                               "current_database()); END $$"));
        Connection hidden = connect(conninfo);
        CHECK(rows_of(hidden.query("COMMIT")).warned());  // "there is no transaction in progress"
    }
}

TEST_CASE("COPY brings many rows in", "[postgres]") {
    Connection connection = connect(test::empty_database());
    REQUIRE(connection.execute("CREATE TABLE t (id int, name text)"));
    SECTION("more than the socket holds at once") {
        std::string data;
        constexpr int kRows = 40'000;
        for (int i = 0; i < kRows; ++i) {
            data += std::to_string(i) + "\t";
            append_copy_field(data, "tab\there, " + std::string(100, 'x'));
            data += "\n";
        }
        const auto copied = connection.copy_in("COPY t FROM STDIN", data);
        REQUIRE(copied);
        CHECK(*copied == kRows);
        CHECK(count_of(connection, "SELECT count(*) FROM t WHERE name LIKE E'tab\\there, x%'") == kRows);
    }
    SECTION("none") { CHECK(connection.copy_in("COPY t FROM STDIN", "").value() == 0); }
    SECTION("all or nothing, and the connection goes on") {
        const auto refused = connection.copy_in("COPY t FROM STDIN", "1\tok\nnot a number\tbad\n");
        REQUIRE_FALSE(refused);
        CHECK(refused.error().sqlstate == "22P02");
        CHECK(count_of(connection, "SELECT count(*) FROM t") == 0);
    }
    SECTION("only through copy_in") {
        const auto refused = connection.query("COPY t FROM STDIN");
        REQUIRE_FALSE(refused);
        CHECK(refused.error().kind == DbErrorKind::Fault);
        CHECK_FALSE(connection.healthy());
    }
    SECTION("copy_in refuses anything else") {
        const auto refused = connection.copy_in("SELECT 1", "1\n");
        REQUIRE_FALSE(refused);
        CHECK(refused.error().kind == DbErrorKind::Fault);
    }
}

TEST_CASE("an answer that does not come in time closes the connection and cancels nothing", "[postgres]") {
    const std::string conninfo = test::empty_database();
    Connection watcher = connect(conninfo);
    Connection connection = connect(conninfo);
    const int pid = connection.backend_pid();
    connection.set_answer_timeout_ms(50);
    const auto late = connection.query("SELECT pg_sleep(600)");
    REQUIRE_FALSE(late);
    CHECK(late.error().kind == DbErrorKind::Unavailable);
    CHECK_FALSE(connection.healthy());
    CHECK(connection.backend_pid() == 0);
    CHECK_FALSE(connection.query("SELECT 1"));
    // The server has not been told to stop: it still sleeps.
    const auto still_active = watcher.query("SELECT FROM pg_stat_activity WHERE pid = $1 AND state = 'active'", {pid});
    CHECK(rows_of(std::expected<Rows, DbError>(watcher.query("SELECT pg_terminate_backend($1)", {pid}))).size() == 1);
    REQUIRE(still_active);
    CHECK(still_active->size() == 1);
}

TEST_CASE("a terminated session shows at the latest with the next statement", "[postgres]") {
    const std::string conninfo = test::empty_database();
    Connection watcher = connect(conninfo);
    Connection victim = connect(conninfo);
    REQUIRE(victim.healthy());
    REQUIRE(watcher.query("SELECT pg_terminate_backend($1)", {victim.backend_pid()}));
    SECTION("an idle one") {
        CHECK(eventually([&] { return !victim.healthy(); }));
        CHECK_FALSE(victim.query("SELECT 1"));
    }
    SECTION("or a busy one, with the server's code") {
        const auto ended = victim.query("SELECT pg_sleep(600)");
        REQUIRE_FALSE(ended);
        CHECK(ended.error().kind == DbErrorKind::Unavailable);
        CHECK_FALSE(victim.healthy());
    }
}

TEST_CASE("a transaction is kept only by a commit that succeeded", "[postgres]") {
    Connection connection = connect(test::empty_database());
    REQUIRE(connection.execute("CREATE TABLE t (x int)"));
    const auto stored = [&] { return count_of(connection, "SELECT count(*) FROM t"); };
    SECTION("committed") {
        auto transaction = Transaction::begin(connection);
        REQUIRE(transaction);
        REQUIRE(transaction->connection().execute("INSERT INTO t VALUES (1)"));
        REQUIRE(transaction->commit());
        CHECK(stored() == 1);
    }
    SECTION("left behind") {
        {
            auto transaction = Transaction::begin(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ");
            REQUIRE(transaction);
            REQUIRE(connection.execute("INSERT INTO t VALUES (1)"));
        }
        CHECK(stored() == 0);
    }
    SECTION("failed: the server would answer COMMIT with a quiet ROLLBACK") {
        {
            auto transaction = Transaction::begin(connection);
            REQUIRE(transaction);
            REQUIRE(connection.execute("INSERT INTO t VALUES (1)"));
            CHECK_FALSE(connection.execute("SELECT 1/0"));
            const auto committed = transaction->commit();
            REQUIRE_FALSE(committed);
            CHECK(committed.error().sqlstate == "25P02");
        }
        CHECK(stored() == 0);
    }
}
