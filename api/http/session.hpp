// One HTTP connection: read a header, judge it, read the body, route, answer; until the client or the policy ends it.
// Thread safety: I/O thread.
#pragma once

#include "api/http/router.hpp"
#include "api/server.hpp"

namespace buttonwood::api::http {

inline constexpr std::chrono::seconds kIdleTimeout{60};
inline constexpr std::chrono::seconds kHeaderTimeout{5};
inline constexpr std::chrono::seconds kBodyTimeout{10};

// Ends when the connection does. A request for /v1/ws with Upgrade hands the socket to the WebSocket session.
[[nodiscard]] boost::asio::awaitable<void> serve_connection(boost::asio::ip::tcp::socket socket, Services& services,
                                                            const Router& router);

}  // namespace buttonwood::api::http
