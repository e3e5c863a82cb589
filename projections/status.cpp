#include "projections/worker.hpp"

namespace buttonwood::projections {

using engine::EventSeq;
using eventstore::Connection;
using eventstore::DbError;
using eventstore::Rows;

namespace {

// The rate of a worker that has had nothing to do for a while says nothing.
constexpr const char* kStatus = R"(
SELECT s.name, CASE WHEN b.name IS NOT NULL AND s.status = 'running' THEN 'rebuilding' ELSE s.status END, s.desired,
       s.version, s.checkpoint, h.last_seq,
       coalesce((SELECT (extract(epoch FROM clock_timestamp() - j.committed_at) * 1000)::bigint
                   FROM eventstore.journal j WHERE j.first_seq > s.checkpoint ORDER BY j.first_seq LIMIT 1), 0),
       CASE WHEN s.updated_at > clock_timestamp() - interval '10 seconds' THEN round(s.events_per_s)::bigint ELSE 0 END,
       s.error_count, s.attempts, s.error_seq, s.last_error,
       to_char(s.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
       b.checkpoint, round(b.events_per_s)::bigint, b.last_error,
       to_char(b.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
  FROM projections.status s CROSS JOIN eventstore.head h LEFT JOIN projections.builds b USING (name))";

ProjectionStatus status_at(const Rows& rows, int row) {
    const auto text = [&](int column) { return std::string(rows.text(row, column)); };
    const auto seq = [&](int column) { return static_cast<EventSeq>(rows.integer(row, column)); };
    ProjectionStatus status;
    status.name = text(0);
    status.status = text(1);
    status.desired = text(2);
    status.version = static_cast<int>(rows.integer(row, 3));
    status.checkpoint = seq(4);
    status.log_seq = seq(5);
    status.lag_ms = rows.integer(row, 6);
    status.events_per_s = rows.integer(row, 7);
    status.error_count = rows.integer(row, 8);
    status.attempts = rows.integer(row, 9);
    if (!rows.is_null(row, 10)) status.error_seq = seq(10);
    status.last_error = text(11);
    status.updated_at = text(12);
    if (!rows.is_null(row, 13)) status.build = BuildStatus{seq(13), rows.integer(row, 14), text(15), text(16)};
    return status;
}

}  // namespace

std::expected<std::vector<ProjectionStatus>, DbError> read_status(Connection& connection) {
    auto rows = connection.query(kStatus);
    if (!rows) return std::unexpected(rows.error());
    std::vector<ProjectionStatus> all;
    for (const auto& projection : make_all())
        for (int row = 0; row < rows->size(); ++row)
            if (rows->text(row, 0) == projection->name()) all.push_back(status_at(*rows, row));
    return all;
}

}  // namespace buttonwood::projections
