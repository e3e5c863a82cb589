// api_bench: durable order entry through the API beside its two yardsticks, in one run on one machine.
//
//     bare Beast     the least a Beast server does with the same POST: no state, no database
//     server         REST and WebSocket of the real binary with a private PostgreSQL, fsync on
//     raw append     the same orders as ready-made blocks, straight into the journal
//
// Client, server and database share the machine's cores: compare ratios inside a run, not figures across runs.
#include "bench/bare_server.hpp"
#include "bench/bench_arguments.hpp"
#include "bench/load_client.hpp"
#include "bench/raw_append.hpp"
#include "tests/support/server_process.hpp"

#include <filesystem>

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace buttonwood;
using namespace buttonwood::bench;
namespace fs = std::filesystem;

constexpr std::size_t kRestConnections = 32;
constexpr std::size_t kInFlight = 256;

struct Results {
    LoadReport bare, rest, rest_single, websocket, websocket_single;
    AppendReport append_single, append_batch, pipeline;
};

[[noreturn]] void fail(const std::string& what) {
    std::fprintf(stderr, "api_bench: %s\n", what.c_str());
    std::exit(1);
}

// The bare server in a process of its own, as the real one is.
class BareProcess {
public:
    BareProcess() : port_(server_.port()), pid_(fork()) {
        if (pid_ < 0) fail("cannot fork");
        if (pid_ != 0) return;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        server_.run();
        _exit(0);
    }
    BareProcess(const BareProcess&) = delete;
    BareProcess& operator=(const BareProcess&) = delete;
    ~BareProcess() {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    [[nodiscard]] std::uint16_t port() const { return port_; }

private:
    BareServer server_;
    std::uint16_t port_;
    pid_t pid_;
};

LoadReport checked(LoadReport report) {
    if (!report.problem.empty()) fail(report.name + ": " + report.problem);
    if (report.refused != 0) fail(report.name + ": " + std::to_string(report.refused) + " orders were refused");
    if (report.acknowledged == 0) fail(report.name + ": nothing was acknowledged");
    return report;
}

LoadReport measure_bare(const BenchArguments& arguments) {
    const BareProcess bare;
    const LoadTarget target{.endpoint = {"127.0.0.1", bare.port()},
                            .token = std::string(83, 'x'),
                            .symbol = "BENCH",
                            .buyer = "acc_1",
                            .seller = "acc_2",
                            .id_prefix = "bare-"};
    LoadReport report = checked(load_http(
        target, {.connections = kRestConnections, .in_flight = 1, .duration = arguments.duration, .seed = 1}));
    report.name = "bare Beast POST, 32 connections";
    return report;
}

void measure_server(const BenchArguments& arguments, const fs::path& binary, Results& results) {
    const test::ScratchDirectory directory;
    const auto server =
        test::ServerProcess::start({.binary = binary, .data_dir = directory.path() / "data", .arguments = {}});
    if (!server) fail(server.error());
    int markets = 0;
    // Every measurement has a market of its own: none starts with the book of the one before.
    auto target = [&] {
        auto opened = open_market((*server)->url(), (*server)->operator_key(), "BENCH" + std::to_string(++markets));
        if (!opened) fail(opened.error());
        opened->id_prefix = "b" + std::to_string(markets) + "-";
        return *opened;
    };
    const auto d = arguments.duration;
    results.rest =
        checked(load_http(target(), {.connections = kRestConnections, .in_flight = 1, .duration = d, .seed = 1}));
    results.websocket =
        checked(load_websocket(target(), {.connections = 1, .in_flight = kInFlight, .duration = d, .seed = 1}));
    results.rest_single = checked(load_http(target(), {.connections = 1, .in_flight = 1, .duration = d, .seed = 1}));
    results.websocket_single =
        checked(load_websocket(target(), {.connections = 1, .in_flight = 1, .duration = d, .seed = 1}));
    if ((*server)->terminate() != 0) fail("the server did not stop cleanly: " + (*server)->log_tail());
}

void measure_store(const BenchArguments& arguments, Results& results) {
    const auto store = StoreBench::start();
    if (!store) fail(store.error());
    auto taken = [](std::expected<AppendReport, std::string> report) {
        if (!report) fail(report.error());
        return *report;
    };
    results.append_single = taken((*store)->append_blocks(1, arguments.duration));
    results.append_batch = taken((*store)->append_blocks(kInFlight, arguments.duration));
    results.pipeline = taken((*store)->run_pipeline(kInFlight, arguments.duration));
}

void print_table(const Results& r) {
    std::printf("%-42s %12s %9s %9s %9s\n", "", "orders/s", "p50 us", "p99 us", "p99.9 us");
    for (const LoadReport* load : {&r.bare, &r.rest, &r.websocket, &r.rest_single, &r.websocket_single})
        std::printf("%-42s %12.0f %9.0f %9.0f %9.0f\n", load->name.c_str(), load->per_second(), load->p50_us,
                    load->p99_us, load->p999_us);
    for (const AppendReport* append : {&r.append_single, &r.append_batch, &r.pipeline})
        std::printf("%-42s %12.0f %9.0f %9.0f\n", append->name.c_str(), append->commands_per_second(), append->p50_us,
                    append->p99_us);
}

struct Ratio {
    const char* name;
    double value;
    const char* mark;
};

std::vector<Ratio> ratios_of(const Results& r) {
    return {
        {"durable REST / bare Beast POST", r.rest.per_second() / r.bare.per_second(), ">= 0.35 (0.6)"},
        {"durable WebSocket / bare Beast POST", r.websocket.per_second() / r.bare.per_second(), ">= 1 (2)"},
        {"durable WebSocket / raw append of 256", r.websocket.per_second() / r.append_batch.commands_per_second(), "-"},
        {"pipeline / raw append of 256", r.pipeline.commands_per_second() / r.append_batch.commands_per_second(),
         ">= 0.5 (0.8)"},
        {"WebSocket p50, 1 in flight / bare commit", r.websocket_single.p50_us / r.append_single.p50_us, "<= 3"},
        {"REST p50, 1 in flight / bare commit", r.rest_single.p50_us / r.append_single.p50_us, "<= 3"}};
}

nlohmann::json to_json(const Results& r) {
    nlohmann::json out;
    for (const LoadReport* load : {&r.bare, &r.rest, &r.websocket, &r.rest_single, &r.websocket_single})
        out["loads"].push_back(load->to_json());
    for (const AppendReport* append : {&r.append_single, &r.append_batch, &r.pipeline})
        out["appends"].push_back(append->to_json());
    for (const Ratio& ratio : ratios_of(r)) out["ratios"][ratio.name] = ratio.value;
    return out;
}

}  // namespace

int main(int argc, char** argv) {
    const auto arguments = parse_bench_arguments(argc, argv);
    if (!arguments) fail(arguments.error());
    const fs::path binary = arguments->serve.empty()
                                ? fs::read_symlink("/proc/self/exe").parent_path() / ".." / "api" / "buttonwood"
                                : fs::path(arguments->serve);
    Results results;
    results.bare = measure_bare(*arguments);
    measure_server(*arguments, fs::weakly_canonical(binary), results);
    measure_store(*arguments, results);
    if (arguments->json) {
        std::printf("%s\n", to_json(results).dump(2).c_str());
        return 0;
    }
    print_table(results);
    std::printf("\n%-42s %8s  %s\n", "ratio", "here", "mark (stretch)");
    for (const Ratio& ratio : ratios_of(results)) std::printf("%-42s %8.2f  %s\n", ratio.name, ratio.value, ratio.mark);
}
