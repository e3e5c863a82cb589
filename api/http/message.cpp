#include "api/http/message.hpp"

namespace buttonwood::api::http {

Reply problem_reply(const Problem& problem, const Request& request, engine::EventSeq event_seq) {
    Reply reply;
    reply.status = problem.status;
    reply.body = to_json(problem, {request.path(), request.request_id.view(), event_seq});
    reply.content_type = "application/problem+json";
    reply.event_seq = event_seq;
    reply.close = problem.close;
    if (problem.retry_after_ms)
        reply.headers.emplace_back("Retry-After", std::to_string((*problem.retry_after_ms + 999) / 1000));
    if (problem.status == 401) reply.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"buttonwood\"");
    if (!problem.allow.empty()) reply.headers.emplace_back("Allow", problem.allow);
    return reply;
}

std::expected<JsonValue, Problem> body_json(const Request& request) {
    auto value = parse_json(request.body);
    if (!value)
        return std::unexpected(problem(value.error().code, "The body is refused: " + value.error().detail + "."));
    if (value->kind != JsonValue::Kind::Object)
        return std::unexpected(problem("invalid_json", "The body must be a JSON object."));
    return std::move(*value);
}

}  // namespace buttonwood::api::http
