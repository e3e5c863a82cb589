#include "api/http/routes.hpp"
#include "api/orders.hpp"
#include "api/read_models.hpp"
#include "api/render.hpp"
#include "engine/names.hpp"

namespace buttonwood::api::http {
namespace {

namespace asio = boost::asio;

// The order as the read model has it, once that has reached everything durable: for orders that ended long ago.
asio::awaitable<std::expected<std::string, Problem>> stored_order(Services& s, const Request& r, engine::OrderId id) {
    const auto reached = co_await s.reads.reach(kOrderSources, s.view.event_seq(), kDefaultWaitMs);
    if (!reached) co_return std::unexpected(reached.error());
    const Reads::Query<ReadAnswer> query = [accounts = accounts_of(s, r), id](auto& c) {
        return read_order(c, accounts, id, "");
    };
    auto answer = co_await s.reads.run(query);
    if (!answer) co_return std::unexpected(answer.error());
    if (!answer->found) co_return std::unexpected(refusal(engine::RejectReason::OrderNotFound));
    co_return std::move(answer->json);
}

// A refused cancel or amend: an order that is no longer in memory is looked up, so that the client learns how it ended.
asio::awaitable<Result> explain(Services& s, Request& r, Problem& p, engine::OrderId id) {
    const bool forgotten = p.code == "order_not_found" || (p.code == "order_not_open" && p.order_json.empty());
    if (!forgotten) co_return std::unexpected(std::move(p));
    auto order = co_await stored_order(s, r, id);
    if (!order) co_return std::unexpected(order.error());
    const bool filled = order->find(R"("status":"filled")") != std::string::npos;
    p = problem(filled ? "order_already_filled" : "order_not_open");
    p.order_json = std::move(*order);
    co_return std::unexpected(std::move(p));
}

std::expected<engine::OrderId, Problem> order_in_path(const Request& r) {
    if (const auto id = parse_id<engine::OrderId>(r.params[0])) return *id;
    return std::unexpected(refusal(engine::RejectReason::OrderNotFound));
}

asio::awaitable<Result> place(Services& s, Request& r, std::optional<engine::Side> side) {
    const auto body = body_json(r);
    if (!body) co_return std::unexpected(body.error());
    auto order = read_place(*body, s.view, r.who, side);
    if (!order) co_return std::unexpected(std::move(order.error()));
    engine::Command command(*order);
    const Outcome outcome = co_await decide(s, r, command);
    auto answer = place_answer(outcome, s.view);
    if (!answer) co_return std::unexpected(std::move(answer.error()));
    const engine::EventSeq seq = s.view.event_seq();
    if (answer->json.empty()) {
        auto stored = co_await stored_order(s, r, answer->order);
        if (!stored) {
            stored.error().execution = Execution::Executed;  // by the first request; only its order cannot be shown
            co_return std::unexpected(std::move(stored.error()));
        }
        answer->json = std::move(*stored);
    }
    Reply reply = json_reply(answer->replayed ? 200 : 201, std::move(answer->json), seq);
    if (answer->replayed) reply.headers.emplace_back("Idempotency-Replayed", "true");
    else reply.headers.emplace_back("Location", "/v1/orders/" + to_text(answer->order));
    co_return reply;
}

// The group that a retry's leg belongs to, from the read model: some of it ended long ago.
asio::awaitable<std::expected<std::string, Problem>> stored_group(Services& s, const Request& r, engine::OrderId leg) {
    const auto reached = co_await s.reads.reach(kOrderSources, s.view.event_seq(), kDefaultWaitMs);
    if (!reached) co_return std::unexpected(reached.error());
    const Reads::Query<ReadAnswer> query = [accounts = accounts_of(s, r), leg](auto& c) {
        return read_group(c, accounts, leg);
    };
    auto answer = co_await s.reads.run(query);
    if (!answer) co_return std::unexpected(answer.error());
    if (!answer->found) co_return std::unexpected(refusal(engine::RejectReason::ClientOrderIdConflict));
    co_return std::move(answer->json);
}

asio::awaitable<Result> place_group(Services& s, Request& r) {
    const auto body = body_json(r);
    if (!body) co_return std::unexpected(body.error());
    auto group = read_group(*body, s.view, r.who);
    if (!group) co_return std::unexpected(std::move(group.error()));
    engine::Command command(std::move(*group));
    const Outcome outcome = co_await decide(s, r, command);
    auto answer = group_answer(outcome, s.view);
    if (!answer) co_return std::unexpected(std::move(answer.error()));
    const engine::EventSeq seq = s.view.event_seq();
    if (answer->json.empty()) {
        auto stored = co_await stored_group(s, r, answer->leg);
        if (!stored) {
            if (stored.error().code != "client_order_id_conflict") stored.error().execution = Execution::Executed;
            co_return std::unexpected(std::move(stored.error()));
        }
        answer->json = std::move(*stored);
    }
    Reply reply = json_reply(answer->replayed ? 200 : 201, std::move(answer->json), seq);
    if (answer->replayed) reply.headers.emplace_back("Idempotency-Replayed", "true");
    co_return reply;
}

asio::awaitable<Result> set_cancel_after(Services& s, Request& r) {
    const auto body = body_json(r);
    if (!body) co_return std::unexpected(body.error());
    const auto wanted = read_cancel_after(*body, s.view, r.who);
    if (!wanted) co_return std::unexpected(wanted.error());
    engine::Command command(*wanted);
    const Outcome outcome = co_await decide(s, r, command);
    if (auto p = failed(outcome, s.view)) co_return std::unexpected(std::move(*p));
    co_return json_reply(200, cancel_after_json(wanted->account, s.view), s.view.event_seq());
}

Result cancel_after(const Services& s, const Request& r) {
    const std::string* text = r.parameter("account");
    const auto account = own_account(s.view, r.who, text ? std::string_view(*text) : std::string_view{});
    if (!account) return std::unexpected(account.error());
    return json_reply(200, cancel_after_json(*account, s.view), s.view.event_seq());
}

asio::awaitable<Result> amend(Services& s, Request& r) {
    const auto id = order_in_path(r);
    if (!id) co_return std::unexpected(id.error());
    const auto body = body_json(r);
    if (!body) co_return std::unexpected(body.error());
    auto wanted = read_amend(*body, s.view, r.who, *id);
    if (!wanted) co_return co_await explain(s, r, wanted.error(), *id);
    engine::Command command(*wanted);
    const Outcome outcome = co_await decide(s, r, command);
    auto answer = amend_answer(outcome, s.view);
    if (!answer) co_return co_await explain(s, r, answer.error(), *id);
    co_return json_reply(200, std::move(answer->json), s.view.event_seq());
}

asio::awaitable<Result> cancel(Services& s, Request& r) {
    const auto id = order_in_path(r);
    if (!id) co_return std::unexpected(id.error());
    engine::CancelOrder wanted;
    wanted.target.order = *id;
    const LiveOrder* known = s.view.order(*id);
    const LiveAccount* owner = known ? s.view.account(known->account) : nullptr;
    if (owner && owner->user == r.who.user) {
        wanted.account = known->account;
    } else {
        const auto account = own_account(s.view, r.who, {});
        if (!account) co_return std::unexpected(account.error());
        wanted.account = *account;
    }
    engine::Command command(wanted);
    const Outcome outcome = co_await decide(s, r, command);
    auto answer = cancel_answer(outcome, s.view);
    if (!answer) co_return co_await explain(s, r, answer.error(), *id);
    co_return json_reply(200, std::move(answer->json), s.view.event_seq());
}

asio::awaitable<Result> cancel_many(Services& s, Request& r, std::optional<engine::Side> side) {
    const auto text = [](std::string value) {
        JsonValue v;
        v.kind = JsonValue::Kind::String;
        v.text = std::move(value);
        return v;
    };
    JsonValue params;
    params.kind = JsonValue::Kind::Object;
    for (const auto& [name, value] : r.query) params.members.emplace_back(name, text(value));
    if (side) params.members.emplace_back("side", text(std::string(engine::word_of(*side))));
    const auto wanted = read_mass_cancel(params, s.view, r.who);
    if (!wanted) co_return std::unexpected(wanted.error());
    engine::Command command(*wanted);
    const Outcome outcome = co_await decide(s, r, command);
    if (auto p = failed(outcome, s.view)) co_return std::unexpected(std::move(*p));
    const MassCancelResult done = mass_cancel_result(outcome);
    JsonWriter w;
    w.object([&] {
        w.array("data", [&] {
            for (const engine::Event& event : outcome.events) {
                const auto* canceled = std::get_if<engine::OrderCanceled>(&event.body);
                const LiveOrder* order = canceled ? s.view.order(canceled->order) : nullptr;
                if (order) w.raw_element(order_json(*order, *s.view.security(order->security)));
            }
        });
        w.member("canceled_count", done.canceled_count);
        w.member("complete", done.complete);
        w.member("event_seq", s.view.event_seq());
    });
    co_return json_reply(200, w.take(), s.view.event_seq());
}

}  // namespace

void add_trading_routes(Router& router, Services& s) {
    const auto collection = [&](const std::string& path, std::optional<engine::Side> side) {
        router.add(Verb::post, path, Access::Trader, {}, [&s, side](Request& r) { return place(s, r, side); });
        std::vector<std::string_view> filters{"symbol", "account"};
        if (!side) filters.push_back("side");
        router.add(Verb::delete_, path, Access::Trader, filters,
                   [&s, side](Request& r) { return cancel_many(s, r, side); });
    };
    collection("/v1/orders", std::nullopt);
    collection("/v1/listings", engine::Side::Sell);
    collection("/v1/bids", engine::Side::Buy);
    router.add(Verb::post, "/v1/orders/groups", Access::Trader, {}, [&s](Request& r) { return place_group(s, r); });
    router.add(Verb::put, "/v1/cancel-after", Access::Trader, {}, [&s](Request& r) { return set_cancel_after(s, r); });
    router.add(Verb::get, "/v1/cancel-after", Access::Trader, {"account", "min_event_seq", "wait_ms"},
               live_read(s, [&s](Request& r) { return cancel_after(s, r); }));
    router.add(Verb::patch, "/v1/orders/{id}", Access::Trader, {}, [&s](Request& r) { return amend(s, r); });
    router.add(Verb::delete_, "/v1/orders/{id}", Access::Trader, {}, [&s](Request& r) { return cancel(s, r); });
}

}  // namespace buttonwood::api::http
