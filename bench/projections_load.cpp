#include "bench/projections_load.hpp"

#include "bench/core_measure.hpp"
#include "bench/lag_meter.hpp"
#include "bench/process_figures.hpp"
#include "projections/control.hpp"
#include "projections/projection_worker.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace buttonwood::bench {

using eventstore::Connection;
using eventstore::DurableBatch;
using projections::Workers;

namespace {

constexpr const char* kTroubled = "trades";  // the projection that is stalled, slow or paused
constexpr const char* kTroubledTable = "trading.trades";
constexpr auto kDrainPatience = std::chrono::seconds(120);
// Each COPY into the table takes so much longer, in seconds.
constexpr const char* kMakeSlow =
    "CREATE FUNCTION public.be_slow() RETURNS trigger LANGUAGE plpgsql AS "
    "'BEGIN PERFORM pg_sleep(0.25); RETURN NULL; END'; "
    "CREATE TRIGGER be_slow BEFORE INSERT ON trading.trades FOR EACH STATEMENT EXECUTE FUNCTION public.be_slow()";

enum class State : std::uint8_t { None, Healthy, Stalled, Slow, Paused };
constexpr State kStates[] = {State::None, State::Healthy, State::Stalled, State::Slow, State::Paused};

std::string name_of(State state) {
    switch (state) {
        case State::None: return "none";
        case State::Healthy: return "healthy";
        case State::Stalled: return "stalled";
        case State::Slow: return "slow";
        case State::Paused: return "paused";
    }
    std::unreachable();
}

std::vector<std::string> all_names() {
    std::vector<std::string> names;
    for (const auto& projection : projections::make_all()) names.emplace_back(projection->name());
    return names;
}

// An empty database, the same one every time; gone with its owner.
class Scene {
public:
    Scene(BenchCluster& cluster, const std::string& empty)
        : cluster_(cluster), conninfo_(must(cluster.copy_of(empty), "a database")) {}
    Scene(const Scene&) = delete;
    Scene& operator=(const Scene&) = delete;
    ~Scene() {
        if (auto dropped = cluster_.drop(conninfo_); !dropped)
            std::fprintf(stderr, "drop: %s\n", dropped.error().c_str());
    }
    [[nodiscard]] const std::string& conninfo() const { return conninfo_; }
    [[nodiscard]] Connection connect() const { return must(Connection::open(conninfo_, "bench"), "connect"); }

private:
    BenchCluster& cluster_;
    std::string conninfo_;
};

// Whoever starts with the load has nothing left of the opening to do.
void wait_for_all(const Workers& workers, engine::EventSeq seq, std::string_view but = {}) {
    const auto names = all_names();
    const auto is_behind = [&](const std::string& name) { return name != but && workers.checkpoint(name) < seq; };
    while (std::ranges::any_of(names, is_behind)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

// The pipeline beside all workers, one of them in this state.
struct Measured {
    LoadOutcome load;
    double memory_bytes{};
    std::uint64_t behind{};
};
Measured run_beside(const Scene& scene, State state, DayOrders& orders, const LoadPlan& plan) {
    Connection hand = scene.connect();
    if (state == State::Slow) must(hand.execute(kMakeSlow), "make a table slow");
    if (state == State::Paused)
        must(projections::set_desired(hand, kTroubled, projections::Desired::Paused), "pause");
    std::unique_ptr<Workers> workers;
    if (state != State::None) workers = Workers::start(scene.conninfo());

    Measured measured;
    std::uint64_t before = 0;
    engine::EventSeq durable = 0;
    LoadObservers observers;
    observers.released = [&](const std::shared_ptr<const DurableBatch>& batch) {
        durable = batch->header.last_seq;
        if (workers) workers->offer(batch);
    };
    observers.opened = [&](engine::EventSeq opened) {
        if (workers) wait_for_all(*workers, opened, state == State::Paused ? kTroubled : "");
        if (state == State::Stalled)
            must(hand.execute("BEGIN; LOCK TABLE " + std::string(kTroubledTable) + " IN ACCESS EXCLUSIVE MODE"),
                 "lock a table");
        start_peak();
        before = resident_bytes();
    };
    observers.ended = [&] {
        measured.memory_bytes = static_cast<double>(peak_resident_bytes() - std::min(before, peak_resident_bytes()));
        if (workers) measured.behind = durable - std::min(durable, workers->checkpoint(kTroubled));
    };
    measured.load = run_load(scene.conninfo(), orders, plan, observers);
    if (state == State::Stalled) must(hand.execute("ROLLBACK"), "unlock");
    return measured;
}

LagRun run_lag(const Scene& scene, DayOrders& orders, const LoadPlan& plan) {
    const auto workers = Workers::start(scene.conninfo());
    std::optional<LagMeter> meter;
    LoadObservers observers;
    LagRun run;
    observers.opened = [&](engine::EventSeq opened) {
        wait_for_all(*workers, opened);
        meter.emplace(*workers, all_names());
    };
    observers.released = [&](const std::shared_ptr<const DurableBatch>& batch) {
        if (meter) meter->durable(batch->header.last_seq);
        workers->offer(batch);
    };
    observers.ended = [&] { meter->finish(kDrainPatience, run); };
    const LoadOutcome load = run_load(scene.conninfo(), orders, plan, observers);
    run.offered = plan.commands_per_second;
    run.committed = load.commands_per_second();
    run.events_per_second = load.events_per_second();
    return run;
}

}  // namespace

LagReport measure_lag(BenchCluster& cluster, DayOrders& orders, const LoadSettings& settings, const Told& told) {
    const std::string empty = must(cluster.fresh_database(), "a database");
    const std::size_t steps = 2 * settings.rounds + 2;
    std::size_t done = 0;
    std::vector<double> alone, beside;
    for (std::size_t round = 0; round < settings.rounds; ++round)
        for (const State state : {State::None, State::Healthy}) {
            told(done++, steps, "capacity, workers: " + name_of(state));
            const Measured measured =
                run_beside(Scene(cluster, empty), state, orders, {.duration = settings.capacity});
            (state == State::None ? alone : beside).push_back(measured.load.commands_per_second());
        }
    LagReport report{.alone = median_of(alone), .beside = median_of(beside), .runs = {}};
    for (const auto& [load, capacity] : {std::pair{"half of the pipeline alone", report.alone},
                                         std::pair{"half of the pipeline beside its workers", report.beside}}) {
        told(done++, steps, std::string("lag at ") + load);
        report.runs.push_back(run_lag(Scene(cluster, empty), orders,
                                      {.commands_per_second = capacity / 2, .duration = settings.lag}));
        report.runs.back().load = load;
    }
    return report;
}

namespace {

struct StallRounds {
    std::vector<double> capacity, p50, p99, memory, behind;
};

}  // namespace

StallReport measure_stall(BenchCluster& cluster, DayOrders& orders, const LoadSettings& settings, const Told& told) {
    const std::string empty = must(cluster.fresh_database(), "a database");
    const auto states = settings.brief ? std::span(kStates).subspan(1, 2) : std::span(kStates);
    const std::size_t steps = 2 * settings.rounds * states.size();
    std::size_t done = 0;
    std::map<State, StallRounds> rounds;
    for (std::size_t round = 0; round < settings.rounds; ++round)
        for (const State state : states) {
            told(done++, steps, "capacity, workers: " + name_of(state));
            const Scene scene(cluster, empty);
            rounds[state].capacity.push_back(
                run_beside(scene, state, orders, {.duration = settings.capacity}).load.commands_per_second());
        }
    StallReport report;
    report.projection = kTroubled;
    report.offered = median_of(rounds[State::Healthy].capacity) / 2;
    for (std::size_t round = 0; round < settings.rounds; ++round)
        for (const State state : states) {
            told(done++, steps, "at half of it, workers: " + name_of(state));
            const Scene scene(cluster, empty);
            const Measured measured = run_beside(
                scene, state, orders, {.commands_per_second = report.offered, .duration = settings.capacity});
            StallRounds& of = rounds[state];
            of.p50.push_back(measured.load.p50_us);
            of.p99.push_back(measured.load.p99_us);
            of.memory.push_back(measured.memory_bytes);
            of.behind.push_back(static_cast<double>(measured.behind));
        }
    for (const State state : states) {
        const StallRounds& of = rounds[state];
        report.runs.push_back({.workers = name_of(state),
                               .capacity = median_of(of.capacity),
                               .p50_us = median_of(of.p50),
                               .p99_us = median_of(of.p99),
                               .memory_bytes = median_of(of.memory),
                               .behind = static_cast<std::uint64_t>(median_of(of.behind))});
    }
    // The newest batches, shared by all; and of one worker what it has in hand, once as blocks and once joined.
    report.bound_events = projections::RecentBatches::kMaxEvents + 2 * projections::kMaxEventsPerBatch;
    report.bound_bytes = report.bound_events * (sizeof(engine::Event) + sizeof(eventstore::CommandRecord));
    return report;
}

}  // namespace buttonwood::bench
