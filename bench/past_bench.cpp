// past_bench: what it costs to show the market as it was after an event, with snapshots every so many events, against
// replaying the log from its first event. In process, engine only, on a private cluster; the events are random, from a
// fixed seed.
#include "bench/bench_arguments.hpp"
#include "bench/raw_append.hpp"

#include "eventstore/history.hpp"
#include "eventstore/pg_journal.hpp"

#include <algorithm>
#include <random>

namespace {

using namespace buttonwood;
using namespace buttonwood::bench;
using namespace buttonwood::eventstore;
using Clock = std::chrono::steady_clock;

int fail(const std::string& what) {
    std::fprintf(stderr, "past_bench: %s\n", what.c_str());
    return 1;
}

template <class F> double ms_of(F&& f) {
    const auto begin = Clock::now();
    f();
    return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

double median(std::vector<double> all) {
    std::ranges::sort(all);
    return all[all.size() / 2];
}

// A snapshot behind the first block that ends so many events after the one before.
std::expected<void, std::string> take_snapshots(Connection& connection, const std::string& conninfo,
                                                std::uint64_t every) {
    engine::Engine engine;
    engine::EventSeq taken = 0;
    std::string problem;
    const auto read = make_pg_journal({.conninfo = conninfo})->read(0, [&](const Block& block) {
        const auto records = decode(block.payload, block.header.first_seq);
        if (!records) {
            problem = "a block cannot be read";
            return false;
        }
        for (const engine::Event& event : records->events) engine.apply(event);
        if (engine.last_seq() < taken + every) return true;
        taken = engine.last_seq();
        const auto written = write_snapshot(connection, engine, block.hash, {}, "bench");
        if (!written) problem = written.error().message;
        return problem.empty();
    });
    if (!read) return std::unexpected("the log cannot be read");
    if (!problem.empty()) return std::unexpected(problem);
    return {};
}

struct PastReport {
    engine::EventSeq events{};
    double genesis_ms{}, nearest_ms{}, instant_ms{}, kept_ms{}, forward_ms{};
    bool same_state = true;
};

std::expected<PastReport, std::string> measure(Connection& connection, int samples) {
    PastReport report;
    report.events = last_event(connection).value_or(0);
    std::mt19937_64 random(1);
    std::vector<double> genesis, nearest, instant, kept, forward;
    History history({});
    std::string problem;
    // Its state hash; how long it took.
    const auto make = [&](engine::EventSeq seq, bool from_genesis, std::vector<double>& times) {
        engine::StateHash hash;
        const auto begin = Clock::now();
        const auto state = state_after(connection, seq, {.from_genesis = from_genesis});
        times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
        if (state) hash = state->engine().state_hash();
        else problem = state.error().what;
        return hash;
    };
    const auto show = [&](engine::EventSeq seq) {
        const auto done = history.show(connection, seq, [](const PastState&) {});
        if (!done) problem = done.error().what;
    };
    for (int i = 0; i < 3; ++i) {
        std::vector<double> unused;
        report.same_state &= make(report.events, true, genesis) == make(report.events, false, unused);
    }
    for (int i = 0; i < samples && problem.empty(); ++i) {
        const engine::EventSeq seq = 1 + random() % (report.events - 1'000);
        make(seq, false, nearest);
        show(seq);
        kept.push_back(ms_of([&] { show(seq); }));
        forward.push_back(ms_of([&] { show(seq + 1'000); }));
        const engine::Timestamp time{static_cast<std::int64_t>(random() % 1'000'000)};
        instant.push_back(ms_of([&] {
            if (const auto found = event_at(connection, time); !found) problem = found.error().what;
        }));
    }
    if (!problem.empty()) return std::unexpected(problem);
    report.genesis_ms = median(genesis);
    report.nearest_ms = median(nearest);
    report.instant_ms = median(instant);
    report.kept_ms = median(kept);
    report.forward_ms = median(forward);
    return report;
}

nlohmann::json to_json(const PastReport& r, std::uint64_t every) {
    return {{"events", r.events},         {"snapshot_every", every},     {"genesis_ms", r.genesis_ms},
            {"nearest_ms", r.nearest_ms}, {"find_instant_ms", r.instant_ms}, {"kept_ms", r.kept_ms},
            {"forward_1000_ms", r.forward_ms}, {"same_state", r.same_state}};
}

}  // namespace

int main(int argc, char** argv) {
    const auto arguments = parse_bench_arguments(argc, argv);
    if (!arguments) return fail(arguments.error());
    const auto store = StoreBench::start();
    if (!store) return fail(store.error());
    const std::uint64_t every = arguments->smoke ? 2'000 : 100'000;
    const auto conninfo = (*store)->write_log(arguments->smoke ? 5'000 : 600'000);
    if (!conninfo) return fail(conninfo.error());
    auto connection = Connection::open(*conninfo, "bench");
    if (!connection) return fail(connection.error().message);
    if (const auto taken = take_snapshots(*connection, *conninfo, every); !taken) return fail(taken.error());
    const auto report = measure(*connection, arguments->smoke ? 3 : 21);
    if (!report) return fail(report.error());
    if (!report->same_state) return fail("snapshot and first event lead to different states");
    if (arguments->json) {
        std::printf("%s\n", to_json(*report, every).dump(2).c_str());
        return 0;
    }
    std::printf("%llu events, snapshots every %llu; medians, engine only\n"
                "the whole log from its first event   %9.1f ms\n"
                "a random event, nearest snapshot     %9.1f ms  (%.1f times faster)\n"
                "the same state again, kept           %9.2f ms\n"
                "a kept state 1,000 events forward    %9.1f ms\n"
                "which event an instant is            %9.1f ms\n",
                static_cast<unsigned long long>(report->events), static_cast<unsigned long long>(every),
                report->genesis_ms, report->nearest_ms, report->genesis_ms / report->nearest_ms, report->kept_ms,
                report->forward_ms, report->instant_ms);
}
