// The tables of `portfolio` over a market with fees and late settlement: against the engine, against each other, and
// for other cuts of the log.
#include "tests/projections/database.hpp"
#include "tests/projections/settling_market.hpp"
#include "tests/support/test_cluster.hpp"

#include "eventstore/record_json.hpp"
#include "projections/candle.hpp"
#include "projections/factories.hpp"
#include "projections/market_fold.hpp"
#include "projections/portfolio_fold.hpp"

#include <map>
#include <random>
#include <set>

namespace buttonwood::projections::test {
namespace {

using namespace engine;
using eventstore::Connection;
using eventstore::to_decimal;

constexpr std::int64_t kHourUs = 3'600'000'000;
constexpr std::int64_t kShortWait = 200'000'000;
constexpr int kCommands = 1'500;
constexpr std::uint64_t kBusySeed = 1;

// In random batches; now and then the projection starts anew, as after a restart.
void apply_in_batches(const eventstore::Records& log, std::uint64_t seed, std::size_t most_commands, Connection& db) {
    const auto projection = make_portfolio();
    std::mt19937_64 random(seed);
    for (std::size_t at = 0; at < log.commands.size();) {
        const std::size_t next = std::min(log.commands.size(), at + 1 + random() % most_commands);
        apply(*projection, slice(log, at, next), db);
        if (random() % 3 == 0) projection->reset();
        at = next;
    }
}

void none(Connection& db, const std::string& query) {
    CHECK(value(db, "SELECT count(*) FROM (" + query + ") broken") == "0");
}

void check_engine(const SettlingMarket& market, Connection& db) {
    const auto rows = must(db.query("SELECT account_id, currency, total, reserved FROM portfolio.cash"));
    CHECK(rows.size() >= 11);
    for (int i = 0; i < rows.size(); ++i) {
        const Balance balance = market.engine().balance(static_cast<AccountId>(rows.integer(i, 0)), rows.text(i, 1));
        CHECK(to_decimal(balance.total) == rows.text(i, 2));
        CHECK(to_decimal(balance.reserved) == rows.text(i, 3));
    }
    for (std::uint32_t account = 1; account <= market.accounts(); ++account)
        for (std::uint32_t security = 1; security <= market.securities(); ++security) {
            const std::string of = " WHERE account_id = " + std::to_string(account) +
                                   " AND security_id = " + std::to_string(security);
            const Holding holding =
                market.engine().holding(static_cast<AccountId>(account), static_cast<SecurityId>(security));
            CHECK(value(db, "SELECT coalesce(sum(quantity_units), 0) FROM portfolio.holdings" + of) ==
                  std::to_string(holding.total.units));
            CHECK(value(db, "SELECT coalesce(sum(remaining_units), 0) FROM portfolio.lots" + of) ==
                  std::to_string(holding.total.units));
        }
}

void check_lots(Connection& db) {
    none(db, "SELECT 1 FROM portfolio.holdings h LEFT JOIN (SELECT account_id, security_id, "
             "sum(remaining_units) AS units, sum(remaining_cost) AS cost FROM portfolio.lots GROUP BY 1, 2) l "
             "USING (account_id, security_id) "
             "WHERE h.quantity_units <> coalesce(l.units, 0) "
             "OR h.cost_basis - h.realized_pnl + h.fifo_realized_pnl <> coalesce(l.cost, 0)");
    // A lot is less what was taken from it, and was not put back.
    none(db, "SELECT 1 FROM portfolio.lots l LEFT JOIN (SELECT account_id, security_id, acquired_seq, "
             "sum(quantity_units) AS units, sum(cost) AS cost FROM portfolio.lot_disposals WHERE undone_seq IS NULL "
             "GROUP BY 1, 2, 3) d USING (account_id, security_id, acquired_seq) "
             "WHERE l.quantity_units - l.remaining_units <> coalesce(d.units, 0) "
             "OR l.cost - l.remaining_cost <> coalesce(d.cost, 0)");
    none(db, "SELECT 1 FROM portfolio.holdings h LEFT JOIN (SELECT account_id, security_id, "
             "sum(proceeds - cost) AS pnl FROM portfolio.lot_disposals WHERE undone_seq IS NULL "
             "GROUP BY 1, 2) d USING (account_id, security_id) "
             "WHERE h.fifo_realized_pnl <> coalesce(d.pnl, 0)");
}

void check_ledger(Connection& db) {
    none(db, "SELECT 1 FROM portfolio.cash c FULL JOIN (SELECT account_id, currency, sum(amount) AS total "
             "FROM portfolio.activities WHERE amount IS NOT NULL GROUP BY 1, 2) a USING (account_id, currency) "
             "WHERE c.total IS DISTINCT FROM a.total");
    none(db, "SELECT 1 FROM portfolio.holdings h FULL JOIN (SELECT account_id, security_id, "
             "sum(quantity_units) AS units FROM portfolio.activities WHERE quantity_units IS NOT NULL "
             "GROUP BY 1, 2) a USING (account_id, security_id) "
             "WHERE coalesce(h.quantity_units, 0) IS DISTINCT FROM coalesce(a.units, 0)");
    // What each line left is the sum up to it.
    none(db, "SELECT 1 FROM (SELECT balance_after, sum(amount) OVER (PARTITION BY account_id, currency "
             "ORDER BY event_seq, line) AS so_far FROM portfolio.activities WHERE amount IS NOT NULL) a "
             "WHERE balance_after <> so_far");
    // Trades, fees and their cancellations only move cash: what there is was deposited and not withdrawn.
    none(db, "SELECT 1 FROM portfolio.activities WHERE type NOT IN ('deposit', 'withdrawal') "
             "GROUP BY currency HAVING sum(amount) <> 0");
    // What one realised, or still holds at cost, others paid; the fees went to somebody.
    none(db, "SELECT 1 WHERE (SELECT sum(realized_pnl - cost_basis) FROM portfolio.holdings) + (SELECT sum(amount) "
             "FROM portfolio.activities WHERE type IN ('fee_income', 'fee_income_returned')) <> 0");
}

void check_settlement(Connection& db) {
    const std::string open =
        "(SELECT s.account_id, s.security_id, s.currency, s.trade_id, b.account_id AS buyer, b.quantity_units, "
        "s.amount + coalesce(f.amount, 0) AS proceeds FROM portfolio.activities s "
        "JOIN portfolio.activities b ON b.trade_id = s.trade_id AND b.type = 'buy' "
        "LEFT JOIN portfolio.activities f ON f.trade_id = s.trade_id AND f.type = 'fee' AND f.line = 2 "
        "AND f.account_id = s.account_id "
        "WHERE s.type = 'sell' AND s.security_id <> 2 AND NOT EXISTS (SELECT FROM portfolio.activities e "
        "WHERE e.trade_id = s.trade_id AND e.type IN ('settled', 'trade_canceled')))";
    none(db, "SELECT 1 FROM portfolio.cash c LEFT JOIN (SELECT account_id, currency, sum(proceeds) AS open FROM " +
                 open + " o GROUP BY 1, 2) p USING (account_id, currency) WHERE c.unsettled <> coalesce(p.open, 0)");
    none(db, "SELECT 1 FROM portfolio.holdings h LEFT JOIN (SELECT buyer AS account_id, security_id, "
             "sum(quantity_units) AS open FROM " + open + " o GROUP BY 1, 2) p USING (account_id, security_id) "
             "WHERE h.pending_in_units <> coalesce(p.open, 0)");
    none(db, "SELECT 1 FROM portfolio.holdings GROUP BY security_id "
             "HAVING sum(pending_in_units) <> sum(pending_out_units)");
}

TEST_CASE("lots, ledger and settlement agree with the engine and with each other", "[postgres]") {
    const std::uint64_t seed = std::random_device{}();
    CAPTURE(seed);
    SettlingMarket market(seed, kShortWait);
    market.run(kCommands);
    Connection db = connect(::buttonwood::test::fresh_database());
    apply_in_batches(market.log(), seed, 200, db);
    check_engine(market, db);
    check_lots(db);
    check_ledger(db);
    check_settlement(db);
}

TEST_CASE("in a settling market everything happens", "[unit]") {
    SettlingMarket market(kBusySeed, kShortWait);
    market.run(kCommands);
    PortfolioFold fold;
    for (const Event& event : market.log().events) REQUIRE(fold.apply(event));
    std::set<ActivityType> types;
    for (const Activity& activity : fold.ledger.activities()) types.insert(activity.cause.type);
    CHECK(types.size() == 13);
    std::map<TradeId, EventSeq> bought;
    int undone = 0, from_other_lots = 0;
    fold.lots.flush(
        [&](bool, const HoldingKey&, EventSeq seq, const Lot& lot) {
            if (lot.trade != TradeId::None) bought[lot.trade] = seq;
        },
        [&](bool, const LotDisposal& d) {
            if (d.undone_seq != 0) ++undone;
            if (d.event_seq > bought.at(d.trade) && d.acquired_seq != bought.at(d.trade)) ++from_other_lots;
        });
    CHECK(undone > 0);
    CHECK(from_other_lots > 0);
}

TEST_CASE("the cut of the log leaves no trace in lots, ledger and history", "[postgres]") {
    const std::uint64_t seed = std::random_device{}();
    CAPTURE(seed);
    SettlingMarket market(seed);
    market.run(600);
    Connection at_once = connect(::buttonwood::test::fresh_database());
    Connection one_by_one = connect(::buttonwood::test::fresh_database());
    Connection in_pieces = connect(::buttonwood::test::fresh_database());
    const auto projection = make_portfolio();
    apply(*projection, market.log(), at_once);
    apply_in_batches(market.log(), seed, 1, one_by_one);
    apply_in_batches(market.log(), seed, 50, in_pieces);
    for (const std::string_view name : projection->tables()) {
        const std::string table = qualified(*projection, name);
        CAPTURE(table);
        const auto expected = rows_of(at_once, table);
        CHECK_FALSE(expected.empty());
        CHECK(rows_of(one_by_one, table) == expected);
        CHECK(rows_of(in_pieces, table) == expected);
    }
}

// What accounts are worth in a currency, told by an engine that is told the events.
class Worth {
public:
    explicit Worth(const SettlingMarket& market) : market_(market) {}
    void apply(const Event& event) {
        engine_.apply(event);
        if (const auto* e = std::get_if<SecurityCreated>(&event.body)) created_[e->security] = *e;
        if (const auto* e = std::get_if<TradeExecuted>(&event.body)) last_[e->security] = e->price;
    }
    // "account currency cash holdings", of those that have anything.
    [[nodiscard]] std::map<std::string, std::string> all() const {
        std::map<std::string, std::string> worth;
        for (std::uint32_t a = 1; a <= market_.accounts(); ++a)
            for (const char* currency : {"EUR", "USD"}) {
                const auto account = static_cast<AccountId>(a);
                const Money cash = engine_.balance(account, currency).total;
                Money held;
                for (const auto& [security, price] : last_) {
                    const SecurityCreated& of = created_.at(security);
                    Money part;
                    if (of.currency == Currency(currency) && notional(price, engine_.holding(account, security).total,
                                                                      of.price_scale, of.quantity_scale, part))
                        held += part;
                }
                if (cash != Money{} || held != Money{})
                    worth[std::to_string(a) + " " + currency] = to_decimal(cash) + " " + to_decimal(held);
            }
        return worth;
    }

private:
    const SettlingMarket& market_;
    Engine engine_;
    std::map<SecurityId, SecurityCreated> created_;
    std::map<SecurityId, Price> last_;
};

TEST_CASE("history is what accounts were worth at the end of every hour and day", "[postgres]") {
    const std::uint64_t seed = std::random_device{}();
    CAPTURE(seed);
    SettlingMarket market(seed);
    market.run(700);
    Connection db = connect(::buttonwood::test::fresh_database());
    apply_in_batches(market.log(), seed, 100, db);

    // The rows, walked through hour by hour: one without a row is as the one before.
    const auto rows = must(db.query(
        "SELECT (extract(epoch FROM bucket) * 1000000)::bigint, account_id || ' ' || currency, "
        "cash || ' ' || holdings_value FROM portfolio.history_1h ORDER BY bucket"));
    int row = 0;
    std::map<std::string, std::string> told;
    Worth worth(market);
    std::int64_t hour = bucket_of(market.log().events.front().time, CandleInterval::Hour).us;
    int hours = 0;
    for (const Event& event : market.log().events) {
        const std::int64_t next = bucket_of(event.time, CandleInterval::Hour).us;
        if (next > hour) {
            for (; row < rows.size() && rows.integer(row, 0) <= hour; ++row)
                told[std::string(rows.text(row, 1))] = std::string(rows.text(row, 2));
            std::erase_if(told, [](const auto& entry) { return entry.second == "0.00000000 0.00000000"; });
            CAPTURE(hour);
            CHECK(told == worth.all());
            hour = next;
            ++hours;
        }
        worth.apply(event);
    }
    CHECK(row == rows.size());
    CHECK(hours > 50);
    none(db, "SELECT 1 FROM portfolio.history_1d d FULL JOIN (SELECT DISTINCT ON (account_id, currency, day) *, "
             "min(cash + holdings_value) OVER of_day AS low, max(cash + holdings_value) OVER of_day AS high "
             "FROM portfolio.history_1h, date_trunc('day', bucket, 'UTC') AS day "
             "WINDOW of_day AS (PARTITION BY account_id, currency, day) "
             "ORDER BY account_id, currency, day, bucket DESC) h "
             "ON (d.account_id, d.currency, d.bucket) = (h.account_id, h.currency, h.day) "
             "WHERE (d.cash, d.holdings_value, d.cost_basis, d.realized_pnl, d.equity_low, d.equity_high) "
             "IS DISTINCT FROM (h.cash, h.holdings_value, h.cost_basis, h.realized_pnl, h.low, h.high)");
}

TEST_CASE("hourly history ends ninety days before the newest event's day, daily history does not", "[postgres]") {
    const std::uint64_t seed = std::random_device{}();
    CAPTURE(seed);
    SettlingMarket market(seed, 6 * kHourUs);
    market.run(500);
    Connection db = connect(::buttonwood::test::fresh_database());
    apply_in_batches(market.log(), seed, 100, db);
    const std::string newest = eventstore::to_rfc3339(market.log().events.back().time);
    const std::string day = "date_trunc('day', '" + newest + "'::timestamptz, 'UTC')";
    const std::string oldest = day + " - interval '90 days'";
    CHECK(value(db, "SELECT min(bucket) >= " + oldest + " FROM portfolio.history_1h") == "t");
    CHECK(value(db, "SELECT min(bucket) < " + oldest + " FROM portfolio.history_1d") == "t");
    none(db, "SELECT 1 FROM portfolio.history_1d d WHERE bucket >= " + oldest +
                 " AND NOT EXISTS (SELECT FROM portfolio.history_1h h WHERE (h.account_id, h.currency) = "
                 "(d.account_id, d.currency) AND date_trunc('day', h.bucket, 'UTC') = d.bucket)");
}

}  // namespace
}  // namespace buttonwood::projections::test
