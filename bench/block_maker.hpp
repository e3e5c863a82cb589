// Orders of the stream, as the commands of one market and as blocks for a journal. Thread safety: one thread.
#pragma once

#include "bench/order_stream.hpp"
#include "engine/engine.hpp"
#include "eventstore/journal.hpp"

#include <vector>

namespace buttonwood::bench {

// A market with one user and two funded accounts, as commands of the system itself.
[[nodiscard]] std::vector<engine::Command> opening_commands();
[[nodiscard]] engine::PlaceOrder to_command(const StreamOrder& order, std::uint64_t number);

// Decides orders of the stream in memory and packs them into blocks.
class BlockMaker {
public:
    explicit BlockMaker(const eventstore::Head& head) : head_(head) {}

    eventstore::Block opening();
    eventstore::Block next(std::size_t commands);

private:
    void begin();
    void add(engine::UserId actor, const engine::Command& command);
    eventstore::Block finish();

    eventstore::Head head_;
    engine::Engine engine_;
    OrderStream orders_{1};
    std::uint64_t number_ = 0;
    eventstore::Block block_;
    std::vector<engine::Event> events_;
};

}  // namespace buttonwood::bench
