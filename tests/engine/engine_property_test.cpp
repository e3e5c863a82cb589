// The engine against the oracle over seeded random streams.
//
// BUTTONWOOD_SEED chooses the first stream (default: Catch's --rng-seed), BUTTONWOOD_COMMANDS the length of all of them
// together. A failure prints the pair that repeats it. The same for BUTTONWOOD_MINUTES is ./dev torture engine.
#include "tests/engine/trial.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
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
constexpr std::chrono::seconds kProgressInterval{10};

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

// The stream of a seed, so many commands of it; fails where the machines disagree.
void run_stream(std::uint64_t seed, std::uint64_t length, Coverage& coverage) {
    Trial trial = trial_of(seed);
    for (std::uint64_t i = 0; i < length; ++i) {
        const std::string wrong = trial.step(coverage);
        if (!wrong.empty())
            FAIL("BUTTONWOOD_SEED=" << seed << " BUTTONWOOD_COMMANDS=" << i + 1 << " repeats this:\n" << wrong);
    }
    INFO("BUTTONWOOD_SEED=" << seed << " BUTTONWOOD_COMMANDS=" << length);
    REQUIRE(trial.replays_to_the_same_hash());
}

}  // namespace

TEST_CASE("The engine and the oracle agree on every event and every state of random streams", "[property]") {
    const std::uint64_t first_seed = from_environment("BUTTONWOOD_SEED", Catch::rngSeed());
    const std::uint64_t commands = from_environment("BUTTONWOOD_COMMANDS", kCommands);
    std::cout << "engine against oracle: BUTTONWOOD_SEED=" << first_seed << " BUTTONWOOD_COMMANDS=" << commands
              << std::endl;
    Coverage coverage;
    for (std::uint64_t done = 0; done < commands; done += kStreamLength)
        run_stream(first_seed + done / kStreamLength, std::min(kStreamLength, commands - done), coverage);
    // A shorter run is for repeating a failure, not for reaching everything.
    if (commands >= kCommandsToReachEverything) CHECK(coverage.missing() == std::vector<std::string>{});
}

// Hidden: only what asks for it by its tag runs it. As long as it is asked to, a line of progress now and then.
TEST_CASE("The engine and the oracle agree for as long as there is time", "[.][torture]") {
    using Clock = std::chrono::steady_clock;
    const std::uint64_t first_seed = from_environment("BUTTONWOOD_SEED", Catch::rngSeed());
    const std::chrono::minutes minutes(from_environment("BUTTONWOOD_MINUTES", 10));
    std::cout << "engine against oracle for " << minutes.count() << " min from seed " << first_seed << std::endl;
    const Clock::time_point start = Clock::now();
    Clock::time_point told = start;
    Coverage coverage;
    std::uint64_t streams = 0;
    const auto tell = [&] {
        const auto elapsed = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - start);
        std::cout << "  " << elapsed.count() << " s: " << streams * kStreamLength << " commands agreed, next seed "
                  << first_seed + streams << std::endl;
    };
    for (Clock::time_point now = start; now - start < minutes; now = Clock::now()) {
        run_stream(first_seed + streams, kStreamLength, coverage);
        ++streams;
        if (now - told < kProgressInterval) continue;
        told = now;
        tell();
    }
    tell();
    if (streams * kStreamLength >= kCommandsToReachEverything) CHECK(coverage.missing() == std::vector<std::string>{});
}

}  // namespace buttonwood::engine::tests
