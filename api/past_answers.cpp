#include "api/past_answers.hpp"

#include "api/ids.hpp"
#include "api/json_writer.hpp"
#include "api/live/holding_costs.hpp"
#include "api/live/live_snapshot.hpp"
#include "api/read_models.hpp"
#include "api/render.hpp"
#include "eventstore/record_json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace buttonwood::api {
namespace {

using engine::AccountId;
using engine::Int128;
using engine::Money;
using eventstore::PastState;
using eventstore::to_decimal;

const HoldingCosts& costs(const PastState& state) {
    return static_cast<const HoldingCosts&>(*state.parts()[1]);
}

// a / b, rounded half away from zero. REQUIRES: b > 0.
Int128 rounded(Int128 a, Int128 b) {
    const Int128 whole = a / b;
    const Int128 rest = a % b;
    if (rest >= b - rest) return whole + 1;
    return -rest >= b + rest ? whole - 1 : whole;
}

// cost x 10^scale / quantity, at 8 decimals, without overflow: the cost may be 10^27, times 10^8.
Money average_cost(Money cost, engine::Quantity quantity, int quantity_scale) {
    const Int128 factor = engine::pow10_128(quantity_scale);
    const Int128 whole = cost.units / quantity.units;
    const Int128 rest = cost.units % quantity.units;
    return {whole * factor + rounded(rest * factor, quantity.units)};
}

bool is_of(const std::vector<AccountId>& accounts, AccountId account) {
    return std::ranges::find(accounts, account) != accounts.end();
}

void write_balances(JsonWriter& w, const PastState& state, const std::vector<AccountId>& accounts) {
    for (const auto& [account, currency] : costs(state).balances()) {
        if (!is_of(accounts, account)) continue;
        const engine::Balance balance = state.engine().balance(account, currency);
        w.object([&] {
            w.member("account_id", to_text(account));
            w.member("currency", currency.view());
            w.member("total", to_decimal(balance.total));
            w.member("available", to_decimal(balance.total - balance.reserved));
            w.member("held", to_decimal(balance.reserved));
        });
    }
}

// A row of the portfolio, valued at the last trade; nulls before it.
void write_holding(JsonWriter& w, const PastState& state, AccountId account, const LiveSecurity& security,
                   const HoldingCost& cost) {
    const engine::Holding holding = state.engine().holding(account, security.terms.security);
    const int price_scale = security.terms.price_scale;
    const int quantity_scale = security.terms.quantity_scale;
    std::optional<Money> value;
    if (security.last_trade) {
        const Int128 product = Int128{security.last_trade->price.units} * holding.total.units;
        value = Money{product * engine::pow10_128(engine::kMoneyScale - price_scale - quantity_scale)};
    }
    const auto money = [](const std::optional<Money>& m) { return m ? std::optional(to_decimal(*m)) : std::nullopt; };
    w.object([&] {
        w.member("account_id", to_text(account));
        w.member("symbol", security.symbol());
        w.member("quantity", quantity_text(security, holding.total));
        w.member("sellable", quantity_text(security, holding.total - holding.reserved));
        w.member("held", quantity_text(security, holding.reserved));
        w.member("average_cost", holding.total.units == 0
                                     ? std::nullopt
                                     : money(average_cost(cost.cost_basis, holding.total, quantity_scale)));
        w.member("cost_basis", to_decimal(cost.cost_basis));
        w.member("last_price", security.last_trade ? std::optional(price_text(security, security.last_trade->price))
                                                   : std::nullopt);
        w.member("market_value", money(value));
        w.member("unrealized_pnl", value ? money(*value - cost.cost_basis) : std::nullopt);
        w.member("realized_pnl", to_decimal(cost.realized_pnl));
        w.member("currency", security.terms.currency.view());
    });
}

}  // namespace

eventstore::SnapshotPartList make_snapshot_parts() {
    eventstore::SnapshotPartList parts;
    parts.push_back(make_live_snapshot());
    parts.push_back(std::make_unique<HoldingCosts>());
    return parts;
}

const LiveView& live_view(const PastState& state) {
    return static_cast<const LiveSnapshot&>(*state.parts()[0]).live_view();
}

std::string balances_json(const PastState& state, const std::vector<AccountId>& accounts) {
    JsonWriter w;
    w.object([&] {
        w.array("data", [&] { write_balances(w, state, accounts); });
        w.member("event_seq", state.event_seq());
    });
    return w.take();
}

std::string portfolio_json(const PastState& state, const std::vector<AccountId>& accounts) {
    struct Row {
        AccountId account{};
        const LiveSecurity* security{};
        const HoldingCost* cost{};
    };
    std::vector<Row> rows;
    for (const AccountId account : accounts) {
        const auto& holdings = costs(state).holdings();
        for (auto it = holdings.lower_bound({account, engine::SecurityId::None});
             it != holdings.end() && it->first.first == account; ++it)
            rows.push_back({account, live_view(state).security(it->first.second), &it->second});
    }
    std::ranges::sort(rows, {}, [](const Row& r) { return std::pair(r.account, r.security->symbol()); });
    JsonWriter w;
    w.object([&] {
        w.array("data", [&] {
            for (const Row& row : rows) write_holding(w, state, row.account, *row.security, *row.cost);
        });
        w.array("cash", [&] { write_balances(w, state, accounts); });
        w.member("event_seq", state.event_seq());
    });
    return w.take();
}

std::expected<std::string, NoOrder> past_order_json(const PastState& state, eventstore::Connection& connection,
                                                    const std::vector<AccountId>& accounts,
                                                    std::optional<engine::OrderId> id,
                                                    const std::string& client_order_id) {
    const LiveView& view = live_view(state);
    const LiveOrder* order = id ? view.order(*id) : nullptr;
    for (const AccountId account : accounts)
        if (!id && !order) order = view.order(account, engine::ClientOrderId(client_order_id));
    if (order && !is_of(accounts, order->account)) return std::unexpected(NoOrder::Unknown);
    if (order) return order_json(*order, *view.security(order->security));
    auto row = read_order(connection, accounts, id, client_order_id);
    if (!row) return std::unexpected(NoOrder::ReadsAway);
    if (row->event_seq < state.event_seq()) return std::unexpected(NoOrder::ReadsBehind);
    if (!row->found) return std::unexpected(NoOrder::Unknown);
    const auto changed = nlohmann::json::parse(row->json).at("event_seq").get<engine::EventSeq>();
    if (changed > state.event_seq()) return std::unexpected(NoOrder::Unknown);  // it did not exist yet
    return std::move(row->json);
}

std::string marked(std::string object, engine::EventSeq event_seq, engine::Timestamp time) {
    JsonWriter w;
    w.object([&] {
        w.member("as_of_seq", event_seq);
        w.member("as_of", event_seq == 0 ? std::nullopt : std::optional(eventstore::to_rfc3339(time)));
    });
    object.back() = ',';  // every object of the API has members
    return object.append(std::string_view(w.text()).substr(1));
}

}  // namespace buttonwood::api
