// The engine against the oracle over seeded random streams.
//
// BUTTONWOOD_SEED chooses the first stream (default: Catch's --rng-seed), BUTTONWOOD_COMMANDS the length of all of them
// together. A failure prints the pair that repeats it.
#include "tests/engine/trial.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <iostream>

namespace buttonwood::engine::tests {
namespace {

constexpr std::uint64_t kCommandsToReachEverything = 400'000;
#ifdef __OPTIMIZE__
constexpr std::uint64_t kCommands = kCommandsToReachEverything;
#else
constexpr std::uint64_t kCommands = kCommandsToReachEverything / 4;
#endif
constexpr std::uint64_t kStreamLength = 2'500;
constexpr std::uint64_t kCrowdCheckInterval = 50;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

Trial trial_of(std::uint64_t seed) {
    using Profile = CommandStream::Profile;
    constexpr Profile kProfiles[] = {Profile::Everyday, Profile::Sessions, Profile::Extreme, Profile::Sessions,
                                     Profile::Crowd,    Profile::Everyday, Profile::Sessions, Profile::Crowd};
    const Profile profile = kProfiles[seed % std::size(kProfiles)];
    return Trial(seed, profile, profile == Profile::Crowd ? kCrowdCheckInterval : 1);
}

}  // namespace

TEST_CASE("The engine and the oracle agree on every event and every state of random streams", "[property]") {
    const std::uint64_t first_seed = from_environment("BUTTONWOOD_SEED", Catch::rngSeed());
    const std::uint64_t commands = from_environment("BUTTONWOOD_COMMANDS", kCommands);
    std::cout << "engine against oracle: BUTTONWOOD_SEED=" << first_seed << " BUTTONWOOD_COMMANDS=" << commands
              << std::endl;
    Coverage coverage;
    std::uint64_t done = 0;
    for (std::uint64_t seed = first_seed; done < commands; ++seed) {
        Trial trial = trial_of(seed);
        for (std::uint64_t i = 0; i < kStreamLength && done < commands; ++i, ++done) {
            const std::string wrong = trial.step(coverage);
            if (!wrong.empty())
                FAIL("BUTTONWOOD_SEED=" << seed << " BUTTONWOOD_COMMANDS=" << i + 1 << " repeats this:\n" << wrong);
        }
        INFO("BUTTONWOOD_SEED=" << seed << " BUTTONWOOD_COMMANDS=" << kStreamLength);
        REQUIRE(trial.replays_to_the_same_hash());
    }
    // A shorter run is for repeating a failure, not for reaching everything.
    if (commands >= kCommandsToReachEverything) CHECK(coverage.missing() == std::vector<std::string>{});
}

}  // namespace buttonwood::engine::tests
