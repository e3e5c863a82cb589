// One WebSocket connection: methods in, answers and streams out. Thread safety: I/O thread.
#pragma once

#include "api/server.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

namespace buttonwood::api::ws {

inline constexpr std::size_t kMaxMessageBytes = 64 * 1024;
inline constexpr std::size_t kMaxQueuedBytes = 4 * 1024 * 1024;  // beyond it the consumer is too slow: close 4008
inline constexpr std::size_t kMaxSubscriptions = 50;
inline constexpr std::chrono::seconds kCloseTimeout{5};          // from our close frame to hanging up
inline constexpr std::size_t kMaxCommandsInFlight = 4'096;       // of one connection; beyond it: overloaded

// The stream has read the upgrade request; it is moved from. Returns once the connection is handed over or refused.
[[nodiscard]] boost::asio::awaitable<void> serve_websocket(
    boost::beast::tcp_stream& stream, const boost::beast::http::request<boost::beast::http::string_body>& request,
    Services& services);

}  // namespace buttonwood::api::ws
