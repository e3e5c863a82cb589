#include "api/cli/progress_bar.hpp"

#include <algorithm>
#include <cstdio>
#include <unistd.h>
#include <utility>

namespace buttonwood::api::cli {
namespace {

constexpr std::size_t kWidth = 30;
constexpr auto kInterval = std::chrono::milliseconds(100);
constexpr const char* kEraseLine = "\r\x1b[K";

}  // namespace

ProgressBar::ProgressBar(std::string label, std::string unit, bool wanted)
    : label_(std::move(label)), unit_(std::move(unit)), enabled_(wanted && ::isatty(STDERR_FILENO) != 0) {}

ProgressBar::~ProgressBar() {
    if (drawn_) std::fputs(kEraseLine, stderr);
}

void ProgressBar::update(std::uint64_t done, std::uint64_t total) {
    const auto now = Clock::now();
    if (!enabled_ || now < next_draw_ || total == 0) return;
    next_draw_ = now + kInterval;
    drawn_ = true;
    const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    const double seconds = std::chrono::duration<double>(now - started_).count();
    const double rate = static_cast<double>(done) / seconds;
    const double left = rate > 0 ? static_cast<double>(total - std::min(done, total)) / rate : 0;
    const auto filled = static_cast<std::size_t>(share * static_cast<double>(kWidth));
    const std::string bar = std::string(filled, '#') + std::string(kWidth - filled, '.');
    std::fprintf(stderr, "%s%s [%s] %3.0f %%  %llu of %llu %s, %.0f/s, %.0f s left", kEraseLine, label_.c_str(),
                 bar.c_str(), share * 100, static_cast<unsigned long long>(done),
                 static_cast<unsigned long long>(total), unit_.c_str(), rate, left);
    std::fflush(stderr);
}

}  // namespace buttonwood::api::cli
