#include "bench/flow_file.hpp"

#include <catch2/catch.hpp>

using namespace buttonwood;
using namespace buttonwood::bench;

TEST_CASE("columns are found by name, optional ones are ignored", "[unit]") {
    const auto commands = parse_commands(
        "n,src_row,time,op,id,trader,side,qty,price\n"
        "1,1,34200.004,SEED,-5,x,S,20000000000,9223372036854775807\r\n"
        "2,2,2025-07-17T08:05:03Z,IOC,,x,B,1,-3\n"
        "4,2,,CANCEL,9223372036854775807,,,,\n",
        "f");
    REQUIRE(commands.has_value());
    REQUIRE(commands->size() == 3);
    CHECK((*commands)[0].op == FlowOp::Seed);
    CHECK((*commands)[0].id == -5);
    CHECK((*commands)[0].side == engine::Side::Sell);
    CHECK((*commands)[0].quantity == 20'000'000'000);
    CHECK((*commands)[0].price == INT64_MAX);
    CHECK_FALSE((*commands)[1].id.has_value());
    CHECK((*commands)[1].price == -3);
    CHECK((*commands)[2].id == INT64_MAX);
    CHECK_FALSE((*commands)[2].side.has_value());
    CHECK((*commands)[2].line == 4);
}

TEST_CASE("an error names file, line and column", "[unit]") {
    const std::string header = "n,op,id,side,qty,price\n";
    struct Case {
        std::string rows;
        std::string message;
    };
    const std::vector<Case> cases{
        {"1,NEW,x,B,1,1\n", "f:2: column 'id': 'x' not a 64-bit integer"},
        {"1,NEW,1,B,1,1\n1,NEW,2,B,1,1\n", "f:3: column 'n': '1' does not rise"},
        {"1,BUY,1,B,1,1\n", "f:2: column 'op': 'BUY' is no operation"},
        {"1,NEW,1,X,1,1\n", "f:2: column 'side': 'X' is neither B nor S"},
        {"1,NEW,1,,1,1\n", "f:2: column 'side': '' must not be empty"},
        {"1,NEW,,B,1,1\n", "f:2: column 'id': '' must not be empty"},
        {"1,NEW,1,B,0,1\n", "f:2: column 'qty': '0' must be above zero"},
        {"1,NEW,1,B,1,\n", "f:2: column 'price': '' must not be empty"},
        {"1,NEW,1,B,1,9223372036854775808\n", "f:2: column 'price': '9223372036854775808' not a 64-bit integer"},
        {"1,NEW,1,B,1\n", "f:2: 5 fields, the header has 6"},
    };
    for (const Case& c : cases) {
        const auto commands = parse_commands(header + c.rows, "f");
        REQUIRE_FALSE(commands.has_value());
        CHECK(commands.error() == c.message);
    }
    CHECK(parse_commands("n,op,id,side,qty\n", "f").error() == "f:1: no column 'price'");
    CHECK(parse_commands("", "f").error() == "f: empty, not even a header line");
}

TEST_CASE("an empty price in a book row is a side without orders", "[unit]") {
    const auto rows = parse_tops("n,ask_price,ask_qty,bid_price,bid_qty\n1,,,5510,100\n1,,,5510,100\n", "f");
    REQUIRE(rows.has_value());
    REQUIRE(rows->size() == 2);
    CHECK((*rows)[0].top == TopOfBook{std::nullopt, TopLevel{5510, 100}});
}

TEST_CASE("a file that is not there is an error, not an empty set", "[unit]") {
    CHECK(load_flow("/nonexistent/x.flow.csv.gz").error() == "/nonexistent/x.flow.csv.gz: cannot be opened");
    CHECK(load_flow("x.csv").error() == "x.csv: the name must end in .flow.csv.gz");
}
