#include "api/ws/methods.hpp"

#include "api/clock.hpp"
#include "api/members.hpp"
#include "api/render.hpp"
#include "eventstore/record_json.hpp"

#include <algorithm>

namespace buttonwood::api::ws {
namespace {

void send_reply(Connection& connection, std::string_view method, std::string_view req_id, engine::Timestamp time_in,
                const std::expected<std::string, Problem>& result, engine::EventSeq event_seq) {
    JsonWriter w;
    w.object([&] {
        w.member("method", method);
        w.raw_member("req_id", req_id);
        w.member("success", result.has_value());
        if (result)
            w.raw_member("result", *result);
        else
            w.raw_member("error", to_json(result.error(), {"/v1/ws", req_id, event_seq}));
        w.member("time_in", eventstore::to_rfc3339(time_in));
        w.member("time_out", eventstore::to_rfc3339(wall_clock()));
    });
    connection.send(w.take());
}

// The request's req_id as it must come back: an integer or a short string; anything else is refused.
std::optional<std::string> req_id_of(const JsonValue& message) {
    const JsonValue* value = message.find("req_id");
    if (!value || value->kind == JsonValue::Kind::Null) return "null";
    if (value->kind == JsonValue::Kind::Number && parse_units(value->text, 0)) return value->text;
    if (value->kind == JsonValue::Kind::String && value->text.size() <= 64) {
        JsonWriter w;
        w.element(value->text);
        return w.take();
    }
    return std::nullopt;
}

std::expected<std::string, Problem> json_of(OrProblem<OrderAnswer> answer) {
    if (!answer) return std::unexpected(std::move(answer.error()));
    return std::move(answer->json);
}

}  // namespace

Methods::Methods(Connection& connection, Services& services, std::optional<Identity> who)
    : connection_(connection),
      services_(services),
      who_(std::move(who)),
      heartbeat_(std::make_shared<boost::asio::steady_timer>(services.io)) {}

void Methods::end() {
    *over_ = true;
    heartbeat_->cancel();
}

void Methods::handle(std::string_view text) {
    Call call{"", "null", wall_clock()};
    const auto parsed = parse_json(text);
    if (!parsed)
        return reply(call, std::unexpected(
                               problem(parsed.error().code, "The message is refused: " + parsed.error().detail + ".")));
    Members m(*parsed, {"method", "params", "req_id"});
    const auto req_id = parsed->kind == JsonValue::Kind::Object ? req_id_of(*parsed) : std::nullopt;
    call.req_id = req_id.value_or("null");
    call.method = m.required_text("method", 32);
    if (!req_id)
        m.complain(field_problem("invalid_type", "/req_id", "The req_id must be a whole number or a short string."));
    static const JsonValue kNoParams = [] { JsonValue v; v.kind = JsonValue::Kind::Object; return v; }();
    const JsonValue* params = parsed->kind == JsonValue::Kind::Object ? parsed->find("params") : nullptr;
    if (params && params->kind != JsonValue::Kind::Object)
        m.complain(field_problem("invalid_type", "/params", "The params must be an object."));
    if (m.failed()) {
        call.method = "";
        return reply(call, std::unexpected(m.problem()));
    }
    dispatch(call, params ? *params : kNoParams);
}

void Methods::dispatch(const Call& call, const JsonValue& params) {
    if (call.method == "add_order") return place(call, params);
    if (call.method == "cancel_order") return cancel(call, params);
    if (call.method == "amend_order") return amend(call, params);
    if (call.method == "cancel_all") return cancel_all(call, params);
    if (call.method == "add_group") return place_group(call, params);
    if (call.method == "cancel_after") return cancel_after(call, params);
    if (call.method == "subscribe") return subscribe(call, params, true);
    if (call.method == "unsubscribe") return subscribe(call, params, false);
    if (call.method == "auth") return reply(call, authenticate(params));
    if (call.method == "ping") {
        const Members m(params, {});
        return reply(call, m.failed() ? Result(std::unexpected(m.problem())) : Result("{}"));
    }
    const std::string known =
        "auth, subscribe, unsubscribe, add_order, add_group, amend_order, cancel_order, cancel_all, cancel_after, ping";
    reply(
        Call{"", call.req_id, call.time_in},
        std::unexpected(field_problem("invalid_enum", "/method", "The method must be one of: " + known + ".", known)));
}

void Methods::reply(const Call& call, const Result& result) {
    send_reply(connection_, call.method, call.req_id, call.time_in, result, services_.view.event_seq());
}

Methods::Result Methods::authenticate(const JsonValue& params) {
    Members m(params, {"token"});
    const std::string_view token = m.required_text("token", 200);
    if (m.failed()) return std::unexpected(m.problem());
    const auto who = identify(services_.view, token);
    if (!who) return std::unexpected(problem("unauthorized"));
    if (who_ && who_->user != who->user)
        return std::unexpected(problem("bad_request", "This socket already belongs to another user; open a new one."));
    who_ = who;
    JsonWriter w;
    w.object([&] {
        w.member("user_id", to_text(who->user));
        w.array("accounts", [&] {
            for (const engine::AccountId id : services_.view.user(who->user)->accounts) w.element(to_text(id));
        });
    });
    return w.take();
}

std::optional<Problem> Methods::trader_needed() const {
    if (!who_)
        return problem("unauthorized", "Authenticate first: {\"method\":\"auth\",\"params\":{\"token\":\"...\"}}.");
    const LiveKey* key = services_.view.key(who_->key);
    if (!key || key->revoked) return problem("unauthorized", "The key was revoked.");
    if (!who_->may(engine::Role::Trader)) return problem("scope_missing", "This needs a key with the role trader.");
    return std::nullopt;
}

template <class Command>
void Methods::submit(const Call& call, OrProblem<Command> command,
                     std::function<Result(const Outcome&, const LiveView&)> answer) {
    if (!command) return reply(call, std::unexpected(std::move(command.error())));
    if (*in_flight_ == kMaxCommandsInFlight)
        return reply(call,
                     std::unexpected(problem("overloaded", "Too many commands of this connection are in flight.")));
    ++*in_flight_;
    engine::RequestId request_id;
    if (call.req_id.size() <= engine::RequestId::kCapacity && call.req_id != "null")
        request_id = std::string_view("ws-" + call.req_id).substr(0, engine::RequestId::kCapacity);
    services_.gateway.submit(
        who_->user, request_id, std::move(*command),
        [call, answer = std::move(answer), in_flight = in_flight_, connection = connection_.shared_from_this(),
         &view = services_.view](const Outcome& outcome) {
            --*in_flight;
            send_reply(*connection, call.method, call.req_id, call.time_in, answer(outcome, view), view.event_seq());
        });
}

void Methods::place(const Call& call, const JsonValue& params) {
    if (auto p = trader_needed()) return reply(call, std::unexpected(std::move(*p)));
    submit(call, read_place(params, services_.view, *who_), [](const Outcome& outcome, const LiveView& view) -> Result {
        auto answer = place_answer(outcome, view);
        if (!answer) return std::unexpected(std::move(answer.error()));
        if (!answer->json.empty()) return std::move(answer->json);
        return std::unexpected(problem("order_not_open", "This order was accepted and ended long ago; ask "
                                                         "GET /v1/orders/" + to_text(answer->order) + "."));
    });
}

void Methods::place_group(const Call& call, const JsonValue& params) {
    if (auto p = trader_needed()) return reply(call, std::unexpected(std::move(*p)));
    submit(call, read_group(params, services_.view, *who_), [](const Outcome& outcome, const LiveView& view) -> Result {
        auto answer = group_answer(outcome, view);
        if (!answer) return std::unexpected(std::move(answer.error()));
        if (!answer->json.empty()) return std::move(answer->json);
        return std::unexpected(problem("order_not_open", "This group was accepted and ended long ago; ask "
                                                         "GET /v1/orders/" + to_text(answer->leg) + "."));
    });
}

void Methods::cancel_after(const Call& call, const JsonValue& params) {
    if (auto p = trader_needed()) return reply(call, std::unexpected(std::move(*p)));
    const auto command = read_cancel_after(params, services_.view, *who_);
    const engine::AccountId account = command ? command->account : engine::AccountId::None;
    submit(call, command, [account](const Outcome& outcome, const LiveView& view) -> Result {
        if (auto p = undelivered(outcome)) return std::unexpected(std::move(*p));
        if (outcome.refused() != engine::RejectReason::None) return std::unexpected(refused(outcome, view));
        return cancel_after_json(account, view);
    });
}

void Methods::amend(const Call& call, const JsonValue& params) {
    if (auto p = trader_needed()) return reply(call, std::unexpected(std::move(*p)));
    submit(call, read_amend(params, services_.view, *who_), [](const Outcome& outcome, const LiveView& view) -> Result {
        return json_of(amend_answer(outcome, view));
    });
}

void Methods::cancel(const Call& call, const JsonValue& params) {
    if (auto p = trader_needed()) return reply(call, std::unexpected(std::move(*p)));
    submit(
        call, read_cancel(params, services_.view, *who_),
        [](const Outcome& outcome, const LiveView& view) -> Result { return json_of(cancel_answer(outcome, view)); });
}

void Methods::cancel_all(const Call& call, const JsonValue& params) {
    if (auto p = trader_needed()) return reply(call, std::unexpected(std::move(*p)));
    submit(call, read_mass_cancel(params, services_.view, *who_),
           [](const Outcome& outcome, const LiveView& view) -> Result {
               if (auto p = undelivered(outcome)) return std::unexpected(std::move(*p));
               if (outcome.refused() != engine::RejectReason::None) return std::unexpected(refused(outcome, view));
               const MassCancelResult done = mass_cancel_result(outcome);
               JsonWriter w;
               w.object([&] {
                   w.member("canceled_count", done.canceled_count);
                   w.member("complete", done.complete);
                   w.member("event_seq", view.event_seq());
               });
               return w.take();
           });
}

}  // namespace buttonwood::api::ws
