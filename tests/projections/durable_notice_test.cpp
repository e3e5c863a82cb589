// Workers that learn from a notice that something became durable, with nothing else to wake them.
#include "tests/projections/growing_log.hpp"

#include "projections/durable_notice.hpp"

#include <algorithm>
#include <atomic>
#include <cstdio>

namespace buttonwood::projections::test {
namespace {

using engine::EventSeq;

constexpr auto kNever = std::chrono::hours(24);  // a poll that no test lives to see

TEST_CASE("a notice wakes workers on another host, without a poll", "[postgres]") {
    GrowingLog log;
    CAPTURE(log.seed);
    EventSeq last = log.grow(50);
    const auto workers = Workers::start(log.conninfo, {}, {.poll = kNever, .listen = true});
    REQUIRE(all_reach(*workers, last, log.db));  // told by the session's first look at the end of the log
    NoticeSender sender(log.conninfo);
    for (int round = 0; round < 3; ++round) {
        last = log.grow(50);
        sender.durable(last);
        REQUIRE(all_reach(*workers, last, log.db));
    }
}

TEST_CASE("of many notices the last one always arrives, over a broken session too", "[postgres]") {
    GrowingLog log;
    const EventSeq end = log.grow(20);
    std::atomic<EventSeq> heard{0};
    const NoticeListener listener(log.conninfo, [&](EventSeq seq) { heard = seq; });
    REQUIRE(eventually([&] { return heard == end; }));
    NoticeSender sender(log.conninfo);
    for (EventSeq seq = 1; seq <= 10'000; ++seq) sender.durable(end + seq);
    REQUIRE(eventually([&] { return heard == end + 10'000; }));

    heard = 0;
    CHECK(value(log.db, "SELECT count(pg_terminate_backend(pid)) > 0 FROM pg_stat_activity "
                        "WHERE application_name = 'buttonwood-notice'") == "t");
    REQUIRE(eventually([&] { return heard == end; }));  // the new session looks at the log itself
    sender.durable(end + 20'000);  // the sender's session is new, too, sooner or later
    REQUIRE(eventually([&] { return heard == end + 20'000; }));
}

// What notices cost the appends that they follow: median and 99th percentile, with and without, in turns.
TEST_CASE("the cost of notices to the append", "[.][rate]") {
    constexpr int kTurns = 10;
    GrowingLog log;
    CAPTURE(log.seed);
    const NoticeListener listener(log.conninfo, [](EventSeq) {});
    std::vector<double> micros[2];
    for (int turn = 0; turn < 2 * kTurns; ++turn) {
        const bool notifies = turn % 2 != 0;
        NoticeSender sender(log.conninfo);
        auto started = std::chrono::steady_clock::now();
        log.grow(5'000, [&](const eventstore::Records& block) {
            const auto now = std::chrono::steady_clock::now();
            micros[notifies].push_back(std::chrono::duration<double, std::micro>(now - started).count());
            if (notifies) sender.durable(block.events.back().seq);
            started = std::chrono::steady_clock::now();
        });
    }
    for (std::vector<double>& all : micros) {
        std::ranges::sort(all);
        std::printf("%s notices: %zu appends, median %.0f us, p99 %.0f us\n", &all == micros ? "without" : "with",
                    all.size(), all[all.size() / 2], all[all.size() * 99 / 100]);
    }
    CHECK_FALSE(micros[1].empty());
}

}  // namespace
}  // namespace buttonwood::projections::test
