// Engine against oracle once more, on short lists of commands that rapidcheck cuts down to the few that matter: a
// failure is printed as a golden case.
//
// Each element of a list is a seed that becomes one command, given the state that the earlier ones led to; so a list
// stays a stream of sensible commands whatever is taken out of it. RC_PARAMS="seed=N" repeats a run.
#include "tests/engine/trial.hpp"

#include "tests/engine/records.hpp"
#include "tests/engine/transcript.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <cstdint>
#include <vector>

namespace buttonwood::engine::tests {
namespace {

using Seeds = std::vector<std::uint16_t>;
constexpr double kLength = 6;  // times what rapidcheck would take

// A case of the golden files so far, and what was wrong at its end.
struct Outcome {
    std::string transcript = "case found at random\ngiven the usual market\n";
    std::string wrong;
};

std::string as_line(const CommandStream::Step& step, const NaiveEngine& state) {
    return "time " + format_time({step.time.us - 1}) + '\n' + write_command({step.actor, step.command}, state) + '\n';
}

Outcome run(const Seeds& seeds) {
    Outcome outcome;
    Coverage coverage;
    Trial trial(0, CommandStream::Profile::Usual, 1);
    while (trial.stream().is_opening() && outcome.wrong.empty()) outcome.wrong = trial.step(coverage);
    for (const std::uint16_t seed : seeds) {
        if (!outcome.wrong.empty()) return outcome;
        trial.stream().reseed(seed);
        const CommandStream::Step step = trial.stream().next(trial.oracle());
        outcome.transcript += as_line(step, trial.oracle());
        outcome.wrong = trial.decide(step, coverage);
    }
    return outcome;
}

// A command read back from its line is the same but for what has no words.
void require_same(const Command& read, const Command& written) {
    REQUIRE(read.index() == written.index());
    const auto* order = std::get_if<PlaceOrder>(&read);
    if (order && order->account != AccountId::None) REQUIRE(describe(read) == describe(written));
}

}  // namespace

TEST_CASE("The engine and the oracle agree on short lists of commands, which shrink where they do not", "[property]") {
    CHECK(rc::check("every event and every state", [] {
        const Seeds seeds = *rc::gen::scale(kLength, rc::gen::arbitrary<Seeds>());
        const Outcome outcome = run(seeds);
        if (outcome.wrong.empty()) return;
        RC_LOG() << outcome.wrong << "\n\nas a golden case:\n" << outcome.transcript;
        RC_FAIL("engine and oracle disagree");
    }));
}

TEST_CASE("A random command survives being written as a line of a golden case", "[property]") {
    Coverage coverage;
    Trial trial(Catch::rngSeed(), CommandStream::Profile::Usual, 100);
    while (trial.stream().is_opening()) REQUIRE(trial.step(coverage).empty());
    for (int i = 0; i < 2'000; ++i) {
        const CommandStream::Step step = trial.stream().next(trial.oracle());
        const std::string line = write_command({step.actor, step.command}, trial.oracle());
        INFO(line);
        const Line read = parse_command(line, trial.oracle());
        const auto* order = std::get_if<PlaceOrder>(&step.command);
        if (!order || trial.oracle().securities().contains(order->security)) require_same(read.command, step.command);
        REQUIRE(trial.decide(step, coverage).empty());
    }
}

}  // namespace buttonwood::engine::tests
