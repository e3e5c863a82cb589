// Read models know UTC alone: no zone of a database, of a session or of a process leaves a trace in them.
#include "tests/projections/growing_log.hpp"

#include "projections/verify.hpp"

#include <cstdlib>

namespace buttonwood::projections::test {
namespace {

using eventstore::Connection;

// Sets a variable of the process's environment for a scope.
class Environment {
public:
    Environment(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;
    ~Environment() { unsetenv(name_); }

private:
    const char* name_;
};

// All rows, whose times are printed in UTC.
std::vector<std::string> rows_in_utc(Connection& db) {
    must(db.execute("SET timezone = 'UTC'"));
    std::vector<std::string> all;
    for (const auto& projection : make_all())
        for (const std::string_view table : projection->tables())
            for (auto& row : rows_of(db, qualified(*projection, table))) all.push_back(std::string(table) + " " + row);
    return all;
}

TEST_CASE("the zone of the process and of the database leaves no trace in the read models", "[postgres]") {
    const std::uint64_t seed = any_seed();
    CAPTURE(seed);
    RandomMarket market(seed);  // over midnights, from ten minutes before a year ends
    market.run(500);
    const auto rows_after = [&](const char* zone) {
        const Environment of_process("TZ", zone), of_sessions("PGTZ", zone);
        const std::string conninfo = ::buttonwood::test::fresh_database();
        Connection db = connect(conninfo);
        must(db.execute(std::string("DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = ''") + zone +
                        "''', current_database()); END$$"));
        LogWriter log(conninfo);
        log.append(market.log());
        const auto workers = Workers::start(conninfo);
        REQUIRE(all_reach(*workers, market.last_seq(), db));
        Connection fresh = connect(conninfo);
        CHECK(value(fresh, "SHOW timezone") == "UTC");  // our sessions say so themselves
        CHECK(must(differences_after_rebuild(fresh, "market_data")).empty());
        return rows_in_utc(fresh);
    };
    const auto expected = rows_after("UTC");
    CHECK(rows_after("America/New_York") == expected);
    CHECK(rows_after("Asia/Kathmandu") == expected);  // a quarter of an hour off
}

TEST_CASE("what the views derive from days is of UTC, whatever the zone of the reader", "[postgres]") {
    RandomMarket market(3);
    market.run(800);
    Connection db = connect(::buttonwood::test::fresh_database());
    for (const auto& projection : make_all()) apply(*projection, market.log(), db);
    const auto told = [&](const std::string& zone) {
        must(db.execute("SET timezone = '" + zone + "'"));
        return value(db, "SELECT string_agg(concat_ws(' ', security_id, day, previous_close_units, close_units), ';' "
                         "ORDER BY security_id, day) FROM api.daily_statistics") +
               value(db, "SELECT string_agg(concat_ws(' ', account_id, currency, day, flows, day_return), ';' "
                         "ORDER BY account_id, currency, day) FROM api.portfolio_performance") +
               value(db, "SELECT string_agg(concat_ws(' ', security_id, close_units), ';' ORDER BY security_id) "
                         "FROM market_data.previous_closes");
    };
    const std::string expected = told("UTC");
    CHECK(expected.size() > 500);
    CHECK(told("America/New_York") == expected);
    CHECK(told("Pacific/Kiritimati") == expected);  // fourteen hours ahead
}

}  // namespace
}  // namespace buttonwood::projections::test
