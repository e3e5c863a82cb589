#include "api/http/as_of.hpp"
#include "api/http/routes.hpp"
#include "api/members.hpp"
#include "api/read_models.hpp"
#include "api/render.hpp"
#include "eventstore/record_json.hpp"

namespace buttonwood::api::http {
namespace {

namespace asio = boost::asio;

Result reply_of(const Request& r, const Reads::Answer<ReadAnswer>& answer) {
    if (!answer) return std::unexpected(answer.error());
    if (!answer->found) return std::unexpected(refusal(engine::RejectReason::OrderNotFound));
    return page_reply(r, *answer);
}

std::expected<std::string, Problem> word_parameter(const Request& r, std::string_view name, std::string otherwise,
                                                   std::initializer_list<std::string_view> accepted) {
    const std::string* text = r.parameter(name);
    if (!text) return otherwise;
    std::string list;
    for (const std::string_view word : accepted) {
        if (*text == word) return *text;
        (list += list.empty() ? "" : ", ") += word;
    }
    return std::unexpected(
        problem("invalid_parameter", "The parameter " + std::string(name) + " must be one of: " + list + "."));
}

asio::awaitable<Result> orders(Services& s, Request& r, std::string_view fixed_side) {
    OrderFilter filter;
    filter.accounts = accounts_of(s, r);
    const auto status = word_parameter(r, "status", "open", {"open", "closed", "all"});
    if (!status) co_return std::unexpected(status.error());
    const auto side = word_parameter(r, "side", std::string(fixed_side), {"buy", "sell"});
    if (!side) co_return std::unexpected(side.error());
    const auto limit = number_parameter(r, "limit", kDefaultPage, 1, kMaxPage);
    if (!limit) co_return std::unexpected(limit.error());
    const auto cursor = cursor_parameter(r);
    if (!cursor) co_return std::unexpected(cursor.error());
    if (r.parameter("updated_since_seq")) {
        const auto seq = number_parameter(r, "updated_since_seq", 0, 0, INT64_MAX);
        if (!seq) co_return std::unexpected(seq.error());
        filter.updated_since_seq = *seq;
    }
    const auto after = time_parameter(r, "created_after"), before = time_parameter(r, "created_before");
    if (!after) co_return std::unexpected(after.error());
    if (!before) co_return std::unexpected(before.error());
    if (*after) filter.created_after = eventstore::to_rfc3339(**after);
    if (*before) filter.created_before = eventstore::to_rfc3339(**before);
    filter.symbol = text_or_empty(r, "symbol");
    filter.status = *status;
    filter.side = *side;
    filter.before = *cursor;
    filter.limit = static_cast<std::size_t>(*limit);
    if (const auto reached = co_await wait_for_reads(s, r, kOrderSources); !reached)
        co_return std::unexpected(reached.error());
    const Reads::Query<ReadAnswer> query = [filter](auto& c) { return read_orders(c, filter); };
    const auto answer = co_await s.reads.run(query);
    co_return reply_of(r, answer);
}

// From memory while it is there, which is never behind an answer; from the read model otherwise.
asio::awaitable<Result> one_order(Services& s, Request& r, const LiveOrder* live, std::optional<engine::OrderId> id,
                                  const std::string& client_order_id) {
    const auto wanted = number_parameter(r, "min_event_seq", 0, 0, INT64_MAX);
    if (!wanted) co_return std::unexpected(wanted.error());
    const LiveAccount* owner = live ? s.view.account(live->account) : nullptr;
    if (owner && owner->user == r.who.user && s.view.event_seq() >= *wanted)
        co_return json_reply(200, order_json(*live, *s.view.security(live->security)), s.view.event_seq());
    if (const auto reached = co_await wait_for_reads(s, r, kOrderSources); !reached)
        co_return std::unexpected(reached.error());
    const Reads::Query<ReadAnswer> query = [accounts = accounts_of(s, r), id, client = client_order_id](auto& c) {
        return read_order(c, accounts, id, client);
        };
    const auto answer = co_await s.reads.run(query);
    co_return reply_of(r, answer);
}

asio::awaitable<Result> order_by_id(Services& s, Request& r) {
    const auto id = parse_id<engine::OrderId>(r.params[0]);
    if (!id) co_return std::unexpected(refusal(engine::RejectReason::OrderNotFound));
    const std::string any_client_id;
    co_return co_await one_order(s, r, s.view.order(*id), *id, any_client_id);
}

asio::awaitable<Result> order_by_client_id(Services& s, Request& r) {
    const std::string client_id = r.params[0];
    if (!is_client_order_id(client_id)) co_return std::unexpected(refusal(engine::RejectReason::OrderNotFound));
    const LiveOrder* live = nullptr;
    for (const engine::AccountId account : accounts_of(s, r))
        if (!live) live = s.view.order(account, engine::ClientOrderId(client_id));
    co_return co_await one_order(s, r, live, std::nullopt, client_id);
}

asio::awaitable<Result> fills(Services& s, Request& r) {
    FillFilter filter;
    filter.accounts = accounts_of(s, r);
    if (const std::string* symbol = r.parameter("symbol")) filter.symbol = *symbol;
    if (const std::string* order = r.parameter("order_id")) {
        const auto id = parse_id<engine::OrderId>(*order);
        if (!id)
            co_return std::unexpected(
                problem("invalid_parameter", "The parameter order_id must be an id such as ord_12."));
        filter.order = std::to_underlying(*id);
    }
    const auto limit = number_parameter(r, "limit", kDefaultPage, 1, kMaxPage);
    if (!limit) co_return std::unexpected(limit.error());
    const auto cursor = cursor_parameter(r);
    if (!cursor) co_return std::unexpected(cursor.error());
    filter.limit = static_cast<std::size_t>(*limit);
    filter.before = *cursor;
    if (const auto reached = co_await wait_for_reads(s, r, kFillSources); !reached)
        co_return std::unexpected(reached.error());
    const Reads::Query<ReadAnswer> query = [filter](auto& c) { return read_fills(c, filter); };
    const auto answer = co_await s.reads.run(query);
    co_return reply_of(r, answer);
}

asio::awaitable<Result> prevented_matches(Services& s, Request& r) {
    PreventedFilter filter;
    filter.accounts = accounts_of(s, r);
    if (const std::string* symbol = r.parameter("symbol")) filter.symbol = *symbol;
    const auto limit = number_parameter(r, "limit", kDefaultPage, 1, kMaxPage);
    if (!limit) co_return std::unexpected(limit.error());
    const auto cursor = cursor_parameter(r);
    if (!cursor) co_return std::unexpected(cursor.error());
    filter.limit = static_cast<std::size_t>(*limit);
    filter.before = *cursor;
    if (const auto reached = co_await wait_for_reads(s, r, kPreventedSources); !reached)
        co_return std::unexpected(reached.error());
    const Reads::Query<ReadAnswer> query = [filter](auto& c) { return read_prevented_matches(c, filter); };
    const auto answer = co_await s.reads.run(query);
    co_return reply_of(r, answer);
}

asio::awaitable<Result> balances(Services& s, Request& r) {
    if (const auto reached = co_await wait_for_reads(s, r, kBalanceSources); !reached)
        co_return std::unexpected(reached.error());
    const Reads::Query<ReadAnswer> query = [accounts = accounts_of(s, r)](auto& c) {
        return read_balances(c, accounts);
    };
    const auto answer = co_await s.reads.run(query);
    co_return reply_of(r, answer);
}

asio::awaitable<Result> portfolio(Services& s, Request& r) {
    if (const auto reached = co_await wait_for_reads(s, r, kPortfolioSources); !reached)
        co_return std::unexpected(reached.error());
    const Reads::Query<ReadAnswer> query = [accounts = accounts_of(s, r)](auto& c) {
        return read_portfolio(c, accounts);
    };
    const auto answer = co_await s.reads.run(query);
    co_return reply_of(r, answer);
}

Result account(const Services& s, const Request& r) {
    const LiveUser& user = *s.view.user(r.who.user);
    JsonWriter w;
    w.object([&] {
        w.member("user_id", to_text(user.id));
        w.member("name", user.name.view());
        w.member("status", engine::word_of(user.status));
        w.raw_member("roles", to_text(r.who.roles));
        w.array("accounts", [&] {
            for (const engine::AccountId id : user.accounts) w.element(to_text(id));
        });
        w.member("event_seq", s.view.event_seq());
    });
    return json_reply(200, w.take(), s.view.event_seq());
}

}  // namespace

void add_account_routes(Router& router, Services& s) {
    const auto get = [&router](std::string pattern, std::vector<std::string_view> parameters, Handler handler) {
        router.add(Verb::get, std::move(pattern), Access::Trader, std::move(parameters), std::move(handler));
    };
    const std::vector<std::string_view> of_side{"status",         "symbol",        "updated_since_seq",
                                                "created_after",  "created_before", "limit",
                                                "cursor",         "min_event_seq",  "wait_ms"};
    std::vector<std::string_view> of_any = of_side;
    of_any.push_back("side");
    get("/v1/orders", of_any, [&s](Request& r) { return orders(s, r, ""); });
    get("/v1/listings", of_side, [&s](Request& r) { return orders(s, r, "sell"); });
    get("/v1/bids", of_side, [&s](Request& r) { return orders(s, r, "buy"); });
    const auto get_or_past = [&](std::string pattern, Handler present, MakePastQuery past) {
        add_with_past(router, s, std::move(pattern), Access::Trader, {"min_event_seq", "wait_ms"}, std::move(present),
                      std::move(past));
    };
    get_or_past("/v1/orders/{id}", [&s](Request& r) { return order_by_id(s, r); },
                [&s](const Request& r) -> std::expected<PastReads::Query, Problem> {
                    const auto id = parse_id<engine::OrderId>(r.params[0]);
                    if (!id) return std::unexpected(refusal(engine::RejectReason::OrderNotFound));
                    return past_order(accounts_of(s, r), *id, "");
                });
    get_or_past("/v1/orders/by-client-id/{client_order_id}", [&s](Request& r) { return order_by_client_id(s, r); },
                [&s](const Request& r) -> std::expected<PastReads::Query, Problem> {
                    if (!is_client_order_id(r.params[0]))
                        return std::unexpected(refusal(engine::RejectReason::OrderNotFound));
                    return past_order(accounts_of(s, r), std::nullopt, r.params[0]);
                });
    get("/v1/fills", {"symbol", "order_id", "limit", "cursor", "min_event_seq", "wait_ms"},
        [&s](Request& r) { return fills(s, r); });
    get("/v1/prevented-matches", {"symbol", "limit", "cursor", "min_event_seq", "wait_ms"},
        [&s](Request& r) { return prevented_matches(s, r); });
    get_or_past("/v1/balances", [&s](Request& r) { return balances(s, r); },
                [&s](const Request& r) { return past_balances(accounts_of(s, r)); });
    get_or_past("/v1/portfolio", [&s](Request& r) { return portfolio(s, r); },
                [&s](const Request& r) { return past_portfolio(accounts_of(s, r)); });
    router.add(Verb::get, "/v1/account", Access::AnyKey, {"min_event_seq", "wait_ms"},
               live_read(s, [&s](Request& r) { return account(s, r); }));
}

}  // namespace buttonwood::api::http
