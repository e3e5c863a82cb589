#include "bench/lag_meter.hpp"

#include <algorithm>

namespace buttonwood::bench {

namespace {

constexpr auto kInterval = std::chrono::milliseconds(1);

Latency latency_of(std::vector<double> lags) {
    if (lags.empty()) return {};
    std::ranges::sort(lags);
    const auto at = [&](double share) {
        return lags[static_cast<std::size_t>(share * static_cast<double>(lags.size() - 1))];
    };
    return {at(0.5), at(0.99), at(1.0)};
}

}  // namespace

LagMeter::LagMeter(const projections::Workers& workers, const std::vector<std::string>& projections)
    : workers_(workers) {
    for (const std::string& projection : projections) followers_.push_back({.projection = projection, .lags = {}});
    thread_ = std::thread([this] { sample(); });
}

LagMeter::~LagMeter() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
}

void LagMeter::durable(engine::EventSeq last_seq) {
    const auto now = Clock::now();
    const std::lock_guard lock(mutex_);
    blocks_.push_back({last_seq, now});
}

void LagMeter::sample() {
    std::vector<Block> blocks;
    while (!stop_) {
        const bool last = ends_;
        {
            const std::lock_guard lock(mutex_);
            blocks.insert(blocks.end(), blocks_.begin() + static_cast<std::ptrdiff_t>(blocks.size()), blocks_.end());
        }
        std::size_t caught_up = 0;
        for (Follower& follower : followers_) {
            look(follower, blocks);
            if (follower.next == blocks.size()) ++caught_up;
        }
        if (last) caught_up_ = caught_up;
        std::this_thread::sleep_for(kInterval);
    }
}

void LagMeter::look(Follower& follower, const std::vector<Block>& blocks) {
    const engine::EventSeq checkpoint = workers_.checkpoint(follower.projection);
    const auto now = Clock::now();
    for (; follower.next < blocks.size() && blocks[follower.next].last_seq <= checkpoint; ++follower.next)
        follower.lags.push_back(std::chrono::duration<double>(now - blocks[follower.next].durable_at).count());
}

void LagMeter::finish(std::chrono::seconds patience, LagRun& run) {
    const auto begin = Clock::now();
    std::vector<std::uint64_t> behind;
    const engine::EventSeq last_seq = blocks_.empty() ? 0 : blocks_.back().last_seq;
    for (const Follower& follower : followers_)
        behind.push_back(last_seq - std::min(last_seq, workers_.checkpoint(follower.projection)));
    ends_ = true;
    while (caught_up_ < followers_.size() && Clock::now() - begin < patience) std::this_thread::sleep_for(kInterval);
    run.drain_seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    stop_ = true;
    thread_.join();
    const auto now = Clock::now();
    for (std::size_t i = 0; i < followers_.size(); ++i) {
        Follower& follower = followers_[i];
        run.drained = run.drained && follower.next == blocks_.size();
        for (; follower.next < blocks_.size(); ++follower.next)
            follower.lags.push_back(std::chrono::duration<double>(now - blocks_[follower.next].durable_at).count());
        run.lags.push_back({follower.projection, latency_of(std::move(follower.lags)), behind[i]});
    }
}

}  // namespace buttonwood::bench
