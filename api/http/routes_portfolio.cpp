// What belongs to the caller, from the read models: positions with lots, the ledger, history, trades and settlements.
#include "api/http/routes.hpp"
#include "api/ids.hpp"
#include "api/portfolio_reads.hpp"
#include "eventstore/record_json.hpp"

#include <algorithm>

namespace buttonwood::api::http {
namespace {

namespace asio = boost::asio;

Problem not_accepted(std::string_view name, std::string_view accepted) {
    return problem("invalid_parameter",
                   "The parameter " + std::string(name) + " must be " + std::string(accepted) + ".");
}

// "event_seq.line.account", as an earlier page said it.
bool is_place_in_ledger(const std::string& cursor) {
    const bool plain = std::ranges::all_of(cursor, [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
    const std::size_t first = cursor.find('.'), second = cursor.find('.', first + 1);
    if (!plain || std::ranges::count(cursor, '.') != 2) return false;
    const std::size_t line = second - first - 1, account = cursor.size() - second - 1;
    return first >= 1 && first <= 18 && line >= 1 && line <= 4 && account >= 1 && account <= 18;
}

asio::awaitable<Result> answer(Services& s, Request& r, const Sources& sources, const Reads::Query<ReadAnswer>& query,
                               engine::RejectReason unknown = engine::RejectReason::OrderNotFound) {
    if (const auto reached = co_await wait_for_reads(s, r, sources); !reached)
        co_return std::unexpected(reached.error());
    const auto found = co_await s.reads.run(query);
    if (!found) co_return std::unexpected(found.error());
    if (!found->found) co_return std::unexpected(refusal(unknown));
    co_return page_reply(r, *found);
}

asio::awaitable<Result> positions(Services& s, Request& r) {
    const Reads::Query<ReadAnswer> query = [accounts = accounts_of(s, r), symbol = text_or_empty(r, "symbol")](
                                               auto& c) { return read_positions(c, accounts, symbol); };
    co_return co_await answer(s, r, kLotSources, query);
}

std::expected<ActivityFilter, Problem> activity_filter(const Services& s, const Request& r) {
    ActivityFilter filter;
    filter.accounts = accounts_of(s, r);
    for (const auto& [name, value] : r.query) {
        if (name != "type") continue;
        if (!is_activity_type(value))
            return std::unexpected(not_accepted("type", "a type of activity such as buy, fee or deposit"));
        filter.types.push_back(value);
    }
    filter.symbol = text_or_empty(r, "symbol");
    const auto after = time_parameter(r, "created_after"), before = time_parameter(r, "created_before");
    if (!after) return std::unexpected(after.error());
    if (!before) return std::unexpected(before.error());
    if (*after) filter.created_after = eventstore::to_rfc3339(**after);
    if (*before) filter.created_before = eventstore::to_rfc3339(**before);
    if (const std::string* cursor = r.parameter("cursor")) {
        if (!is_place_in_ledger(*cursor))
            return std::unexpected(not_accepted("cursor", "a next_cursor of an earlier page"));
        filter.before = *cursor;
    }
    const auto limit = number_parameter(r, "limit", kDefaultPage, 1, kMaxPage);
    if (!limit) return std::unexpected(limit.error());
    filter.limit = static_cast<std::size_t>(*limit);
    return filter;
}

asio::awaitable<Result> activities(Services& s, Request& r) {
    const auto filter = activity_filter(s, r);
    if (!filter) co_return std::unexpected(filter.error());
    const Reads::Query<ReadAnswer> query = [f = *filter](auto& c) { return read_activities(c, f); };
    co_return co_await answer(s, r, kLedgerSources, query);
}

asio::awaitable<Result> portfolio_history(Services& s, Request& r) {
    HistoryFilter filter;
    filter.accounts = accounts_of(s, r);
    filter.interval = text_or_empty(r, "interval");
    if (filter.interval != "1h" && filter.interval != "1d")
        co_return std::unexpected(not_accepted("interval", "1h or 1d"));
    filter.currency = text_or_empty(r, "currency");
    const auto from = time_parameter(r, "from"), to = time_parameter(r, "to");
    if (!from) co_return std::unexpected(from.error());
    if (!to) co_return std::unexpected(to.error());
    if (*from) filter.from = eventstore::to_rfc3339(**from);
    if (*to) filter.to = eventstore::to_rfc3339(**to);
    const auto limit = number_parameter(r, "limit", kDefaultPage, 1, kMaxPage);
    if (!limit) co_return std::unexpected(limit.error());
    filter.limit = static_cast<std::size_t>(*limit);
    const Reads::Query<ReadAnswer> query = [filter](auto& c) { return read_portfolio_history(c, filter); };
    co_return co_await answer(s, r, kHistorySources, query);
}

asio::awaitable<Result> order_events(Services& s, Request& r) {
    const auto id = parse_id<engine::OrderId>(r.params[0]);
    if (!id) co_return std::unexpected(refusal(engine::RejectReason::OrderNotFound));
    const Reads::Query<ReadAnswer> query = [accounts = accounts_of(s, r), order = *id](auto& c) {
        return read_order_events(c, accounts, order);
    };
    co_return co_await answer(s, r, kOrderSources, query);
}

asio::awaitable<Result> settlements(Services& s, Request& r) {
    SettlementFilter filter;
    filter.accounts = accounts_of(s, r);
    filter.status = text_or_empty(r, "status");
    for (const std::string_view known : {"", "pending", "settled", "failed", "canceled"})
        if (filter.status == known) {
            const auto cursor = cursor_parameter(r);
            if (!cursor) co_return std::unexpected(cursor.error());
            const auto limit = number_parameter(r, "limit", kDefaultPage, 1, kMaxPage);
            if (!limit) co_return std::unexpected(limit.error());
            filter.before = *cursor;
            filter.limit = static_cast<std::size_t>(*limit);
            const Reads::Query<ReadAnswer> query = [filter](auto& c) { return read_settlements(c, filter); };
            co_return co_await answer(s, r, kFillSources, query);
        }
    co_return std::unexpected(not_accepted("status", "one of: pending, settled, failed, canceled"));
}

asio::awaitable<Result> trade(Services& s, Request& r) {
    const auto id = parse_id<engine::TradeId>(r.params[0]);
    if (!id) co_return std::unexpected(refusal(engine::RejectReason::TradeNotFound));
    const Reads::Query<ReadAnswer> query = [accounts = accounts_of(s, r), wanted = *id](auto& c) {
        return read_trade(c, accounts, wanted);
    };
    co_return co_await answer(s, r, kFillSources, query, engine::RejectReason::TradeNotFound);
}

}  // namespace

void add_portfolio_routes(Router& router, Services& s) {
    const auto get = [&router](std::string pattern, std::vector<std::string_view> parameters,
                               Handler handler) -> Route& {
        parameters.insert(parameters.end(), {"min_event_seq", "wait_ms"});
        return router.add(Verb::get, std::move(pattern), Access::Trader, std::move(parameters), std::move(handler));
    };
    get("/v1/positions", {"symbol"}, [&s](Request& r) { return positions(s, r); });
    get("/v1/activities", {"type", "symbol", "created_after", "created_before", "limit", "cursor"},
        [&s](Request& r) { return activities(s, r); })
        .repeatable = {"type"};
    get("/v1/portfolio/history", {"interval", "currency", "from", "to", "limit"},
        [&s](Request& r) { return portfolio_history(s, r); });
    get("/v1/orders/{id}/events", {}, [&s](Request& r) { return order_events(s, r); });
    get("/v1/settlements", {"status", "limit", "cursor"}, [&s](Request& r) { return settlements(s, r); });
    get("/v1/settlements/{id}", {}, [&s](Request& r) { return trade(s, r); });
    get("/v1/trades/{id}", {}, [&s](Request& r) { return trade(s, r); });
}

}  // namespace buttonwood::api::http
