// One line on a terminal that says how far, how fast and how long still; plain lines every few seconds otherwise.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>

namespace buttonwood::bench {

class ProgressBar {
public:
    explicit ProgressBar(std::string label) : label_(std::move(label)) {}
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;
    ~ProgressBar() { clear(); }

    // Wipes the line, so that something else can be printed.
    void clear() {
        if (is_terminal_) std::fputs("\r\033[K", stderr);
    }

    void show(std::size_t done, std::size_t total, const std::string& remark = {}) {
        const auto now = Clock::now();
        const auto interval = is_terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(5000);
        if (now - shown_ < interval) return;
        shown_ = now;
        const double elapsed = std::chrono::duration<double>(now - begin_).count();
        const double rate = elapsed > 0 ? static_cast<double>(done) / elapsed : 0;
        const double left = rate > 0 ? static_cast<double>(total - done) / rate : 0;
        if (is_terminal_) {
            const std::size_t filled = total == 0 ? kWidth : done * kWidth / total;
            const std::string bar = std::string(filled, '#') + std::string(kWidth - filled, '.');
            std::fprintf(stderr, "\r\033[K%s [%s] %zu/%zu  %.0f/s  %.0f s left  %s", label_.c_str(), bar.c_str(), done,
                         total, rate, left, remark.c_str());
        } else {
            std::fprintf(stderr, "%s: %zu/%zu  %.0f/s  %.0f s left  %s\n", label_.c_str(), done, total, rate, left,
                         remark.c_str());
        }
        std::fflush(stderr);
    }

private:
    using Clock = std::chrono::steady_clock;
    static constexpr std::size_t kWidth = 30;

    std::string label_;
    bool is_terminal_ = isatty(STDERR_FILENO) == 1;
    Clock::time_point begin_ = Clock::now();
    Clock::time_point shown_ = begin_;
};

}  // namespace buttonwood::bench
