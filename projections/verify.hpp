// Proof that a read model equals the log: rebuilt from the first event, it is the one that was built live, row by row.
#pragma once

#include "projections/projection.hpp"

#include <functional>
#include <string>
#include <vector>

namespace buttonwood::projections {

// Builds a copy of the projection's tables beside them, up to its checkpoint, in a transaction that sees one state of
// the database and is rolled back, and compares every table: by a hash that no order changes, and both ways where that
// differs. Returns what differs in words, a few rows of each table; empty: equal. Changes nothing, and readers and
// workers go on meanwhile; no rebuild of it can. Fault: unknown name, or the journal cannot be read.
[[nodiscard]] std::expected<std::vector<std::string>, eventstore::DbError> differences_after_rebuild(
    eventstore::Connection& connection, std::string_view projection,
    const std::function<void(engine::EventSeq done, engine::EventSeq total)>& progress = {});

}  // namespace buttonwood::projections
