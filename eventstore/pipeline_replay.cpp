#include "eventstore/pipeline_replay.hpp"

#include <utility>

namespace buttonwood::eventstore {
namespace {

constexpr std::uint64_t kBlocksPerProgress = 1'000;

std::string at_block(const Block& block, const std::string& what) {
    return "the block of events " + std::to_string(block.header.first_seq) + " to " +
           std::to_string(block.header.last_seq) + ": " + what;
}

}  // namespace

std::expected<Records, std::string> ChainChecker::check(const Block& block) {
    const BlockHeader& header = block.header;
    const auto refuse = [&block](const std::string& what) { return std::unexpected(at_block(block, what)); };
    if (header.format_version != kFormatVersion)
        return refuse("format version " + std::to_string(header.format_version) + " is not known");
    if (header.first_seq != at_.head.last_seq + 1) return refuse("follows event " + std::to_string(at_.head.last_seq));
    if (header.event_count == 0 || header.last_seq - header.first_seq != header.event_count - 1)
        return refuse("counts " + std::to_string(header.event_count) + " events");
    if (header.epoch < at_.head.epoch) return refuse("its epoch is older than the one before it");
    if (seal(at_.head.hash, header, block.payload) != block.hash) return refuse("its hash does not continue the chain");

    auto records = decode(block.payload, header.first_seq);
    if (!records) return refuse("byte " + std::to_string(records.error().offset) + ": " + records.error().what);
    if (records->commands.size() != header.command_count || records->events.size() != header.event_count)
        return refuse("its header and its records count differently");
    engine::CommandSeq command_seq = at_.last_command;
    engine::Timestamp time = at_.last_time;
    for (const CommandRecord& command : records->commands) {
        if (command.header.seq != ++command_seq)
            return refuse("command " + std::to_string(command.header.seq) + " stands where " +
                          std::to_string(command_seq) + " belongs");
        if (command.header.time < time) return refuse("time goes back at command " + std::to_string(command_seq));
        time = command.header.time;
    }
    at_ = {{header.epoch, header.last_seq, block.hash}, header.committed_at, command_seq, time};
    return std::move(*records);
}

std::expected<engine::Timestamp, StoreError> replay(Journal& journal, const Head& head, engine::Engine& engine,
                                                    const Pipeline::Callbacks& callbacks) {
    VerifiedUpTo from;
    if (auto restored = callbacks.restore ? callbacks.restore() : std::nullopt) {
        engine = std::move(restored->engine);
        from = restored->position;
    }
    ChainChecker chain(from);
    std::string corruption;
    std::uint64_t blocks = 0;
    const auto sink = [&](const Block& block) {
        auto records = chain.check(block);
        if (!records) {
            corruption = std::move(records).error();
            return false;
        }
        for (const engine::Event& event : records->events) engine.apply(event);
        if (callbacks.released) {
            std::vector<Ticket> nobody(records->commands.size(), Ticket{0});
            callbacks.released(std::make_shared<const DurableBatch>(
                DurableBatch{std::move(*records), std::move(nobody), block.header, block.hash}));
        }
        if (++blocks % kBlocksPerProgress == 0 && callbacks.replay_progress)
            callbacks.replay_progress(chain.head().last_seq, head.last_seq);
        return true;
    };
    if (const auto read = journal.read(from.head.last_seq, sink); !read) return std::unexpected(read.error());
    if (corruption.empty() && (chain.head().last_seq != head.last_seq || chain.head().hash != head.hash))
        corruption = "the log ends at event " + std::to_string(chain.head().last_seq) + ", its head names event " +
                     std::to_string(head.last_seq) + " or another hash";
    if (!corruption.empty()) {
        if (callbacks.alarm) callbacks.alarm("the journal is corrupt: " + corruption);
        return std::unexpected(StoreError::Corrupt);
    }
    if (callbacks.replay_progress) callbacks.replay_progress(head.last_seq, head.last_seq);
    return chain.at().committed_at;
}

}  // namespace buttonwood::eventstore
