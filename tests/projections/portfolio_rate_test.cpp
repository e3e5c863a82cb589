// How fast `portfolio` applies events, and what its rows alone cost. Not part of a test run: projections_tests "[rate]"
#include "tests/projections/database.hpp"
#include "tests/projections/settling_market.hpp"
#include "tests/support/test_cluster.hpp"

#include "projections/factories.hpp"

#include <chrono>
#include <cstdio>

namespace buttonwood::projections::test {
namespace {

using Clock = std::chrono::steady_clock;

// Half a minute of a market with 2'000 commands a second, as a worker that lags reads it: 2'000 commands a batch.
TEST_CASE("portfolio, in events per second", "[.][rate]") {
    constexpr int kCommands = 60'000;
    constexpr std::size_t kBatch = 2'000;
    SettlingMarket market(1, 500);
    market.run(kCommands);
    eventstore::Connection db = connect(::buttonwood::test::fresh_database());
    const auto projection = make_portfolio();
    std::vector<eventstore::Records> batches;
    for (std::size_t at = 0; at < market.log().commands.size(); at += kBatch)
        batches.push_back(slice(market.log(), at, std::min(market.log().commands.size(), at + kBatch)));
    const auto begin = Clock::now();
    for (const auto& batch : batches) apply(*projection, batch, db);
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    std::size_t trades = 0;
    for (const engine::Event& event : market.log().events)
        if (std::holds_alternative<engine::TradeExecuted>(event.body)) ++trades;
    std::printf("portfolio: %zu events, %zu of them trades, in %.2f s: %.0f events/s\n", market.log().events.size(),
                trades, seconds, static_cast<double>(market.log().events.size()) / seconds);

    // The same rows again, by one INSERT per table: what the database alone needs to take them.
    double raw_seconds = 0;
    for (const std::string_view name : projection->tables()) {
        const std::string table = qualified(*projection, name);
        must(db.execute("CREATE TABLE raw (LIKE " + table + " INCLUDING ALL)"));
        const auto started = Clock::now();
        must(db.execute("INSERT INTO raw SELECT * FROM " + table));
        raw_seconds += std::chrono::duration<double>(Clock::now() - started).count();
        std::printf("portfolio: %s rows of %s\n", value(db, "SELECT count(*) FROM raw").c_str(), table.c_str());
        must(db.execute("DROP TABLE raw"));
    }
    std::printf("portfolio: its rows alone %.2f s\n", raw_seconds);
    CHECK(raw_seconds > 0);
}

}  // namespace
}  // namespace buttonwood::projections::test
