#include "api/portfolio_reads.hpp"

#include "api/read_rows.hpp"

#include <algorithm>
#include <array>

namespace buttonwood::api {

using eventstore::Connection;
using eventstore::Param;
using eventstore::Rows;

namespace {

void write_lot(JsonWriter& w, const Row& row) {
    w.object([&] {
        w.member("acquired_at", row.text("acquired"));
        w.member("acquired_seq", row.integer("acquired_seq"));
        w.member("trade_id", row.id_or_none<engine::TradeId>("trade_id"));
        w.member("quantity", row.quantity("quantity_units"));
        w.member("remaining", row.quantity("remaining_units"));
        w.member("unit_cost", row.text("unit_cost"));
        w.member("remaining_cost", row.text("remaining_cost"));
        w.member("sellable_from", row.optional("sellable_from"));
    });
}

// The oldest open lots of each position, in the order of the positions.
OrDbError<Rows> lot_rows(Connection& connection, const std::vector<engine::AccountId>& accounts,
                         const std::string& symbol) {
    return connection.prepared(
        "SELECT l.account_id, l.security_id, l.acquired_seq, l.trade_id, l.quantity_units, l.remaining_units,"
        " l.unit_cost, l.remaining_cost, l.quantity_scale, l.open_lots, " + rfc3339("l.acquired_at") +
            " AS acquired, " + rfc3339("s.lock_up_until") + " AS sellable_from"
        " FROM (SELECT *, row_number() OVER one AS place, count(*) OVER (PARTITION BY account_id, security_id) AS"
        " open_lots FROM api.lots WHERE account_id = ANY($1::bigint[]) AND closed_at IS NULL"
        " AND ($2::text IS NULL OR symbol = $2)"
        " WINDOW one AS (PARTITION BY account_id, security_id ORDER BY acquired_seq)) l"
        " JOIN api.securities s USING (security_id) WHERE l.place <= $3::integer"
        " ORDER BY l.account_id, l.symbol, l.acquired_seq",
        {Param(id_array(accounts)), or_null(symbol), Param(kMaxLotsShown)});
}

void write_position(JsonWriter& w, const Row& row) {
    w.member("account_id", row.id<engine::AccountId>("account_id"));
    w.member("symbol", row.text("symbol"));
    for (const auto& [name, column] :
         {std::pair("quantity", "quantity_units"), std::pair("sellable", "sellable_units"),
          std::pair("held", "held_units"), std::pair("settled", "settled_units"),
          std::pair("pending_in", "pending_in_units"), std::pair("pending_out", "pending_out_units")})
        w.member(name, row.quantity(column));
    w.member("last_price", row.price_or_none("last_price_units"));
    for (const char* name : {"average_cost", "cost_basis", "market_value", "unrealized_pnl", "realized_pnl",
                             "fifo_cost_basis", "fifo_unrealized_pnl", "fifo_realized_pnl", "currency"})
        w.member(name, row.optional(name));
}

constexpr std::array<std::string_view, 13> kActivityTypes{
    "deposit",           "withdrawal",         "issue",          "buy",        "sell",
    "fee",               "fee_income",         "settled",        "fee_refund", "fee_income_returned",
    "settlement_failed", "settlement_pending", "trade_canceled"};

// "12.1.3" -> event 12, line 1, account 3; nulls for the newest page.
std::array<Param, 3> place_of(const std::string& cursor) {
    if (cursor.empty()) return {Param(std::nullopt), Param(std::nullopt), Param(std::nullopt)};
    const std::size_t first = cursor.find('.'), second = cursor.find('.', first + 1);
    return {Param(cursor.substr(0, first)), Param(cursor.substr(first + 1, second - first - 1)),
            Param(cursor.substr(second + 1))};
}

void write_own_side(JsonWriter& w, const Row& row) {
    w.object([&] {
        w.member("account_id", row.id<engine::AccountId>("account_id"));
        w.member("order_id", row.id<engine::OrderId>("order_id"));
        w.member("client_order_id", row.optional("client_order_id"));
        w.member("side", row.text("side"));
        w.member("liquidity", row.text("liquidity"));
        w.member("fee", row.text("fee"));
    });
}

void write_step(JsonWriter& w, const Row& row) {
    w.object([&] {
        w.member("status", row.text("step"));
        w.member("cause", row.text("cause"));
        w.member("reason", row.optional("reason"));
        w.member("time", row.text("occurred"));
        w.member("event_seq", row.integer("event_seq"));
    });
}

std::string fill_columns() {
    return "SELECT trade_id, account_id, order_id, client_order_id, symbol, side, price_units, quantity_units,"
           " notional, liquidity, auction, fee, currency, settlement_status, price_scale, quantity_scale, event_seq,"
           " trade_id * 2 + (side = 'sell')::int AS cursor, " + rfc3339("executed_at") + " AS executed, " +
           rfc3339("settles_at") + " AS due FROM api.fills";
}

}  // namespace

OrDbError<ReadAnswer> read_positions(Connection& connection, const std::vector<engine::AccountId>& accounts,
                                     const std::string& symbol) {
    const auto seq = checkpoint(connection, kLotSources);
    if (!seq) return std::unexpected(seq.error());
    const auto lots = lot_rows(connection, accounts, symbol);
    if (!lots) return std::unexpected(lots.error());
    const auto rows = connection.prepared(
        "SELECT * FROM api.portfolio WHERE account_id = ANY($1::bigint[]) AND ($2::text IS NULL OR symbol = $2)"
        " ORDER BY account_id, symbol",
        {Param(id_array(accounts)), or_null(symbol)});
    if (!rows) return std::unexpected(rows.error());
    JsonWriter w;
    int lot = 0;
    w.object([&] {
        w.array("data", [&] {
            for (int i = 0; i < rows->size(); ++i) {
                const Row row(*rows, i);
                const auto is_of_position = [&](const Row& of) {
                    return of.integer("account_id") == row.integer("account_id") &&
                           of.integer("security_id") == row.integer("security_id");
                };
                w.object([&] {
                    write_position(w, row);
                    const bool has_lots = lot < lots->size() && is_of_position(Row(*lots, lot));
                    w.member("open_lots", has_lots ? Row(*lots, lot).integer("open_lots") : 0);
                    w.array("lots", [&] {
                        for (; lot < lots->size() && is_of_position(Row(*lots, lot)); ++lot)
                            write_lot(w, Row(*lots, lot));
                    });
                });
            }
        });
        w.member("event_seq", *seq);
    });
    return ReadAnswer{w.take(), *seq, true};
}

bool is_activity_type(std::string_view word) {
    return std::ranges::find(kActivityTypes, word) != kActivityTypes.end();
}

OrDbError<ReadAnswer> read_activities(Connection& connection, const ActivityFilter& filter) {
    const auto seq = checkpoint(connection, kLedgerSources);
    if (!seq) return std::unexpected(seq.error());
    const auto [event, line, account] = place_of(filter.before);
    const auto rows = connection.prepared(
        "SELECT account_id, event_seq, line, type, currency, symbol, quantity_units, quantity_after, amount,"
        " balance_after, trade_id, order_id, coalesce(quantity_scale, 0) AS quantity_scale,"
        " event_seq || '.' || line || '.' || account_id AS cursor, " + rfc3339("occurred_at") + " AS occurred"
        " FROM api.activities WHERE account_id = ANY($1::bigint[])"
        " AND ($2::text[] IS NULL OR type = ANY($2)) AND ($3::text IS NULL OR symbol = $3)"
        " AND ($4::timestamptz IS NULL OR occurred_at >= $4) AND ($5::timestamptz IS NULL OR occurred_at < $5)"
        " AND ($6::bigint IS NULL OR (event_seq, line, account_id) < ($6, $7::smallint, $8::bigint))"
        " ORDER BY event_seq DESC, line DESC, account_id DESC LIMIT $9",
        {Param(id_array(filter.accounts)), filter.types.empty() ? Param(std::nullopt) : Param(word_array(filter.types)),
         or_null(filter.symbol), or_null(filter.created_after), or_null(filter.created_before), event, line, account,
         Param(filter.limit + 1)});
    if (!rows) return std::unexpected(rows.error());
    return page(*rows, filter.limit, "cursor", *seq, [](JsonWriter& w, const Row& row) {
        w.object([&] {
            w.member("id", row.text("cursor"));
            w.member("account_id", row.id<engine::AccountId>("account_id"));
            w.member("type", row.text("type"));
            w.member("symbol", row.optional("symbol"));
            w.member("quantity", row.quantity_or_none("quantity_units"));
            w.member("quantity_after", row.quantity_or_none("quantity_after"));
            for (const char* name : {"currency", "amount", "balance_after"}) w.member(name, row.optional(name));
            w.member("trade_id", row.id_or_none<engine::TradeId>("trade_id"));
            w.member("order_id", row.id_or_none<engine::OrderId>("order_id"));
            w.member("time", row.text("occurred"));
            w.member("event_seq", row.integer("event_seq"));
        });
    });
}

OrDbError<ReadAnswer> read_portfolio_history(Connection& connection, const HistoryFilter& filter) {
    const auto seq = checkpoint(connection, kHistorySources);
    if (!seq) return std::unexpected(seq.error());
    // The newest `limit` of the range, oldest first.
    const auto rows = connection.prepared(
        "SELECT * FROM (SELECT account_id, currency, bucket, cash, holdings_value, equity, cost_basis, realized_pnl,"
        " unrealized_pnl, equity_low, equity_high, " + rfc3339("bucket") + " AS t FROM api.portfolio_history"
        " WHERE account_id = ANY($1::bigint[]) AND resolution = $2 AND ($3::text IS NULL OR currency = $3)"
        " AND ($4::timestamptz IS NULL OR bucket >= $4) AND ($5::timestamptz IS NULL OR bucket < $5)"
        " ORDER BY bucket DESC, account_id, currency LIMIT $6) newest ORDER BY bucket, account_id, currency",
        {Param(id_array(filter.accounts)), Param(filter.interval), or_null(filter.currency), or_null(filter.from),
         or_null(filter.to), Param(filter.limit)});
    if (!rows) return std::unexpected(rows.error());
    JsonWriter w;
    w.object([&] {
        w.member("interval", filter.interval);
        w.array("data", [&] {
            for (int i = 0; i < rows->size(); ++i) {
                const Row row(*rows, i);
                w.object([&] {
                    w.member("account_id", row.id<engine::AccountId>("account_id"));
                    for (const char* name : {"t", "currency", "cash", "holdings_value", "equity", "equity_low",
                                             "equity_high", "cost_basis", "realized_pnl", "unrealized_pnl"})
                        w.member(name, row.text(name));
                });
            }
        });
        w.member("event_seq", *seq);
    });
    return ReadAnswer{w.take(), *seq, true};
}

OrDbError<ReadAnswer> read_order_events(Connection& connection, const std::vector<engine::AccountId>& accounts,
                                        engine::OrderId order) {
    const auto seq = checkpoint(connection, kOrderSources);
    if (!seq) return std::unexpected(seq.error());
    const auto rows = connection.prepared(
        "SELECT event_seq, kind, quantity_units, leaves_units, price_units, joins_book, trade_id, reason, price_scale,"
        " quantity_scale, " + rfc3339("occurred_at") + " AS occurred FROM api.order_events"
        " WHERE order_id = $1::bigint AND account_id = ANY($2::bigint[]) ORDER BY event_seq LIMIT $3",
        {Param(std::to_underlying(order)), Param(id_array(accounts)), Param(kMaxPage)});
    if (!rows) return std::unexpected(rows.error());
    if (rows->size() == 0) return ReadAnswer{"", *seq, false};
    JsonWriter w;
    w.object([&] {
        w.member("order_id", to_text(order));
        w.array("data", [&] {
            for (int i = 0; i < rows->size(); ++i) {
                const Row row(*rows, i);
                w.object([&] {
                    w.member("event", row.text("kind"));
                    w.member("quantity", row.quantity("quantity_units"));
                    w.member("remaining_quantity", row.quantity("leaves_units"));
                    w.member("price", row.price_or_none("price_units"));
                    w.member("joins_book", row.flag("joins_book"));
                    w.member("trade_id", row.id_or_none<engine::TradeId>("trade_id"));
                    w.member("reason", row.optional("reason"));
                    w.member("time", row.text("occurred"));
                    w.member("event_seq", row.integer("event_seq"));
                });
            }
        });
        w.member("event_seq", *seq);
    });
    return ReadAnswer{w.take(), *seq, true};
}

OrDbError<ReadAnswer> read_settlements(Connection& connection, const SettlementFilter& filter) {
    const auto seq = checkpoint(connection, kFillSources);
    if (!seq) return std::unexpected(seq.error());
    const auto rows = connection.prepared(
        fill_columns() + " WHERE account_id = ANY($1::bigint[]) AND settles_at IS NOT NULL"
        " AND ($2::text IS NULL OR settlement_status = $2)"
        " AND ($3::bigint IS NULL OR (trade_id <= $3 / 2 AND trade_id * 2 + (side = 'sell')::int < $3))"
        " ORDER BY trade_id DESC, side DESC LIMIT $4",
        {Param(id_array(filter.accounts)), or_null(filter.status), or_null(filter.before), Param(filter.limit + 1)});
    if (!rows) return std::unexpected(rows.error());
    return page(*rows, filter.limit, "cursor", *seq, [](JsonWriter& w, const Row& row) {
        w.object([&] {
            w.member("trade_id", row.id<engine::TradeId>("trade_id"));
            w.member("account_id", row.id<engine::AccountId>("account_id"));
            w.member("symbol", row.text("symbol"));
            w.member("side", row.text("side"));
            w.member("price", row.price("price_units"));
            w.member("quantity", row.quantity("quantity_units"));
            for (const char* name : {"notional", "fee", "currency"}) w.member(name, row.text(name));
            w.member("status", row.text("settlement_status"));
            w.member("due_at", row.optional("due"));
            w.member("time", row.text("executed"));
            w.member("event_seq", row.integer("event_seq"));
        });
    });
}

OrDbError<ReadAnswer> read_trade(Connection& connection, const std::vector<engine::AccountId>& accounts,
                                 engine::TradeId trade) {
    const auto seq = checkpoint(connection, kFillSources);
    if (!seq) return std::unexpected(seq.error());
    const auto sides = connection.prepared(
        fill_columns() + " WHERE trade_id = $1::bigint AND account_id = ANY($2::bigint[]) ORDER BY side",
        {Param(std::to_underlying(trade)), Param(id_array(accounts))});
    if (!sides) return std::unexpected(sides.error());
    if (sides->size() == 0) return ReadAnswer{"", *seq, false};
    const auto steps = connection.prepared("SELECT event_seq, step, cause, reason, " + rfc3339("occurred_at") +
                                               " AS occurred FROM api.settlement_steps WHERE trade_id = $1::bigint"
                                               " ORDER BY event_seq",
                                           {Param(std::to_underlying(trade))});
    if (!steps) return std::unexpected(steps.error());
    const Row row(*sides, 0);
    JsonWriter w;
    w.object([&] {
        w.member("id", to_text(trade));
        w.member("symbol", row.text("symbol"));
        w.member("price", row.price("price_units"));
        w.member("quantity", row.quantity("quantity_units"));
        w.member("notional", row.text("notional"));
        w.member("currency", row.text("currency"));
        w.member("auction", row.flag("auction"));
        w.member("time", row.text("executed"));
        w.array("sides", [&] {
            for (int i = 0; i < sides->size(); ++i) write_own_side(w, Row(*sides, i));
        });
        w.object("settlement", [&] {
            w.member("status", row.text("settlement_status"));
            w.member("due_at", row.optional("due"));
            w.array("steps", [&] {
                for (int i = 0; i < steps->size(); ++i) write_step(w, Row(*steps, i));
            });
        });
        w.member("event_seq", *seq);
    });
    return ReadAnswer{w.take(), *seq, true};
}

}  // namespace buttonwood::api
