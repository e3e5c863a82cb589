// flow_replay: recorded order flow through the API of a running server, one line of result per file.
//
// Exit code 0: every fill and every book row agrees; 1: something differs; 2: it could not be run.
#include "bench/flow_run.hpp"
#include "bench/progress_bar.hpp"
#include "tests/support/server_process.hpp"

#include <charconv>
#include <cstdio>
#include <fstream>

namespace {

using namespace buttonwood;
using bench::FlowResult;

constexpr const char* kUsage =
    "usage: flow_replay (--serve BUTTONWOOD | --url URL --operator-key-file FILE) [--in-flight N] [--json]\n"
    "                   FILE.flow.csv.gz...\n"
    "  --serve BUTTONWOOD         start this server on a free port with a fresh data directory, stop it at the end\n"
    "  --url URL                  use a running server, such as http://127.0.0.1:8080\n"
    "  --operator-key-file FILE   the operator's key of that server (operator.key in its data directory)\n"
    "  --in-flight N              commands sent and not yet answered, at most (default 256)\n"
    "  --json                     one JSON object per file instead of a line\n"
    "Compares with the .fills and .tob or .bbo files beside each flow file, and always with a naive book.\n";

struct Arguments {
    std::string serve;
    std::string url;
    std::string key_file;
    std::size_t in_flight = bench::kDefaultInFlight;
    bool json = false;
    std::vector<std::string> files;
};

std::expected<Arguments, std::string> parse(const std::vector<std::string>& words) {
    Arguments a;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        auto value = [&]() -> std::string { return i + 1 < words.size() ? words[++i] : std::string{}; };
        if (word == "--serve")
            a.serve = value();
        else if (word == "--url")
            a.url = value();
        else if (word == "--operator-key-file")
            a.key_file = value();
        else if (word == "--json")
            a.json = true;
        else if (word == "--in-flight") {
            const std::string text = value();
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), a.in_flight);
            if (error != std::errc{} || end != text.data() + text.size() || a.in_flight == 0)
                return std::unexpected("--in-flight takes a number above zero");
        } else if (word.starts_with("--"))
            return std::unexpected("unknown option " + word);
        else
            a.files.push_back(word);
    }
    if (a.files.empty()) return std::unexpected("no flow file given");
    if (a.serve.empty() == (a.url.empty() || a.key_file.empty()))
        return std::unexpected("give either --serve, or --url and --operator-key-file");
    return a;
}

std::string first_line_of(const std::string& file) {
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    return line;
}

// Loads, runs and reports one file. Returns its exit code.
int replay(const std::string& file, const Arguments& arguments, bench::FlowRunOptions options) {
    const auto set = bench::load_flow(file);
    if (!set) {
        std::fprintf(stderr, "flow_replay: %s\n", set.error().c_str());
        return 2;
    }
    bench::ProgressBar bar(set->name);
    options.progress = [&bar](std::size_t done, std::size_t total, std::size_t mismatches) {
        bar.show(done, total, mismatches == 0 ? "" : std::to_string(mismatches) + " unexpected");
    };
    const auto result = bench::run_flow(*set, options);
    bar.clear();
    if (!result) {
        std::fprintf(stderr, "flow_replay: %s\n", result.error().c_str());
        return 2;
    }
    for (const std::string& detail : result->details) std::fprintf(stderr, "  %s\n", detail.c_str());
    std::printf("%s\n", arguments.json ? result->to_json().dump().c_str() : result->line().c_str());
    std::fflush(stdout);
    return result->ok() ? 0 : 1;
}

int replay_all(const Arguments& arguments, const bench::FlowRunOptions& options) {
    int worst = 0;
    for (const std::string& file : arguments.files) worst = std::max(worst, replay(file, arguments, options));
    return worst;
}

}  // namespace

int main(int argc, char** argv) {
    const auto arguments = parse({argv + 1, argv + argc});
    if (!arguments) {
        std::fprintf(stderr, "flow_replay: %s\n%s", arguments.error().c_str(), kUsage);
        return 2;
    }
    bench::FlowRunOptions options;
    options.in_flight = arguments->in_flight;
    if (arguments->serve.empty()) {
        options.url = arguments->url;
        options.operator_key = first_line_of(arguments->key_file);
        return replay_all(*arguments, options);
    }
    const test::ScratchDirectory directory;
    const auto server = test::ServerProcess::start({arguments->serve, directory.path() / "data", {}});
    if (!server) {
        std::fprintf(stderr, "flow_replay: %s\n", server.error().c_str());
        return 2;
    }
    options.url = (*server)->url();
    options.operator_key = (*server)->operator_key();
    return replay_all(*arguments, options);
}
