#include "api/http/routes.hpp"
#include "api/members.hpp"
#include "api/orders.hpp"
#include "api/read_models.hpp"
#include "api/render.hpp"
#include "eventstore/record_json.hpp"

namespace buttonwood::api::http {
namespace {

namespace asio = boost::asio;
using engine::RejectReason;

template <class Id> std::expected<Id, Problem> id_in_path(const Request& r, RejectReason unknown) {
    if (const auto id = parse_id<Id>(r.params[0])) return *id;
    return std::unexpected(refusal(unknown));
}

std::expected<engine::AccountId, Problem> account_member(Members& m, const LiveView& view) {
    const auto id = parse_id<engine::AccountId>(m.required_text("account_id", 32));
    if (m.failed()) return std::unexpected(m.problem());
    if (!id || !view.account(*id)) return std::unexpected(refusal(RejectReason::AccountNotFound));
    return *id;
}

// Registers the user and gives it its first key: two commands, the second of which cannot be refused for a new user.
asio::awaitable<Result> register_user(Services& s, Request& r) {
    const auto body = body_json(r);
    if (!body) co_return std::unexpected(body.error());
    Members m(*body, {"name", "roles"});
    const engine::RegisterUser wanted{m.required_text("name", engine::Name::kCapacity), m.roles("roles")};
    if (m.failed()) co_return std::unexpected(m.problem());
    engine::Command command(wanted);
    Outcome outcome = co_await decide(s, r, command);
    if (auto p = failed(outcome, s.view)) co_return std::unexpected(std::move(*p));
    const engine::UserId user = outcome.find<engine::UserRegistered>()->user;
    const engine::AccountId account = outcome.find<engine::AccountOpened>()->account;

    const NewKey key = make_key();
    command = engine::CreateApiKey{user, key.id, key.secret_hash, wanted.roles};
    outcome = co_await decide(s, r, command);
    if (auto p = failed(outcome, s.view)) {
        p->execution = Execution::Unknown;
        p->detail = "The user " + to_text(user) + " was registered, but its key is not certain: " + p->detail;
        co_return std::unexpected(std::move(*p));
    }
    JsonWriter w;
    w.object([&] {
        w.member("user_id", to_text(user));
        w.member("account_id", to_text(account));
        w.member("name", wanted.name.view());
        w.raw_member("roles", to_text(wanted.roles));
        w.member("status", "active");
        w.member("key", key.text);
        w.member("event_seq", s.view.event_seq());
    });
    co_return json_reply(201, w.take(), s.view.event_seq());
}

asio::awaitable<Result> list_users(Services& s, Request& r) {
    const auto limit = number_parameter(r, "limit", kDefaultPage, 1, kMaxPage);
    if (!limit) co_return std::unexpected(limit.error());
    const auto cursor = cursor_parameter(r);
    if (!cursor) co_return std::unexpected(cursor.error());
    if (const auto reached = co_await wait_for_reads(s, r, kUserSources); !reached)
        co_return std::unexpected(reached.error());
    UserFilter filter{text_or_empty(r, "q"), text_or_empty(r, "status"), *cursor, static_cast<std::size_t>(*limit)};
    if (!filter.status.empty() && !engine::from_word<engine::UserStatus>(filter.status))
        co_return std::unexpected(problem("invalid_parameter", "The parameter status must be one of: " +
                                                                   Members::accepted_words(engine::UserStatus{}) +
                                                                   "."));
    const Reads::Query<ReadAnswer> query = [filter](auto& c) { return read_users(c, filter); };
    const auto answer = co_await s.reads.run(query);
    if (!answer) co_return std::unexpected(answer.error());
    co_return page_reply(r, *answer);
}

asio::awaitable<Result> change_status(Services& s, Request& r) {
    const auto user = id_in_path<engine::UserId>(r, RejectReason::UserNotFound);
    if (!user) co_return std::unexpected(user.error());
    const auto body = body_json(r);
    if (!body) co_return std::unexpected(body.error());
    Members m(*body, {"status", "reason"});
    const engine::ChangeUserStatus wanted{*user, m.word<engine::UserStatus>("status"),
                                          m.required_text("reason", engine::Note::kCapacity)};
    if (m.failed()) co_return std::unexpected(m.problem());
    engine::Command command(wanted);
    const Outcome outcome = co_await decide(s, r, command);
    if (auto p = failed(outcome, s.view)) co_return std::unexpected(std::move(*p));
    JsonWriter w;
    w.object([&] {
        w.member("user_id", to_text(*user));
        w.member("status", engine::word_of(wanted.status));
        w.member("event_seq", s.view.event_seq());
    });
    co_return json_reply(200, w.take(), s.view.event_seq());
}

asio::awaitable<Result> open_account(Services& s, Request& r) {
    const auto user = id_in_path<engine::UserId>(r, RejectReason::UserNotFound);
    if (!user) co_return std::unexpected(user.error());
    const auto body = body_json(r);
    if (!body) co_return std::unexpected(body.error());
    const Members nothing(*body, {});
    if (nothing.failed()) co_return std::unexpected(nothing.problem());
    engine::Command command(engine::OpenAccount{*user});
    const Outcome outcome = co_await decide(s, r, command);
    if (auto p = failed(outcome, s.view)) co_return std::unexpected(std::move(*p));
    JsonWriter w;
    w.object([&] {
        w.member("account_id", to_text(outcome.find<engine::AccountOpened>()->account));
        w.member("user_id", to_text(*user));
        w.member("event_seq", s.view.event_seq());
    });
    co_return json_reply(201, w.take(), s.view.event_seq());
}

asio::awaitable<Result> create_security(Services& s, Request& r) {
    const auto body = body_json(r);
    if (!body) co_return std::unexpected(body.error());
    Members m(*body, {"symbol", "name", "currency", "price_scale", "quantity_scale", "tick_size", "lot_size"});
    engine::CreateSecurity wanted;
    wanted.symbol = m.required_text("symbol", engine::Symbol::kCapacity);
    wanted.name = m.required_text("name", engine::Name::kCapacity);
    wanted.currency = m.required_text("currency", engine::Currency::kCapacity);
    wanted.price_scale = m.small_number("price_scale", 8);
    wanted.quantity_scale = m.small_number("quantity_scale", 8);
    wanted.tick_size = {m.units("tick_size", wanted.price_scale, "tick_not_allowed", "tick_not_allowed")};
    wanted.lot_size = {m.units("lot_size", wanted.quantity_scale, "tick_not_allowed", "tick_not_allowed")};
    if (m.failed()) co_return std::unexpected(m.problem());
    engine::Command command(wanted);
    const Outcome outcome = co_await decide(s, r, command);
    if (auto p = failed(outcome, s.view)) co_return std::unexpected(std::move(*p));
    const LiveSecurity& security = *s.view.security(outcome.find<engine::SecurityCreated>()->security);
    Reply reply = json_reply(201, security_json(security, s.view.event_seq()), s.view.event_seq());
    reply.headers.emplace_back("Location", "/v1/securities/" + std::string(security.symbol()));
    co_return reply;
}

// Deposit and withdrawal differ only in the command.
template <class CashCommand> asio::awaitable<Result> move_cash(Services& s, Request& r) {
    const auto body = body_json(r);
    if (!body) co_return std::unexpected(body.error());
    Members m(*body, {"account_id", "currency", "amount"});
    const auto account = account_member(m, s.view);
    if (!account) co_return std::unexpected(account.error());
    const CashCommand wanted{*account, m.required_text("currency", engine::Currency::kCapacity), m.money("amount")};
    if (m.failed()) co_return std::unexpected(m.problem());
    engine::Command command(wanted);
    const Outcome outcome = co_await decide(s, r, command);
    if (auto p = failed(outcome, s.view)) co_return std::unexpected(std::move(*p));
    JsonWriter w;
    w.object([&] {
        w.member("account_id", to_text(*account));
        w.member("currency", wanted.currency.view());
        w.member("amount", eventstore::to_decimal(wanted.amount));
        w.member("event_seq", s.view.event_seq());
    });
    co_return json_reply(201, w.take(), s.view.event_seq());
}

asio::awaitable<Result> issue(Services& s, Request& r) {
    const auto body = body_json(r);
    if (!body) co_return std::unexpected(body.error());
    Members m(*body, {"account_id", "symbol", "quantity"});
    const auto account = account_member(m, s.view);
    if (!account) co_return std::unexpected(account.error());
    const auto security = known_security(s.view, m.required_text("symbol", engine::Symbol::kCapacity));
    if (m.failed()) co_return std::unexpected(m.problem());
    if (!security) co_return std::unexpected(security.error());
    const engine::Quantity quantity{
        m.units("quantity", (*security)->terms.quantity_scale, "quantity_not_on_lot", "max_quantity")};
    if (m.failed()) co_return std::unexpected(m.problem());
    engine::Command command(engine::IssueHoldings{*account, (*security)->terms.security, quantity});
    const Outcome outcome = co_await decide(s, r, command);
    if (auto p = failed(outcome, s.view)) co_return std::unexpected(std::move(*p));
    JsonWriter w;
    w.object([&] {
        w.member("account_id", to_text(*account));
        w.member("symbol", (*security)->symbol());
        w.member("quantity", quantity_text(**security, quantity));
        w.member("event_seq", s.view.event_seq());
    });
    co_return json_reply(201, w.take(), s.view.event_seq());
}

asio::awaitable<Result> cancel_on_behalf(Services& s, Request& r) {
    const auto order = id_in_path<engine::OrderId>(r, RejectReason::OrderNotFound);
    if (!order) co_return std::unexpected(order.error());
    const auto reason = reason_parameter(r);
    if (!reason) co_return std::unexpected(reason.error());
    engine::CancelOrder wanted;
    wanted.target.order = *order;
    wanted.note = *reason;
    engine::Command command(wanted);
    const Outcome outcome = co_await decide(s, r, command);
    auto answer = cancel_answer(outcome, s.view);
    if (!answer) co_return std::unexpected(std::move(answer.error()));
    co_return json_reply(200, std::move(answer->json), s.view.event_seq());
}

// The engine's own word about itself; computed on its thread, between two commands.
Result engine_state(const Services& s) {
    JsonWriter w;
    bool seen = false;
    s.pipeline.inspect([&](const engine::Engine& engine) {
        seen = true;
        w.object([&] {
            w.member("event_seq", engine.last_seq());
            w.member("durable_seq", s.pipeline.status().durable_seq);
            w.member("command_seq", engine.last_command());
            w.member("state_hash", engine.state_hash().hex());
            w.member("open_orders", engine.open_order_count());
            w.array("invariant_violations", [&] {
                for (const std::string& violation : engine.check_invariants()) w.element(violation);
            });
        });
    });
    if (!seen) return std::unexpected(problem("draining"));
    return json_reply(200, w.take(), s.view.event_seq());
}

}  // namespace

void add_admin_routes(Router& router, Services& s) {
    const auto add = [&router](Verb verb, std::string pattern, std::vector<std::string_view> parameters,
                               Handler handler) {
        router.add(verb, std::move(pattern), Access::Operator, std::move(parameters), std::move(handler));
    };
    add(Verb::post, "/v1/admin/users", {}, [&s](Request& r) { return register_user(s, r); });
    add(Verb::get, "/v1/admin/users", {"q", "status", "limit", "cursor", "min_event_seq", "wait_ms"},
        [&s](Request& r) { return list_users(s, r); });
    add(Verb::post, "/v1/admin/users/{id}/status", {}, [&s](Request& r) { return change_status(s, r); });
    add(Verb::post, "/v1/admin/users/{id}/accounts", {}, [&s](Request& r) { return open_account(s, r); });
    add(Verb::post, "/v1/admin/securities", {}, [&s](Request& r) { return create_security(s, r); });
    add(Verb::post, "/v1/admin/deposits", {}, [&s](Request& r) { return move_cash<engine::DepositCash>(s, r); });
    add(Verb::post, "/v1/admin/withdrawals", {}, [&s](Request& r) { return move_cash<engine::WithdrawCash>(s, r); });
    add(Verb::post, "/v1/admin/issues", {}, [&s](Request& r) { return issue(s, r); });
    add(Verb::delete_, "/v1/admin/orders/{id}", {"reason"}, [&s](Request& r) { return cancel_on_behalf(s, r); });
    router.add_immediate(Verb::get, "/v1/admin/state", Access::Operator, {},
                         [&s](Request&) { return engine_state(s); });
}

}  // namespace buttonwood::api::http
