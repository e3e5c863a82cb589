// What a user's programs keep here: settings by name, each a text. Nothing in the server looks at them.
#include "api/http/routes.hpp"
#include "api/json_writer.hpp"
#include "api/members.hpp"
#include "api/people_reads.hpp"
#include "engine/spelling.hpp"

namespace buttonwood::api::http {
namespace {

namespace asio = boost::asio;

std::expected<engine::PreferenceKey, Problem> key_in_path(const Request& r) {
    if (r.params[0].size() <= engine::PreferenceKey::kCapacity && engine::is_preference_key(r.params[0]))
        return engine::PreferenceKey(r.params[0]);
    return std::unexpected(field_problem("invalid_text", "/key", "A setting is named by 1 to 64 of a-z 0-9 _ and .",
                                         "[a-z0-9_.]{1,64}", r.params[0]));
}

asio::awaitable<Result> keep(Services& s, Request& r, engine::SetPreference wanted) {
    engine::Command command(std::move(wanted));
    const Outcome outcome = co_await decide(s, r, command);
    if (auto p = failed(outcome, s.view)) co_return std::unexpected(std::move(*p));
    JsonWriter w;
    w.object([&] {
        w.member("key", r.params[0]);
        w.member("event_seq", s.view.event_seq());
    });
    co_return json_reply(200, w.take(), s.view.event_seq());
}

asio::awaitable<Result> put(Services& s, Request& r) {
    const auto key = key_in_path(r);
    if (!key) co_return std::unexpected(key.error());
    const auto body = body_json(r);
    if (!body) co_return std::unexpected(body.error());
    Members m(*body, {"value"});
    const engine::PreferenceValue value(m.required_text("value", engine::PreferenceValue::kCapacity));
    if (m.failed()) co_return std::unexpected(m.problem());
    co_return co_await keep(s, r, {r.who.user, *key, value});
}

asio::awaitable<Result> remove(Services& s, Request& r) {
    const auto key = key_in_path(r);
    if (!key) co_return std::unexpected(key.error());
    co_return co_await keep(s, r, {r.who.user, *key, {}});
}

asio::awaitable<Result> list(Services& s, Request& r) {
    if (const auto reached = co_await wait_for_reads(s, r, kUserSources); !reached)
        co_return std::unexpected(reached.error());
    const Reads::Query<ReadAnswer> query = [id = r.who.user](auto& c) { return read_preferences(c, id); };
    const auto found = co_await s.reads.run(query);
    if (!found) co_return std::unexpected(found.error());
    co_return json_reply(200, found->json, found->event_seq);
}

}  // namespace

void add_preference_routes(Router& router, Services& s) {
    router.add(Verb::get, "/v1/account/preferences", Access::AnyKey, {"min_event_seq", "wait_ms"},
               [&s](Request& r) { return list(s, r); });
    router.add(Verb::put, "/v1/account/preferences/{key}", Access::AnyKey, {},
               [&s](Request& r) { return put(s, r); });
    router.add(Verb::delete_, "/v1/account/preferences/{key}", Access::AnyKey, {},
               [&s](Request& r) { return remove(s, r); });
}

}  // namespace buttonwood::api::http
