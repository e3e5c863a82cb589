// The views over `portfolio`: what they tell, how they find it, and the migration that made them.
#include "tests/projections/database.hpp"
#include "tests/projections/settling_market.hpp"
#include "tests/support/test_cluster.hpp"

#include "eventstore/embedded_sql.hpp"
#include "projections/factories.hpp"

#include <ranges>

namespace buttonwood::projections::test {
namespace {

using eventstore::Connection;

void none(Connection& db, const std::string& query) {
    CHECK(value(db, "SELECT count(*) FROM (" + query + ") broken") == "0");
}

TEST_CASE("the views tell lots, activities and history with their securities", "[postgres]") {
    SettlingMarket market(7);
    market.run(300);
    Connection db = connect(::buttonwood::test::fresh_database());
    for (const auto& projection : {make_portfolio(), make_securities()}) apply(*projection, market.log(), db);
    for (const std::string view : {"lots", "lot_disposals", "activities"})
        CHECK(value(db, "SELECT count(*) FROM api." + view) == value(db, "SELECT count(*) FROM portfolio." + view));
    CHECK(value(db, "SELECT count(*) FROM api.portfolio_history") ==
          value(db, "SELECT (SELECT count(*) FROM portfolio.history_1h) + "
                    "(SELECT count(*) FROM portfolio.history_1d)"));
    none(db, "SELECT 1 FROM api.balances WHERE withdrawable <> greatest(total - held - unsettled, 0)");
    none(db, "SELECT 1 FROM api.portfolio p WHERE fifo_cost_basis <> (SELECT coalesce(sum(remaining_cost), 0) "
             "FROM api.lots l WHERE (l.account_id, l.security_id) = (p.account_id, p.security_id))");
    none(db, "SELECT 1 FROM api.activities WHERE security_id IS NOT NULL AND symbol IS NULL");
}

std::string plan_of(Connection& db, const std::string& query) {
    const auto rows = must(db.query("EXPLAIN " + query));
    std::string plan;
    for (int i = 0; i < rows.size(); ++i) plan += std::string(rows.text(i, 0)) + "\n";
    return plan;
}

TEST_CASE("pages of activities and history come off their indexes, nothing is sorted", "[postgres]") {
    Connection db = connect(::buttonwood::test::fresh_database());
    must(db.execute("SET enable_seqscan = off; SET enable_bitmapscan = off"));
    using Catch::Matchers::Contains;
    const std::string activities = plan_of(
        db, "SELECT * FROM api.activities WHERE account_id = 1 AND (event_seq, line) < (90, 2) "
            "ORDER BY event_seq DESC, line DESC LIMIT 50");
    CHECK_THAT(activities, Contains("Index Scan Backward using activities_pkey") && !Contains("Sort"));
    const std::string history = plan_of(
        db, "SELECT * FROM api.portfolio_history WHERE account_id = 1 AND currency = 'USD' AND resolution = '1h' "
            "AND bucket >= '2026-01-01' AND bucket < '2026-02-01' ORDER BY bucket");
    CHECK_THAT(history, Contains("history_1h_pkey") && !Contains("history_1d") && !Contains("Sort"));
    const std::string lots = plan_of(
        db, "SELECT * FROM api.lots WHERE account_id = 1 AND security_id = 1 AND closed_at IS NULL "
            "ORDER BY acquired_seq");
    CHECK_THAT(lots, Contains("lots_open") && !Contains("Sort"));
}

TEST_CASE("the tables can be taken back and made again, and are filled anew", "[postgres]") {
    SettlingMarket market(7);
    market.run(200);
    Connection db = connect(::buttonwood::test::fresh_database());
    apply(*make_portfolio(), market.log(), db);
    const auto lots = rows_of(db, "portfolio.lots");
    constexpr int kPortfolioDepth = 32;
    const auto migrations = eventstore::embedded_migrations();
    for (const auto& migration : migrations | std::views::reverse)
        if (migration.version >= kPortfolioDepth) must(db.execute(std::string(migration.down)));
    CHECK(value(db, "SELECT count(*) FROM portfolio.cash") == "0");
    for (const auto& migration : migrations)
        if (migration.version >= kPortfolioDepth) must(db.execute(std::string(migration.up)));
    apply(*make_portfolio(), market.log(), db);
    CHECK(rows_of(db, "portfolio.lots") == lots);
}

}  // namespace
}  // namespace buttonwood::projections::test
