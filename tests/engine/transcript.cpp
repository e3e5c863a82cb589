#include "tests/engine/transcript.hpp"

#include "tests/engine/compare.hpp"

#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace buttonwood::engine::tests {
namespace {

constexpr std::string_view kIndent = "    ";
constexpr const char* kUsualMarket[] = {
    "system registers keeper as operator",
    "system registers ann as trader",
    "system registers bob as trader",
    "system registers cat as trader",
    "keeper creates ACME in USD scales 2 0 tick 0.01 lot 1",
    "keeper creates ROSE in USD scales 2 0 tick 0.05 lot 10",
    "keeper deposits 1000 USD for ann",
    "keeper deposits 1000 USD for bob",
    "keeper deposits 1000 USD for cat",
    "keeper issues 100 ACME to ann",
    "keeper issues 100 ACME to bob",
    "keeper issues 100 ACME to cat",
    "keeper issues 100 ROSE to ann",
    "keeper issues 100 ROSE to bob",
    "keeper issues 100 ROSE to cat",
};

// The market of one case: the engine and the oracle side by side.
class Stage {
public:
    // What came of the command, a line per event.
    std::string play(const std::string& line) {
        const Line parsed = parse_command(line, oracle_);
        time_.us += 1;
        const CommandHeader header{engine_.last_command() + 1, time_, parsed.actor, {}};
        const NaiveEngine::Prediction predicted = oracle_.decide(parsed.actor, time_, parsed.command);
        std::vector<Event> events;
        const RejectReason reason = engine_.decide(header, parsed.command, events);
        must_be_empty(compare_events(events, reason, predicted));
        must_be_empty(compare_states(engine_, oracle_));
        must_be_empty(engine_.check_invariants());
        std::string told;
        for (const Event& event : events) told += tell(event.body, oracle_) + '\n';
        return told;
    }
    void set_up() {
        for (const char* line : kUsualMarket) play(line);
    }
    void let_pass(Timestamp until) {
        if (until < time_) throw std::runtime_error("time does not go back");
        time_ = until;
    }
    [[nodiscard]] const NaiveEngine& state() const { return oracle_; }

private:
    static void must_be_empty(const std::vector<std::string>& differences) {
        if (!differences.empty()) throw std::runtime_error(differences.front());
    }
    Engine engine_;
    NaiveEngine oracle_;
    Timestamp time_ = parse_time("09:00:00");
};

// "600 times ann sells ...": the same command again and again; only what came of the last is told.
std::string play_often(const std::string& line, Stage& stage) {
    const std::size_t times = line.find(" times ");
    const unsigned long count = std::stoul(line.substr(0, times));
    std::string told;
    for (unsigned long i = 0; i < count; ++i) told = stage.play(line.substr(times + 7));
    return told;
}

// The middle of a long outcome is only counted.
std::string shortened(const std::string& told) {
    constexpr std::size_t kWhole = 24;
    constexpr std::size_t kEnds = 3;
    std::vector<std::string> lines;
    std::istringstream in(told);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    if (lines.size() <= kWhole) return told;
    std::string out;
    for (std::size_t i = 0; i < kEnds; ++i) out += lines[i] + '\n';
    out += "... " + std::to_string(lines.size() - 2 * kEnds) + " more ...\n";
    for (std::size_t i = lines.size() - kEnds; i < lines.size(); ++i) out += lines[i] + '\n';
    return out;
}

std::string indented(const std::string& lines) {
    std::istringstream in(lines);
    std::string out;
    for (std::string line; std::getline(in, line);) out += std::string(kIndent) + line + '\n';
    return out;
}

// A line that is played, told, drawn or kept.
std::string outcome(const std::string& line, std::unique_ptr<Stage>& stage) {
    if (line.empty() || line.starts_with('#')) return {};
    if (line.starts_with("case ")) {
        stage = std::make_unique<Stage>();
        return {};
    }
    if (!stage) throw std::runtime_error("a case comes first");
    if (line == "given the usual market") {
        stage->set_up();
        return {};
    }
    if (line.starts_with("time ")) {
        stage->let_pass(parse_time(line.substr(5)));
        return {};
    }
    if (line == "accounts") return indented(draw_accounts(stage->state()));
    if (line == "settlements") return indented(draw_settlements(stage->state()));
    if (line.starts_with("book "))
        return indented(draw_book(security_named(line.substr(5), stage->state()), stage->state()));
    if (line.starts_with("held "))
        return indented(draw_held(security_named(line.substr(5), stage->state()), stage->state()));
    const bool often = line.find_first_not_of("0123456789") > 0 && line.find(" times ") != std::string::npos;
    return indented(shortened(often ? play_often(line, *stage) : stage->play(line)));
}

}  // namespace

std::string retell(const std::string& script) {
    std::istringstream in(script);
    std::unique_ptr<Stage> stage;
    std::string told;
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
        if (line.starts_with(' ')) continue;
        told += line + '\n';
        try {
            told += outcome(line, stage);
        } catch (const std::exception& error) {
            throw std::runtime_error("line " + std::to_string(number) + ": " + line + ": " + error.what());
        }
    }
    return told;
}

}  // namespace buttonwood::engine::tests
