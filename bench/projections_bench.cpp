// projections_bench: how fast read models take events, how late they are, and what they cost the engine, on a private
// cluster and in one process with the pipeline. Four parts, each with its yardstick in the same run.
#include "bench/progress_bar.hpp"
#include "bench/projections_load.hpp"
#include "projections/projection.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace {

using namespace buttonwood;
using namespace buttonwood::bench;

constexpr std::uint64_t kDefaultEvents = 10'000'000;
constexpr std::uint64_t kDefaultSample = 500'000;
constexpr std::uint64_t kDefaultDaySeed = 20261121;

constexpr const char* kExamples =
    "Examples:\n"
    "  ./dev bench projections                                    everything, about half an hour\n"
    "  ./dev bench projections --part apply --projection portfolio --rounds 5\n"
    "  ./dev bench projections --part lag --part stall --seconds 20\n"
    "  ./dev bench projections --events 1000000 --json > projections.json\n"
    "Parts: apply (catch-up and rebuild of a sample beside COPY), rebuild (the whole log, with memory), lag (at half\n"
    "the pipeline's capacity), stall (the pipeline beside workers in trouble).";

struct Arguments {
    std::uint64_t events = kDefaultEvents;
    std::uint64_t sample = kDefaultSample;
    std::uint64_t seed = kDefaultDaySeed;
    std::size_t rounds = 3;
    unsigned seconds = 10;
    std::vector<std::string> parts;
    std::vector<std::string> projections;
    bool json = false;
    bool smoke = false;

    [[nodiscard]] bool wants(std::string_view part) const {
        return parts.empty() || std::ranges::find(parts, part) != parts.end();
    }
    [[nodiscard]] LoadSettings load() const {
        constexpr auto kShort = std::chrono::milliseconds(100);
        if (smoke) return {.capacity = kShort, .lag = kShort, .rounds = 1, .brief = true};
        return {.capacity = std::chrono::milliseconds(3'000), .lag = std::chrono::seconds(seconds), .rounds = rounds};
    }
};

std::vector<std::string> all_projections() {
    std::vector<std::string> names;
    for (const auto& projection : projections::make_all()) names.emplace_back(projection->name());
    return names;
}

void add_options(CLI::App& app, Arguments& arguments) {
    app.footer(kExamples);
    app.add_flag("--json", arguments.json, "print JSON");
    app.add_flag("--smoke", arguments.smoke, "tiny input: shows that it runs, measures nothing");
    app.add_option("--events", arguments.events, "of the log that is rebuilt")->capture_default_str();
    app.add_option("--sample", arguments.sample, "events of part apply")->capture_default_str();
    app.add_option("--seconds", arguments.seconds, "of sustained load in part lag")
        ->capture_default_str()
        ->check(CLI::Range(1U, 3'600U));
    app.add_option("--rounds", arguments.rounds, "interleaved; the median counts")
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000));
    app.add_option("--seed", arguments.seed, "of the day of trading")->capture_default_str();
    app.add_option("--part", arguments.parts, "only this part; may be repeated")
        ->check(CLI::IsMember(std::vector<std::string>{"apply", "rebuild", "lag", "stall"}));
    app.add_option("--projection", arguments.projections, "only this one in apply and rebuild; may be repeated")
        ->check(CLI::IsMember(all_projections()));
}

// What is under way, on stderr.
class Progress {
public:
    explicit Progress(std::string part) : part_(std::move(part)) {}
    [[nodiscard]] Told told() {
        return [this](std::uint64_t done, std::uint64_t total, const std::string& what) {
            if (!bar_ || done < done_) bar_.emplace(part_);  // something else begins
            bar_->show(done_ = done, total, what);
        };
    }
    void clear() {
        if (bar_) bar_->clear();
    }

private:
    std::string part_;
    std::uint64_t done_ = 0;
    std::optional<ProgressBar> bar_;
};

std::vector<ApplyRate> run_apply(BenchCluster& cluster, const Arguments& arguments) {
    Progress progress("apply");
    const DayLog log = write_day(cluster, arguments.seed, arguments.sample, progress.told());
    auto rates = measure_apply(cluster, log, arguments.projections, arguments.load().rounds, progress.told());
    must(cluster.drop(log.conninfo), "drop");
    return rates;
}

std::vector<RebuildRun> run_rebuild(BenchCluster& cluster, const Arguments& arguments) {
    Progress progress("rebuild");
    const DayLog log = write_day(cluster, arguments.seed, arguments.events, progress.told());
    std::vector<RebuildRun> runs;
    progress.clear();
    if (!arguments.json) print_rebuild_heading(log.last_seq);
    for (const std::string& projection : arguments.projections) {
        runs.push_back(measure_rebuild(cluster, log, projection, progress.told()));
        progress.clear();
        if (!arguments.json) print(runs.back());
    }
    if (!arguments.json) print_slowest(runs);
    must(cluster.drop(log.conninfo), "drop");
    return runs;
}

void run(const Arguments& arguments) {
    ProjectionsReport report;
    report.info = run_info(arguments.seed, arguments.load().rounds);
    const auto cluster = must(BenchCluster::start(), "the cluster");
    if (!arguments.json)
        std::printf("commit %s, %s, seed %llu\n", report.info.commit.c_str(), report.info.machine.c_str(),
                    static_cast<unsigned long long>(arguments.seed));
    const auto show = [&](const auto& part) {
        if (!arguments.json) print(part);
    };
    if (arguments.wants("apply")) report.apply = run_apply(*cluster, arguments);
    show(report.apply);
    if (arguments.wants("rebuild")) report.rebuild = run_rebuild(*cluster, arguments);
    DayOrders orders(arguments.seed);
    if (arguments.wants("lag"))
        report.lag = measure_lag(*cluster, orders, arguments.load(), Progress("lag").told());
    show(report.lag);
    if (arguments.wants("stall"))
        report.stall = measure_stall(*cluster, orders, arguments.load(), Progress("stall").told());
    show(report.stall);
    if (arguments.json) std::printf("%s\n", to_json(report).dump(2).c_str());
    else print_marks(report);
}

}  // namespace

int main(int argc, char** argv) {
    Arguments arguments;
    CLI::App app("Measures read models: how fast they take events, how late they are, what they cost the engine");
    add_options(app, arguments);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (arguments.smoke) {
        arguments.events = arguments.sample = 5'000;
        arguments.projections = {"trades"};
    }
    if (arguments.projections.empty()) arguments.projections = all_projections();
    try {
        run(arguments);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "projections_bench: %s\n", error.what());
        return 1;
    }
}
