// The log for operators: pages, and a stream that goes on for ever.
#include "api/http/event_stream.hpp"
#include "api/http/routes.hpp"
#include "api/ids.hpp"
#include "api/json_writer.hpp"
#include "api/read_models.hpp"
#include "eventstore/record_json.hpp"

#include <algorithm>
#include <array>

namespace buttonwood::api::http {
namespace {

namespace asio = boost::asio;
using engine::EventSeq;

constexpr std::size_t kMaxWords = 32;  // of one filter
constexpr std::string_view kNdjson = "application/x-ndjson";

template <std::size_t... I> bool is_type(std::string_view word, std::index_sequence<I...>) {
    return ((word == eventstore::type_name(engine::EventBody(std::in_place_index<I>))) || ...);
}
bool is_event_type(std::string_view word) {
    return is_type(word, std::make_index_sequence<std::variant_size_v<engine::EventBody>>{});
}

bool is_stream_type(std::string_view word) {
    static constexpr std::array<std::string_view, 7> kTypes{"user",  "account", "security", "order",
                                                            "trade", "command", "market"};
    return std::ranges::find(kTypes, word) != kTypes.end();
}

Problem bad_word(std::string_view name, std::string_view accepted) {
    return problem("invalid_parameter",
                   "The parameter " + std::string(name) + " must be " + std::string(accepted) + ".");
}

// take(value) says whether it is acceptable.
template <class Take>
std::optional<Problem> each_word(const Request& r, std::string_view name, std::string_view accepted, Take take) {
    std::size_t words = 0;
    for (const auto& [key, value] : r.query)
        if (key == name && (++words > kMaxWords || !take(value))) return bad_word(name, accepted);
    return std::nullopt;
}

std::expected<EventFilter, Problem> read_filter(const Request& r) {
    EventFilter filter;
    auto bad = each_word(r, "type", "a type of event such as TradeExecuted, at most 32 of them", [&](const auto& word) {
        filter.types.push_back(word);
        return is_event_type(word);
    });
    if (bad) return std::unexpected(*bad);
    bad = each_word(r, "stream", "a stream such as order/12, or a type of stream, at most 32 of them",
                    [&](const auto& word) {
                        auto stream = parse_stream(word);
                        if (!stream || !is_stream_type(stream->type)) return false;
                        filter.streams.push_back(std::move(*stream));
                        return true;
                    });
    if (bad) return std::unexpected(*bad);
    bad = each_word(r, "account", "an account's id such as acc_3, at most 32 of them", [&](const auto& word) {
        filter.accounts.push_back(word);
        return parse_id<engine::AccountId>(word).has_value();
    });
    if (bad) return std::unexpected(*bad);
    return filter;
}

// Not beyond the end of the log: who asks for more has read another one.
std::expected<EventSeq, Problem> place_in_log(const Services& s, EventSeq after) {
    if (after <= s.view.event_seq()) return after;
    return std::unexpected(field_problem("as_of_in_future", "/after_seq",
                                         "The log has not come that far; its last event is " +
                                             std::to_string(s.view.event_seq()) + ".",
                                         std::to_string(s.view.event_seq())));
}

std::expected<EventSeq, Problem> after_seq(const Services& s, const Request& r, EventSeq otherwise) {
    const auto after = number_parameter(r, "after_seq", otherwise, 0, INT64_MAX);
    if (!after) return std::unexpected(after.error());
    return place_in_log(s, *after);
}

// The next page's target: the same question, further on.
std::string next_link(const Request& r, EventSeq after) {
    std::string target = std::string(r.path()) + "?after_seq=" + std::to_string(after);
    for (const auto& [name, value] : r.query)
        if (name != "after_seq") ((target += '&') += name) += '=' + value;  // of words that need no escape
    return '<' + target + ">; rel=\"next\"";
}

std::string page_json(const EventPage& page, bool more, EventSeq event_seq) {
    JsonWriter w;
    w.object([&] {
        w.array("data", [&] {
            for (const EventLine& line : page.lines) w.raw_element(line.json);
        });
        w.member("has_more", more);
        w.member("next_cursor", more ? std::optional(page.looked_until) : std::nullopt);
        w.member("event_seq", event_seq);
    });
    return w.take();
}

std::string page_lines(const EventPage& page) {
    std::string text;
    for (const EventLine& line : page.lines) (text += line.json) += '\n';
    return text;
}

asio::awaitable<Result> list_events(Services& s, Request& r) {
    const auto filter = read_filter(r);
    if (!filter) co_return std::unexpected(filter.error());
    const auto after = after_seq(s, r, 0);
    if (!after) co_return std::unexpected(after.error());
    const auto limit = number_parameter(r, "limit", kDefaultPage, 1, kMaxPage);
    if (!limit) co_return std::unexpected(limit.error());
    const EventSeq end = s.view.event_seq();
    EventPage page{{}, *after};
    if (*after < end) {
        const EventQuery query{*after, end, *filter, static_cast<std::size_t>(*limit)};
        auto found = co_await s.events.page(query);
        if (!found) co_return std::unexpected(found.error());
        page = std::move(*found);
    }
    const bool more = page.looked_until < end;
    const bool lines = r.accept.find(kNdjson) != std::string::npos;
    Reply reply = json_reply(200, lines ? page_lines(page) : page_json(page, more, end), end);
    if (lines) reply.content_type = kNdjson;
    if (more) reply.headers.emplace_back("Link", next_link(r, page.looked_until));
    co_return reply;
}

// What the client saw last: the header, which browsers repeat on their own, before the parameter.
std::expected<EventSeq, Problem> last_seen(const Services& s, const Request& r) {
    if (r.last_event_id.empty()) return after_seq(s, r, s.view.event_seq());
    EventSeq seq = 0;
    const char* end = r.last_event_id.data() + r.last_event_id.size();
    const auto [last, error] = std::from_chars(r.last_event_id.data(), end, seq);
    if (error != std::errc{} || last != end)
        return std::unexpected(problem("invalid_parameter", "Last-Event-ID must be the id of an event."));
    return place_in_log(s, seq);
}

Result stream_events(Services& s, Request& r) {
    auto filter = read_filter(r);
    if (!filter) return std::unexpected(filter.error());
    const auto after = last_seen(s, r);
    if (!after) return std::unexpected(after.error());
    auto place = s.events.take_place();
    if (!place) return std::unexpected(problem("overloaded", "Too many streams of events are open."));
    Reply reply;
    reply.content_type = "text/event-stream";
    reply.event_seq = s.view.event_seq();
    reply.body_stream = std::make_shared<EventStream>(s, r.who, std::move(*filter), *after, std::move(place));
    return reply;
}

}  // namespace

void add_event_routes(Router& router, Services& s) {
    const std::vector<std::string_view> repeatable{"type", "stream", "account"};
    router.add(Verb::get, "/v1/admin/events", Access::Operator, {"after_seq", "type", "stream", "account", "limit"},
               [&s](Request& r) { return list_events(s, r); })
        .repeatable = repeatable;
    router.add_immediate(Verb::get, "/v1/admin/events/stream", Access::Operator,
                         {"after_seq", "type", "stream", "account"}, [&s](Request& r) { return stream_events(s, r); })
        .repeatable = repeatable;
}

}  // namespace buttonwood::api::http
