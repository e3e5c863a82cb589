#include "projections/checkpoint.hpp"

#include "projections/advisory_lock.hpp"

namespace buttonwood::projections {

using engine::EventSeq;
using eventstore::Connection;
using eventstore::DbError;

namespace {

Result run(Connection& connection, const std::string& sql, std::initializer_list<eventstore::Param> params) {
    auto done = connection.prepared(sql, params);
    if (!done) return std::unexpected(done.error());
    return {};
}

Result ensure_row(Connection& connection, const Projection& projection) {
    return run(connection,
               "INSERT INTO projections.status (name, version) VALUES ($1, $2::integer) ON CONFLICT DO NOTHING",
               {projection.name(), projection.version()});
}

}  // namespace

std::expected<Standing, DbError> open_checkpoint(Connection& connection, const Projection& projection) {
    if (auto made = ensure_row(connection, projection); !made) return std::unexpected(made.error());
    // Tables without a row are of any version.
    auto rows = connection.prepared(R"(
UPDATE projections.status
   SET version = CASE WHEN checkpoint = 0 THEN $2::integer ELSE version END,
       status = CASE WHEN desired <> 'running' THEN desired
                     WHEN version <> $2::integer AND checkpoint > 0 THEN 'rebuilding'
                     WHEN status = 'error' THEN 'error'
                     ELSE 'running' END
 WHERE name = $1
RETURNING checkpoint, generation, control_seq, (desired = 'running')::integer, (version = $2::integer)::integer)",
                                    {projection.name(), projection.version()});
    if (!rows) return std::unexpected(rows.error());
    Standing standing;
    standing.checkpoint = static_cast<EventSeq>(rows->integer(0, 0));
    standing.generation = rows->integer(0, 1);
    standing.control_seq = rows->integer(0, 2);
    standing.wanted = rows->integer(0, 3) != 0;
    standing.current = rows->integer(0, 4) != 0;
    auto skipped = skipped_events(connection, projection, standing.checkpoint);
    if (!skipped) return std::unexpected(skipped.error());
    standing.skipped = std::move(*skipped);
    return standing;
}

std::expected<std::int64_t, DbError> control_seq(Connection& connection, std::string_view projection) {
    auto rows = connection.prepared("SELECT control_seq FROM projections.status WHERE name = $1", {projection});
    if (!rows) return std::unexpected(rows.error());
    return rows->size() == 1 ? rows->integer(0, 0) : 0;
}

std::expected<EventSeq, DbError> lock_checkpoint(Connection& connection, const Projection& projection) {
    if (auto made = ensure_row(connection, projection); !made) return std::unexpected(made.error());
    auto rows = connection.prepared("SELECT checkpoint FROM projections.status WHERE name = $1 FOR UPDATE",
                                    {projection.name()});
    if (!rows) return std::unexpected(rows.error());
    return static_cast<EventSeq>(rows->integer(0, 0));
}

std::expected<bool, DbError> move_checkpoint(Connection& connection, std::string_view projection, const Standing& from,
                                             EventSeq to, double events_per_s) {
    auto moved = connection.prepared(
        "UPDATE projections.status SET checkpoint = $3::bigint, status = 'running', attempts = 0, "
        "events_applied = events_applied + $3::bigint - checkpoint, events_per_s = $5::double precision, "
        "error_seq = NULL, updated_at = now() "
        "WHERE name = $1 AND checkpoint = $2::bigint AND generation = $4::bigint AND desired = 'running' "
        "AND pg_try_advisory_xact_lock_shared($6::bigint)",
        {projection, from.checkpoint, to, from.generation, std::to_string(events_per_s), serving_key(projection)});
    if (!moved) return std::unexpected(moved.error());
    return moved->affected() == 1;
}

Result say_stopped(Connection& connection, std::string_view projection) {
    return run(connection,
               "UPDATE projections.status SET status = 'stopped', events_per_s = 0, updated_at = now(), "
               "control_seq = control_seq + 1 "  // another worker of it says that it runs
               "WHERE name = $1 AND desired = 'running'",
               {projection});
}

Result record_error(Connection& connection, std::string_view projection, EventSeq error_seq, std::string_view reason) {
    return run(connection,
               "UPDATE projections.status SET status = 'error', error_count = error_count + 1, "
               "attempts = CASE WHEN error_seq = $3::bigint THEN attempts + 1 ELSE 1 END, "
               "last_error = $2, error_seq = $3::bigint, updated_at = now() WHERE name = $1",
               {projection, reason, error_seq});
}

std::expected<std::vector<EventSeq>, DbError> skipped_events(Connection& connection, const Projection& projection,
                                                             EventSeq after) {
    auto rows = connection.prepared(
        "SELECT event_seq FROM projections.skips "
        "WHERE name = $1 AND version = $2::integer AND event_seq > $3::bigint ORDER BY event_seq",
        {projection.name(), projection.version(), after});
    if (!rows) return std::unexpected(rows.error());
    std::vector<EventSeq> skipped;
    for (int row = 0; row < rows->size(); ++row) skipped.push_back(static_cast<EventSeq>(rows->integer(row, 0)));
    return skipped;
}

}  // namespace buttonwood::projections
