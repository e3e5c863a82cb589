// A line on the terminal that says how far a long command is, how fast, and how long it will take.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace buttonwood::api::cli {

// Shown on stderr when that is a terminal and the work takes more than two seconds; removed by the destructor.
// Thread safety: one thread.
class ProgressBar {
public:
    // label: "verifying"; unit: "events".
    ProgressBar(std::string label, std::string unit, bool wanted = true);
    ~ProgressBar();
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    // Cheap: draws ten times a second at most.
    void update(std::uint64_t done, std::uint64_t total);

private:
    using Clock = std::chrono::steady_clock;

    std::string label_;
    std::string unit_;
    bool enabled_;
    bool drawn_ = false;
    Clock::time_point started_ = Clock::now();
    Clock::time_point next_draw_ = started_ + std::chrono::seconds(2);
};

}  // namespace buttonwood::api::cli
