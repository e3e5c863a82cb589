// api_bench: durable order entry through the API beside its two yardsticks, in one run on one machine.
//
//     bare Beast     the least a Beast server does with the same POST: no state, no database
//     server         REST and WebSocket of the real binary with a private PostgreSQL, fsync on
//     raw append     the same orders as ready-made blocks, straight into the journal
//
// Client, server and database share the machine's cores, and other work on the machine comes and goes: everything is
// measured in several rounds, one after the other, and the median round of each counts. Compare ratios inside a run,
// not figures across runs.
#include "bench/bare_server.hpp"
#include "bench/bench_arguments.hpp"
#include "bench/load_client.hpp"
#include "bench/raw_append.hpp"
#include "tests/support/server_process.hpp"

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <thread>

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
constexpr auto kProjectionPatience = std::chrono::minutes(5);
constexpr auto kPollInterval = std::chrono::milliseconds(20);

// One round; and, of all rounds, the median of each.
struct Results {
    LoadReport bare, rest, websocket, rest_single, websocket_single;
    AppendReport append_single, append_batch, pipeline;
};

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what); }

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

LoadReport measure_bare(const BareProcess& bare, std::chrono::milliseconds duration) {
    const LoadTarget target{.endpoint = {"127.0.0.1", bare.port()},
                            .token = std::string(83, 'x'),
                            .symbol = "BENCH",
                            .buyer = "acc_1",
                            .seller = "acc_2",
                            .id_prefix = "bare-"};
    LoadReport report =
        checked(load_http(target, {.connections = kRestConnections, .in_flight = 1, .duration = duration, .seed = 1}));
    report.name = "bare Beast POST, 32 connections";
    return report;
}

class ServerBench {
public:
    ServerBench(const fs::path& binary, std::chrono::milliseconds duration) : duration_(duration) {
        auto started =
            test::ServerProcess::start({.binary = binary, .data_dir = directory_.path() / "data", .arguments = {}});
        if (!started) fail(started.error());
        server_ = std::move(*started);
    }

    LoadReport rest(std::size_t connections) {
        return measured([&](const LoadTarget& target) {
            return load_http(target, {.connections = connections, .in_flight = 1, .duration = duration_, .seed = 1});
        });
    }
    LoadReport websocket(std::size_t in_flight) {
        return measured([&](const LoadTarget& target) {
            return load_websocket(target, {.connections = 1, .in_flight = in_flight, .duration = duration_, .seed = 1});
        });
    }
    void stop() {
        if (server_->terminate() != 0) fail("the server did not stop cleanly: " + server_->log_tail());
    }

private:
    // Every measurement has a market of its own: none starts with the book of the one before. What the read models
    // still have to do afterwards is not charged to the next one.
    template <class Load> LoadReport measured(Load&& load) {
        auto target = open_market(server_->url(), server_->operator_key(), "BENCH" + std::to_string(++markets_));
        if (!target) fail(target.error());
        target->id_prefix = "b" + std::to_string(markets_) + "-";
        LoadReport report = checked(load(*target));
        wait_for_projections();
        return report;
    }

    void wait_for_projections() {
        test::HttpClient client(server_->url(), server_->operator_key());
        const auto deadline = std::chrono::steady_clock::now() + kProjectionPatience;
        while (std::chrono::steady_clock::now() < deadline) {
            const auto answer = client.get("/v1/admin/projections");
            if (!answer || answer->status != 200) fail("the server does not tell how far its projections are");
            const nlohmann::json rows = answer->json().at("data");
            if (std::ranges::all_of(rows, [](const auto& row) { return row.at("lag_events") == 0; })) return;
            std::this_thread::sleep_for(kPollInterval);
        }
        fail("the projections did not catch up");
    }

    std::chrono::milliseconds duration_;
    test::ScratchDirectory directory_;
    std::unique_ptr<test::ServerProcess> server_;
    int markets_ = 0;
};

AppendReport checked(std::expected<AppendReport, std::string> report) {
    if (!report) fail(report.error());
    if (report->commands == 0) fail(report->name + ": nothing became durable");
    return *report;
}

// The element with the median rate.
template <class Report, class Rate> Report median(std::vector<Results>& rounds, Report Results::*part, Rate&& rate) {
    std::ranges::sort(rounds, {}, [&](const Results& r) { return rate(r.*part); });
    return rounds[rounds.size() / 2].*part;
}

Results median_of(std::vector<Results> rounds) {
    auto load = [&](LoadReport Results::*part) {
        return median(rounds, part, [](const LoadReport& r) { return r.per_second(); });
    };
    auto append = [&](AppendReport Results::*part) {
        return median(rounds, part, [](const AppendReport& r) { return r.commands_per_second(); });
    };
    return {load(&Results::bare),
            load(&Results::rest),
            load(&Results::websocket),
            load(&Results::rest_single),
            load(&Results::websocket_single),
            append(&Results::append_single),
            append(&Results::append_batch),
            append(&Results::pipeline)};
}

Results measure(const BenchArguments& arguments, const fs::path& binary) {
    const BareProcess bare;  // forks: before any thread is started
    ServerBench server(binary, arguments.duration);
    const auto store = StoreBench::start();
    if (!store) fail(store.error());
    std::vector<Results> rounds;
    for (std::size_t round = 0; round < arguments.rounds; ++round) {
        Results r;
        r.bare = measure_bare(bare, arguments.duration);
        r.rest = server.rest(kRestConnections);
        r.websocket = server.websocket(kInFlight);
        r.append_batch = checked((*store)->append_blocks(kInFlight, arguments.duration));
        r.pipeline = checked((*store)->run_pipeline(kInFlight, std::chrono::microseconds{0}, arguments.duration));
        r.append_single = checked((*store)->append_blocks(1, arguments.duration));
        r.rest_single = server.rest(1);
        r.websocket_single = server.websocket(1);
        rounds.push_back(std::move(r));
        std::fprintf(stderr, "round %zu of %zu done\n", round + 1, arguments.rounds);
    }
    server.stop();
    return median_of(std::move(rounds));
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

void print(const Results& r) {
    print_table(r);
    std::printf("\n%-42s %8s  %s\n", "ratio", "here", "mark (stretch)");
    for (const Ratio& ratio : ratios_of(r)) std::printf("%-42s %8.2f  %s\n", ratio.name, ratio.value, ratio.mark);
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
    if (!arguments) {
        std::fprintf(stderr, "api_bench: %s\n", arguments.error().c_str());
        return 2;
    }
    const fs::path beside = fs::read_symlink("/proc/self/exe").parent_path() / ".." / "api" / "buttonwood";
    const fs::path binary = arguments->serve.empty() ? beside : fs::path(arguments->serve);
    try {
        const Results results = measure(*arguments, fs::weakly_canonical(binary));
        if (arguments->json)
            std::printf("%s\n", to_json(results).dump(2).c_str());
        else
            print(results);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "api_bench: %s\n", e.what());
        return 1;
    }
}
