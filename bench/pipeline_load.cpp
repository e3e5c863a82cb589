#include "bench/pipeline_load.hpp"

#include "bench/load_report.hpp"
#include "eventstore/pg_journal.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace buttonwood::bench {

using namespace eventstore;
using Clock = std::chrono::steady_clock;

namespace {

constexpr double kMostPerSecond = 400'000;  // commands that a closed loop is given; it ends when they are used up
constexpr auto kTick = std::chrono::microseconds(500);

// Who waits for what, and how long it took. A command's ticket is its number from 1; the opening's have none.
class Waiting {
public:
    explicit Waiting(std::size_t capacity) : sent_(capacity) {}

    void send(std::size_t number, Clock::time_point when) { sent_[number] = when; }
    void release(const DurableBatch& batch) {
        const auto now = Clock::now();
        const std::lock_guard lock(mutex_);
        durable_seq_ = batch.header.last_seq;
        for (const Ticket ticket : batch.tickets) {
            if (ticket == 0) continue;
            latencies_.add(now - sent_[ticket - 1]);
            ++released_;
        }
        changed_.notify_one();
    }
    template <class Condition> void until(Condition condition) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, condition);
    }
    // For conditions, and once everything is released.
    [[nodiscard]] std::uint64_t released() const { return released_; }
    [[nodiscard]] engine::EventSeq durable_seq() const { return durable_seq_; }
    [[nodiscard]] Latencies& latencies() { return latencies_; }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Clock::time_point> sent_;
    std::uint64_t released_{};
    engine::EventSeq durable_seq_{};
    Latencies latencies_;
};

std::int64_t wall_clock_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::unique_ptr<Pipeline> start(const std::string& conninfo, Waiting& waiting, const LoadObservers& observers) {
    Pipeline::Callbacks callbacks;
    callbacks.released = [&waiting, &observers](const std::shared_ptr<const DurableBatch>& batch) {
        if (observers.released) observers.released(batch);
        waiting.release(*batch);
    };
    callbacks.stopped = [](StoreError error) {
        std::fprintf(stderr, "the pipeline stopped: %s\n", std::string(name_of(error)).c_str());
        std::abort();
    };
    callbacks.wall_clock_us = wall_clock_us;
    auto pipeline = Pipeline::start(make_pg_journal({.conninfo = conninfo}), std::move(callbacks));
    if (!pipeline) throw std::runtime_error("the pipeline: " + std::string(name_of(pipeline.error())));
    return std::move(*pipeline);
}

void open_market(Pipeline& pipeline, Waiting& waiting) {
    for (engine::Command& command : TradingDay::opening())
        if (!pipeline.submit(engine::UserId::None, {}, std::move(command), 0))
            throw std::runtime_error("the pipeline refused the opening");
    engine::EventSeq opened = 0;
    pipeline.inspect([&](const engine::Engine& engine) { opened = engine.last_seq(); });
    waiting.until([&] { return waiting.durable_seq() >= opened; });
}

// The number of commands that were sent.
std::uint64_t closed_loop(Pipeline& pipeline, Waiting& waiting, std::span<const DayOrder> orders,
                          const LoadPlan& plan) {
    const auto begin = Clock::now();
    std::size_t sent = 0;
    while (sent < orders.size() && Clock::now() - begin < plan.duration) {
        waiting.until([&] { return sent - waiting.released() < plan.in_flight; });
        waiting.send(sent, Clock::now());
        if (!pipeline.submit(actor_of(orders[sent]), {}, to_command(orders[sent]), sent + 1))
            throw std::runtime_error("the pipeline refused a command");
        ++sent;
    }
    return sent;
}

std::uint64_t open_loop(Pipeline& pipeline, Waiting& waiting, std::span<const DayOrder> orders, const LoadPlan& plan,
                        std::uint64_t& refused) {
    const auto begin = Clock::now();
    const auto due_at = [&](std::size_t number) {
        const std::chrono::duration<double> after(static_cast<double>(number) / plan.commands_per_second);
        return begin + std::chrono::duration_cast<Clock::duration>(after);
    };
    std::uint64_t accepted = 0;
    for (std::size_t number = 0; number < orders.size(); ++number) {
        const auto due = due_at(number);
        if (due - begin >= plan.duration) break;
        while (Clock::now() < due) std::this_thread::sleep_for(kTick);
        waiting.send(number, due);
        const auto done = pipeline.submit(actor_of(orders[number]), {}, to_command(orders[number]), number + 1);
        if (!done && done.error() != SubmitError::Full) throw std::runtime_error("the pipeline refused a command");
        ++(done ? accepted : refused);
    }
    return accepted;
}

}  // namespace

std::span<const DayOrder> DayOrders::at_least(std::size_t count) {
    constexpr std::size_t kForget = 10'000;
    orders_.reserve(count);
    while (orders_.size() < count) {
        orders_.push_back(day_.next());
        if (orders_.size() % kForget == 0) static_cast<void>(day_.take());
    }
    return orders_;
}

LoadOutcome run_load(const std::string& conninfo, DayOrders& orders, const LoadPlan& plan,
                     const LoadObservers& observers) {
    const bool is_open = plan.commands_per_second > 0;
    const double per_second = is_open ? plan.commands_per_second : kMostPerSecond;
    const double wanted = per_second * std::chrono::duration<double>(plan.duration).count();
    const auto day = orders.at_least(static_cast<std::size_t>(wanted) + 1);
    Waiting waiting(day.size());
    const auto pipeline = start(conninfo, waiting, observers);
    open_market(*pipeline, waiting);
    const engine::EventSeq opened = waiting.durable_seq();
    if (observers.opened) observers.opened(opened);

    LoadOutcome outcome;
    const auto begin = Clock::now();
    outcome.commands = is_open ? open_loop(*pipeline, waiting, day, plan, outcome.refused)
                               : closed_loop(*pipeline, waiting, day, plan);
    waiting.until([&] { return waiting.released() == outcome.commands; });
    outcome.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    outcome.events = waiting.durable_seq() - opened;
    outcome.p50_us = waiting.latencies().percentile_us(0.5);
    outcome.p99_us = waiting.latencies().percentile_us(0.99);
    if (observers.ended) observers.ended();
    return outcome;
}

}  // namespace buttonwood::bench
