// Locks of PostgreSQL on a number, held by a session: gone with the connection, whatever becomes of its process.
#pragma once

#include "eventstore/database.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace buttonwood::projections {

// Who holds it builds (or verifies) a copy of the projection's tables.
[[nodiscard]] std::int64_t building_key(std::string_view projection);
// Shared by every batch that is applied to the serving tables, until it commits; exclusive: the tables stand still.
[[nodiscard]] std::int64_t serving_key(std::string_view projection);

// Thread safety: as the connection's, which must outlive it.
class AdvisoryLock {
public:
    // nullopt: somebody else has it, and kept it for so long.
    [[nodiscard]] static std::expected<std::optional<AdvisoryLock>, eventstore::DbError> try_take(
        eventstore::Connection& connection, std::int64_t key, std::chrono::milliseconds patience = {});
    AdvisoryLock(AdvisoryLock&& other) noexcept;
    AdvisoryLock& operator=(AdvisoryLock&&) = delete;
    ~AdvisoryLock();

private:
    AdvisoryLock(eventstore::Connection& connection, std::int64_t key) : connection_(&connection), key_(key) {}
    eventstore::Connection* connection_;
    std::int64_t key_;
};

}  // namespace buttonwood::projections
