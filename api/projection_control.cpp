#include "api/projection_control.hpp"

#include "projections/build.hpp"

#include <spdlog/spdlog.h>

namespace buttonwood::api {
namespace {

using eventstore::Connection;
using eventstore::DbError;
using eventstore::DbErrorKind;
using projections::Act;
using projections::Desired;

// Done, or why it cannot be.
using Done = std::expected<void, Problem>;
using Attempt = std::expected<Done, DbError>;

Attempt conflict(std::string detail) {
    return Done(std::unexpected(problem("projection_conflict", std::move(detail))));
}

Attempt want(Connection& connection, const Act& act, Desired desired, std::string_view word) {
    auto rows = connection.query("SELECT desired FROM projections.status WHERE name = $1", {act.projection});
    if (!rows) return std::unexpected(rows.error());
    if (rows->size() == 0) return conflict("No worker has ever run it.");
    if (rows->text(0, 0) == word)
        return Done(std::unexpected(
            problem("status_unchanged", act.projection + " is to be " + std::string(word) + " already.")));
    if (auto set = projections::set_desired(connection, act.projection, desired); !set)
        return std::unexpected(set.error());
    return Done{};
}

Attempt attempt(Connection& connection, const Act& act) {
    const auto projection = projections::make(act.projection);
    if (act.act == "pause") return want(connection, act, Desired::Paused, "paused");
    if (act.act == "resume") return want(connection, act, Desired::Running, "running");
    if (act.act == "stop") return want(connection, act, Desired::Stopped, "stopped");
    if (act.act == "rebuild") {
        const auto asked = projections::request_build(connection, *projection);
        if (!asked) return std::unexpected(asked.error());
        if (!*asked) return conflict(act.projection + " is being rebuilt already.");
    }
    if (act.act == "cancel_rebuild") {
        const auto gone = projections::cancel_build(connection, *projection);
        if (!gone) return std::unexpected(gone.error());
        if (!*gone) return conflict(act.projection + " is not being rebuilt.");
    }
    if (act.act == "skip") {
        const auto skipped =
            projections::skip_event(connection, *projection, {act.event_seq.value_or(0), act.reason, act.actor});
        if (!skipped && skipped.error().kind == DbErrorKind::Fault && skipped.error().sqlstate.empty())
            return conflict(skipped.error().message + ".");
        if (!skipped) return std::unexpected(skipped.error());
    }
    return Done{};
}

Attempt attempt_and_record(Connection& connection, const Act& act) {
    auto done = attempt(connection, act);
    if (!done || !*done) return done;
    if (auto recorded = projections::record_act(connection, act); !recorded) return std::unexpected(recorded.error());
    spdlog::info("projection {}: {} by {}: {}", act.projection, act.act, act.actor, act.reason);
    return done;
}

ReadsOptions pool_options() {
    return {.threads = 1,
            .queue_capacity = kActQueueCapacity,
            .timeout_ms = kActTimeoutMs,
            .name = "buttonwood-operator",
            .in_snapshot = false,
            .read_only = false};
}

}  // namespace

ProjectionControl::ProjectionControl(boost::asio::io_context& io, const std::string& conninfo)
    : verifications_(conninfo), pool_(io, conninfo, {}, pool_options()) {}

boost::asio::awaitable<std::expected<void, Problem>> ProjectionControl::perform(const Act& act) {
    if (act.act == "verify" && !verifications_.request(act.projection))
        co_return std::unexpected(problem("projection_conflict", act.projection + " is being verified already."));
    const Reads::Query<Done> query = [act](Connection& connection) { return attempt_and_record(connection, act); };
    auto done = co_await pool_.run(query);
    if (!done) co_return std::unexpected(done.error());
    co_return std::move(*done);
}

}  // namespace buttonwood::api
