// Built anew while orders flow: at the event that both have reached, the copy is what the workers built.
#include "tests/projections/growing_log.hpp"

#include "projections/verify.hpp"

#include <atomic>

namespace buttonwood::projections::test {
namespace {

using engine::EventSeq;
using eventstore::Connection;

TEST_CASE("a copy built under load equals the serving tables at their common event", "[postgres]") {
    GrowingLog log;
    CAPTURE(log.seed);
    const auto workers = Workers::start(log.conninfo);
    const EventSeq first = log.grow(300);
    workers->wake(first);
    REQUIRE(all_reach(*workers, first, log.db));
    std::atomic<bool> done = false;
    std::vector<std::string> wrong;
    EventSeq verified_from = 0, verified_to = 0;  // checkpoints around the verifications
    std::thread verifying([&] {
        Connection db = connect(log.conninfo);
        verified_from = workers->checkpoint("portfolio");
        for (const std::string name : {"portfolio", "market_data", "bids"}) {
            const auto differences = differences_after_rebuild(db, name);
            if (differences) wrong.insert(wrong.end(), differences->begin(), differences->end());
            else wrong.push_back(name + ": " + differences.error().message);
            const auto rebuilt = rebuild(db, name);
            if (!rebuilt) wrong.push_back(name + ": " + rebuilt.error().message);
        }
        verified_to = workers->checkpoint("portfolio");
        done = true;
    });
    EventSeq last = 0;
    while (!done.load()) {
        last = log.grow(20, [&](const eventstore::Records& block) { workers->offer(as_batch(block)); });
        eventually([&] { return done.load() || workers->checkpoint("trades") >= last; });
    }
    verifying.join();
    CHECK(wrong == std::vector<std::string>{});
    CHECK(verified_to > verified_from);  // the log grew meanwhile
    REQUIRE(all_reach(*workers, last, log.db));
    for (const std::string name : {"portfolio", "market_data", "bids"})
        CHECK(must(differences_after_rebuild(log.db, name)).empty());
}

}  // namespace
}  // namespace buttonwood::projections::test
