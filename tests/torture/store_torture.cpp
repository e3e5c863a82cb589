// store_torture: breaks the store in every way the rig knows, as long as told, and says what held.
#include "tests/torture/controls.hpp"
#include "tests/torture/kinds.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <map>

namespace {

using namespace buttonwood::torture;
using Clock = std::chrono::steady_clock;

constexpr int kViolated = 1;
constexpr int kBroken = 2;
volatile std::sig_atomic_t interrupted = 0;

struct Arguments {
    std::uint64_t seed = std::random_device{}();
    double minutes = 0;
    int cycles = 0;
    std::string only;
    bool controls = false;
};

struct Tally {
    int cycles = 0;
    int with_in_flight = 0;
    Cycle sum;
    std::vector<std::chrono::milliseconds> resumed;
    int violations = 0;

    void add(const Cycle& cycle) {
        ++cycles;
        with_in_flight += cycle.in_flight > 0;
        sum.acknowledged += cycle.acknowledged;
        sum.unknown += cycle.unknown;
        sum.unknown_executed += cycle.unknown_executed;
        if (cycle.resumed) resumed.push_back(*cycle.resumed);
        violations += !cycle.violations.empty();
    }
    [[nodiscard]] std::string resume_text() const {
        if (resumed.empty()) return "-";
        auto sorted = resumed;
        std::ranges::sort(sorted);
        return std::to_string(sorted[sorted.size() / 2].count()) + " / " + std::to_string(sorted.back().count());
    }
    void print(const std::string& name, const std::string& promises) const {
        std::printf("%-24s %-18s %7d %7.1f%% %10llu %9llu %9llu %14s %10d\n", name.c_str(), promises.c_str(), cycles,
                    cycles == 0 ? 0.0 : 100.0 * with_in_flight / cycles,
                    static_cast<unsigned long long>(sum.acknowledged), static_cast<unsigned long long>(sum.unknown),
                    static_cast<unsigned long long>(sum.unknown_executed), resume_text().c_str(), violations);
    }
};

// Everything in turn, in an order that the seed shuffles anew each round.
class Programme {
public:
    Programme(std::uint64_t seed, const std::string& only) : random_(seed) {
        const auto obstacle = PowerCutDisk::obstacle();
        for (const Kind& kind : all_kinds()) {
            if (!only.empty() && kind.name != only) continue;
            if (kind.cuts_power && obstacle) {
                std::printf("left out: %s, for %s\n", std::string(kind.name).c_str(), obstacle->c_str());
                continue;
            }
            kinds_.push_back(&kind);
        }
        if (kinds_.empty()) throw RigBroken("nothing is left to do");
    }
    const Kind& next() {
        if (at_ == 0) std::ranges::shuffle(kinds_, random_);
        const Kind& kind = *kinds_[at_];
        at_ = (at_ + 1) % kinds_.size();
        return kind;
    }
    [[nodiscard]] const std::vector<const Kind*>& kinds() const { return kinds_; }
    [[nodiscard]] bool cuts_power() const { return std::ranges::any_of(kinds_, &Kind::cuts_power); }

private:
    std::mt19937_64 random_;
    std::vector<const Kind*> kinds_;
    std::size_t at_ = 0;
};

bool goes_on(const Arguments& arguments, int done, Clock::time_point begin) {
    if (interrupted != 0) return false;
    if (arguments.cycles > 0 && done >= arguments.cycles) return false;
    if (arguments.cycles > 0 && arguments.minutes <= 0) return true;
    return std::chrono::duration<double>(Clock::now() - begin).count() < 60 * arguments.minutes;
}

void show_progress(int done, Clock::time_point begin, const Kind& kind, int violations) {
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    std::fprintf(stderr, "%s%6d cycles  %6.0f s  %6.0f cycles/h  %d violations  %-24s%s", isatty(2) ? "\r" : "", done,
                 seconds, 3600 * done / std::max(seconds, 1e-3), violations, std::string(kind.name).c_str(),
                 isatty(2) ? "" : "\n");
}

int torture(const Arguments& arguments, const buttonwood::test::ScratchDirectory& scratch) {
    Programme programme(arguments.seed, arguments.only);
    std::printf("seed %llu\n", static_cast<unsigned long long>(arguments.seed));
    std::fflush(stdout);
    Rig rig({.setup = {.server = BUTTONWOOD_SERVER},
             .scratch = scratch.path(),
             .on_power_cut_disk = programme.cuts_power(),
             .seed = arguments.seed});
    std::map<std::string_view, Tally> tallies;
    Tally total;
    const auto begin = Clock::now();
    for (int done = 0; goes_on(arguments, done, begin); ++done) {
        const Kind& kind = programme.next();
        const Cycle cycle = rig.run(kind.strike);
        tallies[kind.name].add(cycle);
        total.add(cycle);
        for (const std::string& violation : cycle.violations)
            std::printf("\nVIOLATION in cycle %d, %s: %s\n", done + 1, std::string(kind.name).c_str(),
                        violation.c_str());
        std::fflush(stdout);
        show_progress(done + 1, begin, kind, total.violations);
    }
    std::printf("\n%-24s %-18s %7s %8s %10s %9s %9s %14s %10s\n", "kind", "promises", "cycles", "in flight", "acked",
                "unknown", "executed", "resumed ms", "violations");
    for (const Kind* kind : programme.kinds())
        tallies[kind->name].print(std::string(kind->name), std::string(kind->promises));
    total.print("all", "");
    std::printf("resumed ms: median / worst, from PostgreSQL's first answer to the next acknowledgement\n");
    // A kill that hits an idle server proves nothing.
    const bool idle = 100 * total.with_in_flight < 95 * total.cycles;
    if (idle) std::printf("fewer than 95 %% of the cycles had commands in flight\n");
    return total.violations > 0 || idle ? kViolated : 0;
}

int run_controls(const Arguments& arguments, const buttonwood::test::ScratchDirectory& scratch) {
    const auto obstacle = PowerCutDisk::obstacle();
    Rig rig({.setup = {}, .scratch = scratch.path(), .on_power_cut_disk = !obstacle, .seed = arguments.seed});
    int missed = 0;
    for (const Control& control : all_controls()) {
        if (!arguments.only.empty() && control.name != arguments.only) continue;
        if (obstacle && kind_named(control.kind)->cuts_power) {
            std::printf("%-28s left out: %s\n", std::string(control.name).c_str(), obstacle->c_str());
            continue;
        }
        const auto found = run_control(rig, control);
        std::printf("%-28s %s\n", std::string(control.name).c_str(),
                    found ? ("red, as it must be: " + *found).c_str() : "GREEN: the rig is blind to it");
        std::fflush(stdout);
        missed += !found;
    }
    return missed > 0 ? kViolated : 0;
}

int run(int argc, char** argv) {
    CLI::App app{"Breaks the store in every way, and says what held"};
    Arguments arguments;
    std::string names;
    for (const Kind& kind : all_kinds()) names += (names.empty() ? "" : " ") + std::string(kind.name);
    app.add_option("--seed", arguments.seed, "of everything random; printed at the start");
    app.add_option("--minutes", arguments.minutes, "how long; default 10 when --cycles is not given");
    app.add_option("--cycles", arguments.cycles, "how many faults");
    app.add_option("--only", arguments.only, "one kind: " + names + "; or the name of a control");
    app.add_flag("--controls", arguments.controls, "run servers without a protection instead: each must be caught");
    CLI11_PARSE(app, argc, argv);
    if (!arguments.only.empty() && !arguments.controls && !kind_named(arguments.only)) {
        std::fprintf(stderr, "store_torture: no kind '%s', there are: %s\n", arguments.only.c_str(), names.c_str());
        return kBroken;
    }
    if (arguments.minutes <= 0 && arguments.cycles <= 0) arguments.minutes = 10;
    std::signal(SIGINT, [](int) { interrupted = 1; });
    const buttonwood::test::ScratchDirectory scratch;
    if (arguments.controls) return run_controls(arguments, scratch);
    return torture(arguments, scratch);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "store_torture: %s\n", e.what());
        return kBroken;
    }
}
