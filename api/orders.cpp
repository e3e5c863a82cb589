#include "api/orders.hpp"

#include "api/members.hpp"
#include "api/render.hpp"

namespace buttonwood::api {
namespace {

using engine::Price;
using engine::Quantity;
using engine::RejectReason;
using engine::TimeInForce;

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

Price price_of(Members& m, std::string_view name, const engine::SecurityCreated& terms) {
    return {m.units(name, terms.price_scale, "price_not_on_tick", "max_price")};
}
Quantity quantity_of(Members& m, std::string_view name, const engine::SecurityCreated& terms) {
    return {m.units(name, terms.quantity_scale, "quantity_not_on_lot", "max_quantity")};
}

// A term that is asked for by being named. To the engine zero means "not asked for": here it is refused instead.
template <class Value, class Read>
Value asked(Members& m, std::string_view name, RejectReason when_zero, Read read) {
    if (!m.has(name)) return Value{};
    const Value value = read(m, name);
    if (!m.failed() && value == Value{}) m.complain(refusal(when_zero));
    return value;
}

// What an order is, apart from its amounts.
void read_kind(Members& m, engine::PlaceOrder& order, std::optional<engine::Side> side) {
    order.side = m.word<engine::Side>("side", side);
    order.type = m.word<engine::OrderType>("type", engine::OrderType::Limit);
    order.time_in_force =
        m.word<TimeInForce>("time_in_force",
                            order.type == engine::OrderType::Market ? TimeInForce::Ioc : TimeInForce::Gtc);
    order.post_only = m.flag("post_only", false);
    order.post_only_reprice = m.flag("post_only_reprice", false);
    order.reduce_only = m.flag("reduce_only", false);
    order.all_or_none = m.flag("all_or_none", false);
    order.self_trade_prevention = m.word<engine::SelfTradePrevention>(
        "self_trade_prevention", engine::SelfTradePrevention::CancelNewest);
    order.expires_at = m.has("expires_at") ? m.time("expires_at") : engine::Timestamp{};
}

void read_amounts(Members& m, engine::PlaceOrder& order, const engine::SecurityCreated& terms) {
    const auto price = [&terms](Members& from, std::string_view name) { return price_of(from, name, terms); };
    const auto quantity = [&terms](Members& from, std::string_view name) { return quantity_of(from, name, terms); };
    const auto percent = [](Members& from, std::string_view name) { return from.percent(name); };
    order.quantity = quantity(m, "quantity");
    order.price = is_market(order.type) ? asked<Price>(m, "price", RejectReason::PriceNotAllowed, price)
                                        : price(m, "price");
    order.stop_price = asked<Price>(m, "stop_price", RejectReason::StopPriceNotAllowed, price);
    order.trail_amount = asked<Price>(m, "trail_amount", RejectReason::TrailNotAllowed, price);
    order.trail_basis_points = asked<std::uint32_t>(m, "trail_percent", RejectReason::TrailNotAllowed, percent);
    order.protection_price = asked<Price>(m, "protection_price", RejectReason::ProtectionPriceNotAllowed, price);
    order.display_quantity = asked<Quantity>(m, "display_quantity", RejectReason::DisplayQuantityNotAllowed, quantity);
    order.min_quantity = asked<Quantity>(m, "min_quantity", RejectReason::MinQuantityNotAllowed, quantity);
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
    Members m(body, {"symbol", "side", "type", "quantity", "price", "time_in_force", "expires_at", "stop_price",
                     "trail_amount", "trail_percent", "protection_price", "display_quantity", "min_quantity",
                     "all_or_none", "reduce_only", "post_only", "post_only_reprice", "self_trade_prevention",
                     "client_order_id", "account"});
    const std::string_view symbol = m.required_text("symbol", engine::Symbol::kCapacity);
    engine::PlaceOrder order;
    read_kind(m, order, side);
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
    read_amounts(m, order, terms);
    if (m.failed()) return std::unexpected(m.problem());
    return order;
}

OrProblem<engine::PlaceGroup> read_group(const JsonValue& body, const LiveView& view, const Identity& who) {
    Members m(body, {"kind", "legs"});
    engine::PlaceGroup group;
    group.kind = m.word<engine::GroupKind>("kind");
    const auto legs = m.list("legs");
    if (m.failed()) return std::unexpected(m.problem());
    if (legs.size() < 2 || legs.size() > engine::kMaxGroupLegs)
        return std::unexpected(refusal(RejectReason::GroupNotAllowed));
    for (std::size_t i = 0; i < legs.size(); ++i) {
        if (legs[i].kind != JsonValue::Kind::Object)
            return std::unexpected(
                field_problem("invalid_type", "/legs/" + std::to_string(i), "A leg must be the object of an order."));
        auto leg = read_place(legs[i], view, who);
        if (!leg) {
            for (FieldError& e : leg.error().errors) e.pointer = "/legs/" + std::to_string(i) + e.pointer;
            return std::unexpected(std::move(leg.error()));
        }
        group.legs.push_back(*leg);
    }
    return group;
}

OrProblem<engine::AmendOrder> read_amend(const JsonValue& body, const LiveView& view, const Identity& who,
                                         std::optional<engine::OrderId> order) {
    Members m = order ? Members(body, {"price", "quantity", "stop_price", "display_quantity", "expires_at", "account"})
                      : Members(body, {"price", "quantity", "stop_price", "display_quantity", "expires_at", "account",
                                       "order_id", "client_order_id", "symbol"});
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
    if (m.has("price")) amend.price = price_of(m, "price", terms);
    if (m.has("quantity")) amend.quantity = quantity_of(m, "quantity", terms);
    if (m.has("stop_price")) amend.stop_price = price_of(m, "stop_price", terms);
    if (m.has("display_quantity")) amend.display_quantity = quantity_of(m, "display_quantity", terms);
    if (m.has("expires_at")) amend.expires_at = m.time("expires_at");
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

OrProblem<engine::SetCancelAfter> read_cancel_after(const JsonValue& body, const LiveView& view, const Identity& who) {
    static constexpr std::int64_t kMaxMs = 1'000'000'000;  // far beyond what the engine accepts
    Members m(body, {"timeout_ms", "account"});
    const auto account = own_account(view, who, m.optional_text("account", 32));
    const std::int64_t timeout_ms = m.whole_number("timeout_ms", kMaxMs);
    if (m.failed()) return std::unexpected(m.problem());
    if (!account) return std::unexpected(account.error());
    return engine::SetCancelAfter{*account, timeout_ms * 1'000};
}

}  // namespace buttonwood::api
