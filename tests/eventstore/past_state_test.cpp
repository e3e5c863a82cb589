// The state after any event, from any snapshot, is the state of an engine that stopped there.
#include "past_market.hpp"

#include "eventstore/archives.hpp"

#include <filesystem>

using namespace buttonwood;
using namespace buttonwood::eventstore;
using engine::EventSeq;
using test::PastMarket;
using test::Stopped;

namespace {

constexpr std::uint64_t kSeed = 20'261'121;

PastOptions with_parts() { return {.make_parts = test::counting_parts}; }

PastState past(PastMarket& market, EventSeq seq, const PastOptions& options = with_parts()) {
    auto state = state_after(market.connection, seq, options);
    if (!state) FAIL("event " << seq << ": " << state.error().what);
    return *std::move(state);
}

PastError refusal(PastMarket& market, EventSeq seq, const PastOptions& options = with_parts()) {
    const auto state = state_after(market.connection, seq, options);
    if (state) FAIL("event " << seq << " was shown");
    return state.error();
}

// The command that an event belongs to, counted from 1.
std::uint64_t command_of(const PastMarket& market, EventSeq seq) {
    return seq == 0 ? 0 : market.events()[seq - 1].command;
}

void require_parts_at(const PastMarket& market, const PastState& state) {
    const auto& part = static_cast<const test::CountingPart&>(*state.parts().front());
    REQUIRE(part.event_seq() == state.event_seq());
    REQUIRE(part.commands() == command_of(market, state.event_seq()));
}

}  // namespace

TEST_CASE("the state after any event is that of an engine that stopped there", "[postgres]") {
    CAPTURE(kSeed);
    PastMarket market(kSeed);
    market.take_snapshots(6);
    for (const bool from_genesis : {false, true}) {
        Stopped stopped(market.events());
        PastOptions options = with_parts();
        options.from_genesis = from_genesis;
        for (const EventSeq seq : market.some_events(kSeed, from_genesis ? 8 : 40)) {
            CAPTURE(seq, from_genesis);
            EventSeq base = UINT64_MAX;
            options.began = [&](EventSeq began) { base = began; };
            const PastState state = past(market, seq, options);
            test::require_same_market(state.engine(), stopped.after(seq));
            require_parts_at(market, state);
            if (from_genesis) CHECK(base == 0);
            else CHECK(seq - base <= market.last() / 6 + 100);
        }
    }
}

TEST_CASE("a state moves forward command by command and event by event", "[postgres]") {
    PastMarket market(kSeed + 1);
    Stopped stopped(market.events());
    PastState state = past(market, 0);
    bool stood_inside = false;
    for (const EventSeq seq : market.some_events(kSeed, 120)) {
        CAPTURE(seq);
        REQUIRE_FALSE((seq < state.event_seq() && state.reaches(seq)));
        const bool inside = seq != 0 && seq != market.last() && command_of(market, seq) == command_of(market, seq + 1);
        if (inside) {  // this far and no further
            PastState there = past(market, seq);
            CHECK(there.reaches(seq));
            CHECK_FALSE(there.reaches(seq + 1));
            stood_inside = true;
            continue;
        }
        REQUIRE(state.reaches(seq));
        REQUIRE(state.advance(market.connection, seq));
        test::require_same_market(state.engine(), stopped.after(seq));
        require_parts_at(market, state);
    }
    CHECK(stood_inside);
}

TEST_CASE("every snapshot is a beginning", "[postgres]") {
    PastMarket market(kSeed + 2);
    const auto snapshots = market.take_snapshots(5);
    REQUIRE(snapshots.size() == 5);
    Stopped stopped(market.events());
    for (const EventSeq snapshot : snapshots)
        for (const EventSeq seq : {snapshot, std::min(snapshot + 7, market.last())}) {
            EventSeq base = 0;
            PastOptions options = with_parts();
            options.began = [&](EventSeq began) { base = began; };
            test::require_same_market(past(market, seq, options).engine(), stopped.after(seq));
            CHECK(base == snapshot);
        }
}

TEST_CASE("a damaged snapshot is passed over for the one before it, down to the start of the log", "[postgres]") {
    PastMarket market(kSeed + 3);
    const auto snapshots = market.take_snapshots(2);
    std::vector<EventSeq> bases;
    std::vector<std::string> skipped;
    PastOptions options = with_parts();
    options.began = [&](EventSeq base) { bases.push_back(base); };
    options.skipped = [&](const std::string& why) { skipped.push_back(why); };
    for (std::size_t damaged = 0; damaged <= snapshots.size(); ++damaged) {
        Stopped stopped(market.events());
        test::require_same_market(past(market, market.last(), options).engine(), stopped.after(market.last()));
        CHECK(skipped.size() == damaged * (damaged + 1) / 2);
        if (damaged < snapshots.size()) market.damage_snapshot(snapshots[snapshots.size() - 1 - damaged]);
    }
    CHECK(bases == std::vector<EventSeq>{snapshots[1], snapshots[0], 0});
}

TEST_CASE("what would replay too much is refused before it begins", "[postgres]") {
    PastMarket market(kSeed + 4);
    const EventSeq snapshot = market.take_snapshots(2).front();
    PastOptions options = with_parts();
    options.replay.max_events = 5;
    bool began = false;
    options.began = [&](EventSeq) { began = true; };
    CHECK(past(market, snapshot + 5, options).event_seq() == snapshot + 5);
    began = false;
    const PastError error = refusal(market, snapshot + 6, options);
    CHECK(error.kind == PastError::Kind::TooFar);
    CHECK(error.limit == 6);
    CHECK(refusal(market, 6, options).kind == PastError::Kind::TooFar);
    CHECK_FALSE(began);
}

TEST_CASE("the future cannot be shown", "[postgres]") {
    PastMarket market(kSeed + 5);
    const PastError error = refusal(market, market.last() + 1);
    CHECK(error.kind == PastError::Kind::Future);
    CHECK(error.limit == market.last());
    PastState state = past(market, market.last());
    const auto moved = state.advance(market.connection, market.last() + 1);
    REQUIRE_FALSE(moved);
    CHECK(moved.error().kind == PastError::Kind::Future);
}

TEST_CASE("a block that does not continue the chain ends the replay", "[postgres]") {
    PastMarket market(kSeed + 6);
    const Block& block = market.blocks()[market.blocks().size() / 2];
    test::run(market.connection, "SET session_replication_role = replica");
    test::run(market.connection,
              "UPDATE eventstore.journal SET payload = set_bit(payload, 300, 1 - get_bit(payload, 300)) "
              "WHERE first_seq = $1",
              {block.header.first_seq});
    CHECK(past(market, block.header.first_seq - 1).event_seq() == block.header.first_seq - 1);
    const PastError error = refusal(market, block.header.first_seq);
    CHECK(error.kind == PastError::Kind::Corrupt);
    CHECK_THAT(error.what, Catch::Matchers::Contains(std::to_string(block.header.first_seq)));
}

TEST_CASE("a past whose blocks are archived is refused, what a snapshot covers is shown", "[postgres]") {
    PastMarket market(kSeed + 7, 300);
    const auto snapshots = market.take_snapshots(4);
    test::run(market.connection, "UPDATE projections.status SET checkpoint = $1", {market.last()});
    const auto directory = std::filesystem::temp_directory_path() / ("past-" + std::to_string(::getpid()));
    const auto moved = detach_oldest(market.connection, directory);
    std::filesystem::remove_all(directory);
    if (!moved) FAIL(moved.error());
    const EventSeq first = moved->range.last_seq + 1;
    REQUIRE(snapshots.front() < first + market.last() / 4);
    for (const EventSeq seq : {EventSeq{1}, first - 1, first}) {
        CAPTURE(seq);
        const PastError error = refusal(market, seq);
        CHECK(error.kind == PastError::Kind::Archived);
        CHECK(error.limit == first);
    }
    const auto early = event_at(market.connection, market.events().front().time);
    REQUIRE_FALSE(early);
    CHECK(early.error().kind == PastError::Kind::Archived);
    Stopped stopped(market.events());
    test::require_same_market(past(market, market.last() - 3).engine(), stopped.after(market.last() - 3));
}

TEST_CASE("an instant is the last event with a time up to it", "[postgres]") {
    PastMarket market(kSeed + 8);
    const auto& events = market.events();
    std::vector<std::int64_t> times{events.front().time.us - 1, events.back().time.us + 1, INT64_MIN, INT64_MAX};
    std::mt19937_64 random(kSeed);
    for (int i = 0; i < 100; ++i)
        times.push_back(events[random() % events.size()].time.us - static_cast<std::int64_t>(random() % 2));
    for (const std::int64_t us : times) {
        CAPTURE(us);
        const auto naive = std::ranges::count_if(events, [us](const engine::Event& e) { return e.time.us <= us; });
        const auto found = event_at(market.connection, {us});
        REQUIRE(found);
        CHECK(*found == static_cast<EventSeq>(naive));
    }
}

TEST_CASE("a replay stops when it is asked to", "[postgres]") {
    PastMarket market(kSeed + 9);
    std::stop_source source;
    PastOptions options = with_parts();
    options.replay.stop = source.get_token();
    EventSeq seen = 0;
    options.replay.progress = [&](EventSeq done, EventSeq to) {
        CHECK(to == market.last());
        seen = done;
        source.request_stop();
    };
    CHECK(refusal(market, market.last(), options).kind == PastError::Kind::Stopped);
    CHECK(seen == market.blocks().front().header.last_seq);
}
