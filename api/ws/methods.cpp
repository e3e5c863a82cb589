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
    if (call.method == "subscribe") return subscribe(call, params, true);
    if (call.method == "unsubscribe") return subscribe(call, params, false);
    if (call.method == "auth") return reply(call, authenticate(params));
    if (call.method == "ping") {
        const Members m(params, {});
        return reply(call, m.failed() ? Result(std::unexpected(m.problem())) : Result("{}"));
    }
    const std::string known = "auth, subscribe, unsubscribe, add_order, amend_order, cancel_order, cancel_all, ping";
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

void Methods::subscribe(const Call& call, const JsonValue& params, bool on) {
    // Symbols come as a list; they are taken out before the other members are read.
    Members m(params, {"channel", "symbol", "depth"});
    const std::string channel(m.required_text("channel", 20));
    std::size_t depth = 10;
    if (m.has("depth")) depth = static_cast<std::size_t>(m.units("depth", 0, "invalid_decimal", "invalid_decimal"));
    std::vector<std::string> symbols;
    if (const JsonValue* list = params.find("symbol"); list && list->kind == JsonValue::Kind::Array) {
        for (const JsonValue& symbol : list->elements) {
            if (symbol.kind == JsonValue::Kind::String) symbols.push_back(symbol.text);
            else m.complain(field_problem("invalid_type", "/symbol", "The member symbol must be a list of strings."));
        }
    } else if (list && list->kind == JsonValue::Kind::String) {
        symbols.push_back(list->text);
    } else if (list && list->kind != JsonValue::Kind::Null) {
        m.complain(field_problem("invalid_type", "/symbol", "The member symbol must be a list of strings."));
    }
    if (m.failed()) return reply(call, std::unexpected(m.problem()));
    const bool per_symbol = channel == "book" || channel == "trades" || channel == "ticker";
    if (per_symbol && symbols.empty())
        return reply(call, std::unexpected(field_problem("missing_field", "/symbol", "Name at least one symbol.")));
    if (!per_symbol) symbols.assign(1, "");
    for (const std::string& symbol : symbols) {
        std::function<void()> then;
        reply(call, subscribe_one(channel, symbol, channel == "book" ? depth : 0, on, then));
        if (then) then();
    }
}

Methods::Result Methods::subscribe_one(std::string_view channel, std::string_view symbol, std::size_t depth, bool on,
                                       std::function<void()>& then) {
    const LiveSecurity* security = symbol.empty() ? nullptr : services_.view.security(symbol);
    if (!symbol.empty() && !security) return std::unexpected(refusal(engine::RejectReason::SecurityNotFound));
    Hub& hub = services_.hub;
    Connection& c = connection_;
    if (channel == "book") {
        if (!is_book_depth(depth))
            return std::unexpected(field_problem(
                "invalid_enum", "/depth", "The depth must be 10, 25, 100, 500 or 0 (full).", "10, 25, 100, 500, 0"));
        then = [&hub, &c, security, depth, on] {
            on ? hub.subscribe_book(c, *security, depth) : hub.unsubscribe_book(c, security->terms.security, depth);
        };
    } else if (channel == "trades") {
        then = [&hub, &c, security, on] {
            on ? hub.subscribe_trades(c, *security) : hub.unsubscribe_trades(c, security->terms.security);
        };
    } else if (channel == "ticker") {
        then = [&hub, &c, security, on] {
            on ? hub.subscribe_ticker(c, *security) : hub.unsubscribe_ticker(c, security->terms.security);
        };
    } else if (channel == "executions") {
        if (!who_)
            return std::unexpected(
                problem("unauthorized", "Authenticate first: {\"method\":\"auth\",\"params\":{\"token\":\"...\"}}."));
        then = [&hub, &c, user = who_->user, on] {
            on ? hub.subscribe_executions(c, user) : hub.unsubscribe_executions(c, user);
        };
    } else if (channel == "heartbeat") {
        then = [this, on] {
            if (on && !beating_) {
                beating_ = true;
                beat();
            } else if (!on) {
                beating_ = false;
                heartbeat_->cancel();
            }
        };
    } else {
        const std::string known = "book, trades, ticker, executions, heartbeat";
        return std::unexpected(
            field_problem("invalid_enum", "/channel", "The channel must be one of: " + known + ".", known));
    }
    const Subscription entry{std::string(channel), std::string(symbol), depth};
    const auto found = std::ranges::find(subscriptions_, entry);
    const bool known = found != subscriptions_.end();
    if (on && !known && subscriptions_.size() == kMaxSubscriptions) {
        then = nullptr;
        return std::unexpected(problem(
            "bad_request", "One connection has at most " + std::to_string(kMaxSubscriptions) + " subscriptions."));
    }
    if (on && !known) subscriptions_.push_back(entry);
    if (!on && known) subscriptions_.erase(found);
    JsonWriter w;
    w.object([&] {
        w.member("channel", channel);
        w.member("symbol", symbol.empty() ? std::optional<std::string_view>() : symbol);
        w.member("depth", channel == "book" ? std::optional(depth) : std::nullopt);
    });
    return w.take();
}

void Methods::beat() {
    heartbeat_->expires_after(std::chrono::seconds(1));
    // The timer outlives the session until its handler ran: by then `over` tells that `this` is gone.
    heartbeat_->async_wait([this, timer = heartbeat_, over = over_](boost::system::error_code error) {
        if (error || *over || !beating_ || !connection_.is_open()) return;
        JsonWriter w;
        w.object([&] {
            w.member("channel", "heartbeat");
            w.member("type", "update");
            w.member("time", eventstore::to_rfc3339(wall_clock()));
            w.member("connection_seq", connection_.sent_count());
            w.member("event_seq", services_.view.event_seq());
            w.array("data", [&] {
                for (const Subscription& s : subscriptions_) {
                    const LiveSecurity* security = services_.view.security(s.symbol);
                    if (!security) continue;
                    w.object([&] {
                        w.member("channel", s.channel);
                        w.member("symbol", s.symbol);
                        w.member("seq", s.channel == "book"     ? security->book_seq
                                        : s.channel == "trades" ? security->trade_seq
                                                                : security->ticker_seq);
                    });
                }
            });
        });
        connection_.send(w.take());
        beat();
    });
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
               JsonWriter w;
               w.object([&] {
                   w.member("canceled_count", outcome.find<engine::MassCancelCompleted>()->canceled_count);
                   w.member("event_seq", view.event_seq());
               });
               return w.take();
           });
}

}  // namespace buttonwood::api::ws
