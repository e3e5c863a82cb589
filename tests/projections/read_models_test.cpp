// The read models against the engine, and against themselves for other cuts of the log into batches.
#include "tests/projections/database.hpp"
#include "tests/projections/random_market.hpp"
#include "tests/support/test_cluster.hpp"

#include "engine/names.hpp"
#include "eventstore/record_json.hpp"

#include <random>
#include <set>

namespace buttonwood::projections::test {
namespace {

using namespace engine;
using eventstore::Connection;
using eventstore::to_decimal;

constexpr int kCommands = 3'000;

// Applies the log to every projection in random batches; now and then a projection starts anew, as after a restart.
void apply_in_random_batches(const eventstore::Records& log, std::uint64_t seed, std::size_t most_commands,
                             Connection& connection) {
    for (const auto& projection : make_all()) {
        std::mt19937_64 random(seed);
        for (std::size_t at = 0; at < log.commands.size();) {
            const std::size_t next = std::min(log.commands.size(), at + 1 + random() % most_commands);
            apply(*projection, slice(log, at, next), connection);
            if (random() % 3 == 0) projection->reset();
            at = next;
        }
    }
}

std::uint64_t any_seed() { return std::random_device{}(); }

std::string number(auto id) { return std::to_string(static_cast<std::uint64_t>(id)); }

// "total|reserved", or zeros.
std::string balance_row(Connection& db, AccountId account, const std::string& currency) {
    return value(db, "SELECT coalesce((SELECT total || '|' || held FROM api.balances WHERE account_id = " +
                         number(account) + " AND currency = '" + currency + "'), '0.00000000|0.00000000')");
}

void check_accounts(const RandomMarket& market, Connection& db) {
    for (std::uint32_t a = 1; a <= market.accounts(); ++a) {
        const auto account = static_cast<AccountId>(a);
        for (const char* currency : {"USD", "EUR"}) {
            const Balance balance = market.engine().balance(account, currency);
            CHECK(balance_row(db, account, currency) == to_decimal(balance.total) + "|" + to_decimal(balance.reserved));
        }
        for (std::uint32_t s = 1; s <= market.securities(); ++s) {
            const Holding holding = market.engine().holding(account, static_cast<SecurityId>(s));
            CHECK(value(db,
                        "SELECT coalesce((SELECT quantity_units || '|' || reserved_units FROM portfolio.holdings "
                        "WHERE account_id = " +
                            number(account) + " AND security_id = " + std::to_string(s) + "), '0|0')") ==
                  std::to_string(holding.total.units) + "|" + std::to_string(holding.reserved.units));
        }
    }
}

void check_open_orders(const RandomMarket& market, Connection& db) {
    const auto rows =
        must(db.query("SELECT order_id, account_id, security_id, side, price_units, quantity_units, leaves_units, "
                      "client_order_id, type, status, stop_price_units "
                      "FROM api.orders WHERE status IN ('new', 'held', 'partially_filled')"));
    CHECK(static_cast<std::size_t>(rows.size()) == market.engine().open_order_count());
    for (int i = 0; i < rows.size(); ++i) {
        const auto order = market.engine().order(static_cast<OrderId>(rows.integer(i, 0)));
        REQUIRE(order.has_value());
        CHECK(static_cast<std::int64_t>(order->account) == rows.integer(i, 1));
        CHECK(static_cast<std::int64_t>(order->security) == rows.integer(i, 2));
        CHECK(word_of(order->side) == rows.text(i, 3));
        CHECK(rows.is_null(i, 4) == is_market(order->type));
        if (!rows.is_null(i, 4)) CHECK(order->price.units == rows.integer(i, 4));
        CHECK(order->quantity.units == rows.integer(i, 5));
        CHECK(order->leaves_quantity.units == rows.integer(i, 6));
        CHECK(order->client_order_id.view() == rows.text(i, 7));
        CHECK(word_of(order->type) == rows.text(i, 8));
        CHECK(order->held == (rows.text(i, 9) == "held"));
        if (order->held && order->trigger_price.units != 0 && order->type != OrderType::TrailingStop)
            CHECK(order->trigger_price.units == rows.integer(i, 10));
    }
    CHECK(value(db, "SELECT count(*) FROM api.orders") == std::to_string(market.orders()));
}

void check_markets(const RandomMarket& market, Connection& db) {
    for (std::uint32_t s = 1; s <= market.securities(); ++s) {
        const OrderBook* book = market.engine().book(static_cast<SecurityId>(s));
        REQUIRE(book != nullptr);
        const auto side = [&](Side which) {
            const auto level = book->best(which);
            return level ? std::to_string(level->price.units) + "x" + std::to_string(level->quantity.units)
                         : std::string("-");
        };
        CHECK(
            value(db,
                  "SELECT coalesce(bid_price_units || 'x' || bid_quantity_units, '-') || ' ' || "
                  "coalesce(ask_price_units || 'x' || ask_quantity_units, '-') FROM api.tickers WHERE security_id = " +
                      std::to_string(s)) == side(Side::Buy) + " " + side(Side::Sell));
        CHECK(
            value(db, "SELECT shares_outstanding_units FROM api.securities WHERE security_id = " + std::to_string(s)) ==
            std::to_string(market.engine().shares_outstanding(static_cast<SecurityId>(s)).units));
        const StateInForce state = market.engine().state_in_force(static_cast<SecurityId>(s));
        CHECK(value(db, "SELECT trading_state || ' ' || coalesce(auction, 'none') FROM api.securities "
                        "WHERE security_id = " + std::to_string(s)) ==
              std::string(word_of(state.state)) + " " + std::string(word_of(state.auction)));
    }
}

// What the tables must agree on among themselves.
void check_conservation(Connection& db) {
    const auto none = [&db](const std::string& query) {
        CAPTURE(query);
        CHECK(value(db, "SELECT count(*) FROM (" + query + ") broken") == "0");
    };
    // Shares are where they were issued to, or where they were sold to.
    none(
        "SELECT s.security_id FROM reference.securities s LEFT JOIN portfolio.holdings h USING (security_id) "
        "GROUP BY s.security_id HAVING s.shares_outstanding_units <> coalesce(sum(h.quantity_units), 0)");
    // An order's prevented quantity is what its prevented matches say.
    none(
        "SELECT order_id FROM api.orders o LEFT JOIN api.prevented_matches p "
        "ON o.order_id IN (p.maker_order_id, p.taker_order_id) GROUP BY order_id, o.prevented_units "
        "HAVING o.prevented_units <> coalesce(sum(p.quantity_units), 0)");
    // The parties of a trade own its orders, whichever side came later.
    none("SELECT 1 FROM trading.trades t JOIN trading.bids b ON b.order_id = t.buy_order_id "
         "JOIN trading.listings l ON l.order_id = t.sell_order_id "
         "WHERE (b.account_id, l.account_id) <> (t.buyer_account_id, t.seller_account_id)");
    // Rows that change are as of the newest event of their history.
    none("SELECT 1 FROM trading.settlements s JOIN trading.settlement_steps t USING (trade_id) "
         "GROUP BY trade_id, s.updated_seq HAVING s.updated_seq <> max(t.event_seq)");
    none("SELECT 1 FROM api.orders o JOIN api.order_events e USING (order_id) WHERE e.kind = 'activated' "
         "GROUP BY order_id, o.activated_at HAVING o.activated_at IS DISTINCT FROM max(e.occurred_at)");
    // Reservations of open orders are what accounts have reserved.
    none("SELECT 1 WHERE (SELECT sum(reserved) FROM portfolio.cash) <> (SELECT sum(cash) FROM portfolio.reservations)");
    none(
        "SELECT 1 WHERE (SELECT sum(reserved_units) FROM portfolio.holdings) <> "
        "(SELECT sum(quantity_units) FROM portfolio.reservations)");
    // Orders are filled by trades, candles are made of trades; those of seconds go after a week.
    none(
        "SELECT order_id FROM api.orders o LEFT JOIN api.fills f USING (order_id) GROUP BY order_id, o.filled_units, "
        "o.notional "
        "HAVING o.filled_units <> coalesce(sum(f.quantity_units), 0) OR o.notional <> coalesce(sum(f.notional), 0)");
    const std::string kept =
        " WHERE executed_at >= (SELECT date_trunc('hour', max(executed_at), 'UTC') - interval '168 hours' "
        "FROM trading.trades)";
    for (const std::string interval : {"1s", "1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w", "1M"})
        none(
            "SELECT security_id FROM (SELECT security_id, sum(turnover) a, sum(trade_count) n, sum(volume_units) v "
            "FROM api.candles WHERE interval = '" +
            interval +
            "' GROUP BY 1) c FULL JOIN (SELECT security_id, sum(notional) a, "
            "count(*) n, sum(quantity_units) v FROM trading.trades" +
            (interval == "1s" ? kept : "") +
            " GROUP BY 1) t USING (security_id) "
            "WHERE (c.a, c.n, c.v) IS DISTINCT FROM (t.a, t.n, t.v)");
    // What one realised, or still holds at cost, others paid; but for the fees of trades that were not taken back.
    none("SELECT 1 WHERE (SELECT sum(cost_basis) - sum(realized_pnl) FROM portfolio.holdings) <> "
         "(SELECT sum((t.payload ->> 'maker_fee')::numeric + (t.payload ->> 'taker_fee')::numeric) FROM log.events t "
         "WHERE t.event_type = 'TradeExecuted' AND NOT EXISTS (SELECT FROM log.events c WHERE c.stream_type = 'trade' "
         "AND c.stream_id = t.stream_id AND c.payload ->> 'step' = 'canceled'))");
    // The life of an order ends where its row stands, and its fees are those of its fills.
    none(
        "SELECT order_id FROM api.orders o LEFT JOIN (SELECT order_id, "
        "(array_agg(leaves_units ORDER BY event_seq DESC))[1] AS leaves, max(event_seq) AS seq, "
        "coalesce(sum(quantity_units) FILTER (WHERE trade_id IS NOT NULL), 0) AS filled "
        "FROM api.order_events GROUP BY 1) e USING (order_id) WHERE (e.leaves, e.seq, e.filled) IS DISTINCT FROM "
        "(o.leaves_units, o.updated_seq, o.filled_units::numeric)");
    none(
        "SELECT order_id FROM api.orders o LEFT JOIN api.fills f USING (order_id) GROUP BY order_id, o.fees "
        "HAVING o.fees <> coalesce(sum(f.fee), 0)");
    // The newest step of a trade is its status.
    none(
        "SELECT trade_id FROM api.trades t JOIN (SELECT trade_id, (array_agg(step ORDER BY event_seq DESC))[1] AS step "
        "FROM api.settlement_steps GROUP BY 1) l USING (trade_id) WHERE t.settlement_status <> l.step");
    // Streams are numbered without holes.
    none("SELECT 1 FROM log.events GROUP BY stream_type, stream_id HAVING max(stream_version) <> count(*)");
    none(
        "SELECT 1 FROM log.streams s WHERE version <> (SELECT count(*) FROM log.events e "
        "WHERE e.stream_type = s.stream_type AND e.stream_id = s.stream_id)");
}

TEST_CASE("in a random market everything happens", "[unit]") {
    RandomMarket market(1);
    market.run(kCommands);
    market.crowd();
    std::set<std::size_t> events, commands;
    for (const Event& event : market.log().events) events.insert(event.body.index());
    for (const auto& record : market.log().commands) commands.insert(record.command.index());
    for (std::size_t type = 0; type < std::variant_size_v<EventBody>; ++type)
        if (!events.contains(type)) UNSCOPED_INFO("no event of type " << type);
    CHECK(events.size() == std::variant_size_v<EventBody>);
    CHECK(commands.size() == std::variant_size_v<Command>);
}

TEST_CASE("read models say what the engine says", "[postgres]") {
    const std::uint64_t seed = any_seed();
    CAPTURE(seed);
    RandomMarket market(seed);
    market.run(kCommands / 2);
    market.crowd();
    market.run(kCommands / 2);
    REQUIRE(market.engine().check_invariants().empty());
    Connection db = connect(::buttonwood::test::fresh_database());
    apply_in_random_batches(market.log(), seed, 200, db);

    check_accounts(market, db);
    check_open_orders(market, db);
    check_markets(market, db);
    check_conservation(db);
    CHECK(value(db, "SELECT count(*) FROM log.events") == std::to_string(market.log().events.size()));
    CHECK(value(db, "SELECT count(*) FROM log.commands") == std::to_string(market.log().commands.size()));
    CHECK(value(db, "SELECT count(*) FROM api.users") ==
          value(db, "SELECT count(*) FROM log.events WHERE event_type = 'UserRegistered'"));
}

TEST_CASE("the cut of the log into batches leaves no trace in the read models", "[postgres]") {
    const std::uint64_t seed = any_seed();
    CAPTURE(seed);
    RandomMarket market(seed);
    market.run(1'000);
    Connection at_once = connect(::buttonwood::test::fresh_database());
    Connection one_by_one = connect(::buttonwood::test::fresh_database());
    Connection in_pieces = connect(::buttonwood::test::fresh_database());
    for (const auto& projection : make_all()) apply(*projection, market.log(), at_once);
    apply_in_random_batches(market.log(), seed, 1, one_by_one);
    apply_in_random_batches(market.log(), seed, 50, in_pieces);

    for (const auto& projection : make_all())
        for (const std::string_view name : projection->tables()) {
            const std::string table = qualified(*projection, name);
            CAPTURE(table);
            const auto expected = rows_of(at_once, table);
            CHECK(rows_of(one_by_one, table) == expected);
            CHECK(rows_of(in_pieces, table) == expected);
        }
}

TEST_CASE("a random market leaves no table empty", "[postgres]") {
    RandomMarket market(1);
    market.run(1'000);
    Connection db = connect(::buttonwood::test::fresh_database());
    for (const auto& projection : make_all()) {
        apply(*projection, market.log(), db);
        for (const std::string_view table : projection->tables()) {
            CAPTURE(qualified(*projection, table));
            CHECK_FALSE(rows_of(db, qualified(*projection, table)).empty());
        }
    }
}

}  // namespace
}  // namespace buttonwood::projections::test
