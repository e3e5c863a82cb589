// One stream on three machines: the engine that decides, the oracle that predicts, a replica that only applies.
#pragma once

#include "engine/engine.hpp"
#include "tests/engine/command_stream.hpp"
#include "tests/engine/coverage.hpp"

#include <string>
#include <vector>

namespace buttonwood::engine::tests {

class Trial {
public:
    // check_interval: the states are compared and the invariants checked after every n-th command.
    Trial(std::uint64_t seed, CommandStream::Profile profile, std::uint64_t check_interval)
        : stream_(seed, profile), check_interval_(check_interval) {}

    // Decides one more command of the stream; what disagreed, empty when nothing did.
    [[nodiscard]] std::string step(Coverage& coverage) { return decide(stream_.next(oracle_), coverage); }
    [[nodiscard]] std::string decide(const CommandStream::Step& step, Coverage& coverage);

    // The whole log through apply() on an engine that has decided nothing.
    [[nodiscard]] bool replays_to_the_same_hash() const;

    [[nodiscard]] CommandStream& stream() { return stream_; }
    [[nodiscard]] const NaiveEngine& oracle() const { return oracle_; }

private:
    [[nodiscard]] std::string compare(const std::vector<Event>& events, const CommandHeader& header);

    CommandStream stream_;
    Engine engine_;
    Engine replica_;
    NaiveEngine oracle_;
    std::vector<Event> log_;
    std::uint64_t check_interval_;
};

}  // namespace buttonwood::engine::tests
