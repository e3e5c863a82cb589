// A market whose log lies in a PostgreSQL journal, written block by block without a pipeline.
#pragma once

#include "eventstore/snapshot_store.hpp"
#include "pipeline_fixture.hpp"
#include "tests/support/pg_journal_fixture.hpp"

#include <vector>

namespace buttonwood::eventstore {

class StoredMarket : public test::PgJournalFixture {
public:
    explicit StoredMarket(std::uint64_t seed) : traffic_(seed), journal_(open()), head_(fence(*journal_)) {}

    // Decides that many commands and appends them as one block, with a digest at its end.
    void append_block(std::size_t commands) {
        Records records;
        for (; commands > 0; --commands) decide(records);
        append(std::move(records));
    }
    void append_blocks(std::size_t blocks, std::size_t commands) {
        for (; blocks > 0; --blocks) append_block(commands);
    }
    // A block that says what its maker likes, sealed as it should be.
    void append(Records records) {
        records.digests.push_back({records.events.front().seq, records.events.back().seq,
                                   engine_.digest(records.events)});
        append_as_is(std::move(records));
    }
    void append_as_is(Records records) {
        Block block;
        encode(records, block.payload);
        block.header.first_seq = head_.last_seq + 1;
        block.header.last_seq = records.events.back().seq;
        block.header.epoch = head_.epoch;
        block.header.committed_at = engine_.last_time();
        block.header.event_count = static_cast<std::uint32_t>(records.events.size());
        block.header.command_count = static_cast<std::uint32_t>(records.commands.size());
        block.hash = seal(head_.hash, block.header, block.payload);
        REQUIRE(journal_->append(block));
        head_.last_seq = block.header.last_seq;
        head_.hash = block.hash;
        std::vector<Ticket> nobody(records.commands.size());
        batches.push_back(std::make_shared<const DurableBatch>(
            DurableBatch{std::move(records), std::move(nobody), block.header, block.hash}));
    }
    // Decides the traffic's next command.
    void decide(Records& records) {
        CommandRecord& command = records.commands.emplace_back();
        command.header = {engine_.last_command() + 1, {engine_.last_time().us + 1'000}, engine::UserId::None, {}};
        command.command = traffic_.next();
        command.first_seq = engine_.last_seq() + 1;
        const std::size_t before = records.events.size();
        command.outcome = engine_.decide(command.header, command.command, records.events);
        command.event_count = static_cast<std::uint32_t>(records.events.size() - before);
    }

    // Saves the state as it is now.
    SnapshotInfo write(Connection& connection) const {
        auto written = write_snapshot(connection, engine_, head_.hash, {}, "test");
        if (!written) FAIL(written.error().message);
        return *std::move(written);
    }

    [[nodiscard]] const engine::Engine& engine() const { return engine_; }
    [[nodiscard]] const Head& head() const { return head_; }

    std::vector<std::shared_ptr<const DurableBatch>> batches;  // all of them

private:
    Traffic traffic_;
    std::unique_ptr<Journal> journal_;
    Head head_;
    engine::Engine engine_;
};

}  // namespace buttonwood::eventstore
