// Every read model, built anew from the log by the command line, equals the one that was built while orders flowed.
#include "eventstore/database.hpp"
#include "projections/projection.hpp"
#include "tests/support/test_cluster.hpp"
#include "tests/system/trading_load.hpp"

using namespace buttonwood;
using namespace buttonwood::test;

namespace {

std::int64_t number(eventstore::Connection& connection, const std::string& sql) {
    const auto rows = connection.query(sql);
    if (!rows) FAIL(sql + ": " + rows.error().message);
    return rows->integer(0, 0);
}

void execute(eventstore::Connection& connection, const std::string& sql) {
    if (const auto done = connection.execute(sql); !done) FAIL(sql + ": " + done.error().message);
}

// How many rows, with their multiplicity, are in one table and not in the other.
std::int64_t difference(eventstore::Connection& connection, const std::string& a, const std::string& b) {
    return number(connection, "SELECT count(*) FROM (SELECT * FROM " + a + " EXCEPT ALL SELECT * FROM " + b + ") d");
}

}  // namespace

TEST_CASE("a rebuilt projection equals the one built live, row by row", "[system]") {
    const std::string database = fresh_database();
    Market market(database);
    for (int i = 0; i < 3; ++i) market.register_trader("trader " + std::to_string(i));
    {
        TradingLoad load(market, {.seed = 3, .run = "r"});
        load.wait_for_acknowledgements(500);
        static_cast<void>(load.stop());
    }
    market.wait_for_projections();
    auto connection = eventstore::Connection::open(database, "buttonwood-tests");
    REQUIRE(connection.has_value());
    execute(*connection, "CREATE SCHEMA live_copy");

    for (const auto& projection : projections::make_all()) {
        const std::string name(projection->name());
        CAPTURE(name);
        std::vector<std::pair<std::string, std::string>> tables;  // the table, its copy
        for (const std::string_view own : projection->tables()) {
            const std::string table = projections::qualified(*projection, own);
            const std::string copy = "live_copy.t" + std::to_string(tables.size()) + "_" + name;
            execute(*connection, "CREATE TABLE " + copy + " AS TABLE " + table);
            tables.emplace_back(table, copy);
        }
        const CommandOutcome rebuilt =
            run_command({server_binary(), "projections", "rebuild", name, "--database-url", database});
        INFO(rebuilt.output);
        REQUIRE(rebuilt.exit_code == 0);
        std::int64_t rows = 0;
        for (const auto& [table, copy] : tables) {
            CAPTURE(table);
            CHECK(difference(*connection, table, copy) == 0);
            CHECK(difference(*connection, copy, table) == 0);
            rows += number(*connection, "SELECT count(*) FROM " + table);
        }
        CHECK(rows > 0);
    }

    market.check_conservation();
    // The workers of the running server go on after a rebuild.
    const Trader trader = market.traders().front();
    const json order = expect(market.as(trader).post("/v1/orders", limit_order("buy", "1", "1.00", "after")), 201);
    const json listed =
        expect(market.as(trader).get("/v1/orders?wait_ms=10000&min_event_seq=" + order.at("event_seq").dump()), 200);
    CHECK(listed.at("data").at(0).at("client_order_id") == "after");
}

TEST_CASE("an unknown projection is refused with a line that says so", "[system]") {
    const CommandOutcome outcome =
        run_command({server_binary(), "projections", "rebuild", "no_such_thing", "--database-url", fresh_database()});
    CHECK(outcome.exit_code != 0);
    CHECK(outcome.output.find("no_such_thing") != std::string::npos);
}
