#include "projections/checkpoint.hpp"
#include "projections/fault.hpp"
#include "projections/replay.hpp"
#include "projections/worker.hpp"

namespace buttonwood::projections {

using engine::EventSeq;
using eventstore::Connection;
using eventstore::DbError;

namespace {

std::expected<EventSeq, DbError> end_of_journal(Connection& connection) {
    auto rows = connection.query("SELECT last_seq FROM eventstore.head");
    if (!rows) return std::unexpected(rows.error());
    return rows->size() == 1 ? static_cast<EventSeq>(rows->integer(0, 0)) : EventSeq{0};
}

std::expected<std::string, DbError> status_of(Connection& connection, std::string_view projection) {
    auto rows = connection.query("SELECT status FROM projections.status WHERE name = $1", {projection});
    if (!rows) return std::unexpected(rows.error());
    return std::string(rows->size() == 1 ? rows->text(0, 0) : "stopped");
}

std::expected<EventSeq, DbError> rebuild_in_transaction(
    Connection& connection, Projection& projection, std::string_view status_after,
    const std::function<void(EventSeq done, EventSeq total)>& progress) {
    auto transaction = eventstore::Transaction::begin(connection);
    if (!transaction) return std::unexpected(transaction.error());
    const auto before = lock_checkpoint(connection, projection.name());
    if (!before) return std::unexpected(before.error());
    const auto end = end_of_journal(connection);
    if (!end) return end;
    if (auto emptied = delete_rows(projection, connection); !emptied) return std::unexpected(emptied.error());
    if (auto filled = replay(projection, connection, *end, progress); !filled) return std::unexpected(filled.error());
    if (auto moved = move_checkpoint(connection, projection.name(), *before, *end, *end); !moved)
        return std::unexpected(moved.error());
    auto current = connection.query("UPDATE projections.status SET version = $2::integer, status = $3 WHERE name = $1",
                                    {projection.name(), kProjectionVersion, status_after});
    if (!current) return std::unexpected(current.error());
    if (auto done = transaction->commit(); !done) return std::unexpected(done.error());
    return end;
}

}  // namespace

std::expected<EventSeq, DbError> rebuild(Connection& connection, std::string_view projection,
                                         const std::function<void(EventSeq done, EventSeq total)>& progress) {
    const auto fresh = make(projection);
    if (!fresh) return fault("no projection is called " + std::string(projection));
    const auto before = status_of(connection, projection);
    if (!before) return std::unexpected(before.error());
    if (auto said = set_status(connection, projection, "rebuilding"); !said) return std::unexpected(said.error());

    const std::string_view after = *before == "stopped" ? "stopped" : "running";
    auto end = rebuild_in_transaction(connection, *fresh, after, progress);
    // The error that stopped the rebuild is the one to tell; if this fails too, the next batch of the worker says it.
    if (!end) static_cast<void>(set_status(connection, projection, *before));
    return end;
}

}  // namespace buttonwood::projections
