// core_bench: the matching core over seeded workloads: the std::map book, the engine's book, and the whole engine, in
// one process and interleaved, so that every figure is a ratio too. Prints a table and the marks, or JSON.
// Exit code 0: measured, whatever the marks say. 1: two subjects disagreed about a fill. 2: wrong arguments.
#include "bench/core_report.hpp"
#include "bench/core_run.hpp"
#include "bench/progress_bar.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <exception>
#include <string>
#include <vector>

namespace {

using namespace buttonwood::bench;

constexpr std::uint64_t kDefaultSeed = 20'261'121;
constexpr std::size_t kDefaultRounds = 5;

struct Arguments {
    RunOptions options;
    bool json = false;
    std::vector<std::string> regimes;
};

std::vector<WorkloadName> chosen(const std::vector<std::string>& regimes) {
    std::vector<WorkloadName> names;
    for (const WorkloadName& name : workload_names())
        if (regimes.empty() || std::ranges::find(regimes, name.name) != regimes.end()) names.push_back(name);
    return names;
}

std::vector<std::string> all_regimes() {
    std::vector<std::string> names;
    for (const WorkloadName& name : workload_names()) names.emplace_back(name.name);
    return names;
}

void run(const Arguments& arguments) {
    const RunInfo info = run_info(arguments.options.seed, arguments.options.rounds);
    const std::vector<WorkloadName> names = chosen(arguments.regimes);
    if (!arguments.json) print_heading(info);
    std::vector<WorkloadResult> results;
    ProgressBar bar("core");
    for (const WorkloadName& name : names) {
        results.push_back(run_workload(name, arguments.options, [&](const std::string& doing) {
            bar.show(results.size(), names.size(), doing);
        }));
        bar.clear();
        if (!arguments.json) print_workload(results.back());
    }
    if (arguments.json)
        std::printf("%s\n", json_of(info, results).dump(2).c_str());
    else
        print_marks(marks_of(results));
}

}  // namespace

int main(int argc, char** argv) {
    Arguments arguments;
    arguments.options.seed = kDefaultSeed;
    CLI::App app("Measures the matching core against the std::map book");
    app.add_flag("--json", arguments.json, "print JSON");
    app.add_flag("--smoke", arguments.options.smoke, "tiny input: shows that it runs, measures nothing");
    app.add_option("--seed", arguments.options.seed, "seed of the workloads")->capture_default_str();
    auto* rounds = app.add_option("--rounds", arguments.options.rounds, "interleaved; the median counts")
                       ->default_val(kDefaultRounds)
                       ->check(CLI::Range(1, 1'000));
    app.add_option("--regime", arguments.regimes, "only this workload; may be repeated")
        ->check(CLI::IsMember(all_regimes()));
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (arguments.options.smoke && rounds->count() == 0) arguments.options.rounds = 1;
    try {
        run(arguments);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "core_bench: %s\n", error.what());
        return 1;
    }
}
