#include "projections/control.hpp"

#include "projections/checkpoint.hpp"
#include "projections/fault.hpp"
#include "projections/journal_reader.hpp"

namespace buttonwood::projections {

using engine::EventSeq;
using eventstore::Connection;

namespace {

std::string_view word_of(Desired desired) {
    switch (desired) {
        case Desired::Running: return "running";
        case Desired::Paused: return "paused";
        case Desired::Stopped: return "stopped";
    }
    return "";
}

}  // namespace

Result set_desired(Connection& connection, std::string_view projection, Desired desired) {
    auto set = connection.query(
        "UPDATE projections.status SET desired = $2, control_seq = control_seq + 1 WHERE name = $1",
        {projection, word_of(desired)});
    if (!set) return std::unexpected(set.error());
    if (set->affected() == 0) return fault("no worker has ever run the projection " + std::string(projection));
    return {};
}

Result skip_event(Connection& connection, const Projection& projection, const Skip& skip) {
    const std::string name(projection.name()), event = std::to_string(skip.event_seq);
    if (skip.reason.find_first_not_of(" \t\r\n") == std::string::npos)
        return fault("say why event " + event + " may be passed over: a reason");
    auto transaction = eventstore::Transaction::begin(connection);
    if (!transaction) return std::unexpected(transaction.error());
    const auto checkpoint = lock_checkpoint(connection, projection);
    if (!checkpoint) return std::unexpected(checkpoint.error());
    auto rows =
        connection.query("SELECT status, error_seq, last_error FROM projections.status WHERE name = $1", {name});
    if (!rows) return std::unexpected(rows.error());
    if (rows->text(0, 0) != "error" || rows->is_null(0, 1))
        return fault(name + " is " + std::string(rows->text(0, 0)) + ", there is no event to pass over");
    if (static_cast<EventSeq>(rows->integer(0, 1)) != skip.event_seq)
        return fault(name + " stands at event " + std::string(rows->text(0, 1)) + ", not at " + event +
                     "; look at its error first, then name that one");
    const auto range = read_journal(connection, *checkpoint, 1);
    if (!range) return std::unexpected(range.error());
    if (range->batches.empty())
        return fault("the block of event " + event + " cannot be read, no event of it can be passed over; "
                     "`buttonwood verify` says what is wrong with it");
    auto told = connection.query(
        "INSERT INTO projections.skips (name, event_seq, version, reason, actor, last_error) "
        "VALUES ($1, $2::bigint, $3::integer, $4, $5, $6) ON CONFLICT DO NOTHING",
        {name, skip.event_seq, projection.version(), skip.reason, skip.actor, rows->text(0, 2)});
    if (!told) return std::unexpected(told.error());
    auto moved =
        connection.query("UPDATE projections.status SET control_seq = control_seq + 1 WHERE name = $1", {name});
    if (!moved) return std::unexpected(moved.error());
    return transaction->commit();
}

Result record_act(Connection& connection, const Act& act) {
    auto written = connection.query(
        "INSERT INTO projections.acts (name, act, event_seq, reason, actor) VALUES ($1, $2, $3::bigint, $4, $5)",
        {act.projection, act.act, act.event_seq ? eventstore::Param(*act.event_seq) : eventstore::Param(std::nullopt),
         act.reason, act.actor});
    if (!written) return std::unexpected(written.error());
    return {};
}

std::expected<std::vector<Act>, eventstore::DbError> newest_acts(Connection& connection, std::string_view projection,
                                                                 std::size_t limit) {
    auto rows = connection.query(
        "SELECT act, event_seq, reason, actor, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') "
        "FROM projections.acts WHERE name = $1 ORDER BY act_id DESC LIMIT $2::bigint",
        {projection, limit});
    if (!rows) return std::unexpected(rows.error());
    std::vector<Act> acts;
    for (int row = 0; row < rows->size(); ++row) {
        const auto text = [&](int column) { return std::string(rows->text(row, column)); };
        Act act{std::string(projection), text(0), std::nullopt, text(2), text(3), text(4)};
        if (!rows->is_null(row, 1)) act.event_seq = static_cast<EventSeq>(rows->integer(row, 1));
        acts.push_back(std::move(act));
    }
    return acts;
}

}  // namespace buttonwood::projections
