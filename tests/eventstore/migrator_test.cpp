// Migrations go up once, in order, each as a whole, and never change afterwards.
#include "eventstore/migrator.hpp"

#include "tests/support/test_cluster.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <thread>

using namespace buttonwood;
using namespace buttonwood::eventstore;
using Catch::Matchers::Contains;

namespace {

constexpr std::array kTwo{
    EmbeddedMigration{1, "one", "CREATE TABLE one (x int);", "DROP TABLE one;"},
    EmbeddedMigration{2, "two", "CREATE TABLE two (x int); INSERT INTO two VALUES (1);", "DROP TABLE two;"},
};

Connection connect(const std::string& conninfo) {
    auto connection = Connection::open(conninfo, "migrator_test");
    REQUIRE(connection);
    return *std::move(connection);
}

int up(Connection& connection, std::span<const EmbeddedMigration> migrations = kTwo) {
    const auto applied = migrate_up(connection, migrations);
    if (!applied) FAIL(applied.error().message);
    return *applied;
}

DbError refusal(Connection& connection, std::span<const EmbeddedMigration> migrations) {
    const auto applied = migrate_up(connection, migrations);
    REQUIRE_FALSE(applied);
    return applied.error();
}

bool has_table(Connection& connection, const std::string& name) {
    const auto rows = connection.query("SELECT FROM pg_class WHERE relname = $1", {name});
    REQUIRE(rows);
    return rows->size() == 1;
}

}  // namespace

TEST_CASE("the embedded migrations are numbered upwards and can be undone", "[unit]") {
    int last = 0;
    REQUIRE_FALSE(embedded_migrations().empty());
    for (const EmbeddedMigration& migration : embedded_migrations()) {
        CAPTURE(migration.name);
        CHECK(migration.version > last);
        CHECK_FALSE(migration.up.empty());
        CHECK_FALSE(migration.down.empty());
        last = migration.version;
    }
}

TEST_CASE("an empty database goes up once, and then stays", "[postgres]") {
    Connection connection = connect(test::empty_database());
    const auto before = migration_status(connection);
    REQUIRE(before);
    REQUIRE(before->size() == embedded_migrations().size());
    for (const MigrationState& state : *before) CHECK_FALSE(state.applied);

    std::vector<MigrationState> seen;
    const auto applied = migrate_up(connection, [&](const MigrationState& state) { seen.push_back(state); });
    if (!applied) FAIL(applied.error().message);
    CHECK(*applied == static_cast<int>(embedded_migrations().size()));
    REQUIRE(seen.size() == embedded_migrations().size());
    CHECK(seen.front().name == "journal");
    CHECK(seen.front().applied);

    CHECK(migrate_up(connection).value() == 0);
    const auto after = migration_status(connection);
    REQUIRE(after);
    for (const MigrationState& state : *after) {
        CAPTURE(state.name);
        CHECK(state.applied);
        CHECK_FALSE(state.changed);
        CHECK(state.applied_by == "buttonwood");
        CHECK(state.applied_at.size() == std::string_view("2026-11-20T17:25:49.348123Z").size());
    }
}

TEST_CASE("every down migration undoes its up migration", "[postgres]") {
    Connection connection = connect(test::fresh_database());
    const auto migrations = embedded_migrations();
    for (auto migration = migrations.rbegin(); migration != migrations.rend(); ++migration) {
        const auto undone = connection.execute(std::string(migration->down));
        CAPTURE(migration->name);
        if (!undone) FAIL(undone.error().message);
    }
    const auto left = connection.query(
        "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'buttonwood_meta')");
    REQUIRE(left);
    for (int i = 0; i < left->size(); ++i) UNSCOPED_INFO("left: " << left->text(i, 0));
    CHECK(left->size() == 0);
    for (const EmbeddedMigration& migration : migrations) {
        CAPTURE(migration.name);
        CHECK(connection.execute(std::string(migration.up)));
    }
}

TEST_CASE("a failing migration leaves nothing behind, those before it stay", "[postgres]") {
    Connection connection = connect(test::empty_database());
    std::array broken{kTwo[0], EmbeddedMigration{2, "two", "CREATE TABLE two (x int); SELECT 1/0;", ""}};
    const DbError error = refusal(connection, broken);
    CHECK(error.sqlstate == "22012");
    CHECK(error.message == "migration 002_two: division by zero");
    CHECK(has_table(connection, "one"));
    CHECK_FALSE(has_table(connection, "two"));
    CHECK(up(connection) == 1);
    CHECK(has_table(connection, "two"));
}

TEST_CASE("an applied migration that was edited is refused", "[postgres]") {
    Connection connection = connect(test::empty_database());
    CHECK(up(connection) == 2);
    const std::array edited{EmbeddedMigration{1, "one", "CREATE TABLE one (x bigint);", ""}, kTwo[1]};
    const DbError error = refusal(connection, edited);
    CHECK(error.kind == DbErrorKind::Fault);
    CHECK_THAT(error.message, Contains("001_one was changed"));
}

TEST_CASE("status shows an edited migration and one of a newer binary", "[postgres]") {
    Connection connection = connect(test::fresh_database());
    REQUIRE(
        connection.execute("UPDATE buttonwood_meta.migrations SET sha256 = 'other' WHERE version = 1; "
                           "INSERT INTO buttonwood_meta.migrations VALUES (999, 'later', '', now(), 'x', 1)"));
    const auto states = migration_status(connection);
    REQUIRE(states);
    REQUIRE(states->size() == embedded_migrations().size() + 1);
    CHECK(states->front().changed);
    CHECK(states->back().version == 999);
    CHECK(states->back().applied);
}

TEST_CASE("a database of a newer binary is refused", "[postgres]") {
    Connection connection = connect(test::empty_database());
    CHECK(up(connection) == 2);
    const DbError error = refusal(connection, std::span(kTwo).first(1));
    CHECK_THAT(error.message, Contains("002_two") && Contains("run a newer buttonwood"));
}

TEST_CASE("a migration that comes in below an applied one is refused", "[postgres]") {
    Connection connection = connect(test::empty_database());
    CHECK(up(connection, std::span(kTwo).last(1)) == 1);
    const DbError error = refusal(connection, kTwo);
    CHECK_THAT(error.message, Contains("001_one is older than the applied 002_two"));
    CHECK_FALSE(has_table(connection, "one"));
}

TEST_CASE("migrators that start together apply each migration once", "[postgres]") {
    const std::string conninfo = test::empty_database();
    constexpr int kMigrators = 4;
    std::array<std::expected<int, DbError>, kMigrators> applied;
    {
        std::vector<std::jthread> migrators;
        for (auto& outcome : applied) {
            migrators.emplace_back([&outcome, &conninfo] {
                auto connection = Connection::open(conninfo, "migrator_test");
                outcome = connection ? migrate_up(*connection, kTwo) : std::unexpected(connection.error());
            });
        }
    }
    int total = 0;
    for (const auto& outcome : applied) {
        REQUIRE(outcome);
        total += *outcome;
    }
    CHECK(total == 2);
}
