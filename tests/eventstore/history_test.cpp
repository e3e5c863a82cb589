// Recent states are kept and moved forward; what is shown never depends on what was asked before.
#include "past_market.hpp"

#include "eventstore/history.hpp"

#include <thread>

using namespace buttonwood;
using namespace buttonwood::eventstore;
using engine::EventSeq;
using test::PastMarket;

namespace {

constexpr std::uint64_t kSeed = 8'151;

HistoryOptions options() { return {.make_parts = test::counting_parts, .kept_states = 2}; }

engine::StateHash shown(History& history, PastMarket& market, EventSeq seq) {
    engine::StateHash hash;
    const auto done = history.show(market.connection, seq, [&](const PastState& state) {
        REQUIRE(state.event_seq() == seq);
        hash = state.engine().state_hash();
    });
    if (!done) FAIL("event " << seq << ": " << done.error().what);
    return hash;
}

}  // namespace

TEST_CASE("whatever was asked before, the same event shows the same state", "[postgres]") {
    const std::uint64_t seed = std::random_device{}();
    CAPTURE(seed);
    PastMarket market(kSeed);
    market.take_snapshots(3);
    std::vector<EventSeq> seqs = market.some_events(seed, 40);
    std::vector<engine::StateHash> expected;
    test::Stopped stopped(market.events());
    for (const EventSeq seq : seqs) expected.push_back(stopped.after(seq).state_hash());
    History history(options());
    std::mt19937_64 random(seed);
    for (int i = 0; i < 120; ++i) {
        const std::size_t which = random() % seqs.size();
        CAPTURE(i, seqs[which]);
        REQUIRE(shown(history, market, seqs[which]) == expected[which]);
    }
}

TEST_CASE("a kept state is shown again for nothing, and moves forward by the difference", "[postgres]") {
    PastMarket market(kSeed + 1);
    const auto snapshots = market.take_snapshots(3);
    History history(options());
    // A place where a command ends.
    const auto& commands = market.commands();
    const EventSeq place = commands[commands.size() / 6].first_seq - 1;
    REQUIRE(place < snapshots[0]);
    const auto cost = [&](EventSeq seq) {
        const HistoryCounts before = history.counts();
        static_cast<void>(shown(history, market, seq));
        const HistoryCounts after = history.counts();
        return std::pair(after.states_made - before.states_made, after.events_replayed - before.events_replayed);
    };
    using Cost = std::pair<std::uint64_t, std::uint64_t>;
    CHECK(cost(place) == Cost{1, place});
    CHECK(cost(place) == Cost{0, 0});
    CHECK(cost(place + 1) == Cost{0, 1});
    CHECK(cost(snapshots[1] + 2) == Cost{1, 2});                 // the snapshot is nearer
    CHECK(cost(place - 1) == Cost{1, place - 1});                // never backwards
    CHECK(cost(snapshots[1] + 2) == Cost{0, 0});                 // two are kept
}

TEST_CASE("more look-ups at once than allowed are refused", "[postgres]") {
    PastMarket market(kSeed + 2);
    History history(options());
    auto other = test::connect(market.conninfo);
    const auto done = history.show(market.connection, market.last(), [&](const PastState&) {
        const auto second = history.show(other, 1, [](const PastState&) { FAIL("shown"); });
        REQUIRE_FALSE(second);
        CHECK(second.error().kind == PastError::Kind::Busy);
    });
    CHECK(done);
    static_cast<void>(shown(history, market, 1));  // and then they are not
}

TEST_CASE("several threads see the past at once", "[postgres]") {
    PastMarket market(kSeed + 3);
    market.take_snapshots(3);
    HistoryOptions several = options();
    several.max_concurrent = 3;
    History history(several);
    const std::vector<EventSeq> seqs = market.some_events(kSeed, 30);
    std::vector<engine::StateHash> expected;
    test::Stopped stopped(market.events());
    for (const EventSeq seq : seqs) expected.push_back(stopped.after(seq).state_hash());
    std::atomic<int> right = 0;
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < 3; ++t)
        threads.emplace_back([&, t, connection = test::connect(market.conninfo)]() mutable {
            for (std::size_t i = 0; i < seqs.size(); ++i) {
                const std::size_t which = (i * (t + 1)) % seqs.size();
                const auto done = history.show(connection, seqs[which], [&](const PastState& state) {
                    if (state.engine().state_hash() == expected[which]) ++right;
                });
                if (!done) return;
            }
        });
    threads.clear();
    CHECK(right == 90);
}

TEST_CASE("beyond its budget and after its end history shows nothing", "[postgres]") {
    PastMarket market(kSeed + 4);
    HistoryOptions frugal = options();
    frugal.max_events = 10;
    History history(frugal);
    const auto kind_of = [&](EventSeq seq) {
        const auto done = history.show(market.connection, seq, [](const PastState&) { FAIL("shown"); });
        REQUIRE_FALSE(done);
        return done.error().kind;
    };
    static_cast<void>(shown(history, market, 9));
    CHECK(kind_of(11) == PastError::Kind::TooFar);
    CHECK(kind_of(market.last() + 1) == PastError::Kind::Future);
    History ended(options());
    ended.stop();
    const auto done = ended.show(market.connection, market.last(), [](const PastState&) { FAIL("shown"); });
    REQUIRE_FALSE(done);
    CHECK(done.error().kind == PastError::Kind::Stopped);
}
