#include "api/http/as_of.hpp"

#include "api/past_answers.hpp"
#include "api/render.hpp"
#include "api/rfc3339.hpp"

#include <charconv>

namespace buttonwood::api::http {
namespace {

using eventstore::Connection;
using eventstore::PastState;
using Accounts = std::vector<engine::AccountId>;
using Answer = PastReads::Answer;

Problem bad_parameter(std::string_view name, const std::string& accepted) {
    return field_problem("invalid_parameter", "/" + std::string(name),
                         "The parameter " + std::string(name) + " must be " + accepted + ".", accepted);
}

Answer order_answer(const PastState& state, Connection& connection, const Accounts& accounts,
                    std::optional<engine::OrderId> id, const std::string& client_order_id) {
    auto order = past_order_json(state, connection, accounts, id, client_order_id);
    if (order) return ReadAnswer{*std::move(order), state.event_seq(), true};
    switch (order.error()) {
        case NoOrder::ReadsAway: return std::unexpected(problem("read_only", "The read models cannot be reached."));
        case NoOrder::ReadsBehind: return std::unexpected(problem("read_lag"));
        case NoOrder::Unknown: break;
    }
    return std::unexpected(refusal(engine::RejectReason::OrderNotFound));
}

}  // namespace

std::expected<std::optional<AsOf>, Problem> as_of(const Request& request) {
    const std::string* seq = request.parameter("as_of_seq");
    const std::string* time = request.parameter("as_of");
    if (!seq && !time) return std::nullopt;
    if (seq && time) return std::unexpected(bad_parameter("as_of", "absent where as_of_seq is given"));
    if (request.parameter("min_event_seq"))
        return std::unexpected(bad_parameter("min_event_seq", "absent where the past is asked for"));
    AsOf wanted;
    if (time) {
        wanted.time = parse_rfc3339(*time);
        if (!wanted.time) return std::unexpected(bad_parameter("as_of", "a time such as 2026-11-20T17:25:49.348123Z"));
        return wanted;
    }
    const char* const end = seq->data() + seq->size();
    engine::EventSeq number = 0;
    const auto [at, error] = std::from_chars(seq->data(), end, number);
    if (error != std::errc{} || at != end || number > static_cast<std::uint64_t>(INT64_MAX))
        return std::unexpected(bad_parameter("as_of_seq", "the number of an event, 0 for before the first"));
    wanted.seq = number;
    return wanted;
}

void add_with_past(Router& router, Services& services, std::string pattern, Access access,
                   std::vector<std::string_view> parameters, Handler present, MakePastQuery past) {
    parameters.insert(parameters.end(), {"as_of_seq", "as_of"});
    router.add(Verb::get, std::move(pattern), access, std::move(parameters),
               [&services, present = std::move(present),
                past = std::move(past)](Request& request) -> boost::asio::awaitable<Result> {
                   const auto wanted = as_of(request);
                   if (!wanted) co_return std::unexpected(wanted.error());
                   if (!*wanted) co_return co_await present(request);
                   const auto query = past(request);
                   if (!query) co_return std::unexpected(query.error());
                   const auto answer = co_await services.past.answer(**wanted, *query);
                   if (!answer) co_return std::unexpected(answer.error());
                   co_return json_reply(200, answer->json, answer->event_seq);
               });
}

std::expected<PastReads::Query, Problem> past_book(const Request& request) {
    const auto depth = number_parameter(request, "depth", kDefaultDepth, 1, kMaxDepth);
    if (!depth) return std::unexpected(depth.error());
    return [symbol = request.params[0], depth = static_cast<std::size_t>(*depth)](const PastState& state,
                                                                                   Connection&) -> Answer {
        const LiveSecurity* security = live_view(state).security(symbol);
        if (!security) return std::unexpected(refusal(engine::RejectReason::SecurityNotFound));
        return ReadAnswer{book_json(*security, depth, state.event_seq()), state.event_seq(), true};
    };
}

PastReads::Query past_security(const std::string& symbol) {
    return [symbol](const PastState& state, Connection&) -> Answer {
        const LiveSecurity* security = live_view(state).security(symbol);
        if (!security) return std::unexpected(refusal(engine::RejectReason::SecurityNotFound));
        return ReadAnswer{security_json(*security, state.event_seq()), state.event_seq(), true};
    };
}

PastReads::Query past_order(Accounts accounts, std::optional<engine::OrderId> id, std::string client_order_id) {
    return [accounts = std::move(accounts), id, client = std::move(client_order_id)](
               const PastState& state, Connection& connection) -> Answer {
        return order_answer(state, connection, accounts, id, client);
    };
}

PastReads::Query past_balances(Accounts accounts) {
    return [accounts = std::move(accounts)](const PastState& state, Connection&) -> Answer {
        return ReadAnswer{balances_json(state, accounts), state.event_seq(), true};
    };
}

PastReads::Query past_portfolio(Accounts accounts) {
    return [accounts = std::move(accounts)](const PastState& state, Connection&) -> Answer {
        return ReadAnswer{portfolio_json(state, accounts), state.event_seq(), true};
    };
}

}  // namespace buttonwood::api::http
