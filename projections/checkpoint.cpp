#include "projections/checkpoint.hpp"

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

Result ensure_row(Connection& connection, std::string_view projection) {
    return run(connection,
               "INSERT INTO projections.status (name, version) VALUES ($1, $2::integer) ON CONFLICT DO NOTHING",
               {projection, kProjectionVersion});
}

std::expected<EventSeq, DbError> select_checkpoint(Connection& connection, const std::string& sql,
                                                   std::string_view projection) {
    if (auto made = ensure_row(connection, projection); !made) return std::unexpected(made.error());
    auto rows = connection.prepared(sql, {projection});
    if (!rows) return std::unexpected(rows.error());
    return static_cast<EventSeq>(rows->integer(0, 0));
}

}  // namespace

std::expected<EventSeq, DbError> open_checkpoint(Connection& connection, std::string_view projection) {
    return select_checkpoint(
        connection,
        "UPDATE projections.status SET status = CASE status WHEN 'error' THEN 'error' ELSE 'running' END "
        "WHERE name = $1 RETURNING checkpoint",
        projection);
}

std::expected<EventSeq, DbError> lock_checkpoint(Connection& connection, std::string_view projection) {
    return select_checkpoint(connection, "SELECT checkpoint FROM projections.status WHERE name = $1 FOR UPDATE",
                             projection);
}

std::expected<bool, DbError> move_checkpoint(Connection& connection, std::string_view projection, EventSeq from,
                                             EventSeq to, EventSeq applied) {
    auto moved = connection.prepared(
        "UPDATE projections.status SET checkpoint = $3::bigint, status = 'running', "
        "events_applied = events_applied + $4::bigint, error_seq = NULL, updated_at = now() "
        "WHERE name = $1 AND checkpoint = $2::bigint",
        {projection, from, to, applied});
    if (!moved) return std::unexpected(moved.error());
    return moved->affected() == 1;
}

Result set_status(Connection& connection, std::string_view projection, std::string_view status) {
    return run(connection, "UPDATE projections.status SET status = $2, updated_at = now() WHERE name = $1",
               {projection, status});
}

Result record_error(Connection& connection, std::string_view projection, EventSeq error_seq, std::string_view reason) {
    return run(connection,
               "UPDATE projections.status SET status = 'error', error_count = error_count + 1, "
               "last_error = $2, error_seq = $3::bigint, updated_at = now() WHERE name = $1",
               {projection, reason, error_seq});
}

std::expected<std::vector<ProjectionStatus>, DbError> read_status(Connection& connection) {
    auto rows = connection.query(R"(
SELECT s.name, s.status, s.checkpoint, h.last_seq, s.error_count, s.last_error,
       to_char(s.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
  FROM projections.status s CROSS JOIN eventstore.head h)");
    if (!rows) return std::unexpected(rows.error());
    std::vector<ProjectionStatus> all;
    for (const auto& projection : make_all())
        for (int row = 0; row < rows->size(); ++row)
            if (rows->text(row, 0) == projection->name())
                all.push_back({std::string(rows->text(row, 0)), std::string(rows->text(row, 1)),
                               static_cast<EventSeq>(rows->integer(row, 2)),
                               static_cast<EventSeq>(rows->integer(row, 3)), rows->integer(row, 4),
                               std::string(rows->text(row, 5)), std::string(rows->text(row, 6))});
    return all;
}

}  // namespace buttonwood::projections
