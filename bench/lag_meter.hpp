// How late read models are: from the moment a block is durable to the commit of the worker that applied it, looked at
// every millisecond. Thread safety: durable() from any thread, the rest from one.
#pragma once

#include "bench/projections_report.hpp"
#include "projections/worker.hpp"

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace buttonwood::bench {

class LagMeter {
public:
    // workers outlives the meter.
    LagMeter(const projections::Workers& workers, const std::vector<std::string>& projections);
    ~LagMeter();
    LagMeter(const LagMeter&) = delete;
    LagMeter& operator=(const LagMeter&) = delete;

    // A block that ends with this event is durable now.
    void durable(engine::EventSeq last_seq);
    // The load is over: notes how far behind each projection is, and waits until all have applied everything, at most
    // so long. What is not applied then counts as late as it is. Fills lags, drain_seconds, drained.
    void finish(std::chrono::seconds patience, LagRun& run);

private:
    using Clock = std::chrono::steady_clock;
    struct Block {
        engine::EventSeq last_seq{};
        Clock::time_point durable_at;
    };
    struct Follower {
        std::string projection;
        std::size_t next = 0;       // of blocks_: the first that is not applied
        std::vector<double> lags;   // seconds, of those before
    };

    void sample();
    void look(Follower& follower, const std::vector<Block>& blocks);

    const projections::Workers& workers_;
    std::mutex mutex_;
    std::vector<Block> blocks_;
    std::vector<Follower> followers_;  // the sampler's own until it ended
    std::atomic<bool> ends_{false};    // no block follows
    std::atomic<bool> stop_{false};
    std::atomic<std::size_t> caught_up_{0};  // followers without anything to wait for, once no block follows
    std::thread thread_;
};

}  // namespace buttonwood::bench
