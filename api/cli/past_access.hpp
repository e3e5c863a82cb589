// What the commands about the past share: where in the log, on a connection that cannot write, with errors in words.
#pragma once

#include "api/cli/cli.hpp"
#include "api/cli/database_access.hpp"
#include "eventstore/past_state.hpp"

#include <expected>
#include <string>

namespace buttonwood::api::cli {

// A line for people and the exit code that goes with it.
struct Failure {
    int code{};
    std::string message;
};

struct PastAccess {
    DatabaseAccess database;
    eventstore::Connection connection;
};
// The server may run, or not: then the private cluster of the data directory runs while this lives.
[[nodiscard]] std::expected<PastAccess, Failure> open_past(const DatabaseOptions& options);

// "5512340", "2026-11-20T17:25:49Z" or "end": the event to stop after.
[[nodiscard]] std::expected<engine::EventSeq, Failure> event_named(eventstore::Connection& connection,
                                                                   const std::string& when);

[[nodiscard]] Failure failure_of(const eventstore::PastError& error);

}  // namespace buttonwood::api::cli
