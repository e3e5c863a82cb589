// Drives recorded order flow through the public API of a running server and checks everything that comes back.
//
// As operator: a security, a user with two accounts (bids through the first, listings through the second, so no order
// meets one of its own account), cash and holdings enough for the whole file. Then every command in file order over one
// WebSocket connection, up to `in_flight` unanswered: the server decides the commands of a connection in their order.
#pragma once

#include "bench/flow_check.hpp"
#include "bench/flow_file.hpp"

#include <functional>

namespace buttonwood::bench {

// Commands unanswered at any time; the server's own limits are above it.
inline constexpr std::size_t kDefaultInFlight = 256;

struct FlowRunOptions {
    std::string url;           // "http://127.0.0.1:8080"
    std::string operator_key;  // bearer token
    std::size_t in_flight = kDefaultInFlight;
    std::chrono::seconds patience{60};  // without any message, until the run is given up
    // Answers so far of all, and mismatches so far; called every few hundred answers. May be empty.
    std::function<void(std::size_t answered, std::size_t total, std::size_t mismatches)> progress;
};

// The result says whether the server agrees. The error is one line: the run could not be carried out.
[[nodiscard]] std::expected<FlowResult, std::string> run_flow(const FlowSet& set, const FlowRunOptions& options);

}  // namespace buttonwood::bench
