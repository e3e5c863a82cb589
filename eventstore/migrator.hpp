// Brings a database to the schema this binary was built for. sql/NNN_name.up.sql files are embedded at build time.
#pragma once

#include "eventstore/database.hpp"
#include "eventstore/embedded_sql.hpp"

#include <functional>

namespace buttonwood::eventstore {

struct MigrationState {
    int version{};
    std::string name;
    bool applied{};
    std::string applied_at;  // RFC 3339, empty when pending
    std::string applied_by;
    std::int64_t duration_us{};
    bool changed{};  // applied with other content than this binary has
};

// What is applied and what is pending, in order.
[[nodiscard]] std::expected<std::vector<MigrationState>, DbError> migration_status(Connection& connection);
// Applies what is pending, each in its own transaction, under an advisory lock. Returns how many were applied.
// Waits for another migrator to finish. Errors: Fault when an applied migration was changed, when the database is newer
// than the binary, and when a pending migration is older than an applied one; each with one line that says what to do.
[[nodiscard]] std::expected<int, DbError> migrate_up(Connection& connection,
                                                     const std::function<void(const MigrationState&)>& progress = {});
// The same with other migrations than the embedded ones. REQUIRES: ascending versions.
[[nodiscard]] std::expected<int, DbError> migrate_up(Connection& connection,
                                                     std::span<const EmbeddedMigration> migrations,
                                                     const std::function<void(const MigrationState&)>& progress = {});

}  // namespace buttonwood::eventstore
