#include "bench/core_half_load.hpp"

#include "bench/core_play.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace buttonwood::bench {
namespace {

constexpr std::size_t kMessages = 400'000;  // after the warm-up
constexpr std::size_t kColdMessages = 10'000;  // run untimed first: preparing so many commands empties the caches
constexpr std::size_t kRuns = 5;

using Ticks = std::vector<std::uint32_t>;

std::uint32_t clamped(std::uint64_t ticks) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(ticks, UINT32_MAX));
}

// work(i) for i in [0, count), each not before its time; the time from then until it is done.
template <class Work>
Percentiles play_at_rate(std::size_t count, double interval_ticks, Work work) {
    Ticks ticks(count);
    const std::uint64_t start = CycleClock::now();
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint64_t due = start + static_cast<std::uint64_t>(interval_ticks * static_cast<double>(i));
        while (CycleClock::now() < due) {
        }
        work(i);
        ticks[i] = clamped(CycleClock::now() - due);
    }
    return percentiles_of(ticks, 0);
}

// An engine after prefill and warm-up, with the next commands prepared.
class WarmEngine {
public:
    WarmEngine(const Workload& workload, const EnginePlan& plan) : subject_(workload, plan) {
        const Messages messages = workload.messages;
        const auto run = [&](Messages) { subject_.run(); };
        play(subject_, workload.prefill, run);
        play(subject_, messages.first(warm_up_of(workload)), run);
        const Messages rest = messages.subspan(warm_up_of(workload));
        cold_ = std::min(kColdMessages, rest.size() / 2);
        count_ = std::min(kMessages, rest.size() - cold_);
        subject_.prepare(rest.first(cold_ + count_));
        for (std::size_t i = 0; i < cold_; ++i) run_prepared(i);
    }
    [[nodiscard]] std::size_t count() const { return count_; }
    void run_one(std::size_t i) { run_prepared(cold_ + i); }

private:
    void run_prepared(std::size_t i) {
        if (i % EngineSubject::kBatch == 0) subject_.clear_outbox();
        subject_.run_one(i);
    }

    EngineSubject subject_;
    std::size_t cold_{};
    std::size_t count_{};
};

// Lowers each command's time to what it took in this run, if that is less.
void take_least(Ticks& least, WarmEngine engine) {
    least.resize(engine.count(), UINT32_MAX);
    for (std::size_t i = 0; i < least.size(); ++i) {
        const std::uint64_t begin = CycleClock::now();
        engine.run_one(i);
        const std::uint64_t elapsed = CycleClock::now() - begin;
        least[i] = std::min(least[i], clamped(elapsed - std::min(elapsed, CycleClock::own_ticks())));
    }
}

// One server, one queue, arrivals at a fixed distance: each waits for what is left of the work before it.
Percentiles queue(const Ticks& service, double interval_ticks) {
    Ticks total(service.size());
    double backlog = 0;
    for (std::size_t i = 0; i < service.size(); ++i) {
        backlog += static_cast<double>(service[i]);
        total[i] = clamped(static_cast<std::uint64_t>(backlog));
        backlog = std::max(0.0, backlog - interval_ticks);
    }
    return percentiles_of(total, 0);
}

Percentiles median_of_each(const std::vector<Percentiles>& runs) {
    const auto median = [&](double Percentiles::*member) {
        std::vector<double> values;
        for (const Percentiles& p : runs) values.push_back(p.*member);
        return median_of(std::move(values));
    };
    return {median(&Percentiles::p50), median(&Percentiles::p99), median(&Percentiles::p999),
            median(&Percentiles::p9999), median(&Percentiles::worst)};
}

}  // namespace

HalfLoad measure_half_load(const Workload& workload, const EnginePlan& plan, double ops_per_second, bool smoke) {
    const double interval_ticks = 2e9 / ops_per_second / CycleClock::ns_per_tick();
    std::vector<Percentiles> measured;
    std::vector<Percentiles> machine;
    Ticks least;
    for (std::size_t run = 0; run < (smoke ? 1 : kRuns); ++run) {
        WarmEngine engine(workload, plan);
        measured.push_back(play_at_rate(engine.count(), interval_ticks, [&](std::size_t i) { engine.run_one(i); }));
        machine.push_back(play_at_rate(engine.count(), interval_ticks, [](std::size_t) {}));
        take_least(least, WarmEngine(workload, plan));
    }
    return {median_of_each(measured), median_of_each(machine), queue(least, interval_ticks)};
}

}  // namespace buttonwood::bench
