// A request that passed the header policy, and the reply to it.
#pragma once

#include "api/identity.hpp"
#include "api/json_reader.hpp"
#include "api/problem.hpp"

#include <ostream>  // before Boost 1.81, whose string_view forgets it

#include <boost/beast/http/verb.hpp>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace buttonwood::api::http {

using Verb = boost::beast::http::verb;

struct Request {
    Verb verb{};
    std::string target;                 // as sent
    std::size_t path_size = 0;          // of the target, without the query
    std::vector<std::string> segments;  // of the path, percent-decoded
    std::vector<std::pair<std::string, std::string>> query;  // percent-decoded
    std::string body;
    std::string authorization;
    std::string accept;
    std::string last_event_id;
    engine::RequestId request_id;
    bool keep_alive = true;

    // Filled by the router.
    std::vector<std::string> params;  // the segments matched by {..}, in order
    Identity who;

    [[nodiscard]] std::string_view path() const { return std::string_view(target).substr(0, path_size); }
    [[nodiscard]] const std::string* parameter(std::string_view name) const {
        for (const auto& [key, value] : query)
            if (key == name) return &value;
        return nullptr;
    }
};

class BodyStream;

struct Reply {
    Reply() = default;  // no aggregate: GCC 12 copies those bitwise into coroutines

    int status = 200;
    std::string body;
    std::string_view content_type = "application/json";
    std::vector<std::pair<std::string_view, std::string>> headers;
    std::optional<engine::EventSeq> event_seq;  // none: the answer shows no state
    std::shared_ptr<BodyStream> body_stream;    // instead of `body`
    bool close = false;
};

[[nodiscard]] inline Reply json_reply(int status, std::string body, engine::EventSeq event_seq) {
    Reply reply;
    reply.status = status;
    reply.body = std::move(body);
    reply.event_seq = event_seq;
    return reply;
}

[[nodiscard]] Reply problem_reply(const Problem& problem, const Request& request, engine::EventSeq event_seq);

// The body as a JSON object, or the problem. An absent body is a missing one.
[[nodiscard]] std::expected<JsonValue, Problem> body_json(const Request& request);

}  // namespace buttonwood::api::http
