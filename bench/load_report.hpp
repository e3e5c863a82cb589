// What a load generator measured: how many were acknowledged, how fast, and the distribution of the waiting times.
#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace buttonwood::bench {

// Every single waiting time, in nanoseconds: percentiles are exact, up to the worst. Not thread safe.
class Latencies {
public:
    void add(std::chrono::nanoseconds latency) { values_.push_back(static_cast<std::uint64_t>(latency.count())); }
    [[nodiscard]] std::size_t count() const { return values_.size(); }
    // The value that this share (0..1) of all do not exceed, in microseconds; 0 when there are none.
    [[nodiscard]] double percentile_us(double share) {
        if (values_.empty()) return 0;
        std::ranges::sort(values_);
        const auto last = static_cast<double>(values_.size() - 1);
        return static_cast<double>(values_[static_cast<std::size_t>(share * last)]) / 1000.0;
    }

private:
    std::vector<std::uint64_t> values_;
};

struct LoadReport {
    std::string name;
    std::uint64_t acknowledged{};  // 2xx or success: true
    std::uint64_t refused{};       // any other answer
    double seconds{};
    double p50_us{}, p99_us{}, p999_us{}, max_us{};
    std::string problem;  // why it ended early; empty = it did not

    void take(Latencies& latencies) {
        p50_us = latencies.percentile_us(0.5);
        p99_us = latencies.percentile_us(0.99);
        p999_us = latencies.percentile_us(0.999);
        max_us = latencies.percentile_us(1.0);
    }
    [[nodiscard]] double per_second() const { return seconds > 0 ? static_cast<double>(acknowledged) / seconds : 0; }
    [[nodiscard]] nlohmann::json to_json() const {
        return {{"name", name},       {"acknowledged", acknowledged}, {"refused", refused},
                {"seconds", seconds}, {"per_second", per_second()},   {"p50_us", p50_us},
                {"p99_us", p99_us},   {"p999_us", p999_us},           {"max_us", max_us},
                {"problem", problem}};
    }
};

}  // namespace buttonwood::bench
