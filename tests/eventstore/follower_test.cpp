// The follower: finds an engine or a log that went wrong, and takes the snapshots.
#include "eventstore/follower.hpp"
#include "eventstore/follower_copy.hpp"
#include "stored_market.hpp"

#include <catch2/catch.hpp>

#include <mutex>

using namespace buttonwood;
using namespace buttonwood::eventstore;

namespace {

// A follower of a market, and what it has to say.
class Watched {
public:
    Watched(const StoredMarket& market, SnapshotPolicy policy) {
        FollowerOptions options;
        options.conninfo = market.conninfo();
        options.build = "test";
        options.policy = policy;
        options.alarm = [this](const std::string& text) {
            const std::lock_guard lock(mutex_);
            alarms_.push_back(text);
        };
        follower = Follower::start(std::move(options));
    }
    [[nodiscard]] std::vector<std::string> alarms() const {
        const std::lock_guard lock(mutex_);
        return alarms_;
    }
    bool reaches(engine::EventSeq seq) {
        return eventually([&] { return follower->status().event_seq >= seq; });
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> alarms_;

public:
    std::unique_ptr<Follower> follower;
};

constexpr SnapshotPolicy kNever{0, std::chrono::seconds(0), 3};

// Where a copy and the log part, the digests compared or not; 0 = nowhere.
engine::EventSeq parts_at(const StoredMarket& market, FollowerCopy copy, std::size_t from, bool with_digests) {
    for (std::size_t i = from; i < market.batches.size(); ++i) {
        DurableBatch batch = *market.batches[i];
        if (!with_digests) batch.records.digests.clear();
        if (const auto parted = copy.follow(batch)) return parted->event_seq;
    }
    return 0;
}

VerifiedUpTo end_of(const DurableBatch& batch) {
    const engine::CommandHeader& last = batch.records.commands.back().header;
    return {{batch.header.epoch, batch.header.last_seq, batch.hash}, batch.header.committed_at, last.seq, last.time};
}

}  // namespace

TEST_CASE("A follower decides the log again, from memory and from the journal, and saves what it has", "[postgres]") {
    StoredMarket market(1);
    market.append_blocks(3, 100);
    Watched watched(market, {1, std::chrono::seconds(0), 2});
    REQUIRE(watched.reaches(market.head().last_seq));  // before anything was offered
    market.append_block(100);
    watched.follower->offer(market.batches.back());
    REQUIRE(watched.reaches(market.head().last_seq));
    market.append_blocks(3, 100);
    watched.follower->offer(market.batches.back());  // the two before it are in the journal alone
    REQUIRE(watched.reaches(market.head().last_seq));
    REQUIRE(eventually([&] { return watched.follower->status().snapshot_seq == market.head().last_seq; }));
    REQUIRE(eventually([&] { return watched.follower->status().state == FollowerState::Following; }));
    CHECK(watched.follower->status().digests_compared == 7);
    CHECK(watched.alarms().empty());

    Connection connection = market.connect();
    watched.follower.reset();
    const auto all = list_snapshots(connection);
    REQUIRE(all);
    CHECK(all->size() == 2);
    CHECK(all->front().state_hash == market.engine().state_hash());
    CHECK(all->front().created_by == "buttonwood-follower");

    market.append_block(50);
    Watched again(market, kNever);
    REQUIRE(again.reaches(market.head().last_seq));
    CHECK(again.follower->status().snapshot_seq == all->front().event_seq);
    CHECK(again.follower->status().digests_compared == 1);  // it went on from the snapshot
    CHECK(again.follower->status().snapshots_taken == 0);
}

TEST_CASE("A follower takes a snapshot by time when nothing more comes", "[postgres]") {
    StoredMarket market(1);
    market.append_block(100);
    Watched watched(market, {0, std::chrono::seconds(1), 2});
    REQUIRE(eventually([&] { return watched.follower->status().snapshots_taken == 1; }));
    CHECK(watched.follower->status().snapshot_seq == market.head().last_seq);
}

TEST_CASE("A copy that was tampered with is found by the digests within a thousand events", "[postgres]") {
    StoredMarket market(5);
    market.append_blocks(1, 100);
    engine::Engine sound;
    engine::Engine tampered;
    for (engine::Event event : market.batches[0]->records.events) {
        sound.apply(event);
        // A cent more on one account: its commands lead to the very same events.
        if (auto* deposit = std::get_if<engine::CashDeposited>(&event.body);
            deposit != nullptr && deposit->account == engine::AccountId{2})
            deposit->amount.units += 1'000'000;
        tampered.apply(event);
    }
    const VerifiedUpTo at = end_of(*market.batches[0]);
    market.append_blocks(20, 50);
    const auto copy_of = [&](const engine::Engine& engine) {
        std::string bytes;
        engine::ArchiveWriter writer([&bytes](std::string_view piece) { bytes += piece; });
        engine.save(writer);
        writer.finish();
        std::string_view rest = bytes;
        engine::ArchiveReader reader([&rest] { return std::exchange(rest, {}); });
        return FollowerCopy(engine::Engine::load(reader).value(), at, {});
    };
    CHECK(parts_at(market, copy_of(sound), 1, true) == 0);
    CHECK(parts_at(market, copy_of(tampered), 1, false) == 0);  // the control: without digests nobody notices
    const engine::EventSeq found = parts_at(market, copy_of(tampered), 1, true);
    CHECK(found > at.head.last_seq);
    CHECK(found <= at.head.last_seq + 1'000);
}

TEST_CASE("A log that says what its commands do not lead to is an alarm, and the end of snapshots", "[postgres]") {
    StoredMarket market(6);
    market.append_blocks(2, 100);
    Records records;
    for (int i = 0; i < 50; ++i) market.decide(records);
    const auto changed = std::ranges::find_if(records.events, [](const engine::Event& event) {
        return std::holds_alternative<engine::OrderAccepted>(event.body);
    });
    REQUIRE(changed != records.events.end());
    ++std::get<engine::OrderAccepted>(changed->body).price.units;
    const engine::EventSeq lie = changed->seq;
    const bool in_memory = GENERATE(true, false);
    CAPTURE(in_memory);
    market.append_as_is(std::move(records));
    Watched watched(market, {1, std::chrono::seconds(0), 3});
    if (in_memory)
        for (const auto& batch : market.batches) watched.follower->offer(batch);
    REQUIRE(eventually([&] { return watched.follower->status().state == FollowerState::Diverged; }));
    REQUIRE(eventually([&] { return !watched.alarms().empty(); }));
    CHECK(watched.alarms()[0].find("part at event " + std::to_string(lie) + ':') != std::string::npos);
    watched.follower->offer(market.batches.back());
    watched.follower.reset();
    Connection connection = market.connect();
    const auto all = list_snapshots(connection).value();
    for (const SnapshotInfo& info : all) CHECK(info.event_seq < lie);
}

TEST_CASE("A pipeline writes a digest every 256 events, and a second engine finds the same", "[unit]") {
    Market market;
    REQUIRE(market.start());
    Traffic traffic(9);
    market.send(traffic, 3'000);
    REQUIRE(market.wait_for_tickets(3'000));
    market.stop();
    REQUIRE(market.start());  // windows begin anew
    market.send(traffic, 1'000);
    REQUIRE(market.wait_for_tickets(4'000));
    market.stop();
    FollowerCopy copy({});
    engine::EventSeq covered = 0;
    for (const Block& block : market.store().blocks()) {
        const auto parted = copy.follow(block);
        if (parted) FAIL("event " << parted->event_seq << ": " << parted->what);
        const Records records = decode(block.payload, block.header.first_seq).value();
        for (const StateDigest& digest : records.digests) {
            CHECK(digest.last_seq >= covered + kEventsPerDigest);
            CHECK(digest.last_seq - digest.first_seq < 2 * kEventsDigested);
            covered = digest.last_seq;
        }
    }
    CHECK(copy.digests_compared() >= market.store().last_seq() / (2 * kEventsPerDigest));
    CHECK(covered + 2 * kEventsPerDigest > market.store().last_seq());
}
