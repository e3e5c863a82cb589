// The rows of projections.status: the checkpoint moves by compare-and-set, in the transaction that applies the events.
// Thread safety: as the connection's.
#pragma once

#include "projections/projection.hpp"
#include "projections/worker.hpp"

namespace buttonwood::projections {

// The version of the tables that this binary's projections build.
inline constexpr int kProjectionVersion = 2;

// The checkpoint; makes the row if there is none, and says that a worker runs unless the row is in error.
[[nodiscard]] std::expected<engine::EventSeq, eventstore::DbError> open_checkpoint(eventstore::Connection& connection,
                                                                                   std::string_view projection);
// Locks the row until the transaction ends: workers wait. Makes the row if there is none.
[[nodiscard]] std::expected<engine::EventSeq, eventstore::DbError> lock_checkpoint(eventstore::Connection& connection,
                                                                                   std::string_view projection);
// Moves from -> to, and says that the projection runs without error. False: somebody else moved it.
[[nodiscard]] std::expected<bool, eventstore::DbError> move_checkpoint(eventstore::Connection& connection,
                                                                       std::string_view projection,
                                                                       engine::EventSeq from, engine::EventSeq to,
                                                                       engine::EventSeq applied);
// status: running, rebuilding, stopped.
[[nodiscard]] Result set_status(eventstore::Connection& connection, std::string_view projection,
                                std::string_view status);
[[nodiscard]] Result record_error(eventstore::Connection& connection, std::string_view projection,
                                  engine::EventSeq error_seq, std::string_view reason);

}  // namespace buttonwood::projections
