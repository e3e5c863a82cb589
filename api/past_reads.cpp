#include "api/past_reads.hpp"

#include "api/clock.hpp"
#include "api/past_answers.hpp"

#include <spdlog/spdlog.h>

namespace buttonwood::api {
namespace {

using eventstore::PastError;

constexpr int kNiceness = 10;  // of its thread: the engine, the journal and the doors come first (nice(2))

std::string_view pointer_of(const AsOf& as_of) { return as_of.seq ? "/as_of_seq" : "/as_of"; }

Problem to_problem(const PastError& error, const AsOf& as_of, std::uint64_t max_events) {
    const std::string limit = std::to_string(error.limit);
    switch (error.kind) {
        case PastError::Kind::Future:
            return field_problem("as_of_in_future", pointer_of(as_of),
                                 "The log has not come that far; its last event is " + limit + ".", limit);
        case PastError::Kind::Archived:
            return field_problem("as_of_archived", pointer_of(as_of),
                                 "That part of the log is archived; event " + limit + " is the first that is not.",
                                 limit);
        case PastError::Kind::TooFar:
            return field_problem("as_of_too_far", pointer_of(as_of),
                                 "It lies " + limit + " events after the nearest snapshot; the command line's `at` has "
                                 "no such limit.", std::to_string(max_events), limit);
        case PastError::Kind::Unavailable: return problem("read_only", "The event store cannot be read.");
        case PastError::Kind::Busy: return problem("overloaded", "Too many look at the past already.");
        case PastError::Kind::Stopped: return problem("draining");
        case PastError::Kind::Corrupt: break;
    }
    spdlog::critical("time travel: {}", error.what);
    return problem("internal");
}

eventstore::HistoryOptions history_options(std::uint64_t max_events) {
    return {.make_parts = make_snapshot_parts,
            .max_events = max_events,
            .alarm = [](const std::string& why) { spdlog::error("time travel: {}", why); }};
}

ReadsOptions pool_options() {
    return {.threads = 1,
            .queue_capacity = kPastQueueCapacity,
            .timeout_ms = kPastTimeoutMs,
            .name = "buttonwood-past",
            .in_snapshot = false,
            .niceness = kNiceness};
}

}  // namespace

PastReads::PastReads(boost::asio::io_context& io, const std::string& conninfo, std::uint64_t max_events)
    : max_events_(max_events), history_(history_options(max_events)), pool_(io, conninfo, {}, pool_options()) {}

boost::asio::awaitable<PastReads::Answer> PastReads::answer(const AsOf& as_of, const Query& query) {
    const Reads::Query<Answer> job = [this, as_of, query](eventstore::Connection& connection) {
        return std::expected<Answer, eventstore::DbError>(look_up(connection, as_of, query));
    };
    auto done = co_await pool_.run(job);
    if (!done) co_return std::unexpected(done.error());
    co_return std::move(*done);
}

PastReads::Answer PastReads::look_up(eventstore::Connection& connection, const AsOf& as_of, const Query& query) {
    const auto refused = [&](const PastError& error) {
        return std::unexpected(to_problem(error, as_of, max_events_));
    };
    engine::EventSeq seq = as_of.seq.value_or(0);
    if (as_of.time) {
        if (*as_of.time > wall_clock()) {
            const auto end = eventstore::last_event(connection);
            return end ? refused(eventstore::beyond(*end)) : refused(end.error());
        }
        const auto found = eventstore::event_at(connection, *as_of.time);
        if (!found) return refused(found.error());
        seq = *found;
    }
    Answer answer;
    const auto shown = history_.show(connection, seq, [&](const eventstore::PastState& state) {
        answer = query(state, connection);
        if (answer && answer->found) answer->json = marked(std::move(answer->json), state.event_seq(), state.time());
        if (answer) answer->event_seq = state.event_seq();
    });
    if (!shown) return refused(shown.error());
    return answer;
}

}  // namespace buttonwood::api
