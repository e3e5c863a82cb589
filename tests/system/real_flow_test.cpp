// Recorded order flow through the API of the real server, PostgreSQL committing: every fill and every book row.
#include "bench/flow_run.hpp"
#include "tests/bench/real_flow_sets.hpp"
#include "tests/support/test_cluster.hpp"
#include "tests/system/market.hpp"

using namespace buttonwood;
using namespace buttonwood::test;

TEST_CASE("real order flow gives every recorded fill and book row through the API, and read models that hold",
          "[system]") {
    const auto files = bench::real_flow_files();
    if (files.empty()) WARN("skipped: ../shared/data is absent");
    if (files.empty()) return;
    const std::string database = fresh_database();
    Market market(database);
    bench::FlowRunOptions options;
    options.url = market.url();
    options.operator_key = market.server().operator_key();
    for (const auto& file : files) {
        CAPTURE(file.string());
        const auto set = bench::load_flow(file);
        if (!set) FAIL(set.error());
        const auto result = bench::run_flow(*set, options);
        if (!result) FAIL(result.error());
        std::string details;
        for (const std::string& detail : result->details) details += "\n  " + detail;
        INFO(result->line() << details);
        CHECK(result->ok());
    }
    CHECK(market.state().at("invariant_violations") == json::array());
    market.wait_for_projections();
    const CommandOutcome verified =
        run_command({server_binary(), "projections", "verify", "--all", "--database-url", database});
    INFO(verified.output);
    CHECK(verified.exit_code == 0);
}

TEST_CASE("a small flow with every operation runs through the API as the naive book says", "[system]") {
    const auto commands = bench::parse_commands(
        "n,op,id,side,qty,price\n"
        "1,SEED,-1,S,500,10100\n"
        "2,SEED,9007199254740993,B,300,10000\n"
        "3,NEW,3,S,100,10100\n"
        "4,IOC,,B,550,10100\n"
        "5,REDUCE,3,S,20,10100\n"
        "6,REPLACE,3,S,30,10200\n"
        "7,NEW,4,S,40,10200\n"
        "8,REPLACE,3,S,30,10200\n"
        "9,LIMIT,5,B,45,10200\n"
        "10,CANCEL,3,,,\n"
        "11,CANCEL,3,,,\n"
        "12,CANCEL,77,,,\n"
        "13,NEW,3,B,10,9900\n"
        "14,REPLACE,3,B,20,9900\n"
        "15,REDUCE,3,B,20,9900\n"
        "16,REDUCE,3,B,1,9900\n"
        "17,LIMIT,6,S,20000000000,10000\n",
        "inline");
    if (!commands) FAIL(commands.error());
    bench::FlowSet set;
    set.name = "small";
    set.commands = *commands;
    // Worked out by hand from the rules of the format.
    set.fills = std::vector<bench::FlowFill>{{4, -1, 500, 10100},
                                             {4, 3, 50, 10100},
                                             {9, 4, 40, 10200},
                                             {9, 3, 5, 10200},
                                             {17, 9007199254740993, 300, 10000}};
    Market market;
    for (const std::size_t in_flight : {1U, 256U}) {
        bench::FlowRunOptions options;
        options.url = market.url();
        options.operator_key = market.server().operator_key();
        options.in_flight = in_flight;
        const auto result = bench::run_flow(set, options);
        if (!result) FAIL(result.error());
        std::string details;
        for (const std::string& detail : result->details) details += "\n  " + detail;
        INFO(result->line() << details);
        CHECK(result->ok());
        CHECK(result->fills == 5);
        CHECK(result->dead_ids == 3);
    }
}

TEST_CASE("a flow file that the server does not reproduce is told apart", "[system]") {
    const auto commands = bench::parse_commands("n,op,id,side,qty,price\n"
                                                "1,NEW,1,S,10,10100\n"
                                                "2,LIMIT,2,B,4,10100\n",
                                                "inline");
    if (!commands) FAIL(commands.error());
    bench::FlowSet set;
    set.name = "wrong";
    set.commands = *commands;
    set.fills = std::vector<bench::FlowFill>{{2, 1, 5, 10100}};
    set.tops = std::vector<bench::TopRow>{{1, {bench::TopLevel{10100, 10}, std::nullopt}},
                                          {2, {bench::TopLevel{10100, 7}, std::nullopt}}};
    Market market;
    bench::FlowRunOptions options;
    options.url = market.url();
    options.operator_key = market.server().operator_key();
    const auto result = bench::run_flow(set, options);
    if (!result) FAIL(result.error());
    CHECK_FALSE(result->ok());
    CHECK(result->fills == 0);
    CHECK(result->rows == 1);
    CHECK(result->unexpected == 2);
    REQUIRE(result->details.size() == 2);
    CHECK(result->details[0] == "n=2 (line 3): fills [4 @ 10100 with 1], the file has [5 @ 10100 with 1]");
    CHECK(result->details[1] ==
          "n=2 (line 3): bid none, ask 6 @ 10100; the file has for n=2 bid none, ask 7 @ 10100");
}
