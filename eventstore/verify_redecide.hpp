// Decides every stored command again, on an engine of its own, and compares what comes out with what is stored.
//
// The last word on a log: a history that was rewritten with all its hashes and checksums is still found where it says
// something that the rules of the market do not lead to. Thread safety: one thread at a time. Cost: deciding, plus
// encoding what was decided.
#pragma once

#include "engine/engine.hpp"
#include "eventstore/verify_block.hpp"

#include <vector>

namespace buttonwood::eventstore {

class Redecider {
public:
    // REQUIRES: blocks in order from the first of the log (or from where `engine` stands), each accepted by Succession.
    Redecider() = default;
    explicit Redecider(engine::Engine engine) : engine_(std::move(engine)) {}

    // The first command of the block whose outcome, events or digest are others than the stored ones.
    [[nodiscard]] std::optional<Finding> decide(const ExaminedBlock& examined);
    [[nodiscard]] const engine::Engine& engine() const { return engine_; }

private:
    using Events = std::span<const engine::Event>;

    [[nodiscard]] std::optional<Finding> compare(const CommandRecord& stored, Events events);
    [[nodiscard]] std::optional<Finding> compare_digest(const StateDigest& stored) const;
    void remember(Events decided);

    engine::Engine engine_;
    std::vector<engine::Event> decided_;  // of one command
    std::vector<engine::Event> recent_;   // what the next digest may cover, oldest first
    std::string stored_bytes_;
    std::string decided_bytes_;
};

}  // namespace buttonwood::eventstore
