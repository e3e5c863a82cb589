// What a request's header must look like before anything else reads it (rule R10). Beast accepts framing that invites
// request smuggling; this does not. Sources: RFC 9110, RFC 9112, spec/reliability.md 5.1.
// Thread safety: pure functions.
#pragma once

#include "api/http/message.hpp"

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <expected>
#include <optional>

namespace buttonwood::api::http {

inline constexpr std::size_t kMaxTargetBytes = 2 * 1024;
inline constexpr std::size_t kMaxHeaderBytes = 8 * 1024;
inline constexpr std::size_t kMaxHeaderFields = 64;
inline constexpr std::size_t kMaxBodyBytes = 16 * 1024;

using RequestHeader = boost::beast::http::request_header<boost::beast::http::fields>;

// Checks the header and takes over what the handlers need; the body is still to be read.
[[nodiscard]] std::expected<Request, Problem> examine(const RequestHeader& header);

// The client's X-Request-Id when it is plain, a random one otherwise.
[[nodiscard]] engine::RequestId request_id_of(const RequestHeader& header);

// Percent-decoding of a path segment or a query part; nullopt for an invalid or unsafe escape.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

}  // namespace buttonwood::api::http
