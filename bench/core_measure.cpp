#include "bench/core_measure.hpp"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace buttonwood::bench {
namespace {

constexpr int kOwnSamples = 10'001;
constexpr auto kCalibration = std::chrono::milliseconds(50);

int open_counter(std::uint64_t config, int group) {
    perf_event_attr attributes{};
    attributes.type = PERF_TYPE_HARDWARE;
    attributes.size = sizeof attributes;
    attributes.config = config;
    if (group < 0) attributes.disabled = 1;  // the leader starts and stops its group
    attributes.exclude_kernel = 1;
    attributes.exclude_hv = 1;
    return static_cast<int>(syscall(SYS_perf_event_open, &attributes, 0, -1, group, 0));
}

std::optional<std::uint64_t> read_counter(int file) {
    std::uint64_t value = 0;
    if (file < 0 || ::read(file, &value, sizeof value) != sizeof value) return std::nullopt;
    return value;
}

}  // namespace

double CycleClock::ns_per_tick() {
    static const double ratio = [] {
        using Clock = std::chrono::steady_clock;
        const auto begin = Clock::now();
        const std::uint64_t first = now();
        while (Clock::now() - begin < kCalibration) {
        }
        const std::uint64_t last = now();
        const std::chrono::duration<double, std::nano> elapsed = Clock::now() - begin;
        return elapsed.count() / static_cast<double>(last - first);
    }();
    return ratio;
}

std::uint64_t CycleClock::own_ticks() {
    static const std::uint64_t ticks = [] {
        std::vector<std::uint64_t> samples;
        for (int i = 0; i < kOwnSamples; ++i) {
            const std::uint64_t first = now();
            samples.push_back(now() - first);
        }
        std::ranges::nth_element(samples, samples.begin() + kOwnSamples / 2);
        return samples[kOwnSamples / 2];
    }();
    return ticks;
}

Percentiles percentiles_of(std::vector<std::uint32_t>& ticks, std::uint64_t own_ticks) {
    if (ticks.empty()) return {};
    std::ranges::sort(ticks);
    const auto at = [&](double share) {
        const auto index = static_cast<std::size_t>(share * static_cast<double>(ticks.size() - 1));
        const std::uint64_t value = ticks[index];
        return static_cast<double>(value - std::min(value, own_ticks)) * CycleClock::ns_per_tick();
    };
    return {at(0.5), at(0.99), at(0.999), at(0.9999), at(1.0)};
}

double median_of(std::vector<double> values) {
    if (values.empty()) return 0;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

HardwareCounters::HardwareCounters() : instructions_(open_counter(PERF_COUNT_HW_INSTRUCTIONS, -1)) {
    if (is_available()) cache_misses_ = open_counter(PERF_COUNT_HW_CACHE_MISSES, instructions_);
}

HardwareCounters::~HardwareCounters() {
    if (cache_misses_ >= 0) close(cache_misses_);
    if (instructions_ >= 0) close(instructions_);
}

void HardwareCounters::resume() {
    if (is_available()) ioctl(instructions_, PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP);
}

void HardwareCounters::pause() {
    if (is_available()) ioctl(instructions_, PERF_EVENT_IOC_DISABLE, PERF_IOC_FLAG_GROUP);
}

std::optional<HardwareCounters::Counts> HardwareCounters::read() const {
    const auto instructions = read_counter(instructions_);
    if (!instructions) return std::nullopt;
    return Counts{*instructions, read_counter(cache_misses_)};
}

}  // namespace buttonwood::bench
