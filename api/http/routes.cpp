// What several groups of routes share.
#include "api/http/routes.hpp"
#include "api/orders.hpp"
#include "api/rfc3339.hpp"

#include <algorithm>
#include <charconv>

namespace buttonwood::api::http {

std::expected<std::uint64_t, Problem> number_parameter(const Request& request, std::string_view name,
                                                       std::uint64_t otherwise, std::uint64_t min, std::uint64_t max) {
    const std::string* text = request.parameter(name);
    if (!text) return otherwise;
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (error != std::errc{} || end != text->data() + text->size() || number < min || number > max) {
        const std::string range = std::to_string(min) + ".." + std::to_string(max);
        Problem p = problem("invalid_parameter",
                            "The parameter " + std::string(name) + " must be a whole number in " + range + ".");
        p.errors.push_back({"", "invalid_parameter", range, std::nullopt});
        return std::unexpected(std::move(p));
    }
    return number;
}

std::expected<std::optional<std::uint64_t>, Problem> cursor_parameter(const Request& request) {
    if (!request.parameter("cursor")) return std::optional<std::uint64_t>{};
    const auto cursor = number_parameter(request, "cursor", 0, 1, INT64_MAX);
    if (!cursor)
        return std::unexpected(problem("invalid_parameter", "The cursor must be a next_cursor of an earlier page."));
    return std::optional(*cursor);
}

std::string text_or_empty(const Request& request, std::string_view name) {
    const std::string* text = request.parameter(name);
    return text ? *text : std::string{};
}

std::expected<std::optional<engine::Timestamp>, Problem> time_parameter(const Request& request,
                                                                        std::string_view name) {
    const std::string* text = request.parameter(name);
    if (!text) return std::optional<engine::Timestamp>{};
    if (const auto time = parse_rfc3339(*text)) return time;
    return std::unexpected(problem("invalid_parameter", "The parameter " + std::string(name) +
                                                            " must be a time such as 2026-11-20T17:25:49Z."));
}

std::string next_page_link(const Request& request, std::string_view cursor) {
    std::string target = std::string(request.path()) + "?cursor=" + std::string(cursor);
    const std::size_t mark = request.target.find('?');
    std::string_view rest = mark == std::string::npos ? std::string_view{}
                                                      : std::string_view(request.target).substr(mark + 1);
    while (!rest.empty()) {  // as sent: what was escaped stays so
        const std::size_t end = std::min(rest.find('&'), rest.size());
        const std::string_view pair = rest.substr(0, end);
        if (!pair.empty() && !pair.starts_with("cursor=")) (target += '&') += pair;
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return '<' + target + ">; rel=\"next\"";
}

Reply page_reply(const Request& request, const ReadAnswer& answer) {
    Reply reply = json_reply(200, answer.json, answer.event_seq);
    if (!answer.next_cursor.empty()) reply.headers.emplace_back("Link", next_page_link(request, answer.next_cursor));
    return reply;
}

std::expected<engine::Note, Problem> reason_parameter(const Request& request) {
    const std::string* reason = request.parameter("reason");
    if (reason && !reason->empty() && reason->size() <= engine::Note::kCapacity)
        return engine::Note(std::string_view(*reason));
    return std::unexpected(problem("invalid_parameter", "The parameter reason must say why, in 1 to 200 bytes."));
}

std::expected<const LiveSecurity*, Problem> security_in_path(const Services& services, const Request& request) {
    if (const LiveSecurity* security = services.view.security(request.params[0])) return security;
    return std::unexpected(refusal(engine::RejectReason::SecurityNotFound));
}

namespace {

struct Wait {
    engine::EventSeq event_seq{};
    int wait_ms{};
};
std::expected<Wait, Problem> wait_of(const Request& request) {
    const auto wanted = number_parameter(request, "min_event_seq", 0, 0, INT64_MAX);
    if (!wanted) return std::unexpected(wanted.error());
    const auto wait = number_parameter(request, "wait_ms", kDefaultWaitMs, 0, kMaxWaitMs);
    if (!wait) return std::unexpected(wait.error());
    return Wait{*wanted, static_cast<int>(*wait)};
}

}  // namespace

boost::asio::awaitable<std::expected<void, Problem>> wait_for_reads(Services& services, const Request& request,
                                                                    const std::vector<std::string_view>& projections) {
    const auto wait = wait_of(request);
    if (!wait) co_return std::unexpected(wait.error());
    if (wait->event_seq == 0) co_return std::expected<void, Problem>{};
    co_return co_await services.reads.reach(projections, wait->event_seq, wait->wait_ms);
}

Handler live_read(Services& services, ImmediateHandler handler) {
    return [&services, handler = std::move(handler)](Request& request) -> boost::asio::awaitable<Result> {
        const auto wait = wait_of(request);
        if (!wait) co_return std::unexpected(wait.error());
        const std::function<bool()> reached = [&] { return services.view.event_seq() >= wait->event_seq; };
        const auto done = co_await services.reads.reach(reached, wait->event_seq, wait->wait_ms);
        if (!done) co_return std::unexpected(done.error());
        co_return handler(request);
    };
}

std::optional<Problem> failed(const Outcome& outcome, const LiveView& view) {
    if (auto p = undelivered(outcome)) return p;
    if (outcome.refused() != engine::RejectReason::None) return refused(outcome, view);
    return std::nullopt;
}

std::vector<engine::AccountId> accounts_of(const Services& services, const Request& request) {
    const LiveUser* user = services.view.user(request.who.user);
    return user ? user->accounts : std::vector<engine::AccountId>{};
}

}  // namespace buttonwood::api::http
