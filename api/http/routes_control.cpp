// The operator's hand on the market: trading states, price bands, end of day, mass cancel.
#include "api/http/routes.hpp"
#include "api/members.hpp"
#include "api/orders.hpp"
#include "api/render.hpp"

namespace buttonwood::api::http {
namespace {

namespace asio = boost::asio;

constexpr std::int64_t kMaxDurationMs = 7 * 86'400'000;  // of a halt or an auction: a week

std::expected<engine::ChangeTradingState, Problem> read_state(const JsonValue& body, engine::SecurityId security) {
    Members m(body, {"state", "reason", "auction", "until"});
    engine::ChangeTradingState command;
    command.security = security;
    command.state = m.word<engine::TradingState>("state");
    command.note = m.required_text("reason", engine::Note::kCapacity);
    command.auction = m.word<engine::AuctionKind>("auction", engine::AuctionKind::None);
    if (m.has("until")) command.until = m.time("until");
    if (m.failed()) return std::unexpected(m.problem());
    return command;
}

// 202: the auction is still being matched by the clock's commands; the state changes when that is done.
int status_of(const Outcome& outcome) { return outcome.deferred(engine::WorkKind::Uncross) ? 202 : 200; }

asio::awaitable<Result> change_state(Services& s, Request& r) {
    const auto security = security_in_path(s, r);
    if (!security) co_return std::unexpected(security.error());
    const auto body = body_json(r);
    if (!body) co_return std::unexpected(body.error());
    const auto wanted = read_state(*body, (*security)->terms.security);
    if (!wanted) co_return std::unexpected(wanted.error());
    engine::Command command(*wanted);
    const Outcome outcome = co_await decide(s, r, command);
    if (auto p = failed(outcome, s.view)) co_return std::unexpected(std::move(*p));
    co_return json_reply(status_of(outcome), security_json(**security, s.view.event_seq()), s.view.event_seq());
}

asio::awaitable<Result> change_market_state(Services& s, Request& r) {
    const auto body = body_json(r);
    if (!body) co_return std::unexpected(body.error());
    const auto wanted = read_state(*body, engine::SecurityId::None);
    if (!wanted) co_return std::unexpected(wanted.error());
    engine::Command command(*wanted);
    const Outcome outcome = co_await decide(s, r, command);
    if (auto p = failed(outcome, s.view)) co_return std::unexpected(std::move(*p));
    JsonWriter w;
    w.object([&] {
        write_state(w, s.view.market_state());
        w.member("event_seq", s.view.event_seq());
    });
    co_return json_reply(status_of(outcome), w.take(), s.view.event_seq());
}

std::expected<engine::SetPriceBands, Problem> read_bands(const JsonValue& body, const LiveSecurity& security) {
    Members m(body, {"reference_price", "static_percent", "dynamic_percent", "halt_ms", "auction_ms"});
    engine::SetPriceBands bands;
    bands.security = security.terms.security;
    if (m.has("reference_price"))
        bands.reference_price = {
            m.units("reference_price", security.terms.price_scale, "price_not_on_tick", "max_price")};
    if (m.has("static_percent")) bands.static_basis_points = m.percent("static_percent");
    if (m.has("dynamic_percent")) bands.dynamic_basis_points = m.percent("dynamic_percent");
    if (m.has("halt_ms")) bands.halt_us = m.whole_number("halt_ms", kMaxDurationMs) * 1'000;
    if (m.has("auction_ms")) bands.auction_us = m.whole_number("auction_ms", kMaxDurationMs) * 1'000;
    if (m.failed()) return std::unexpected(m.problem());
    return bands;
}

asio::awaitable<Result> set_bands(Services& s, Request& r) {
    const auto security = security_in_path(s, r);
    if (!security) co_return std::unexpected(security.error());
    const auto body = body_json(r);
    if (!body) co_return std::unexpected(body.error());
    const auto wanted = read_bands(*body, **security);
    if (!wanted) co_return std::unexpected(wanted.error());
    engine::Command command(*wanted);
    const Outcome outcome = co_await decide(s, r, command);
    if (auto p = failed(outcome, s.view)) co_return std::unexpected(std::move(*p));
    co_return json_reply(200, security_json(**security, s.view.event_seq()), s.view.event_seq());
}

// {count_name: .., complete, event_seq}; 202 while the clock's commands go on with it.
Reply counted(const Services& s, std::string_view count_name, std::uint32_t count, bool complete) {
    JsonWriter w;
    w.object([&] {
        w.member(count_name, count);
        w.member("complete", complete);
        w.member("event_seq", s.view.event_seq());
    });
    return json_reply(complete ? 200 : 202, w.take(), s.view.event_seq());
}

asio::awaitable<Result> end_day(Services& s, Request& r) {
    const auto body = body_json(r);
    if (!body) co_return std::unexpected(body.error());
    Members m(*body, {"symbol"});
    const std::string_view symbol = m.optional_text("symbol", engine::Symbol::kCapacity);
    if (m.failed()) co_return std::unexpected(m.problem());
    engine::EndDay wanted;
    if (!symbol.empty()) {
        const auto security = known_security(s.view, symbol);
        if (!security) co_return std::unexpected(security.error());
        wanted.security = (*security)->terms.security;
    }
    engine::Command command(wanted);
    const Outcome outcome = co_await decide(s, r, command);
    if (auto p = failed(outcome, s.view)) co_return std::unexpected(std::move(*p));
    const auto* left = outcome.deferred(engine::WorkKind::DayEnd);
    const auto* ended = outcome.find<engine::DayEnded>();
    const std::uint32_t count = left ? left->done_count : ended ? ended->expired_count : 0;
    co_return counted(s, "expired_count", count, left == nullptr);
}

// For all accounts.
asio::awaitable<Result> cancel_everyones(Services& s, Request& r) {
    const auto reason = reason_parameter(r);
    if (!reason) co_return std::unexpected(reason.error());
    engine::MassCancel wanted;
    wanted.note = *reason;
    if (const std::string* symbol = r.parameter("symbol")) {
        const auto security = known_security(s.view, *symbol);
        if (!security) co_return std::unexpected(security.error());
        wanted.security = (*security)->terms.security;
    }
    if (const std::string* side = r.parameter("side")) {
        wanted.side = engine::from_word<engine::Side>(*side);
        if (!wanted.side)
            co_return std::unexpected(problem("invalid_parameter", "The parameter side must be one of: buy, sell."));
    }
    engine::Command command(wanted);
    const Outcome outcome = co_await decide(s, r, command);
    if (auto p = failed(outcome, s.view)) co_return std::unexpected(std::move(*p));
    const MassCancelResult done = mass_cancel_result(outcome);
    co_return counted(s, "canceled_count", done.canceled_count, done.complete);
}

}  // namespace

void add_control_routes(Router& router, Services& s) {
    const auto add = [&router](Verb verb, std::string pattern, std::vector<std::string_view> parameters,
                               Handler handler) {
        router.add(verb, std::move(pattern), Access::Operator, std::move(parameters), std::move(handler));
    };
    add(Verb::post, "/v1/admin/securities/{symbol}/state", {}, [&s](Request& r) { return change_state(s, r); });
    add(Verb::put, "/v1/admin/securities/{symbol}/price-bands", {}, [&s](Request& r) { return set_bands(s, r); });
    add(Verb::post, "/v1/admin/market/state", {}, [&s](Request& r) { return change_market_state(s, r); });
    add(Verb::post, "/v1/admin/market/end-of-day", {}, [&s](Request& r) { return end_day(s, r); });
    add(Verb::delete_, "/v1/admin/orders", {"symbol", "side", "reason"},
        [&s](Request& r) { return cancel_everyones(s, r); });
}

}  // namespace buttonwood::api::http
