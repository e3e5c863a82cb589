// Orders of the stream, as the commands of one market and as blocks for a journal. Thread safety: one thread.
#pragma once

#include "bench/order_stream.hpp"
#include "engine/engine.hpp"
#include "eventstore/codec.hpp"
#include "eventstore/journal.hpp"

#include <span>
#include <utility>
#include <vector>

namespace buttonwood::bench {

// A market with one user and two funded accounts, as commands of the system itself.
[[nodiscard]] std::vector<engine::Command> opening_commands();
[[nodiscard]] engine::PlaceOrder to_command(const StreamOrder& order, std::uint64_t number);

// Packs decided commands into blocks that follow each other.
class BlockPacker {
public:
    explicit BlockPacker(const eventstore::Head& head) : head_(head) {}

    // REQUIRES: the command continues the log.
    void add(const eventstore::CommandRecord& command, std::span<const engine::Event> events);
    [[nodiscard]] std::size_t commands() const { return block_.header.command_count; }
    // REQUIRES: commands() > 0.
    eventstore::Block finish();

private:
    eventstore::Head head_;
    eventstore::Block block_;
};

// Decides orders of the stream in memory and packs them into blocks.
class BlockMaker {
public:
    explicit BlockMaker(const eventstore::Head& head) : packer_(head) {}

    eventstore::Block opening();
    eventstore::Block next(std::size_t commands);

private:
    void add(engine::UserId actor, const engine::Command& command);

    BlockPacker packer_;
    engine::Engine engine_;
    OrderStream orders_{1};
    std::uint64_t number_ = 0;
    std::vector<engine::Event> events_;
};

}  // namespace buttonwood::bench
