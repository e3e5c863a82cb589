// The rows of projections.status: the checkpoint moves by compare-and-set, in the transaction that applies the events.
// Thread safety: as the connection's.
#pragma once

#include "projections/projection.hpp"

namespace buttonwood::projections {

// What a worker has to know before it applies anything.
struct Standing {
    engine::EventSeq checkpoint{};
    std::int64_t generation{};  // which tables these are
    std::int64_t control_seq{};
    bool wanted{};              // false: an operator paused or stopped it
    bool current{};             // false: the tables are of another version of the projection
    std::vector<engine::EventSeq> skipped;  // after the checkpoint, ascending
};
// Makes the row if there is none, and says what the worker does: running, or still in error; paused, stopped; or
// rebuilding, while it waits for tables of its version.
[[nodiscard]] std::expected<Standing, eventstore::DbError> open_checkpoint(eventstore::Connection& connection,
                                                                           const Projection& projection);
// Has an operator done anything since, or another worker ended?
[[nodiscard]] std::expected<std::int64_t, eventstore::DbError> control_seq(eventstore::Connection& connection,
                                                                           std::string_view projection);

// Locks the row until the transaction ends: workers wait. Makes the row if there is none.
[[nodiscard]] std::expected<engine::EventSeq, eventstore::DbError> lock_checkpoint(eventstore::Connection& connection,
                                                                                   const Projection& projection);
// Moves the checkpoint, and says that the projection runs without error. False: somebody else moved it, other tables
// serve by now, an operator stopped it, or a handover is under way.
[[nodiscard]] std::expected<bool, eventstore::DbError> move_checkpoint(eventstore::Connection& connection,
                                                                       std::string_view projection,
                                                                       const Standing& from, engine::EventSeq to,
                                                                       double events_per_s);
// What its process says when it ends; what an operator wanted stays.
[[nodiscard]] Result say_stopped(eventstore::Connection& connection, std::string_view projection);
[[nodiscard]] Result record_error(eventstore::Connection& connection, std::string_view projection,
                                  engine::EventSeq error_seq, std::string_view reason);
// The events that this version of the projection passes over, after this one, ascending.
[[nodiscard]] std::expected<std::vector<engine::EventSeq>, eventstore::DbError> skipped_events(
    eventstore::Connection& connection, const Projection& projection, engine::EventSeq after);

}  // namespace buttonwood::projections
