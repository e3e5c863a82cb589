// People and securities for operators: profiles, KYC, accreditation, notes; terms, valuations, fees, delisting and
// settlement. Each act is a command of the log; what it left is read from the read models.
#include "api/http/routes.hpp"
#include "api/ids.hpp"
#include "api/json_writer.hpp"
#include "api/members.hpp"
#include "api/orders.hpp"
#include "api/people_reads.hpp"

namespace buttonwood::api::http {
namespace {

namespace asio = boost::asio;
using engine::RejectReason;
using Read = std::expected<engine::Command, Problem>;

constexpr std::int64_t kMaxPpm = 1'000'000;  // the engine's own limit is lower

// {name: id, event_seq}: whose state changed, and the event to ask the read models for.
asio::awaitable<Result> act(Services& s, Request& r, engine::Command& command, std::string_view name,
                            const std::string& id) {
    const Outcome outcome = co_await decide(s, r, command);
    if (auto p = failed(outcome, s.view)) co_return std::unexpected(std::move(*p));
    JsonWriter w;
    w.object([&] {
        w.member(name, id);
        w.member("event_seq", s.view.event_seq());
    });
    co_return json_reply(200, w.take(), s.view.event_seq());
}

// Of compliance alone; the engine asks the same of the command's actor.
std::optional<Problem> not_of_compliance(const Request& r, bool operators_may_too) {
    if (r.who.may(engine::Role::Compliance) || (operators_may_too && r.who.may(engine::Role::Operator)))
        return std::nullopt;
    return problem("scope_missing", "This needs a key with the role compliance.");
}

using ReadAboutUser = Read (*)(const JsonValue& body, engine::UserId user);

asio::awaitable<Result> about_user(Services& s, Request& r, ReadAboutUser read) {
    const auto user = parse_id<engine::UserId>(r.params[0]);
    if (!user) co_return std::unexpected(refusal(RejectReason::UserNotFound));
    const auto body = body_json(r);
    if (!body) co_return std::unexpected(body.error());
    auto command = read(*body, *user);
    if (!command) co_return std::unexpected(command.error());
    const std::string id = to_text(*user);
    co_return co_await act(s, r, *command, "user_id", id);
}

asio::awaitable<Result> of_compliance(Services& s, Request& r, ReadAboutUser read) {
    if (auto p = not_of_compliance(r, false)) co_return std::unexpected(std::move(*p));
    co_return co_await about_user(s, r, read);
}

Read read_kyc(const JsonValue& body, engine::UserId user) {
    Members m(body, {"status", "note"});
    const engine::SetKycStatus wanted{user, m.word<engine::KycStatus>("status"),
                                      m.optional_text("note", engine::Note::kCapacity)};
    if (m.failed()) return std::unexpected(m.problem());
    return wanted;
}

Read read_accreditation(const JsonValue& body, engine::UserId user) {
    Members m(body, {"status", "basis", "evidence", "expires_at"});
    engine::SetAccreditation wanted;
    wanted.user = user;
    wanted.status = m.word<engine::AccreditationStatus>("status");
    wanted.basis = m.word<engine::AccreditationBasis>("basis", engine::AccreditationBasis::None);
    wanted.evidence = m.optional_text("evidence", engine::Note::kCapacity);
    if (m.has("expires_at")) wanted.expires_at = m.time("expires_at");
    if (m.failed()) return std::unexpected(m.problem());
    return wanted;
}

Read read_note(const JsonValue& body, engine::UserId user) {
    Members m(body, {"note"});
    const engine::AddComplianceNote wanted{user, m.required_text("note", engine::Note::kCapacity)};
    if (m.failed()) return std::unexpected(m.problem());
    return wanted;
}

// Absent members stay as they are; null takes an email or a jurisdiction away.
Read read_profile(const JsonValue& body, engine::UserId user) {
    Members m(body, {"name", "email", "jurisdiction"});
    engine::UpdateProfile wanted;
    wanted.user = user;
    if (body.find("name")) wanted.name = m.required_text("name", engine::Name::kCapacity);
    if (body.find("email")) wanted.email = m.optional_text("email", engine::Name::kCapacity);
    if (body.find("jurisdiction")) wanted.jurisdiction = m.optional_text("jurisdiction", engine::Country::kCapacity);
    if (m.failed()) return std::unexpected(m.problem());
    return wanted;
}

asio::awaitable<Result> own_profile(Services& s, Request& r) {
    const auto body = body_json(r);
    if (!body) co_return std::unexpected(body.error());
    auto command = read_profile(*body, r.who.user);
    if (!command) co_return std::unexpected(command.error());
    const std::string id = to_text(r.who.user);
    co_return co_await act(s, r, *command, "user_id", id);
}

using ReadAboutSecurity = Read (*)(const JsonValue& body, const LiveSecurity& security, const LiveView& view);

asio::awaitable<Result> about_security(Services& s, Request& r, ReadAboutSecurity read) {
    const auto security = security_in_path(s, r);
    if (!security) co_return std::unexpected(security.error());
    const auto body = body_json(r);
    if (!body) co_return std::unexpected(body.error());
    auto command = read(*body, **security, s.view);
    if (!command) co_return std::unexpected(command.error());
    const std::string symbol((*security)->symbol());
    co_return co_await act(s, r, *command, "symbol", symbol);
}

// What is absent is said anew as nothing: the body is all of the terms.
Read read_terms(const JsonValue& body, const LiveSecurity& security, const LiveView&) {
    Members m(body, {"issuer", "asset_class", "exemption", "accredited_only", "kyc_required", "lock_up_until",
                     "settlement_days", "free_float", "description"});
    engine::SetSecurityTerms wanted;
    wanted.security = security.terms.security;
    wanted.issuer = m.optional_text("issuer", engine::Name::kCapacity);
    wanted.asset_class = m.word<engine::AssetClass>("asset_class", engine::AssetClass::Equity);
    wanted.exemption = m.word<engine::Exemption>("exemption", engine::Exemption{});
    wanted.accredited_only = m.flag("accredited_only", false);
    wanted.kyc_required = m.flag("kyc_required", false);
    if (m.has("lock_up_until")) wanted.lock_up_until = m.time("lock_up_until");
    if (m.has("settlement_days")) wanted.settlement_days = m.small_number("settlement_days", 255);
    if (m.has("free_float"))
        wanted.free_float = {
            m.units("free_float", security.terms.quantity_scale, "quantity_not_on_lot", "max_quantity")};
    wanted.description = m.optional_text("description", engine::Remark::kCapacity);
    if (m.failed()) return std::unexpected(m.problem());
    return wanted;
}

Read read_valuation(const JsonValue& body, const LiveSecurity& security, const LiveView&) {
    Members m(body, {"price", "valued_at", "method"});
    engine::RecordValuation wanted;
    wanted.security = security.terms.security;
    wanted.price = {m.units("price", security.terms.price_scale, "price_not_on_tick", "max_price")};
    wanted.valued_at = m.time("valued_at");
    wanted.method = m.optional_text("method", engine::Note::kCapacity);
    if (m.failed()) return std::unexpected(m.problem());
    return wanted;
}

Read read_delisting(const JsonValue& body, const LiveSecurity& security, const LiveView&) {
    Members m(body, {"reason"});
    const engine::DelistSecurity wanted{security.terms.security, m.required_text("reason", engine::Note::kCapacity)};
    if (m.failed()) return std::unexpected(m.problem());
    return wanted;
}

Read read_fees_of(const JsonValue& body, engine::SecurityId security, const LiveView& view) {
    Members m(body, {"maker_ppm", "taker_ppm", "account_id"});
    engine::SetFees wanted;
    wanted.security = security;
    wanted.maker_ppm = static_cast<std::uint32_t>(m.whole_number("maker_ppm", kMaxPpm));
    wanted.taker_ppm = static_cast<std::uint32_t>(m.whole_number("taker_ppm", kMaxPpm));
    const auto account = parse_id<engine::AccountId>(m.required_text("account_id", 32));
    if (m.failed()) return std::unexpected(m.problem());
    if (!account || !view.account(*account)) return std::unexpected(refusal(RejectReason::AccountNotFound));
    wanted.account = *account;
    return wanted;
}

Read read_fees(const JsonValue& body, const LiveSecurity& security, const LiveView& view) {
    return read_fees_of(body, security.terms.security, view);
}

asio::awaitable<Result> market_fees(Services& s, Request& r) {
    const auto body = body_json(r);
    if (!body) co_return std::unexpected(body.error());
    auto command = read_fees_of(*body, engine::SecurityId::None, s.view);
    if (!command) co_return std::unexpected(command.error());
    const std::string market = "market";
    co_return co_await act(s, r, *command, "fees_of", market);
}

asio::awaitable<Result> change_settlement(Services& s, Request& r) {
    const auto trade = parse_id<engine::TradeId>(r.params[0]);
    if (!trade) co_return std::unexpected(refusal(RejectReason::TradeNotFound));
    const auto body = body_json(r);
    if (!body) co_return std::unexpected(body.error());
    Members m(*body, {"status", "reason"});
    const engine::ChangeSettlement wanted{*trade, m.word<engine::SettlementStep>("status"),
                                          m.required_text("reason", engine::Remark::kCapacity)};
    if (m.failed()) co_return std::unexpected(m.problem());
    engine::Command command(wanted);
    const std::string id = to_text(*trade);
    co_return co_await act(s, r, command, "trade_id", id);
}

asio::awaitable<Result> answer(Services& s, Request& r, const Sources& sources, const Reads::Query<ReadAnswer>& query,
                               RejectReason unknown) {
    if (const auto reached = co_await wait_for_reads(s, r, sources); !reached)
        co_return std::unexpected(reached.error());
    const auto found = co_await s.reads.run(query);
    if (!found) co_return std::unexpected(found.error());
    if (!found->found) co_return std::unexpected(refusal(unknown));
    co_return json_reply(200, found->json, found->event_seq);
}

asio::awaitable<Result> one_user(Services& s, Request& r) {
    if (auto p = not_of_compliance(r, true)) co_return std::unexpected(std::move(*p));
    const auto user = parse_id<engine::UserId>(r.params[0]);
    if (!user) co_return std::unexpected(refusal(RejectReason::UserNotFound));
    const Reads::Query<ReadAnswer> query = [id = *user](auto& c) { return read_user(c, id, UserDetail::Everything); };
    co_return co_await answer(s, r, kUserSources, query, RejectReason::UserNotFound);
}

asio::awaitable<Result> own_compliance(Services& s, Request& r) {
    const Reads::Query<ReadAnswer> query = [id = r.who.user](auto& c) { return read_user(c, id, UserDetail::Own); };
    co_return co_await answer(s, r, kUserSources, query, RejectReason::UserNotFound);
}

asio::awaitable<Result> security_terms(Services& s, Request& r) {
    const auto security = security_in_path(s, r);
    if (!security) co_return std::unexpected(security.error());
    const Reads::Query<ReadAnswer> query = [symbol = r.params[0]](auto& c) { return read_security_terms(c, symbol); };
    co_return co_await answer(s, r, kTermsSources, query, RejectReason::SecurityNotFound);
}

}  // namespace

void add_people_routes(Router& router, Services& s) {
    const auto add = [&router](Verb verb, std::string pattern, Access access, Handler handler) {
        std::vector<std::string_view> parameters;
        if (verb == Verb::get) parameters = {"min_event_seq", "wait_ms"};
        router.add(verb, std::move(pattern), access, std::move(parameters), std::move(handler));
    };
    const auto about = [&](Verb verb, std::string pattern, auto answer_to, auto read,
                           Access access = Access::Operator) {
        add(verb, std::move(pattern), access, [&s, answer_to, read](Request& r) { return answer_to(s, r, read); });
    };
    add(Verb::get, "/v1/admin/users/{id}", Access::AnyKey, [&s](Request& r) { return one_user(s, r); });
    about(Verb::patch, "/v1/admin/users/{id}/profile", about_user, &read_profile);
    about(Verb::post, "/v1/admin/users/{id}/kyc", of_compliance, &read_kyc, Access::AnyKey);
    about(Verb::post, "/v1/admin/users/{id}/accreditation", of_compliance, &read_accreditation, Access::AnyKey);
    about(Verb::post, "/v1/admin/users/{id}/notes", of_compliance, &read_note, Access::AnyKey);
    about(Verb::put, "/v1/admin/securities/{symbol}/terms", about_security, &read_terms);
    about(Verb::post, "/v1/admin/securities/{symbol}/valuations", about_security, &read_valuation);
    about(Verb::post, "/v1/admin/securities/{symbol}/delist", about_security, &read_delisting);
    about(Verb::put, "/v1/admin/securities/{symbol}/fees", about_security, &read_fees);
    add(Verb::put, "/v1/admin/market/fees", Access::Operator, [&s](Request& r) { return market_fees(s, r); });
    add(Verb::post, "/v1/admin/settlements/{id}", Access::Operator,
        [&s](Request& r) { return change_settlement(s, r); });
    add(Verb::patch, "/v1/account/profile", Access::AnyKey, [&s](Request& r) { return own_profile(s, r); });
    add(Verb::get, "/v1/compliance/profile", Access::AnyKey, [&s](Request& r) { return own_compliance(s, r); });
    add(Verb::get, "/v1/securities/{symbol}/terms", Access::Public, [&s](Request& r) { return security_terms(s, r); });
}

}  // namespace buttonwood::api::http
