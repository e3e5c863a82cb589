// A random log in a database with snapshots here and there, and an engine that stops wherever it is told to.
#pragma once

#include "eventstore/past_state.hpp"
#include "tests/support/test_cluster.hpp"
#include "tests/verifier/stored_log.hpp"

#include <catch2/catch.hpp>

#include <random>

namespace buttonwood::test {

// Folds numbers of commands and events, whole commands or the beginning of one.
class CountingPart final : public eventstore::SnapshotPart {
public:
    [[nodiscard]] std::string_view name() const override { return "counts"; }
    [[nodiscard]] int version() const override { return 1; }
    [[nodiscard]] engine::EventSeq event_seq() const override { return events_; }
    void apply(const eventstore::DurableBatch& batch) override {
        std::uint64_t named = 0;
        for (const eventstore::CommandRecord& command : batch.records.commands) {
            REQUIRE(command.header.seq == ++commands_);
            REQUIRE(command.first_seq == events_ + named + 1);
            named += command.event_count;
        }
        REQUIRE(named == batch.records.events.size());
        for (const engine::Event& event : batch.records.events) REQUIRE(event.seq == ++events_);
    }
    void save(engine::ArchiveWriter& archive) const override { archive(commands_, events_); }
    void load(engine::ArchiveReader& archive) override { archive(commands_, events_); }
    void reset() override { commands_ = events_ = 0; }

    [[nodiscard]] std::uint64_t commands() const { return commands_; }

private:
    std::uint64_t commands_{};
    engine::EventSeq events_{};
};

inline eventstore::SnapshotPartList counting_parts() {
    eventstore::SnapshotPartList parts;
    parts.push_back(std::make_unique<CountingPart>());
    return parts;
}

// The naive way: every event of the log from the first one on.
class Stopped {
public:
    explicit Stopped(const std::vector<engine::Event>& events) : events_(events) {}
    // REQUIRES: never backwards.
    const engine::Engine& after(engine::EventSeq seq) {
        REQUIRE(seq >= engine_.last_seq());
        while (engine_.last_seq() < seq) engine_.apply(events_[engine_.last_seq()]);
        return engine_;
    }

private:
    const std::vector<engine::Event>& events_;
    engine::Engine engine_;
};

class PastMarket {
public:
    explicit PastMarket(std::uint64_t seed, std::int64_t events_per_partition = 10'000'000)
        : blocks_(random_blocks(seed, 350)) {
        store(connection, blocks_, events_per_partition);
        for (const eventstore::Block& block : blocks_) {
            auto records = eventstore::decode(block.payload, block.header.first_seq);
            REQUIRE(records);
            commands_.insert(commands_.end(), records->commands.begin(), records->commands.end());
            events_.insert(events_.end(), records->events.begin(), records->events.end());
        }
    }

    [[nodiscard]] engine::EventSeq last() const { return events_.back().seq; }
    [[nodiscard]] const std::vector<engine::Event>& events() const { return events_; }
    [[nodiscard]] const std::vector<eventstore::CommandRecord>& commands() const { return commands_; }
    [[nodiscard]] const std::vector<eventstore::Block>& blocks() const { return blocks_; }

    // Takes snapshots behind about that many blocks, evenly; their event_seqs.
    std::vector<engine::EventSeq> take_snapshots(std::size_t count) {
        std::vector<engine::EventSeq> taken;
        auto parts = counting_parts();
        eventstore::SnapshotPart* part = parts.front().get();
        engine::Engine engine;
        for (std::size_t i = 0; i < blocks_.size(); ++i) {
            const eventstore::Block& block = blocks_[i];
            auto records = eventstore::decode(block.payload, block.header.first_seq);
            for (const engine::Event& event : records->events) engine.apply(event);
            part->apply({*std::move(records), {}, block.header, block.hash});
            if (i * count / blocks_.size() == (i + 1) * count / blocks_.size()) continue;
            const auto written =
                eventstore::write_snapshot(connection, engine, block.hash, std::span(&part, 1), "a test");
            if (!written) FAIL(written.error().message);
            taken.push_back(written->event_seq);
        }
        return taken;
    }
    // Flips a bit in the bytes of the snapshot that covers up to there.
    void damage_snapshot(engine::EventSeq seq) {
        run(connection, "SET session_replication_role = replica");  // no triggers
        const auto rows = run(connection,
                              "UPDATE eventstore.snapshot_chunks c "
                              "SET data = set_bit(data, 100, 1 - get_bit(data, 100)) "
                              "FROM eventstore.snapshots s WHERE s.snapshot_id = c.snapshot_id "
                              "AND s.event_seq = $1 AND c.section = 'engine' AND c.chunk = 0",
                              {seq});
        REQUIRE(rows.affected() == 1);
        run(connection, "RESET session_replication_role");
    }
    // Some events, in order: the ends of the log, and random ones, inside commands as well.
    [[nodiscard]] std::vector<engine::EventSeq> some_events(std::uint64_t seed, std::size_t count) const {
        std::mt19937_64 random(seed);
        std::vector<engine::EventSeq> seqs{0, 1, last()};
        while (seqs.size() < count) seqs.push_back(1 + random() % last());
        std::ranges::sort(seqs);
        return seqs;
    }

    std::string conninfo = fresh_database();
    eventstore::Connection connection = connect(conninfo);

private:
    std::vector<eventstore::Block> blocks_;
    std::vector<eventstore::CommandRecord> commands_;
    std::vector<engine::Event> events_;
};

// What people would look at, beside the hash of everything.
inline void require_same_market(const engine::Engine& a, const engine::Engine& b) {
    REQUIRE(a.last_seq() == b.last_seq());
    REQUIRE(a.last_time() == b.last_time());
    REQUIRE(a.state_hash() == b.state_hash());
    for (std::uint32_t n = 1; n <= 3; ++n) {
        const auto security = static_cast<engine::SecurityId>(n);
        REQUIRE((a.book(security) == nullptr) == (b.book(security) == nullptr));
        if (!a.book(security)) continue;
        for (const engine::Side side : {engine::Side::Buy, engine::Side::Sell}) {
            std::vector<std::tuple<std::int64_t, std::int64_t, std::uint32_t>> levels[2];
            const engine::Engine* const engines[] = {&a, &b};
            for (std::size_t i = 0; i < 2; ++i)
                engines[i]->book(security)->for_each_level(side, [&](const auto& level) {
                    levels[i].emplace_back(level.price.units, level.quantity.units, level.order_count);
                    return true;
                });
            REQUIRE(levels[0] == levels[1]);
        }
        for (std::uint32_t account = 1; account <= 6; ++account) {
            const auto id = static_cast<engine::AccountId>(account);
            REQUIRE(a.holding(id, security).total == b.holding(id, security).total);
            REQUIRE(a.holding(id, security).reserved == b.holding(id, security).reserved);
        }
    }
    for (std::uint32_t account = 1; account <= 6; ++account)
        for (const char* currency : {"USD", "EUR"}) {
            const auto id = static_cast<engine::AccountId>(account);
            REQUIRE(a.balance(id, currency).total == b.balance(id, currency).total);
            REQUIRE(a.balance(id, currency).reserved == b.balance(id, currency).reserved);
        }
}

}  // namespace buttonwood::test
