// How fast each projection applies a random market. Hidden, for whoever wants the figures:
//     build/release/tests/projections_tests "[rate]"
#include "tests/projections/database.hpp"
#include "tests/projections/random_market.hpp"
#include "tests/support/test_cluster.hpp"

#include <chrono>
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

}  // namespace
}  // namespace buttonwood::projections::test
