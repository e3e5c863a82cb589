#include "api/read_models.hpp"

#include "api/decimal.hpp"
#include "api/ids.hpp"
#include "api/json_writer.hpp"
#include "api/read_rows.hpp"
#include "api/render.hpp"
#include "eventstore/record_json.hpp"

namespace buttonwood::api {
namespace {

using eventstore::Connection;
using eventstore::Param;
using eventstore::Rows;
using eventstore::to_decimal;

// timestamptz as every answer spells it.
#define RFC3339(column) "to_char(" column " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"

void write_order_row(JsonWriter& w, const Row& row) {
    OrderFields f;
    const std::string side = row.text("side"), type = row.text("type"), tif = row.text("time_in_force"),
                      stp = row.text("self_trade_prevention"), role = row.text("group_role"),
                      status = row.text("status"), reason = row.text("reason"), client = row.text("client_order_id");
    f.id = row.id<engine::OrderId>("order_id");
    f.account_id = row.id<engine::AccountId>("account_id");
    f.symbol = row.text("symbol");
    f.side = side;
    f.type = type;
    f.time_in_force = tif;
    f.expires_at = row.text("expires");
    f.price = row.price_or_empty("price_units");
    f.stop_price = row.price_or_empty("stop_price_units");
    f.trail_amount = row.price_or_empty("trail_amount_units");
    if (!row.is_null("trail_basis_points")) f.trail_percent = to_decimal(row.integer("trail_basis_points"), 2);
    f.protection_price = row.price_or_empty("protection_price_units");
    f.quantity = row.quantity("quantity_units");
    f.display_quantity = row.quantity_or_empty("display_quantity_units");
    f.min_quantity = row.quantity_or_empty("min_quantity_units");
    f.all_or_none = row.flag("all_or_none");
    f.post_only = row.flag("post_only");
    f.reduce_only = row.flag("reduce_only");
    f.self_trade_prevention = stp;
    if (!row.is_null("group_id")) f.group_id = group_text(static_cast<engine::OrderId>(row.integer("group_id")));
    f.group_role = role;
    f.filled = row.quantity("filled_units");
    f.remaining = row.quantity("leaves_units");
    f.prevented = row.quantity("prevented_units");
    const auto notional = parse_money(row.text("notional"));
    if (notional)
        f.average_price = average_price(notional->units, row.integer("filled_units"),
                                        static_cast<int>(row.integer("price_scale")),
                                        static_cast<int>(row.integer("quantity_scale")));
    f.status = status;
    f.reason = reason;
    f.client_order_id = client;
    f.created_at = row.text("created");
    f.updated_at = row.text("updated");
    f.event_seq = static_cast<engine::EventSeq>(row.integer("updated_seq"));
    w.object([&] {
        write_order(w, f);
        w.raw_member("fills", "[]");
    });
}

constexpr const char* kOrderColumns =
    "SELECT order_id, client_order_id, account_id, symbol, side, type, time_in_force, post_only, price_units,"
    " stop_price_units, trail_amount_units, trail_basis_points, protection_price_units, display_quantity_units,"
    " min_quantity_units, all_or_none, reduce_only, self_trade_prevention, group_id, group_role, prevented_units,"
    " quantity_units, filled_units, leaves_units, notional, status, reason, price_scale, quantity_scale, updated_seq, "
    RFC3339("expires_at") " AS expires, " RFC3339("created_at") " AS created, "
    RFC3339("updated_at") " AS updated FROM api.orders ";

void write_balance_row(JsonWriter& w, const Row& row) {
    w.object([&] {
        w.member("account_id", row.id<engine::AccountId>("account_id"));
        for (const char* name : {"currency", "total", "available", "held"}) w.member(name, row.text(name));
    });
}

OrDbError<Rows> balance_rows(Connection& connection, const std::vector<engine::AccountId>& accounts) {
    return connection.prepared("SELECT account_id, currency, total, available, held FROM api.balances"
                               " WHERE account_id = ANY($1::bigint[]) ORDER BY account_id, currency",
                               {Param(id_array(accounts))});
}

}  // namespace

OrDbError<ReadAnswer> read_orders(Connection& connection, const OrderFilter& filter) {
    const auto seq = checkpoint(connection, kOrderSources);
    if (!seq) return std::unexpected(seq.error());
    auto rows = connection.prepared(
        std::string(kOrderColumns) +
            "WHERE account_id = ANY($1::bigint[]) AND ($2::text IS NULL OR symbol = $2)"
            " AND ($3::text IS NULL OR side = $3)"
            " AND ($4::text = 'all' OR (status IN ('new', 'held', 'partially_filled')) = ($4 = 'open'))"
            " AND ($5::bigint IS NULL OR order_id < $5) AND ($7::bigint IS NULL OR updated_seq > $7)"
            " AND ($8::timestamptz IS NULL OR created_at >= $8) AND ($9::timestamptz IS NULL OR created_at < $9)"
            " ORDER BY order_id DESC LIMIT $6",
        {Param(id_array(filter.accounts)), or_null(filter.symbol), or_null(filter.side), Param(filter.status),
         or_null(filter.before), Param(filter.limit + 1), or_null(filter.updated_since_seq),
         or_null(filter.created_after), or_null(filter.created_before)});
    if (!rows) return std::unexpected(rows.error());
    return page(*rows, filter.limit, "order_id", *seq, write_order_row);
}

OrDbError<ReadAnswer> read_order(Connection& connection, const std::vector<engine::AccountId>& accounts,
                                 std::optional<engine::OrderId> id, const std::string& client_order_id) {
    const auto seq = checkpoint(connection, kOrderSources);
    if (!seq) return std::unexpected(seq.error());
    auto rows = connection.prepared(
        std::string(kOrderColumns) + "WHERE account_id = ANY($1::bigint[]) AND ($2::bigint IS NULL OR order_id = $2)"
                                     " AND ($3::text IS NULL OR client_order_id = $3) LIMIT 1",
        {Param(id_array(accounts)),
         id ? Param(static_cast<std::int64_t>(std::to_underlying(*id))) : Param(std::nullopt),
         or_null(client_order_id)});
    if (!rows) return std::unexpected(rows.error());
    if (rows->size() == 0) return ReadAnswer{"", *seq, false};
    JsonWriter w;
    write_order_row(w, Row(*rows, 0));
    return ReadAnswer{w.take(), *seq, true};
}

// A trade of an account with itself is two fills: the cursor tells them apart.
OrDbError<ReadAnswer> read_group(Connection& connection, const std::vector<engine::AccountId>& accounts,
                                 engine::OrderId leg) {
    const auto seq = checkpoint(connection, kOrderSources);
    if (!seq) return std::unexpected(seq.error());
    auto rows = connection.prepared(
        std::string(kOrderColumns) + "WHERE account_id = ANY($1::bigint[]) AND order_id BETWEEN $2::bigint - 2"
                                     " AND $2::bigint + 2 AND group_id = (SELECT g.group_id FROM api.orders g"
                                     " WHERE g.order_id = $2::bigint) ORDER BY order_id",
        {Param(id_array(accounts)), Param(std::to_underlying(leg))});
    if (!rows) return std::unexpected(rows.error());
    if (rows->size() == 0) return ReadAnswer{"", *seq, false};
    JsonWriter legs;
    legs.array([&] {
        for (int i = 0; i < rows->size(); ++i) write_order_row(legs, Row(*rows, i));
    });
    const auto first = static_cast<engine::OrderId>(Row(*rows, 0).integer("group_id"));
    const auto kind = rows->size() == 2 ? engine::GroupKind::Oco : engine::GroupKind::Bracket;
    return ReadAnswer{group_json(first, kind, legs.text(), *seq), *seq, true};
}

OrDbError<ReadAnswer> read_fills(Connection& connection, const FillFilter& filter) {
    const auto seq = checkpoint(connection, kFillSources);
    if (!seq) return std::unexpected(seq.error());
    auto rows = connection.prepared(
        "SELECT trade_id, account_id, order_id, client_order_id, symbol, side, price_units, quantity_units, notional,"
        " liquidity, auction, fee, currency, settlement_status, price_scale, quantity_scale, event_seq,"
        " trade_id * 2 + (side = 'sell')::int AS cursor, "
        RFC3339("executed_at") " AS executed FROM api.fills"
        " WHERE account_id = ANY($1::bigint[]) AND ($2::text IS NULL OR symbol = $2)"
        " AND ($3::bigint IS NULL OR order_id = $3)"
        " AND ($4::bigint IS NULL OR (trade_id <= $4 / 2 AND trade_id * 2 + (side = 'sell')::int < $4))"
        " ORDER BY trade_id DESC, side DESC LIMIT $5",
        {Param(id_array(filter.accounts)), or_null(filter.symbol), or_null(filter.order), or_null(filter.before),
         Param(filter.limit + 1)});
    if (!rows) return std::unexpected(rows.error());
    return page(*rows, filter.limit, "cursor", *seq, [](JsonWriter& w, const Row& row) {
        w.object([&] {
            w.member("id", row.id<engine::TradeId>("trade_id"));
            w.member("account_id", row.id<engine::AccountId>("account_id"));
            w.member("order_id", row.id<engine::OrderId>("order_id"));
            w.member("client_order_id", row.optional("client_order_id"));
            w.member("symbol", row.text("symbol"));
            w.member("side", row.text("side"));
            w.member("price", row.price("price_units"));
            w.member("quantity", row.quantity("quantity_units"));
            w.member("notional", row.text("notional"));
            w.member("liquidity", row.text("liquidity"));
            w.member("fee", row.text("fee"));
            w.member("currency", row.text("currency"));
            w.member("settlement_status", row.text("settlement_status"));
            w.member("auction", row.flag("auction"));
            w.member("time", row.text("executed"));
            w.member("event_seq", row.integer("event_seq"));
        });
    });
}

OrDbError<ReadAnswer> read_prevented_matches(Connection& connection, const PreventedFilter& filter) {
    const auto seq = checkpoint(connection, kPreventedSources);
    if (!seq) return std::unexpected(seq.error());
    auto rows = connection.prepared(
        "SELECT event_seq, symbol, maker_order_id, taker_order_id, maker_account_id, taker_account_id, taker_side,"
        " mode, price_units, quantity_units, price_scale, quantity_scale, " RFC3339("prevented_at") " AS prevented"
        " FROM api.prevented_matches"
        " WHERE (taker_account_id = ANY($1::bigint[]) OR maker_account_id = ANY($1::bigint[]))"
        " AND ($2::text IS NULL OR symbol = $2) AND ($3::bigint IS NULL OR event_seq < $3)"
        " ORDER BY event_seq DESC LIMIT $4",
        {Param(id_array(filter.accounts)), or_null(filter.symbol), or_null(filter.before), Param(filter.limit + 1)});
    if (!rows) return std::unexpected(rows.error());
    return page(*rows, filter.limit, "event_seq", *seq, [](JsonWriter& w, const Row& row) {
        w.object([&] {
            w.member("symbol", row.text("symbol"));
            w.member("maker_order_id", row.id<engine::OrderId>("maker_order_id"));
            w.member("taker_order_id", row.id<engine::OrderId>("taker_order_id"));
            w.member("maker_account_id", row.id<engine::AccountId>("maker_account_id"));
            w.member("taker_account_id", row.id<engine::AccountId>("taker_account_id"));
            w.member("taker_side", row.text("taker_side"));
            w.member("self_trade_prevention", row.text("mode"));
            w.member("price", row.price("price_units"));
            w.member("quantity", row.quantity("quantity_units"));
            w.member("time", row.text("prevented"));
            w.member("event_seq", row.integer("event_seq"));
        });
    });
}

OrDbError<ReadAnswer> read_balances(Connection& connection, const std::vector<engine::AccountId>& accounts) {
    const auto seq = checkpoint(connection, kBalanceSources);
    if (!seq) return std::unexpected(seq.error());
    auto rows = balance_rows(connection, accounts);
    if (!rows) return std::unexpected(rows.error());
    JsonWriter w;
    w.object([&] {
        w.array("data", [&] {
            for (int i = 0; i < rows->size(); ++i) write_balance_row(w, Row(*rows, i));
        });
        w.member("event_seq", *seq);
    });
    return ReadAnswer{w.take(), *seq, true};
}

OrDbError<ReadAnswer> read_portfolio(Connection& connection, const std::vector<engine::AccountId>& accounts) {
    const auto seq = checkpoint(connection, kPortfolioSources);
    if (!seq) return std::unexpected(seq.error());
    auto cash = balance_rows(connection, accounts);
    if (!cash) return std::unexpected(cash.error());
    auto rows = connection.prepared(
        "SELECT account_id, symbol, quantity_units, sellable_units, held_units, average_cost, cost_basis,"
        " last_price_units, market_value, unrealized_pnl, realized_pnl, currency, price_scale, quantity_scale"
        " FROM api.portfolio WHERE account_id = ANY($1::bigint[]) ORDER BY account_id, symbol",
        {Param(id_array(accounts))});
    if (!rows) return std::unexpected(rows.error());
    JsonWriter w;
    w.object([&] {
        w.array("data", [&] {
            for (int i = 0; i < rows->size(); ++i) {
                const Row row(*rows, i);
                w.object([&] {
                    w.member("account_id", row.id<engine::AccountId>("account_id"));
                    w.member("symbol", row.text("symbol"));
                    w.member("quantity", row.quantity("quantity_units"));
                    w.member("sellable", row.quantity("sellable_units"));
                    w.member("held", row.quantity("held_units"));
                    w.member("average_cost", row.optional("average_cost"));
                    w.member("cost_basis", row.text("cost_basis"));
                    w.member("last_price", row.is_null("last_price_units")
                                               ? std::nullopt
                                               : std::optional(row.price("last_price_units")));
                    w.member("market_value", row.optional("market_value"));
                    w.member("unrealized_pnl", row.optional("unrealized_pnl"));
                    w.member("realized_pnl", row.text("realized_pnl"));
                    w.member("currency", row.text("currency"));
                });
            }
        });
        w.array("cash", [&] {
            for (int i = 0; i < cash->size(); ++i) write_balance_row(w, Row(*cash, i));
        });
        w.member("event_seq", *seq);
    });
    return ReadAnswer{w.take(), *seq, true};
}

OrDbError<ReadAnswer> read_trades(Connection& connection, const TradeFilter& filter) {
    const auto seq = checkpoint(connection, kTradeSources);
    if (!seq) return std::unexpected(seq.error());
    auto rows = connection.prepared(
        "SELECT trade_id, price_units, quantity_units, taker_side, auction, event_seq, price_scale, quantity_scale, "
        RFC3339("executed_at") " AS executed FROM api.trades WHERE symbol = $1"
        " AND ($2::bigint IS NULL OR trade_id < $2) ORDER BY trade_id DESC LIMIT $3",
        {Param(filter.symbol), or_null(filter.before), Param(filter.limit + 1)});
    if (!rows) return std::unexpected(rows.error());
    return page(*rows, filter.limit, "trade_id", *seq, [](JsonWriter& w, const Row& row) {
        w.object([&] {
            w.member("id", row.id<engine::TradeId>("trade_id"));
            w.member("price", row.price("price_units"));
            w.member("quantity", row.quantity("quantity_units"));
            w.member("taker_side", row.text("taker_side"));
            w.member("auction", row.flag("auction"));
            w.member("time", row.text("executed"));
            w.member("event_seq", row.integer("event_seq"));
        });
    });
}

OrDbError<ReadAnswer> read_users(Connection& connection, const UserFilter& filter) {
    const auto seq = checkpoint(connection, kUserSources);
    if (!seq) return std::unexpected(seq.error());
    auto rows = connection.prepared(
        "SELECT user_id, name, array_to_json(roles)::text AS roles, status, account_ids,"
        " array_to_json(ARRAY(SELECT 'acc_' || a FROM unnest(account_ids) a))::text AS accounts, "
        RFC3339("created_at") " AS created FROM api.users"
        " WHERE ($1::bigint IS NULL OR user_id < $1) AND ($3::text IS NULL OR status = $3)"
        " AND ($4::text IS NULL OR search @@ api.search_query($4)) ORDER BY user_id DESC LIMIT $2",
        {or_null(filter.before), Param(filter.limit + 1), or_null(filter.status), or_null(filter.words)});
    if (!rows) return std::unexpected(rows.error());
    return page(*rows, filter.limit, "user_id", *seq, [](JsonWriter& w, const Row& row) {
        w.object([&] {
            w.member("user_id", row.id<engine::UserId>("user_id"));
            w.member("name", row.text("name"));
            w.raw_member("roles", row.text("roles"));
            w.member("status", row.text("status"));
            w.raw_member("accounts", row.text("accounts"));
            w.member("created_at", row.text("created"));
        });
    });
}

#undef RFC3339

}  // namespace buttonwood::api
