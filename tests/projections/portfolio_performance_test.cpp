// Day change, allocation and performance of portfolios, worked out by hand.
#include "tests/projections/settling_market.hpp"
#include "tests/projections/small_market.hpp"

namespace buttonwood::projections::test {
namespace {

using namespace small;

constexpr std::int64_t kDayUs = 24 * kHourUs;
constexpr Money dollars(std::int64_t whole) { return {Int128{whole} * pow10_128(kMoneyScale)}; }

// The views that know a clock are asked within this one transaction: its now() stands still.
struct Today {
    Connection db = connect(::buttonwood::test::fresh_database());
    Timestamp start;

    Today() {
        must(db.execute("BEGIN"));
        start.us = std::stoll(
            value(db, "SELECT (extract(epoch FROM date_trunc('day', now(), 'UTC')) * 1000000)::bigint"));
    }
    void fill(const Records& log) {
        for (const auto& projection : make_all()) {
            must(enter_schema(*projection, db));
            must(projection->apply(log, db));
        }
        must(db.execute("SET search_path = public"));
    }
};

TEST_CASE("a day's change is told against the close and the equity of the day before", "[postgres]") {
    Today today;
    SmallMarket market({today.start.us - kDayUs + 10 * kHourUs});
    market.trade(10'000, 30);  // 3,000 USD; fees 3 and 6
    market.trade(12'000, 10);  // 1,200 USD; fees 1.20 and 2.40
    market.pass(14 * kHourUs);  // midnight
    market.run(DepositCash{kBuyer, "USD", dollars(500)});
    market.trade(12'600, 20);  // 2,520 USD; fees 2.52 and 5.04
    today.fill(market.log());

    CHECK(lines(today.db, "SELECT concat_ws(' ', last_price_units, previous_close_units, day_change_units) "
                          "FROM api.tickers WHERE symbol = 'ACME'") == "12600 12000 600");
    // 60 shares, each 6 USD more than yesterday.
    CHECK(lines(today.db, "SELECT concat_ws(' ', quantity_units, previous_close_units, day_change, allocation) "
                          "FROM api.portfolio WHERE account_id = 2") == "60 12000 360.00000000 1.00000000");
    // Yesterday: 10,000,000 - 4,200 - 8.40 in cash and 40 shares at 120; then 500 came, 2,525.04 went for 20 at 126.
    CHECK(lines(today.db, "SELECT concat_ws(' ', cash, available, holdings_value, equity, previous_equity, day_flows, "
                          "day_change) FROM api.portfolio_totals WHERE account_id = 2") ==
          "9993766.56000000 9993766.56000000 7560.00000000 10001326.56000000 10000591.60000000 500.00000000 "
          "234.96000000");
    // The fees of the day.
    CHECK(lines(today.db, "SELECT concat_ws(' ', day_change, cash_allocation) FROM api.portfolio_totals "
                          "WHERE account_id = 3") == "7.56000000 1.00000000");
}

TEST_CASE("an hour of yesterday that is still open counts as today", "[postgres]") {
    Today today;
    SmallMarket market({today.start.us - 2 * kHourUs});
    market.trade(10'000, 10);
    market.pass(kHourUs);
    market.run(DepositCash{kBuyer, "USD", dollars(100)});  // at 23 o'clock, and nothing since
    today.fill(market.log());
    CHECK(lines(today.db, "SELECT concat_ws(' ', previous_equity, day_flows, day_change, day_return) "
                          "FROM api.portfolio_totals WHERE account_id = 2") ==
          "9999998.00000000 100.00000000 0.00000000 0.00000000");
}

TEST_CASE("performance compounds the days, whatever was paid in or out", "[postgres]") {
    SmallMarket market({1'798'797'600'000'000});  // 2027-01-01T10:00:00Z
    market.run(WithdrawCash{kBuyer, "USD", dollars(9'999'000)});
    market.run(SetFees{SecurityId::None, 0, 0, kFees});
    market.run(DepositCash{kFees, "USD", dollars(1'000)});
    market.trade(10'000, 10);  // all of the 1,000 USD for ten shares
    market.pass(kDayUs);
    market.trade_of_others(11'000);  // 1,100 USD: + 10 %
    market.pass(kDayUs);
    market.run(DepositCash{kBuyer, "USD", dollars(1'100)});
    market.trade_of_others(12'000);  // 1,200 + 1,100 USD of 2,200
    market.pass(kDayUs);
    market.run(IssueHoldings{kBuyer, kAcme, {10}});  // worth 1,200 USD
    market.trade_of_others(6'000);                   // 1,200 + 1,100 USD of 3,500
    market.pass(kDayUs);
    market.run(DepositCash{kFees, "USD", dollars(1)});  // ends the day
    market.run(WithdrawCash{kBuyer, "USD", dollars(1'100)});  // of an hour that is not over
    for (const std::size_t batch : {std::size_t{1}, std::size_t{1'000}}) {
        Connection db = read_models(market.log(), batch);
        CHECK(lines(db, "SELECT concat_ws(' ', day, round(equity, 2), round(flows, 2), round(day_change, 2), "
                        "day_return, time_weighted_return) FROM api.portfolio_performance "
                        "WHERE account_id = 2 ORDER BY day") ==
              "2027-01-01 1000.00 1000.00 0.00 0.00000000 0.00000000\n"
              "2027-01-02 1100.00 0.00 100.00 0.10000000 0.10000000\n"
              "2027-01-03 2300.00 1100.00 100.00 0.04545455 0.15000000\n"
              "2027-01-04 2300.00 1200.00 -1200.00 -0.34285714 -0.24428571");
    }
}

TEST_CASE("a lot may be sold when it was acquired, or when the lock-up ends", "[postgres]") {
    SmallMarket market({1'798'797'600'000'000});  // 2027-01-01T10:00:00Z
    market.trade(10'000, 10);
    SetSecurityTerms terms;
    terms.security = kAcme;
    terms.lock_up_until = {1'798'797'600'000'000 + kDayUs};
    market.run(terms);
    market.pass(2 * kDayUs);
    market.trade(10'000, 5);
    Connection db = read_models(market.log(), 1'000);
    CHECK(lines(db, "SELECT concat_ws(' ', acquired_at AT TIME ZONE 'UTC', sellable_from AT TIME ZONE 'UTC') "
                    "FROM api.lots WHERE account_id = 2 ORDER BY acquired_seq") ==
          "2027-01-01 10:00:00 2027-01-02 10:00:00\n"
          "2027-01-03 10:00:00 2027-01-03 10:00:00");
}

TEST_CASE("allocations add up to one, changes and flows to equity", "[postgres]") {
    const std::uint64_t seed = std::random_device{}();
    CAPTURE(seed);
    SettlingMarket market(seed);
    market.run(600);
    Connection db = read_models(market.log(), 200);
    const auto none = [&db](const std::string& query) {
        CHECK(value(db, "SELECT count(*) FROM (" + query + ") broken") == "0");
    };
    none("SELECT 1 FROM api.portfolio GROUP BY account_id, currency "
         "HAVING abs(sum(allocation) - 1) > 0.0000001 OR (sum(market_value) > 0) <> (count(allocation) > 0)");
    none("SELECT 1 FROM (SELECT equity, sum(flows + day_change) OVER (PARTITION BY account_id, currency ORDER BY day) "
         "AS made FROM api.portfolio_performance) p WHERE equity <> made");
    none("SELECT 1 FROM api.portfolio_totals t WHERE holdings_value <> (SELECT coalesce(sum(market_value), 0) "
         "FROM api.portfolio p WHERE (p.account_id, p.currency) = (t.account_id, t.currency))");
    none("SELECT 1 FROM api.balances b LEFT JOIN api.portfolio_totals t USING (account_id, currency) "
         "WHERE (b.total, b.available, b.unsettled) IS DISTINCT FROM (t.cash, t.available, t.unsettled)");
    CHECK(value(db, "SELECT count(*) > 20 FROM api.portfolio_performance "
                    "WHERE flows <> 0 AND day_return <> 0") == "t");
}

}  // namespace
}  // namespace buttonwood::projections::test
