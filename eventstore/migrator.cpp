// The tracking table, and the one way up.
#include "eventstore/migrator.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace buttonwood::eventstore {
namespace {

constexpr const char* kLock = "SELECT pg_advisory_lock(hashtextextended('buttonwood_meta.migrations', 0))";
constexpr const char* kUnlock = "SELECT pg_advisory_unlock(hashtextextended('buttonwood_meta.migrations', 0))";

constexpr const char* kTrackingTable = R"(
CREATE SCHEMA IF NOT EXISTS buttonwood_meta;
COMMENT ON SCHEMA buttonwood_meta IS 'What Buttonwood knows about its own database.';
CREATE TABLE IF NOT EXISTS buttonwood_meta.migrations (
    version     integer     PRIMARY KEY,
    name        text        NOT NULL,
    sha256      text        NOT NULL,
    applied_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    applied_by  text        NOT NULL DEFAULT session_user,
    duration_us bigint      NOT NULL
);
COMMENT ON TABLE buttonwood_meta.migrations IS 'One row per applied migration; written in its transaction.';
COMMENT ON COLUMN buttonwood_meta.migrations.version IS 'The number the file name starts with.';
COMMENT ON COLUMN buttonwood_meta.migrations.name IS 'The rest of the file name, without .up.sql.';
COMMENT ON COLUMN buttonwood_meta.migrations.sha256 IS 'SHA-256 of the up file as applied, hexadecimal.';
COMMENT ON COLUMN buttonwood_meta.migrations.applied_at IS 'When it was applied.';
COMMENT ON COLUMN buttonwood_meta.migrations.applied_by IS 'The role that applied it.';
COMMENT ON COLUMN buttonwood_meta.migrations.duration_us IS 'How long it took, in microseconds.';
)";

// A row of the tracking table.
struct Applied {
    MigrationState state;
    std::string sha256;
};

std::string sha256_hex(std::string_view text) {
    std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size());
    std::array<char, 2 * crypto_hash_sha256_BYTES + 1> hex{};
    sodium_bin2hex(hex.data(), hex.size(), hash.data(), hash.size());
    return hex.data();
}

// "001_journal"
std::string label(int version, std::string_view name) {
    std::array<char, 16> digits{};
    std::snprintf(digits.data(), digits.size(), "%03d_", version);
    return std::string(digits.data()).append(name);
}

std::expected<std::vector<Applied>, DbError> read_applied(Connection& connection) {
    auto exists = connection.query("SELECT (to_regclass('buttonwood_meta.migrations') IS NOT NULL)::int");
    if (!exists) return std::unexpected(std::move(exists).error());
    if (exists->integer(0, 0) == 0) return std::vector<Applied>{};
    auto rows = connection.query(
        "SELECT version, name, sha256, to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), "
        "applied_by, duration_us FROM buttonwood_meta.migrations ORDER BY version");
    if (!rows) return std::unexpected(std::move(rows).error());
    std::vector<Applied> applied;
    for (int i = 0; i < rows->size(); ++i) {
        applied.push_back({.state = {.version = static_cast<int>(rows->integer(i, 0)),
                                     .name = std::string(rows->text(i, 1)),
                                     .applied = true,
                                     .applied_at = std::string(rows->text(i, 3)),
                                     .applied_by = std::string(rows->text(i, 4)),
                                     .duration_us = rows->integer(i, 5)},
                           .sha256 = std::string(rows->text(i, 2))});
    }
    return applied;
}

const Applied* find(const std::vector<Applied>& applied, int version) {
    const auto at = std::ranges::find(applied, version, [](const Applied& a) { return a.state.version; });
    return at != applied.end() ? &*at : nullptr;
}

std::unexpected<DbError> refuse(const std::string& what) {
    return std::unexpected(DbError{DbErrorKind::Fault, "", "", what});
}

// Compares what is applied with what the binary holds.
std::expected<void, DbError> check(const std::vector<Applied>& applied, std::span<const EmbeddedMigration> migrations) {
    for (const Applied& row : applied) {
        const auto known = std::ranges::find(migrations, row.state.version, &EmbeddedMigration::version);
        const std::string name = label(row.state.version, row.state.name);
        if (known == migrations.end()) {
            return refuse("the database has migration " + name +
                          ", which this binary does not know: run a newer buttonwood");
        }
        if (sha256_hex(known->up) != row.sha256) {
            return refuse("migration " + name +
                          " was changed after it was applied: restore the file and put the change in a "
                          "new migration");
        }
    }
    if (applied.empty()) return {};
    const MigrationState& newest = applied.back().state;
    for (const EmbeddedMigration& migration : migrations) {
        if (migration.version > newest.version || find(applied, migration.version) != nullptr) continue;
        return refuse("migration " + label(migration.version, migration.name) + " is older than the applied " +
                      label(newest.version, newest.name) + ": give it a higher number");
    }
    return {};
}

// The migration and its row in the tracking table, in one transaction.
std::expected<void, DbError> apply(Connection& connection, const EmbeddedMigration& migration) {
    const auto start = std::chrono::steady_clock::now();
    auto transaction = Transaction::begin(connection);
    if (!transaction) return std::unexpected(std::move(transaction).error());
    if (auto done = connection.execute(std::string(migration.up)); !done) {
        DbError error = std::move(done).error();
        error.message = "migration " + label(migration.version, migration.name) + ": " + error.message;
        return std::unexpected(std::move(error));
    }
    const auto elapsed = std::chrono::steady_clock::now() - start;
    auto tracked = connection.query(
        "INSERT INTO buttonwood_meta.migrations (version, name, sha256, duration_us) VALUES ($1, $2, $3, $4)",
        {migration.version, migration.name, sha256_hex(migration.up),
         std::chrono::duration_cast<std::chrono::microseconds>(elapsed).count()});
    if (!tracked) return std::unexpected(std::move(tracked).error());
    return transaction->commit();
}

std::expected<void, DbError> bootstrap(Connection& connection) {
    auto exists = connection.query("SELECT (to_regclass('buttonwood_meta.migrations') IS NOT NULL)::int");
    if (!exists) return std::unexpected(std::move(exists).error());
    if (exists->integer(0, 0) == 1) return {};
    return connection.execute(kTrackingTable);
}

MigrationState state_of(const EmbeddedMigration& migration, const Applied* applied) {
    MigrationState state;
    if (applied == nullptr) {
        state.version = migration.version;
        state.name = migration.name;
        return state;
    }
    state = applied->state;
    state.changed = applied->sha256 != sha256_hex(migration.up);
    return state;
}

std::expected<int, DbError> migrate_locked(Connection& connection, std::span<const EmbeddedMigration> migrations,
                                           const std::function<void(const MigrationState&)>& progress) {
    if (auto ready = bootstrap(connection); !ready) return std::unexpected(std::move(ready).error());
    auto applied = read_applied(connection);
    if (!applied) return std::unexpected(std::move(applied).error());
    if (auto sound = check(*applied, migrations); !sound) return std::unexpected(std::move(sound).error());
    int count = 0;
    for (const EmbeddedMigration& migration : migrations) {
        if (find(*applied, migration.version) != nullptr) continue;
        if (auto done = apply(connection, migration); !done) return std::unexpected(std::move(done).error());
        ++count;
        if (!progress) continue;
        const auto now_applied = read_applied(connection);
        if (!now_applied) return std::unexpected(now_applied.error());
        progress(state_of(migration, find(*now_applied, migration.version)));
    }
    return count;
}

}  // namespace

std::expected<std::vector<MigrationState>, DbError> migration_status(Connection& connection) {
    auto applied = read_applied(connection);
    if (!applied) return std::unexpected(std::move(applied).error());
    std::vector<MigrationState> states;
    for (const EmbeddedMigration& migration : embedded_migrations()) {
        states.push_back(state_of(migration, find(*applied, migration.version)));
    }
    // What a newer binary applied: nothing here to compare it with.
    for (const Applied& row : *applied) {
        if (std::ranges::find(states, row.state.version, &MigrationState::version) == states.end()) {
            states.push_back(row.state);
        }
    }
    std::ranges::sort(states, {}, &MigrationState::version);
    return states;
}

std::expected<int, DbError> migrate_up(Connection& connection,
                                       const std::function<void(const MigrationState&)>& progress) {
    return migrate_up(connection, embedded_migrations(), progress);
}

std::expected<int, DbError> migrate_up(Connection& connection, std::span<const EmbeddedMigration> migrations,
                                       const std::function<void(const MigrationState&)>& progress) {
    if (auto locked = connection.query(kLock); !locked) return std::unexpected(std::move(locked).error());
    auto outcome = migrate_locked(connection, migrations, progress);
    // A lost connection has released the lock already.
    if (connection.healthy() && !connection.query(kUnlock)) connection.abandon();
    return outcome;
}

}  // namespace buttonwood::eventstore
