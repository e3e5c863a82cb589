// store_bench: what being durable costs. A bare commit, blocks of 1 to 1,024 orders appended to the journal, and the
// whole pipeline in process, on one private cluster; every subject in turn, round after round, and the median of each.
// Then recovery, once.
#include "bench/bench_arguments.hpp"
#include "bench/raw_append.hpp"
#include "bench/recovery.hpp"

#include <algorithm>
#include <functional>
#include <map>

namespace {

using namespace buttonwood::bench;
using namespace std::chrono_literals;

constexpr std::chrono::microseconds kLinger = 300us;  // of a pipeline that has processors to itself

int fail(const std::string& what) {
    std::fprintf(stderr, "store_bench: %s\n", what.c_str());
    return 1;
}

using Outcome = std::expected<AppendReport, std::string>;

struct Subject {
    std::string key;
    std::function<Outcome(StoreBench&, std::chrono::milliseconds)> run;
    std::vector<AppendReport> rounds;

    [[nodiscard]] AppendReport median() const {
        std::vector<AppendReport> sorted = rounds;
        std::ranges::sort(sorted, {}, &AppendReport::commands_per_second);
        return sorted[sorted.size() / 2];
    }
};

std::vector<Subject> subjects() {
    std::vector<Subject> all;
    all.push_back({"bare", [](StoreBench& store, auto duration) { return store.commit_bare(duration); }, {}});
    for (const std::size_t size : {1U, 16U, 64U, 256U, 1024U})
        all.push_back({"raw " + std::to_string(size),
                       [size](StoreBench& store, auto duration) { return store.append_blocks(size, duration); },
                       {}});
    for (const std::size_t in_flight : {1U, 64U, 256U, 1024U})
        for (const std::chrono::microseconds linger : {0us, kLinger})
            all.push_back({(linger > 0us ? "lingering " : "pipeline ") + std::to_string(in_flight),
                           [in_flight, linger](StoreBench& store, auto duration) {
                               return store.run_pipeline(in_flight, linger, duration);
                           },
                           {}});
    return all;
}

struct Ratio {
    std::string what;
    double value;
    std::string mark;
};

std::vector<Ratio> ratios(const std::map<std::string, AppendReport>& report) {
    const AppendReport& bare = report.at("bare");
    const auto latency = [&](const std::string& key) { return report.at(key).p50_us / bare.p50_us; };
    const auto tail = [&](const std::string& key) { return report.at(key).p99_us / bare.p99_us; };
    const auto rate = [&](const std::string& in_flight) {
        return report.at("pipeline " + in_flight).commands_per_second() /
               report.at("raw " + in_flight).commands_per_second();
    };
    return {
        {"acknowledgement p50, 1 in flight / a bare commit", latency("pipeline 1"), ""},
        {"acknowledgement p50, 1 in flight, lingering / a bare commit", latency("lingering 1"), "<= 1.5"},
        {"acknowledgement p99, 1 in flight / a bare commit", tail("pipeline 1"), ""},
        {"acknowledgement p50, 64 in flight / a bare commit", latency("pipeline 64"), ""},
        {"acknowledgement p99, 64 in flight / a bare commit", tail("pipeline 64"), ""},
        {"acknowledgement p50, 1,024 in flight / a bare commit", latency("pipeline 1024"), ""},
        {"acknowledgement p99, 1,024 in flight / a bare commit", tail("pipeline 1024"), ""},
        {"commands per second, 256 in flight / raw appends of 256", rate("256"), ">= 0.5"},
        {"commands per second, 1,024 in flight / raw appends of 1,024", rate("1024"), ""},
    };
}

}  // namespace

int main(int argc, char** argv) {
    const auto arguments = parse_bench_arguments(argc, argv);
    if (!arguments) return fail(arguments.error());
    const auto store = StoreBench::start();
    if (!store) return fail(store.error());

    std::vector<Subject> all = subjects();
    for (std::size_t round = 0; round < arguments->rounds; ++round)
        for (Subject& subject : all) {
            auto result = subject.run(**store, arguments->duration);
            if (!result) return fail(subject.key + ": " + result.error());
            if (result->commands == 0) return fail(subject.key + ": nothing was acknowledged");
            subject.rounds.push_back(*std::move(result));
        }

    nlohmann::json results = nlohmann::json::array();
    std::map<std::string, AppendReport> report;
    for (const Subject& subject : all) {
        report[subject.key] = subject.median();
        results.push_back(report[subject.key].to_json());
        if (!arguments->json) std::printf("%s\n", report[subject.key].line().c_str());
    }
    nlohmann::json compared = nlohmann::json::array();
    for (const Ratio& ratio : ratios(report)) {
        compared.push_back({{"name", ratio.what}, {"ratio", ratio.value}, {"mark", ratio.mark}});
        const std::string mark = ratio.mark.empty() ? "" : "   mark " + ratio.mark;
        if (!arguments->json) std::printf("%-62s %6.2f%s\n", ratio.what.c_str(), ratio.value, mark.c_str());
    }
    const auto recovery = run_recovery(**store, arguments->smoke ? 5'000 : 1'000'000);
    if (!recovery) return fail(recovery.error());
    if (!recovery->same_state) return fail("replay and snapshot lead to different states");
    if (!arguments->json) std::printf("%s\n", recovery->lines().c_str());
    if (arguments->json)
        std::printf("%s\n",
                    nlohmann::json{{"subjects", results}, {"ratios", compared}, {"recovery", recovery->to_json()}}
                        .dump(2)
                        .c_str());
}
