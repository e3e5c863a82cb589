// How fast each projection applies a random market. Hidden, for whoever wants the figures:
//     build/release/tests/projections_tests "[rate]"
#include "tests/projections/database.hpp"
#include "tests/projections/random_market.hpp"
#include "tests/support/test_cluster.hpp"

#include "projections/build.hpp"
#include "projections/table_copy.hpp"

#include <chrono>
#include <cstdio>
#include <iostream>

namespace buttonwood::projections::test {
namespace {

TEST_CASE("every projection applies a random market; events per second", "[.rate]") {
    constexpr int kCommands = 60'000;
    RandomMarket market(7);
    market.run(kCommands);
    const std::size_t commands = market.log().commands.size();
    for (const std::size_t batch : {std::size_t{100}, std::size_t{5'000}}) {
        auto db = connect(::buttonwood::test::fresh_database());
        for (const auto& projection : make_all()) {
            const auto start = std::chrono::steady_clock::now();
            for (std::size_t at = 0; at < commands; at += batch)
                apply(*projection, slice(market.log(), at, std::min(commands, at + batch)), db);
            const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
            std::cout << projection->name() << ": " << batch << " commands a batch, "
                      << static_cast<std::int64_t>(static_cast<double>(market.last_seq()) / took.count())
                      << " events/s\n";
        }
        CHECK(value(db, "SELECT count(*) FROM log.events") == std::to_string(market.last_seq()));
    }
}

TEST_CASE("every projection is rebuilt with and without indexes from the start; events per second", "[.rate]") {
    RandomMarket market(7);
    market.run(60'000);
    const std::string conninfo = ::buttonwood::test::fresh_database();
    LogWriter writer(conninfo);
    const std::size_t commands = market.log().commands.size();
    for (std::size_t at = 0; at < commands; at += 500)
        writer.append(slice(market.log(), at, std::min(commands, at + 500)));
    auto db = connect(conninfo);
    for (const auto& projection : make_all()) {
        for (const bool indexed : {true, false}) {
            CHECK(must(request_build(db, *projection)));
            if (indexed) must(complete_copy(db, *projection, build_schema(*projection)));
            const auto start = std::chrono::steady_clock::now();
            const auto build = must(Build::adopt(db, make(projection->name())));
            REQUIRE(build);
            while (must(build->step()) != Build::Step::Swapped) {
            }
            const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
            std::printf("%s rebuilt%s: %.0f events/s\n", std::string(projection->name()).c_str(),
                        indexed ? ", indexed from the start" : "",
                        static_cast<double>(market.last_seq()) / took.count());
        }
    }
}

}  // namespace
}  // namespace buttonwood::projections::test
