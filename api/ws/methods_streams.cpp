// Methods: what a client listens to.
#include "api/clock.hpp"
#include "api/members.hpp"
#include "api/render.hpp"
#include "api/ws/methods.hpp"
#include "eventstore/record_json.hpp"

#include <algorithm>

namespace buttonwood::api::ws {

void Methods::subscribe(const Call& call, const JsonValue& params, bool on) {
    // Symbols come as a list; they are taken out before the other members are read.
    Members m(params, {"channel", "symbol", "depth"});
    const std::string channel(m.required_text("channel", 20));
    std::size_t depth = 10;
    if (m.has("depth")) depth = static_cast<std::size_t>(m.units("depth", 0, "invalid_decimal", "invalid_decimal"));
    std::vector<std::string> symbols;
    if (const JsonValue* list = params.find("symbol"); list && list->kind == JsonValue::Kind::Array) {
        for (const JsonValue& symbol : list->elements) {
            if (symbol.kind == JsonValue::Kind::String && !symbol.text.empty()) symbols.push_back(symbol.text);
            else m.complain(field_problem("invalid_type", "/symbol", "The member symbol must be a list of strings."));
        }
    } else if (list && list->kind == JsonValue::Kind::String && !list->text.empty()) {
        symbols.push_back(list->text);
    } else if (list && list->kind != JsonValue::Kind::Null) {
        m.complain(field_problem("invalid_type", "/symbol", "The member symbol must be a list of strings."));
    }
    if (m.failed()) return reply(call, std::unexpected(m.problem()));
    const auto topic = topic_of(channel);
    const bool per_symbol = channel == "book" || topic;
    if (per_symbol && topic != Topic::Status && symbols.empty())
        return reply(call, std::unexpected(field_problem("missing_field", "/symbol", "Name at least one symbol.")));
    if (!per_symbol || symbols.empty()) symbols.assign(1, "");  // status without a symbol: the whole market's
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
    } else if (const auto topic = topic_of(channel)) {
        then = [&hub, &c, topic = *topic, security, on] {
            on ? hub.subscribe(c, topic, security) : hub.unsubscribe(c, topic, security);
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
        const std::string known = "book, trades, ticker, auction, status, executions, heartbeat";
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
            w.member("store", services_.store_is_away() ? "away" : "open");
            w.array("data", [&] {
                for (const Subscription& s : subscriptions_) {
                    const LiveSecurity* security = services_.view.security(s.symbol);
                    const auto topic = topic_of(s.channel);
                    if (!topic && s.channel != "book") continue;
                    w.object([&] {
                        w.member("channel", s.channel);
                        w.member("symbol", security ? std::optional(s.symbol) : std::nullopt);
                        w.member("seq", topic ? services_.hub.seq_of(*topic, security) : security->book_seq);
                    });
                }
            });
        });
        connection_.send(w.take());
        beat();
    });
}

}  // namespace buttonwood::api::ws
