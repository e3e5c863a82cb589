// The engine against the oracle over seeded random streams.
//
// BUTTONWOOD_SEED chooses the first stream (default: Catch's --rng-seed), BUTTONWOOD_COMMANDS the length of all of them
// together. A failure prints the pair that repeats it.
#include "engine/engine.hpp"
#include "tests/engine/command_stream.hpp"
#include "tests/engine/compare.hpp"
#include "tests/engine/records.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <iostream>
#include <set>
#include <sstream>

namespace buttonwood::engine::tests {
namespace {

constexpr std::uint64_t kCommandsToReachEverything = 100'000;
#ifdef __OPTIMIZE__
constexpr std::uint64_t kCommands = 4 * kCommandsToReachEverything;
#else
constexpr std::uint64_t kCommands = kCommandsToReachEverything;
#endif
constexpr std::uint64_t kStreamLength = 2'000;
constexpr std::uint64_t kHashInterval = 100;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

// What the streams have reached, so that a generator that stops aiming is noticed.
struct Reach {
    std::set<RejectReason> reasons;
    std::set<std::size_t> events;
};

std::string join(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + '\n';
    return text;
}

// One stream on three machines: the engine that decides, the oracle that predicts, a replica that only applies.
class Trial {
public:
    Trial(std::uint64_t seed, CommandStream::Profile profile) : stream_(seed, profile) {}

    // Decides one more command; what disagreed, empty when nothing did.
    std::string step(Reach& reach) {
        const auto [actor, command] = stream_.next(oracle_);
        const CommandHeader header{engine_.last_command() + 1, {engine_.last_time().us + 1}, actor, {}};
        const NaiveEngine::Prediction predicted = oracle_.decide(actor, command);
        const std::size_t before = log_.size();
        const RejectReason reason = engine_.decide(header, command, log_);
        const std::vector<Event> events(log_.begin() + static_cast<std::ptrdiff_t>(before), log_.end());

        std::string wrong = join(compare_events(events, reason, predicted));
        wrong += join(compare_states(engine_, oracle_)) + join(engine_.check_invariants());
        for (const Event& event : events) {
            if (event.seq != replica_.last_seq() + 1 || event.command != header.seq || event.time != header.time)
                return "an event's envelope is wrong";
            replica_.apply(event);
            reach.events.insert(event.body.index());
        }
        reach.reasons.insert(reason);
        if (header.seq % kHashInterval == 0 && replica_.state_hash() != engine_.state_hash())
            wrong += "the replica's state hash differs\n";
        if (!wrong.empty()) wrong += "after command " + std::to_string(header.seq) + " of actor " +
                                     std::to_string(static_cast<unsigned>(actor)) + ": " + describe(command);
        return wrong;
    }

    // The whole log through apply() on an engine that has decided nothing.
    [[nodiscard]] bool replays_to_the_same_hash() const {
        Engine replayed;
        for (const Event& event : log_) replayed.apply(event);
        return replayed.state_hash() == engine_.state_hash() && replayed.check_invariants().empty();
    }

private:
    CommandStream stream_;
    Engine engine_;
    Engine replica_;
    NaiveEngine oracle_;
    std::vector<Event> log_;
};

}  // namespace

TEST_CASE("The engine and the oracle agree on every event and every state of random streams", "[property]") {
    const std::uint64_t first_seed = from_environment("BUTTONWOOD_SEED", Catch::rngSeed());
    const std::uint64_t commands = from_environment("BUTTONWOOD_COMMANDS", kCommands);
    std::cout << "engine against oracle: BUTTONWOOD_SEED=" << first_seed << " BUTTONWOOD_COMMANDS=" << commands << '\n';
    Reach reach;
    std::uint64_t done = 0;
    for (std::uint64_t seed = first_seed; done < commands; ++seed) {
        const auto profile = seed % 4 == 3 ? CommandStream::Profile::Extreme : CommandStream::Profile::Everyday;
        Trial trial(seed, profile);
        for (std::uint64_t i = 0; i < kStreamLength && done < commands; ++i, ++done) {
            const std::string wrong = trial.step(reach);
            if (!wrong.empty())
                FAIL("BUTTONWOOD_SEED=" << seed << " BUTTONWOOD_COMMANDS=" << i + 1 << " repeats this:\n" << wrong);
        }
        INFO("BUTTONWOOD_SEED=" << seed << " BUTTONWOOD_COMMANDS=" << kStreamLength);
        REQUIRE(trial.replays_to_the_same_hash());
    }
    if (commands < kCommandsToReachEverything)
        return;  // a shorter run is for repeating a failure, not for reaching everything
#define X(name, number, code, text) CHECK(reach.reasons.contains(RejectReason::name));
    BUTTONWOOD_REJECT_REASONS(X)
#undef X
    for (std::size_t kind = 0; kind < std::variant_size_v<EventBody>; ++kind) {
        INFO("event type " << kind);
        CHECK(reach.events.contains(kind));
    }
}

}  // namespace buttonwood::engine::tests
