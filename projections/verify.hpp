// Proof that a read model equals the log: rebuilt from the first event, it is the one that was built live, row by row.
#pragma once

#include "projections/projection.hpp"

#include <string>
#include <vector>

namespace buttonwood::projections {

// Rebuilds the projection up to its checkpoint in a transaction that is rolled back, and compares every table both
// ways. Returns what differs in words, a few rows of each table; empty: equal. Changes nothing; the projection's worker
// waits meanwhile. Fault: unknown name, or the journal cannot be read.
[[nodiscard]] std::expected<std::vector<std::string>, eventstore::DbError> differences_after_rebuild(
    eventstore::Connection& connection, std::string_view projection);

}  // namespace buttonwood::projections
