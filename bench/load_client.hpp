// Closed-loop load over the public API: every answer makes room for the next order, nothing is sent beyond the window.
//
// One thread, plain sockets, requests formed by hand and answers looked at just enough to tell their outcome: on a
// machine that the client shares with the server, a heavier client would measure itself.
#pragma once

#include "bench/load_report.hpp"
#include "bench/order_stream.hpp"
#include "tests/support/http_client.hpp"

namespace buttonwood::bench {

// Where orders go and as whom. Bids and listings use two accounts of one user, so that they trade with each other.
struct LoadTarget {
    test::Endpoint endpoint;
    std::string token;
    std::string symbol;
    std::string buyer;  // account ids
    std::string seller;
    std::string id_prefix;  // of the client_order_ids; another one for every run
};

// As operator: a security, a user with two accounts, and as much cash and as many shares as an account may hold.
[[nodiscard]] std::expected<LoadTarget, std::string> open_market(const std::string& url,
                                                                 const std::string& operator_key,
                                                                 const std::string& symbol);

struct LoadShape {
    std::size_t connections = 1;
    std::size_t in_flight = 1;  // on each connection; HTTP sends one at a time
    std::chrono::milliseconds duration{5000};
    std::uint64_t seed = 1;
};

// POST /v1/orders on keep-alive connections.
[[nodiscard]] LoadReport load_http(const LoadTarget& target, const LoadShape& shape);
// add_order on authenticated WebSocket connections.
[[nodiscard]] LoadReport load_websocket(const LoadTarget& target, const LoadShape& shape);

}  // namespace buttonwood::bench
