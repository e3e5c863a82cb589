#include "api/event_reads.hpp"

#include "api/event_format.hpp"

#include <chrono>
#include <spdlog/spdlog.h>

namespace buttonwood::api {
namespace {

using namespace std::chrono_literals;
using Found = std::expected<EventPage, Problem>;

constexpr int kNiceness = 10;  // the engine, the journal and the doors come first (nice(2))
constexpr auto kPatience = 500ms;

Problem to_problem(const EventLogError& error) {
    switch (error.kind) {
        case EventLogError::Kind::Unavailable: return problem("read_only", "The log cannot be read.");
        case EventLogError::Kind::NotThere: return problem("as_of_archived", error.message + ".");
        case EventLogError::Kind::BadQuestion: return problem("invalid_parameter", error.message + ".");
        case EventLogError::Kind::Damaged: break;
    }
    spdlog::critical("the log cannot be read: {}", error.message);
    return problem("internal");
}

Found look(eventstore::Connection& connection, const EventQuery& query) {
    const auto enough = std::chrono::steady_clock::now() + kPatience;
    EventLog log(connection);
    EventPage found{{}, query.after};
    do {
        auto page = log.page(found.looked_until, query.upto, query.filter, query.limit - found.lines.size());
        if (!page) return std::unexpected(to_problem(page.error()));
        for (const LogEvent& event : page->events)
            found.lines.push_back({event.event_seq, event.event_type, json_of(event)});
        found.looked_until = page->looked_until;
    } while (found.looked_until < query.upto && found.lines.size() < query.limit &&
             std::chrono::steady_clock::now() < enough);
    return found;
}

ReadsOptions pool_options() {
    return {.threads = 1,
            .queue_capacity = kEventQueueCapacity,
            .timeout_ms = kEventTimeoutMs,
            .name = "buttonwood-events",
            .in_snapshot = false,
            .niceness = kNiceness};
}

}  // namespace

EventReads::EventReads(boost::asio::io_context& io, const std::string& conninfo)
    : pool_(io, conninfo, {}, pool_options()) {}

boost::asio::awaitable<Found> EventReads::page(const EventQuery& query) {
    const Reads::Query<Found> job = [query](eventstore::Connection& connection) {
        return std::expected<Found, eventstore::DbError>(look(connection, query));
    };
    auto done = co_await pool_.run(job);
    if (!done) co_return std::unexpected(done.error());
    co_return std::move(*done);
}

std::shared_ptr<void> EventReads::take_place() {
    if (*streams_ == kMaxEventStreams) return nullptr;
    ++*streams_;
    return {streams_.get(), [streams = streams_](void*) { --*streams; }};
}

}  // namespace buttonwood::api
