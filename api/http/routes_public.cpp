#include "api/clock.hpp"
#include "api/http/as_of.hpp"
#include "api/http/routes.hpp"
#include "api/members.hpp"
#include "api/orders.hpp"
#include "api/read_models.hpp"
#include "api/render.hpp"
#include "eventstore/record_json.hpp"

#include <algorithm>
#include <array>

namespace buttonwood::api::http {
namespace {

namespace asio = boost::asio;

constexpr std::array kProjections{"events", "commands", "users", "securities", "listings",
                                  "bids", "trades", "portfolio", "market_data"};

Result info(const Services& s) {
    JsonWriter w;
    w.object([&] {
        w.member("name", "buttonwood");
        w.member("version", kVersion);
        w.member("api_version", "v1");
        w.member("build", std::string_view(BUTTONWOOD_BUILD));
        w.member("profile", s.bench_profile ? "bench" : "standard");
        w.array("features", [&] {
            for (const char* feature : {"limit", "market", "stop", "stop_limit", "take_profit", "take_profit_limit",
                                        "trailing_stop", "day", "gtc", "gtd", "ioc", "fok", "opg", "cls", "post_only",
                                        "post_only_reprice", "iceberg", "min_quantity", "all_or_none", "reduce_only",
                                        "protection_price", "self_trade_prevention", "oco", "bracket", "amend",
                                        "mass_cancel", "cancel_after", "auctions", "price_bands", "client_order_id",
                                        "min_event_seq", "as_of", "websocket"})
                w.element(feature);
        });
        w.member("event_seq", s.view.event_seq());
    });
    return json_reply(200, w.take(), s.view.event_seq());
}

Result status(const Services& s) {
    const eventstore::PipelineStatus p = s.pipeline.status();
    JsonWriter w;
    w.object([&] {
        w.member("status", p.state == eventstore::PipelineState::Running ? "open" : "read_only");
        w.member("pipeline", eventstore::name_of(p.state));
        w.member("event_seq", s.view.event_seq());
        w.member("durable_seq", p.durable_seq);
        w.member("epoch", p.epoch);
        w.member("queued_commands", p.queued_commands);
        w.member("blocks", p.blocks);
        w.member("store_outages", p.store_outages);
        w.member("connections", s.connections);
        w.object("market", [&] { write_state(w, s.view.market_state()); });
        w.array("projections", [&] {
            for (const char* name : kProjections) {
                const engine::EventSeq at = s.workers.checkpoint(name);
                w.object([&] {
                    w.member("name", name);
                    w.member("checkpoint", at);
                    w.member("lag_events", at < p.durable_seq ? p.durable_seq - at : 0);
                });
            }
        });
    });
    return json_reply(200, w.take(), s.view.event_seq());
}

// Every code that a problem can have.
Result errors(const Services& s) {
    JsonWriter w;
    w.object([&] {
        w.array("data", [&] {
            for (const CodeEntry& entry : all_codes())
                w.object([&] {
                    w.member("code", entry.code);
                    w.member("status", entry.status);
                    w.member("title", entry.title);
                    w.member("pointer", entry.pointer.empty() ? std::nullopt : std::optional(entry.pointer));
                });
        });
        w.member("event_seq", s.view.event_seq());
    });
    return json_reply(200, w.take(), s.view.event_seq());
}

Result ready(const Services& s) {
    if (s.draining) return std::unexpected(problem("draining"));
    if (s.pipeline.status().state != eventstore::PipelineState::Running) return std::unexpected(problem("read_only"));
    return json_reply(200, R"({"status":"ok"})", s.view.event_seq());
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Each word that was asked for begins a word of the text, in any case.
bool has_words(std::string_view text, std::string_view asked) {
    const auto begins_a_word = [text](std::string_view word) {
        for (std::size_t at = 0; at < text.size(); ++at)
            if ((at == 0 || text[at - 1] == ' ') &&
                std::ranges::equal(text.substr(at, word.size()), word, {}, lower, lower))
                return true;
        return false;
    };
    while (!asked.empty()) {
        const std::size_t end = std::min(asked.find(' '), asked.size());
        if (end > 0 && !begins_a_word(asked.substr(0, end))) return false;
        asked.remove_prefix(std::min(end + 1, asked.size()));
    }
    return true;
}

Result securities(const Services& s, const Request& r) {
    const std::string words = text_or_empty(r, "q"), state = text_or_empty(r, "status");
    const auto wanted = engine::from_word<engine::TradingState>(state);
    if (!state.empty() && !wanted)
        return std::unexpected(problem("invalid_parameter", "The parameter status must be one of: " +
                                                                Members::accepted_words(engine::TradingState{}) +
                                                                "."));
    JsonWriter w;
    w.object([&] {
        w.array("data", [&] {
            for (const LiveSecurity& security : s.view.securities()) {
                const std::string text = std::string(security.symbol()) + ' ' + std::string(security.terms.name.view());
                if ((!wanted || security.state.state == *wanted) && has_words(text, words))
                    w.raw_element(security_json(security, s.view.event_seq()));
            }
        });
        w.member("has_more", false);
        w.member("next_cursor", nullptr);
        w.member("event_seq", s.view.event_seq());
    });
    return json_reply(200, w.take(), s.view.event_seq());
}

Result book(const Services& s, const Request& r) {
    const auto security = security_in_path(s, r);
    if (!security) return std::unexpected(security.error());
    const auto depth = number_parameter(r, "depth", kDefaultDepth, 1, kMaxDepth);
    if (!depth) return std::unexpected(depth.error());
    return json_reply(200, book_json(**security, static_cast<std::size_t>(*depth), s.view.event_seq()),
                      s.view.event_seq());
}

// Of these symbols, or of all.
Result tickers(const Services& s, const Request& r) {
    std::vector<const LiveSecurity*> wanted;
    const std::string list = text_or_empty(r, "symbols");
    for (std::size_t at = 0; at < list.size();) {
        const std::size_t end = std::min(list.find(',', at), list.size());
        const auto security = known_security(s.view, std::string_view(list).substr(at, end - at));
        if (!security) return std::unexpected(security.error());
        wanted.push_back(*security);
        at = end + 1;
    }
    if (!r.parameter("symbols"))
        for (const LiveSecurity& security : s.view.securities()) wanted.push_back(&security);
    JsonWriter w;
    w.object([&] {
        w.array("data", [&] {
            for (const LiveSecurity* security : wanted)
                w.raw_element(ticker_json(*security, s.view.event_seq(), wall_clock()));
        });
        w.member("event_seq", s.view.event_seq());
    });
    return json_reply(200, w.take(), s.view.event_seq());
}

asio::awaitable<Result> trades(Services& s, Request& r) {
    const auto security = security_in_path(s, r);
    if (!security) co_return std::unexpected(security.error());
    const auto limit = number_parameter(r, "limit", kDefaultPage, 1, kMaxPage);
    if (!limit) co_return std::unexpected(limit.error());
    const auto cursor = cursor_parameter(r);
    if (!cursor) co_return std::unexpected(cursor.error());
    const TradeFilter filter{r.params[0], *cursor, static_cast<std::size_t>(*limit)};
    if (const auto reached = co_await wait_for_reads(s, r, kTradeSources); !reached)
        co_return std::unexpected(reached.error());
    const Reads::Query<ReadAnswer> query = [filter](auto& c) { return read_trades(c, filter); };
    const auto answer = co_await s.reads.run(query);
    if (!answer) co_return std::unexpected(answer.error());
    co_return page_reply(r, *answer);
}

std::expected<CandleFilter, Problem> candle_filter(const Request& r) {
    const auto interval = engine::from_word<projections::CandleInterval>(text_or_empty(r, "interval"));
    if (!interval)
        return std::unexpected(problem("invalid_parameter", "The parameter interval must be one of: 1s, 1m, 5m, 15m, "
                                                            "30m, 1h, 4h, 1d, 1w, 1M."));
    const std::string fill = text_or_empty(r, "fill");
    if (!fill.empty() && fill != "none" && fill != "previous")
        return std::unexpected(problem("invalid_parameter", "The parameter fill must be one of: none, previous."));
    const auto limit = number_parameter(r, "limit", kDefaultPage, 1, kMaxPage);
    if (!limit) return std::unexpected(limit.error());
    const auto from = time_parameter(r, "from"), to = time_parameter(r, "to");
    if (!from) return std::unexpected(from.error());
    if (!to) return std::unexpected(to.error());
    return CandleFilter{r.params[0], *interval, *from, *to, fill == "previous", static_cast<std::size_t>(*limit)};
}

asio::awaitable<Result> candles(Services& s, Request& r) {
    const auto security = security_in_path(s, r);
    if (!security) co_return std::unexpected(security.error());
    const auto filter = candle_filter(r);
    if (!filter) co_return std::unexpected(filter.error());
    if (const auto reached = co_await wait_for_reads(s, r, kCandleSources); !reached)
        co_return std::unexpected(reached.error());
    const Reads::Query<ReadAnswer> query = [f = *filter](auto& c) { return read_candles(c, f); };
    const auto answer = co_await s.reads.run(query);
    if (!answer) co_return std::unexpected(answer.error());
    co_return json_reply(200, answer->json, answer->event_seq);
}

}  // namespace

void add_public_routes(Router& router, Services& s) {
    const auto get = [&router](std::string pattern, std::vector<std::string_view> parameters,
                               ImmediateHandler handler) {
        router.add_immediate(Verb::get, std::move(pattern), Access::Public, std::move(parameters), std::move(handler));
    };
    get("/livez", {}, [&s](Request&) -> Result { return json_reply(200, R"({"status":"ok"})", s.view.event_seq()); });
    get("/readyz", {}, [&s](Request&) { return ready(s); });
    get("/v1/info", {}, [&s](Request&) { return info(s); });
    get("/v1/time", {}, [&s](Request&) -> Result {
        JsonWriter w;
        w.object([&] {
            w.member("time", eventstore::to_rfc3339(wall_clock()));
            w.member("event_seq", s.view.event_seq());
        });
        return json_reply(200, w.take(), s.view.event_seq());
    });
    get("/v1/status", {}, [&s](Request&) { return status(s); });
    get("/v1/errors", {}, [&s](Request&) { return errors(s); });
    const auto live = [&](std::string pattern, std::vector<std::string_view> parameters, ImmediateHandler handler) {
        parameters.insert(parameters.end(), {"min_event_seq", "wait_ms"});
        router.add(Verb::get, std::move(pattern), Access::Public, std::move(parameters),
                   live_read(s, std::move(handler)));
    };
    live("/v1/securities", {"q", "status"}, [&s](Request& r) { return securities(s, r); });
    const auto live_or_past = [&](std::string pattern, std::vector<std::string_view> parameters,
                                  ImmediateHandler handler, MakePastQuery past) {
        parameters.insert(parameters.end(), {"min_event_seq", "wait_ms"});
        add_with_past(router, s, std::move(pattern), Access::Public, std::move(parameters),
                      live_read(s, std::move(handler)), std::move(past));
    };
    const ImmediateHandler security_now = [&s](Request& r) -> Result {
        const auto security = security_in_path(s, r);
        if (!security) return std::unexpected(security.error());
        return json_reply(200, security_json(**security, s.view.event_seq()), s.view.event_seq());
    };
    live_or_past("/v1/securities/{symbol}", {}, security_now,
                 [](const Request& r) { return past_security(r.params[0]); });
    live_or_past("/v1/markets/{symbol}/book", {"depth"}, [&s](Request& r) { return book(s, r); }, past_book);
    live("/v1/markets/{symbol}/ticker", {}, [&s](Request& r) -> Result {
        const auto security = security_in_path(s, r);
        if (!security) return std::unexpected(security.error());
        return json_reply(200, ticker_json(**security, s.view.event_seq(), wall_clock()), s.view.event_seq());
    });
    live("/v1/tickers", {"symbols"}, [&s](Request& r) { return tickers(s, r); });
    live("/v1/markets/{symbol}/auction", {}, [&s](Request& r) -> Result {
        const auto security = security_in_path(s, r);
        if (!security) return std::unexpected(security.error());
        return json_reply(200, auction_json(**security, s.view.event_seq()), s.view.event_seq());
    });
    router.add(Verb::get, "/v1/markets/{symbol}/trades", Access::Public,
               {"limit", "cursor", "min_event_seq", "wait_ms"},
               [&s](Request& r) { return trades(s, r); });
    router.add(Verb::get, "/v1/markets/{symbol}/candles", Access::Public,
               {"interval", "from", "to", "fill", "limit", "min_event_seq", "wait_ms"},
               [&s](Request& r) { return candles(s, r); });
}

}  // namespace buttonwood::api::http
