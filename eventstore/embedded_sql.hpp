// The files of sql/, compiled into the binary by embed_sql.cmake.
#pragma once

#include <span>
#include <string_view>

namespace buttonwood::eventstore {

// NNN_name.up.sql and its NNN_name.down.sql.
struct EmbeddedMigration {
    int version{};
    std::string_view name;
    std::string_view up;
    std::string_view down;  // undoes `up`; for operators, never run by the server
};

// Ascending by version. Static storage.
[[nodiscard]] std::span<const EmbeddedMigration> embedded_migrations();

}  // namespace buttonwood::eventstore
