#include "api/orders.hpp"

#include "api/members.hpp"
#include "api/render.hpp"

namespace buttonwood::api {
namespace {

using engine::RejectReason;

// The fills of one order among a command's events, as the view folded them.
std::vector<OrderFill> fills_of(const Outcome& outcome, engine::OrderId order) {
    std::vector<OrderFill> fills;
    for (const engine::Event& event : outcome.events) {
        const auto* t = std::get_if<engine::TradeExecuted>(&event.body);
        if (!t || (t->taker_order != order && t->maker_order != order)) continue;
        fills.push_back(
            {{t->trade, t->price, t->quantity, t->taker_side, event.time, event.seq, t->auction},
             t->maker_order == order});
    }
    return fills;
}

OrderAnswer answer_for(const Outcome& outcome, const LiveView& view, engine::OrderId id) {
    const LiveOrder* order = view.order(id);
    return {order_json(*order, *view.security(order->security), fills_of(outcome, id)), id, false};
}

OrProblem<engine::OrderRef> read_target(Members& m) {
    engine::OrderRef target;
    const bool by_id = m.has("order_id");
    if (by_id == m.has("client_order_id"))
        return std::unexpected(
            field_problem("missing_field", "/order_id", "Name the order by order_id or client_order_id."));
    if (by_id) {
        const auto id = parse_id<engine::OrderId>(m.required_text("order_id", 32));
        if (m.failed()) return std::unexpected(m.problem());
        // An id that cannot be one names no order.
        target.order = id.value_or(static_cast<engine::OrderId>(INT64_MAX));
        return target;
    }
    const std::string_view text = m.required_text("client_order_id", engine::ClientOrderId::kCapacity);
    if (m.failed()) return std::unexpected(m.problem());
    if (!is_client_order_id(text)) return std::unexpected(refusal(RejectReason::OrderNotFound));
    target.client_order_id = text;
    return target;
}

}  // namespace

OrProblem<engine::AccountId> own_account(const LiveView& view, const Identity& who, std::string_view text) {
    const LiveUser* user = view.user(who.user);
    if (!user || user->accounts.empty()) return std::unexpected(refusal(RejectReason::AccountNotFound));
    if (text.empty()) return user->accounts.front();
    const auto id = parse_id<engine::AccountId>(text);
    const LiveAccount* account = id ? view.account(*id) : nullptr;
    if (!account || account->user != who.user) return std::unexpected(refusal(RejectReason::AccountNotFound));
    return *id;
}

OrProblem<const LiveSecurity*> known_security(const LiveView& view, std::string_view symbol) {
    if (const LiveSecurity* security = view.security(symbol)) return security;
    return std::unexpected(refusal(RejectReason::SecurityNotFound));
}

OrProblem<engine::PlaceOrder> read_place(const JsonValue& body, const LiveView& view, const Identity& who,
                                         std::optional<engine::Side> side) {
    Members m(body, {"symbol", "side", "type", "quantity", "price", "time_in_force", "post_only", "client_order_id",
                     "account"});
    const std::string_view symbol = m.required_text("symbol", engine::Symbol::kCapacity);
    engine::PlaceOrder order;
    order.side = m.word<engine::Side>("side", side);
    order.type = m.word<engine::OrderType>("type", engine::OrderType::Limit);
    const bool is_market = order.type == engine::OrderType::Market;
    order.time_in_force =
        m.word<engine::TimeInForce>("time_in_force", is_market ? engine::TimeInForce::Ioc : engine::TimeInForce::Gtc);
    order.post_only = m.flag("post_only", false);
    const std::string_view client_id = m.optional_text("client_order_id", 256);
    const std::string_view account_text = m.optional_text("account", 32);
    if (m.failed()) return std::unexpected(m.problem());

    if (side && order.side != *side)
        return std::unexpected(field_problem("invalid_enum", "/side", "The path already names the other side.",
                                             std::string(engine::word_of(*side))));
    if (!client_id.empty() && !is_client_order_id(client_id))
        return std::unexpected(field_problem("invalid_id", "/client_order_id",
                                             "The client_order_id must match [A-Za-z0-9._:/-]{1,64}."));
    const auto account = own_account(view, who, account_text);
    if (!account) return std::unexpected(account.error());
    const auto security = known_security(view, symbol);
    if (!security) return std::unexpected(security.error());
    const engine::SecurityCreated& terms = (*security)->terms;

    order.account = *account;
    order.security = terms.security;
    order.client_order_id = client_id;
    order.quantity = {m.units("quantity", terms.quantity_scale, "quantity_not_on_lot", "max_quantity")};
    if (!is_market || m.has("price"))
        order.price = {m.units("price", terms.price_scale, "price_not_on_tick", "max_price")};
    if (m.failed()) return std::unexpected(m.problem());
    return order;
}

OrProblem<engine::AmendOrder> read_amend(const JsonValue& body, const LiveView& view, const Identity& who,
                                         std::optional<engine::OrderId> order) {
    Members m = order ? Members(body, {"price", "quantity", "account"})
                      : Members(body, {"price", "quantity", "account", "order_id", "client_order_id", "symbol"});
    if (m.failed()) return std::unexpected(m.problem());
    engine::AmendOrder amend;
    if (order) {
        amend.target.order = *order;
    } else {
        const auto target = read_target(m);
        if (!target) return std::unexpected(target.error());
        amend.target = *target;
    }
    const LiveOrder* known = nullptr;
    if (amend.target.order != engine::OrderId::None) {
        known = view.order(amend.target.order);
        const LiveAccount* owner = known ? view.account(known->account) : nullptr;
        if (!owner || owner->user != who.user) return std::unexpected(refusal(RejectReason::OrderNotFound));
        amend.account = known->account;
    } else {
        const auto account = own_account(view, who, m.optional_text("account", 32));
        if (!account) return std::unexpected(account.error());
        amend.account = *account;
        known = view.order(*account, amend.target.client_order_id);
    }
    // An order that is still on its way to the log is not known here yet: then the symbol says what the decimals mean.
    const std::string_view symbol = order ? std::string_view{} : m.optional_text("symbol", engine::Symbol::kCapacity);
    const LiveSecurity* security = known ? view.security(known->security) : view.security(symbol);
    if (!security || (known && !symbol.empty() && security->symbol() != symbol))
        return std::unexpected(refusal(RejectReason::OrderNotFound));
    const engine::SecurityCreated& terms = security->terms;
    if (m.has("price"))
        amend.price = engine::Price{m.units("price", terms.price_scale, "price_not_on_tick", "max_price")};
    if (m.has("quantity"))
        amend.quantity =
            engine::Quantity{m.units("quantity", terms.quantity_scale, "quantity_not_on_lot", "max_quantity")};
    if (m.failed()) return std::unexpected(m.problem());
    return amend;
}

OrProblem<engine::CancelOrder> read_cancel(const JsonValue& params, const LiveView& view, const Identity& who) {
    Members m(params, {"order_id", "client_order_id", "account"});
    if (m.failed()) return std::unexpected(m.problem());
    engine::CancelOrder cancel;
    const auto target = read_target(m);
    if (!target) return std::unexpected(target.error());
    cancel.target = *target;
    const LiveOrder* known =
        cancel.target.order == engine::OrderId::None ? nullptr : view.order(cancel.target.order);
    const LiveAccount* owner = known ? view.account(known->account) : nullptr;
    if (owner && owner->user == who.user) {
        cancel.account = known->account;
        return cancel;
    }
    const auto account = own_account(view, who, m.optional_text("account", 32));
    if (!account) return std::unexpected(account.error());
    cancel.account = *account;
    return cancel;
}

OrProblem<engine::MassCancel> read_mass_cancel(const JsonValue& params, const LiveView& view, const Identity& who) {
    Members m(params, {"symbol", "side", "account"});
    engine::MassCancel mass;
    const auto account = own_account(view, who, m.optional_text("account", 32));
    const std::string_view symbol = m.optional_text("symbol", engine::Symbol::kCapacity);
    if (m.has("side")) mass.side = m.word<engine::Side>("side");
    if (m.failed()) return std::unexpected(m.problem());
    if (!account) return std::unexpected(account.error());
    mass.account = *account;
    if (symbol.empty()) return mass;
    const auto security = known_security(view, symbol);
    if (!security) return std::unexpected(security.error());
    mass.security = (*security)->terms.security;
    return mass;
}

std::optional<Problem> undelivered(const Outcome& outcome) {
    switch (outcome.kind) {
        case Outcome::Kind::Durable: return std::nullopt;
        case Outcome::Kind::Full: return problem("overloaded");
        case Outcome::Kind::StoreAway: return problem("read_only");
        case Outcome::Kind::Stopped: return problem("draining");
        case Outcome::Kind::DeadlinePassed:
            return problem("outcome_unknown",
                           "The command was not durable in time. Ask GET /v1/orders/by-client-id/{client_order_id}, "
                           "or send the same request with the same client_order_id again.");
    }
    return problem("internal");
}

Problem refused(const Outcome& outcome, const LiveView& view) {
    const auto* rejected = outcome.find<engine::CommandRejected>();
    Problem p = refusal(outcome.refused());
    const LiveOrder* order = rejected ? view.order(rejected->order) : nullptr;
    // An operator's command on behalf names no account: any order is its business.
    const bool own =
        order && (rejected->account == engine::AccountId::None || order->account == rejected->account);
    if (outcome.refused() == RejectReason::OrderNotOpen && order && !own) return refusal(RejectReason::OrderNotFound);
    if (!own) return p;
    if (outcome.refused() == RejectReason::OrderNotOpen && order->status == OrderStatus::Filled)
        p = problem("order_already_filled", "The order is already filled.");
    p.order_json = order_json(*order, *view.security(order->security));
    return p;
}

OrProblem<OrderAnswer> place_answer(const Outcome& outcome, const LiveView& view) {
    if (auto p = undelivered(outcome)) return std::unexpected(std::move(*p));
    if (outcome.refused() == RejectReason::None)
        return answer_for(outcome, view, outcome.find<engine::OrderAccepted>()->order);
    if (outcome.refused() != RejectReason::DuplicateClientOrderId) return std::unexpected(refused(outcome, view));
    const engine::OrderId id = outcome.find<engine::CommandRejected>()->order;
    OrderAnswer answer{{}, id, true};
    if (view.order(id)) answer.json = answer_for(outcome, view, id).json;  // else: the caller asks the read model
    return answer;
}

OrProblem<OrderAnswer> amend_answer(const Outcome& outcome, const LiveView& view) {
    if (auto p = undelivered(outcome)) return std::unexpected(std::move(*p));
    if (outcome.refused() != RejectReason::None) return std::unexpected(refused(outcome, view));
    const auto* amended = outcome.find<engine::OrderAmended>();
    const engine::OrderId id = amended ? amended->order : outcome.find<engine::OrderCanceled>()->order;
    OrderAnswer answer = answer_for(outcome, view, id);
    answer.json.pop_back();
    answer.json += amended && amended->priority_kept ? R"(,"priority":"kept"})" : R"(,"priority":"lost"})";
    return answer;
}

OrProblem<OrderAnswer> cancel_answer(const Outcome& outcome, const LiveView& view) {
    if (auto p = undelivered(outcome)) return std::unexpected(std::move(*p));
    if (outcome.refused() != RejectReason::None) return std::unexpected(refused(outcome, view));
    return answer_for(outcome, view, outcome.find<engine::OrderCanceled>()->order);
}

}  // namespace buttonwood::api
