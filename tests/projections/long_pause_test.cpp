// A projection that was paused while a million events came, and then catches up.
#include "tests/projections/growing_log.hpp"
#include "tests/projections/small_market.hpp"

#include "projections/control.hpp"
#include "projections/verify.hpp"

#include <fstream>

namespace buttonwood::projections::test {
namespace {

using engine::EventSeq;
using eventstore::Connection;

constexpr EventSeq kEvents = 1'000'000;
constexpr std::size_t kBlockEvents = 5'000;
// Far more than one batch takes, far less than all that was missed would.
constexpr std::int64_t kMostGrowthKb = 192 * 1024;

// A line of /proc/self/status, in kB.
std::int64_t memory_kb(const std::string& what) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(what)) return std::stoll(line.substr(what.size()));
    FAIL("no " << what);
    return 0;
}

// Bids that come and go, and trades among them, in blocks that are forgotten once they are written.
EventSeq grow(small::SmallMarket& market, LogWriter& log, EventSeq upto) {
    EventSeq last = 0;
    for (std::int64_t n = 0; last < upto; ++n) {
        market.pass(1'000 * (1 + n % 977));
        for (int bid = 0; bid < 8; ++bid) market.come_and_go(1 + bid);
        market.trade(1'000 + n % 89, 1 + n % 7);
        if (market.log().events.size() < kBlockEvents) continue;
        last = log.append(market.log());
        market.forget();
    }
    return last;
}

TEST_CASE("a projection paused for a million events catches up in bounded memory", "[postgres]") {
    const std::string conninfo = ::buttonwood::test::fresh_database();
    Connection db = connect(conninfo);
    LogWriter log(conninfo);
    small::SmallMarket market({1'798'797'600'000'000});  // 2027-01-01T10:00:00Z
    const EventSeq held = grow(market, log, 1);
    const auto workers = Workers::start(conninfo, {"trades"});
    REQUIRE(eventually([&] { return workers->checkpoint("trades") == held; }));
    must(set_desired(db, "trades", Desired::Paused));
    REQUIRE(eventually([&] { return status_of(db, "trades") == "paused"; }));

    const EventSeq last = grow(market, log, held + kEvents);
    workers->wake(last);
    CHECK(workers->checkpoint("trades") == held);
    std::ofstream("/proc/self/clear_refs") << 5;  // the peak begins anew
    const std::int64_t before = memory_kb("VmRSS:");
    must(set_desired(db, "trades", Desired::Running));
    REQUIRE(eventually([&] { return workers->checkpoint("trades") == last; }));
    CHECK(memory_kb("VmHWM:") - before < kMostGrowthKb);
    CHECK(value(db, "SELECT status || ' ' || events_applied - checkpoint || ' ' || error_count "
                    "FROM projections.status WHERE name = 'trades'") == "running 0 0");
    CHECK(must(differences_after_rebuild(db, "trades")).empty());
}

}  // namespace
}  // namespace buttonwood::projections::test
