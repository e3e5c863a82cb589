// A day of trading sent through the pipeline of the server, in process: as fast as it goes with so many commands in
// flight, or at a given rate whatever comes back. Trouble is an exception with one line. Thread safety: one thread.
#pragma once

#include "bench/trading_day.hpp"
#include "eventstore/pipeline.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace buttonwood::bench {

// The orders of the first part of a day, made before anything is measured.
class DayOrders {
public:
    explicit DayOrders(std::uint64_t seed) : day_(seed) {}
    // At least so many of them. Views stay valid until the next call.
    [[nodiscard]] std::span<const DayOrder> at_least(std::size_t count);

private:
    TradingDay day_;
    std::vector<DayOrder> orders_;
};

struct LoadPlan {
    double commands_per_second = 0;  // open loop; 0: closed loop, as many as in_flight allows
    std::size_t in_flight = 256;
    std::chrono::milliseconds duration{};
};

struct LoadOutcome {
    std::uint64_t commands{}, events{};  // durable
    std::uint64_t refused{};             // by a full queue, in the open loop
    double seconds{};                    // until the last one was durable
    double p50_us{}, p99_us{};           // from when a command was sent, or should have been, to its release

    [[nodiscard]] double commands_per_second() const { return static_cast<double>(commands) / seconds; }
    [[nodiscard]] double events_per_second() const { return static_cast<double>(events) / seconds; }
};

struct LoadObservers {
    // Every durable batch, the opening's too, on the journal's thread.
    std::function<void(const std::shared_ptr<const eventstore::DurableBatch>&)> released{};
    // The opening of the market is durable up to this event, the load begins when this returns.
    std::function<void(engine::EventSeq)> opened{};
    // The last command of the load is durable; the pipeline still runs.
    std::function<void()> ended{};
};

// On an empty database.
[[nodiscard]] LoadOutcome run_load(const std::string& conninfo, DayOrders& orders, const LoadPlan& plan,
                                   const LoadObservers& observers);

}  // namespace buttonwood::bench
