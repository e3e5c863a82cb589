// Read models for operators: where they stand, and the acts of the command line's `buttonwood projections`.
#include "api/http/routes.hpp"
#include "api/ids.hpp"
#include "api/members.hpp"
#include "api/projection_control.hpp"
#include "api/projection_json.hpp"
#include "eventstore/record_json.hpp"

#include <algorithm>

namespace buttonwood::api::http {
namespace {

namespace asio = boost::asio;
using projections::Act;
using projections::ProjectionStatus;

constexpr std::size_t kActsShown = 20;
constexpr std::size_t kMaxReasonBytes = engine::Note::kCapacity;

std::expected<std::string, Problem> projection_in_path(const Request& r) {
    if (projections::make(r.params[0])) return r.params[0];
    return std::unexpected(problem("projection_not_found", "GET /v1/admin/projections lists them."));
}

std::optional<std::string> time_or_none(std::int64_t time_us) {
    return time_us == 0 ? std::nullopt : std::optional(eventstore::to_rfc3339({time_us}));
}

void write_verification(JsonWriter& w, const Verification& v) {
    w.object("verification", [&] {
        w.member("state", word_of(v.state));
        w.member("requested_at", time_or_none(v.requested_us));
        w.member("started_at", time_or_none(v.started_us));
        w.member("finished_at", time_or_none(v.finished_us));
        w.member("done", v.done);
        w.member("total", v.total);
        w.array("differences", [&] {
            for (const std::string& line : v.differences) w.element(line);
        });
        w.member("error", v.error.empty() ? std::nullopt : std::optional(v.error));
    });
}

void write_acts(JsonWriter& w, const std::vector<Act>& acts) {
    w.array("acts", [&] {
        for (const Act& act : acts)
            w.object([&] {
                w.member("act", act.act);
                w.member("event_seq", act.event_seq);
                w.member("reason", act.reason);
                w.member("actor", act.actor);
                w.member("at", act.at);
            });
    });
}

asio::awaitable<Result> all_projections(Services& s, Request&) {
    const Reads::Query<std::vector<ProjectionStatus>> query = [](auto& c) { return projections::read_status(c); };
    const auto rows = co_await s.reads.run(query);
    if (!rows) co_return std::unexpected(rows.error());
    JsonWriter w;
    w.object([&] {
        w.array("data", [&] {
            for (const ProjectionStatus& p : *rows) write_projection(w, p);
        });
        w.member("event_seq", s.view.event_seq());
    });
    co_return json_reply(200, w.take(), s.view.event_seq());
}

struct OneProjection {
    ProjectionStatus status;
    std::vector<Act> acts;
};

std::expected<OneProjection, eventstore::DbError> read_one(eventstore::Connection& connection,
                                                           const std::string& name) {
    auto all = projections::read_status(connection);
    if (!all) return std::unexpected(all.error());
    auto acts = projections::newest_acts(connection, name, kActsShown);
    if (!acts) return std::unexpected(acts.error());
    const auto found = std::ranges::find(*all, name, &ProjectionStatus::name);
    OneProjection one{found == all->end() ? ProjectionStatus{} : *found, std::move(*acts)};
    if (found == all->end()) {  // its worker has never run
        one.status.name = name;
        one.status.status = "stopped";
        one.status.desired = "running";
    }
    return one;
}

asio::awaitable<Result> show(Services& s, const std::string& name, int status) {
    const Reads::Query<OneProjection> query = [name](auto& c) { return read_one(c, name); };
    const auto one = co_await s.reads.run(query);
    if (!one) co_return std::unexpected(one.error());
    JsonWriter w;
    w.object([&] {
        write_projection_members(w, one->status);
        if (const auto v = s.projection_control.verification(name)) write_verification(w, *v);
        else w.member("verification", nullptr);
        write_acts(w, one->acts);
        w.member("event_seq", s.view.event_seq());
    });
    Reply reply = json_reply(status, w.take(), s.view.event_seq());
    if (status == 202) reply.headers.emplace_back("Location", "/v1/admin/projections/" + name);
    co_return reply;
}

asio::awaitable<Result> one_projection(Services& s, Request& r) {
    const auto name = projection_in_path(r);
    if (!name) co_return std::unexpected(name.error());
    co_return co_await show(s, *name, 200);
}

// What the body, or for cancelling the query, says: the reason, and of a skip the event.
std::expected<Act, Problem> read_act(const Request& r, std::string_view word) {
    const auto name = projection_in_path(r);
    if (!name) return std::unexpected(name.error());
    Act act{*name, std::string(word), std::nullopt, "", to_text(r.who.user), ""};
    if (r.verb == Verb::delete_) {
        const auto reason = reason_parameter(r);
        if (!reason) return std::unexpected(reason.error());
        act.reason = reason->view();
        return act;
    }
    const auto body = body_json(r);
    if (!body) return std::unexpected(body.error());
    const bool skips = word == "skip";
    Members m(*body, skips ? std::initializer_list<std::string_view>{"reason", "seq"}
                           : std::initializer_list<std::string_view>{"reason"});
    act.reason = m.required_text("reason", kMaxReasonBytes);
    if (skips) act.event_seq = static_cast<engine::EventSeq>(m.whole_number("seq", INT64_MAX));
    if (m.failed()) return std::unexpected(m.problem());
    return act;
}

// Rebuilds and verifications go on after their answer: 202.
asio::awaitable<Result> perform(Services& s, Request& r, std::string_view word) {
    const auto act = read_act(r, word);
    if (!act) co_return std::unexpected(act.error());
    if (const auto done = co_await s.projection_control.perform(*act); !done) co_return std::unexpected(done.error());
    co_return co_await show(s, act->projection, word == "rebuild" || word == "verify" ? 202 : 200);
}

}  // namespace

void add_projection_routes(Router& router, Services& s) {
    const auto add = [&router](Verb verb, std::string pattern, std::vector<std::string_view> parameters,
                               Handler handler) {
        router.add(verb, std::move(pattern), Access::Operator, std::move(parameters), std::move(handler));
    };
    add(Verb::get, "/v1/admin/projections", {}, [&s](Request& r) { return all_projections(s, r); });
    add(Verb::get, "/v1/admin/projections/{name}", {}, [&s](Request& r) { return one_projection(s, r); });
    for (const std::string_view word : {"pause", "resume", "stop", "rebuild", "skip", "verify"})
        add(Verb::post, "/v1/admin/projections/{name}/" + std::string(word), {},
            [&s, word](Request& r) { return perform(s, r, word); });
    add(Verb::delete_, "/v1/admin/projections/{name}/rebuild", {"reason"},
        [&s](Request& r) { return perform(s, r, "cancel_rebuild"); });
}

}  // namespace buttonwood::api::http
