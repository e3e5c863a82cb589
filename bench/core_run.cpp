#include "bench/core_run.hpp"

#include "bench/core_engine.hpp"
#include "bench/core_half_load.hpp"
#include "bench/core_play.hpp"
#include "bench/core_subject.hpp"
#include "bench/plain_book.hpp"
#include "engine/order_book.hpp"
#include "tests/engine/map_book.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace buttonwood::bench {
namespace {

// Plays each workload ahead of the subjects, to learn what it needs and leaves.
using NaiveBook = engine::tests::MapBook;

template <class Subject>
double play_timed(Subject& subject, Messages messages) {
    std::uint64_t ticks = 0;
    play(subject, messages, [&](Messages) {
        const std::uint64_t begin = CycleClock::now();
        subject.run();
        ticks += CycleClock::now() - begin;
    });
    return static_cast<double>(ticks) * CycleClock::ns_per_tick() * 1e-9;
}

template <class Subject>
Percentiles play_latencies(Subject& subject, Messages messages) {
    std::vector<std::uint32_t> ticks;
    ticks.reserve(messages.size());
    play(subject, messages, [&](Messages batch) {
        for (std::size_t i = 0; i < batch.size(); ++i) {
            const std::uint64_t begin = CycleClock::now();
            subject.run_one(i);
            const std::uint64_t elapsed = CycleClock::now() - begin;
            ticks.push_back(static_cast<std::uint32_t>(std::min<std::uint64_t>(elapsed, UINT32_MAX)));
        }
    });
    return percentiles_of(ticks, CycleClock::own_ticks());
}

// Measures one subject over one workload, a fresh instance for each pass.
class Runner {
public:
    Runner(const Workload& workload, const WorkloadResult& about) : workload_(workload), about_(about) {}
    virtual ~Runner() = default;
    virtual void run_round() = 0;
    virtual void run_passes(const RunOptions& options) = 0;
    SubjectResult result;

protected:
    template <class Subject>
    void round_of(Subject subject) {
        play_untimed(subject, workload_.prefill);
        result.seconds.push_back(play_timed(subject, workload_.messages));
        const double median = median_of(result.seconds);
        result.ops_per_second = median > 0 ? static_cast<double>(workload_.messages.size()) / median : 0;
        result.hash = subject.hash().value();
        result.fills = subject.hash().fills();
        if (subject.order_count() != about_.resting_orders || subject.level_count() != about_.resting_levels)
            throw std::runtime_error(workload_.name + ": " + result.subject + " ends with " +
                                     std::to_string(subject.order_count()) + " orders on " +
                                     std::to_string(subject.level_count()) + " levels, naive with " +
                                     std::to_string(about_.resting_orders) + " on " +
                                     std::to_string(about_.resting_levels));
    }

    template <class Subject>
    void latencies_of(Subject subject) {
        play_untimed(subject, workload_.prefill);
        result.latency = play_latencies(subject, workload_.messages);
    }

    template <class Subject>
    void counters_of(Subject subject) {
        HardwareCounters counters;
        if (!counters.is_available()) return;
        play_untimed(subject, workload_.prefill);
        play(subject, workload_.messages, [&](Messages) {
            counters.resume();
            subject.run();
            counters.pause();
        });
        const auto counts = counters.read();
        if (!counts) return;
        const auto n = static_cast<double>(workload_.messages.size());
        result.instructions_per_op = static_cast<double>(counts->instructions) / n;
        if (counts->cache_misses) result.cache_misses_per_op = static_cast<double>(*counts->cache_misses) / n;
    }

    // Counts in the work alone, and only after the warm-up; returns the most bytes held meanwhile.
    template <class Subject>
    std::int64_t allocations_of(Subject& subject) {
        AllocationCounter::start();
        std::int64_t peak_bytes = 0;
        const Messages messages = workload_.messages;
        const std::size_t warm_up = warm_up_of(workload_);
        const auto watch = [&](Messages part) {
            play(subject, part, [&](Messages) {
                const std::uint64_t before = AllocationCounter::allocations();
                subject.run();
                result.allocations += AllocationCounter::allocations() - before;
                peak_bytes = std::max(peak_bytes, AllocationCounter::held_bytes());
            });
        };
        watch(workload_.prefill);
        watch(messages.first(warm_up));
        result.allocations = 0;
        watch(messages.subspan(warm_up));
        AllocationCounter::stop();
        return peak_bytes;
    }

    [[nodiscard]] double per_resting_order(double bytes) const {
        return bytes / static_cast<double>(std::max<std::size_t>(about_.peak_orders, 1));
    }

    const Workload& workload_;
    const WorkloadResult& about_;
};

template <class Book>
class BookRunner final : public Runner {
public:
    BookRunner(std::string name, const Workload& workload, const WorkloadResult& about,
               const std::vector<Standing>& standing)
        : Runner(workload, about), standing_(standing) {
        result.subject = std::move(name);
    }
    void run_round() override { round_of(BookSubject<Book>(workload_, standing_)); }
    void run_passes(const RunOptions&) override {
        latencies_of(BookSubject<Book>(workload_, standing_));
        counters_of(BookSubject<Book>(workload_, standing_));
        BookSubject<Book> subject(workload_, standing_);
        allocations_of(subject);
        result.bytes_per_resting_order = per_resting_order(static_cast<double>(subject.memory_bytes()));
    }

private:
    const std::vector<Standing>& standing_;
};

class EngineRunner final : public Runner {
public:
    EngineRunner(const Workload& workload, const WorkloadResult& about)
        : Runner(workload, about), plan_(plan_engine(workload)) {
        result.subject = "engine";
    }
    void run_round() override { round_of(EngineSubject(workload_, plan_)); }
    void run_passes(const RunOptions& options) override {
        latencies_of(EngineSubject(workload_, plan_));
        counters_of(EngineSubject(workload_, plan_));
        EngineSubject subject(workload_, plan_);
        result.bytes_per_resting_order = per_resting_order(static_cast<double>(allocations_of(subject)));
        result.half_load = measure_half_load(workload_, plan_, result.ops_per_second, options.smoke);
    }

private:
    EnginePlan plan_;
};

// Plays the workload through the naive book to learn how much each symbol needs at most, and what is left.
std::vector<Standing> measure_standing(const Workload& workload) {
    std::vector<Standing> standing(workload.symbols);
    BookSubject<NaiveBook> subject(workload, standing);
    const auto watch = [&](const Message& m) {
        const NaiveBook& book = subject.book(m.symbol);
        Standing& s = standing[m.symbol];
        s.orders = book.order_count();
        s.levels = subject.levels_of(book);
        s.peak_orders = std::max(s.peak_orders, s.orders);
        s.peak_levels = std::max(s.peak_levels, s.levels);
    };
    for (const Messages part : {Messages(workload.prefill), Messages(workload.messages)})
        play(subject, part, [&](Messages batch) {
            for (std::size_t i = 0; i < batch.size(); ++i) {
                subject.run_one(i);
                watch(batch[i]);
            }
        });
    return standing;
}

void require_equal_fills(const Workload& workload, const Runner& naive, const Runner& other) {
    if (naive.result.hash == other.result.hash && naive.result.fills == other.result.fills) return;
    throw std::runtime_error(workload.name + ": the fills of " + other.result.subject + " (" +
                             std::to_string(other.result.fills) + ") differ from those of naive (" +
                             std::to_string(naive.result.fills) + ")");
}

}  // namespace

WorkloadResult run_workload(const WorkloadName& name, const RunOptions& options, const Progress& progress) {
    const std::string label(name.name);
    progress(label + ": generating");
    const Workload workload = make_workload(name.name, options.seed, options.smoke);
    const std::vector<Standing> standing = measure_standing(workload);
    WorkloadResult about;
    about.name = name;
    about.messages = workload.messages.size();
    for (const Standing& s : standing) {
        about.resting_orders += s.orders;
        about.resting_levels += s.levels;
        about.peak_orders += s.peak_orders;
        about.peak_levels += s.peak_levels;
    }
    progress(label + ": resolving ids");
    BookRunner<PlainBook> naive("naive", workload, about, standing);
    BookRunner<engine::tests::MapBook> map_book("map_book", workload, about, standing);
    BookRunner<engine::OrderBook> book("book", workload, about, standing);
    EngineRunner engine(workload, about);
    const std::array<Runner*, 4> runners{&naive, &map_book, &book, &engine};
    for (std::size_t round = 0; round < options.rounds; ++round)
        for (Runner* runner : runners) {
            progress(label + ": round " + std::to_string(round + 1) + ", " + runner->result.subject);
            runner->run_round();
            require_equal_fills(workload, naive, *runner);
        }
    for (Runner* runner : runners) {
        progress(label + ": latencies and memory, " + runner->result.subject);
        runner->run_passes(options);
        runner->result.ratio_to_naive = runner->result.ops_per_second / naive.result.ops_per_second;
        runner->result.ratio_to_map_book = runner->result.ops_per_second / map_book.result.ops_per_second;
        about.subjects.push_back(runner->result);
    }
    return about;
}

}  // namespace buttonwood::bench
