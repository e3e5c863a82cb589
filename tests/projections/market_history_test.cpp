// What the tables of trades, orders and candles say about one small market whose every figure is known.
#include "tests/projections/small_market.hpp"

namespace buttonwood::projections::test {
namespace {

using namespace small;

constexpr Timestamp kFriday{1'798'797'600'000'000};  // 2027-01-01T10:00:00Z

TEST_CASE("a trade tells its fees and every step of its settlement", "[postgres]") {
    SmallMarket market(kFriday);
    market.trade(10'000, 30);  // 3,000 USD: maker 3, taker 6
    market.trade(10'000, 10);
    market.pass(kHourUs);
    const auto first = static_cast<TradeId>(1);
    market.run(ChangeSettlement{first, SettlementStep::Failed, "no \"shares\""}, kOperator);
    market.run(ChangeSettlement{first, SettlementStep::Pending, {}}, kOperator);
    market.run(ChangeSettlement{first, SettlementStep::Canceled, "given up"}, kOperator);
    market.pass(72 * kHourUs);
    market.run(EndDay{kAcme});  // after Monday's clock
    for (const std::size_t batch : {std::size_t{1}, std::size_t{1'000}}) {
        CAPTURE(batch);
        Connection db = read_models(market.log(), batch);
        CHECK(lines(db, "SELECT concat_ws(' ', step, cause, actor, reason, occurred_at AT TIME ZONE 'UTC') "
                        "FROM api.settlement_steps WHERE trade_id = 1 ORDER BY event_seq") ==
              "pending trade 2027-01-01 10:00:00\n"
              "failed operator 3 no \"shares\" 2027-01-01 11:00:00\n"
              "pending operator 3 2027-01-01 11:00:00\n"
              "canceled operator 3 given up 2027-01-01 11:00:00");
        CHECK(lines(db, "SELECT concat_ws(' ', step, cause, occurred_at AT TIME ZONE 'UTC') "
                        "FROM api.settlement_steps WHERE trade_id = 2 ORDER BY event_seq") ==
              "pending trade 2027-01-01 10:00:00\nsettled clock 2027-01-04 11:00:00");
        CHECK(lines(db, "SELECT concat_ws(' ', settlement_status, settles_at AT TIME ZONE 'UTC') FROM api.trades "
                        "ORDER BY trade_id") == "canceled 2027-01-04 00:00:00\nsettled 2027-01-04 00:00:00");
        CHECK(lines(db, "SELECT concat_ws(' ', account_id, side, liquidity, fee, settlement_status) FROM api.fills "
                        "WHERE trade_id = 1 ORDER BY side") ==
              "2 buy taker 6.00000000 canceled\n1 sell maker 3.00000000 canceled");
        // The market saw it: a canceled trade stays in the candles, and in what its orders did.
        CHECK(lines(db, "SELECT concat_ws(' ', trade_count, volume_units, vwap) FROM api.candles "
                        "WHERE \"interval\" = '1d'") == "2 40 100.00000000");
        CHECK(lines(db, "SELECT concat_ws(' ', side, status, average_price, fees, maker_ppm, taker_ppm) "
                        "FROM api.orders ORDER BY order_id LIMIT 2") ==
              "sell filled 100.00000000 3.00000000 1000 2000\nbuy filled 100.00000000 6.00000000 1000 2000");
    }
}

TEST_CASE("the life of an order is told event by event", "[postgres]") {
    SmallMarket market(kFriday);
    market.order(Side::Buy, 100, 10);
    market.order(Side::Sell, 99, 4);
    AmendOrder amend;
    amend.account = kBuyer;
    amend.target.order = static_cast<OrderId>(1);
    amend.quantity = Quantity{20};
    market.run(amend);
    market.order(Side::Sell, 100, 20);
    market.run(CancelOrder{kSeller, {static_cast<OrderId>(3), {}}, {}});
    Connection db = read_models(market.log(), 1);
    const std::string life = "SELECT concat_ws(' ', kind, quantity_units, leaves_units, price_units, joins_book, "
                             "trade_id, reason) FROM api.order_events WHERE order_id = ";
    CHECK(lines(db, life + "1 AND account_id = 2 AND side = 'buy' AND symbol = 'ACME' ORDER BY event_seq") ==
          "accepted 10 10 100 t\n"
          "partially_filled 4 6 100 f 1\n"
          "amended 20 16 100 t\n"
          "filled 16 0 100 f 2");
    CHECK(lines(db, life + "3 AND account_id = 1 AND side = 'sell' ORDER BY event_seq") ==
          "accepted 20 20 100 f\n"
          "partially_filled 16 4 100 f 2\n"
          "rested 4 4 100 t\n"
          "canceled 4 0 100 f user");
}

TEST_CASE("candles of seconds go when their time is over, all others stay", "[postgres]") {
    SmallMarket market(kFriday);
    market.trade(100, 1);
    market.pass(kHourUs);
    market.trade(110, 2);
    market.pass(167 * kHourUs);
    market.trade(120, 3);  // the hour of the first trade is the oldest that stays
    Connection before = read_models(market.log(), 7);
    CHECK(lines(before, "SELECT open_units FROM market_data.candles_1s ORDER BY bucket") == "100\n110\n120");
    market.pass(kHourUs);
    market.trade(130, 4);
    for (const std::size_t batch : {std::size_t{1}, std::size_t{4}, std::size_t{1'000}}) {
        CAPTURE(batch);
        Connection after = read_models(market.log(), batch);
        CHECK(lines(after, "SELECT open_units FROM market_data.candles_1s ORDER BY bucket") == "110\n120\n130");
        CHECK(lines(after, "SELECT open_units FROM api.candles WHERE \"interval\" = '1m' ORDER BY bucket") ==
              "100\n110\n120\n130");
    }
}

TEST_CASE("the statistics of a day begin with the close of the last day that had trades", "[postgres]") {
    SmallMarket market(kFriday);
    market.trade(100, 10);
    market.trade(130, 10);
    market.trade(120, 20);
    market.pass(4 * 24 * kHourUs);
    market.trade(90, 5);
    market.order(Side::Buy, 80, 1);
    market.order(Side::Sell, 85, 1);
    Connection db = read_models(market.log(), 1'000);
    CHECK(lines(db, "SELECT concat_ws(' ', day, coalesce(previous_close_units, 0), open_units, high_units, low_units, "
                    "close_units, coalesce(change_units, 0), volume_units, turnover, vwap, trade_count) "
                    "FROM api.daily_statistics WHERE symbol = 'ACME' ORDER BY day") ==
          "2027-01-01 0 100 130 100 120 0 40 47.00000000 1.17500000 3\n"
          "2027-01-05 120 90 90 90 90 -30 5 4.50000000 0.90000000 1");
    CHECK(lines(db, "SELECT DISTINCT bucket AT TIME ZONE 'UTC' FROM api.candles WHERE \"interval\" = '1w' "
                    "ORDER BY 1") ==
          "2026-12-28 00:00:00\n2027-01-04 00:00:00");
    CHECK(lines(db, "SELECT concat_ws(' ', bid_close_units, ask_close_units, spread_units) FROM api.best_prices_1m "
                    "ORDER BY bucket DESC LIMIT 1") == "80 85 5");
}

TEST_CASE("tables refuse candles that cannot be", "[postgres]") {
    Connection db = read_models(SmallMarket(kFriday).log(), 1'000);
    const auto refused_by = [&](const std::string& interval, const std::string& bucket, const std::string& rest) {
        const auto outcome = db.execute("INSERT INTO market_data.candles VALUES (1, '" + interval + "', '" + bucket +
                                        "+00', " + rest + ")");
        return outcome ? std::string() : outcome.error().constraint;
    };
    CHECK(refused_by("1w", "2027-01-05", "5, 6, 4, 5, 1, 1, 1") == "bucket_is_aligned");  // a Tuesday
    CHECK(refused_by("1M", "2027-01-02", "5, 6, 4, 5, 1, 1, 1") == "bucket_is_aligned");
    CHECK(refused_by("5m", "2027-01-01 00:01", "5, 6, 4, 5, 1, 1, 1") == "bucket_is_aligned");
    CHECK(refused_by("2m", "2027-01-01", "5, 6, 4, 5, 1, 1, 1") == "interval_is_known");
    CHECK(refused_by("1d", "2027-01-01", "5, 6, 5, 4, 1, 1, 1") == "low_is_lowest");
    CHECK(refused_by("1d", "2027-01-01", "5, 4, 4, 5, 1, 1, 1") == "high_is_highest");
    CHECK(refused_by("1d", "2027-01-01", "5, 6, 4, 5, 0, 1, 1") == "volume_positive");
    CHECK(refused_by("1d", "2027-01-01", "5, 6, 4, 5, 1, 1, 0") == "trade_count_positive");
    CHECK(refused_by("1d", "2027-01-01", "5, 6, 4, 5, 1, 1, 1").empty());
}

}  // namespace
}  // namespace buttonwood::projections::test
