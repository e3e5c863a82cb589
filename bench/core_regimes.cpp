// Price regimes: a geometric random walk of the mid, and orders that live for a fraction of a millisecond around it.
#include "bench/core_random.hpp"
#include "bench/core_workload.hpp"

#include <algorithm>
#include <cmath>

namespace buttonwood::bench {
namespace {

using engine::Side;

constexpr double kFirstMid = 33'504;         // ticks
constexpr double kRangeDeviations = 4;       // a walk's range in standard deviations of its end
constexpr double kCrashShare = 0.05;         // of the run: how long the fall takes
constexpr double kArrivalNs = 1'000;         // mean distance of two new orders
constexpr double kMedianLifeNs = 430'000;    // of an order at the touch
constexpr double kLifeDepth = 8;             // ticks that lengthen a life by as much again
constexpr double kIocShare = 0.15;
constexpr double kModifyShare = 0.20;
constexpr double kModifyPriceShare = 0.80;
constexpr double kCancelShare = 0.95;
constexpr double kStaleShare = 0.02;
constexpr double kStaleDelayNs = 50'000;
constexpr std::int64_t kMaxQuantity = 100;

constexpr std::size_t kMaxDistance = 30;     // ticks from the mid
constexpr double kDistanceExponent = 2.23;
constexpr double kHumpDistance = 8;
constexpr double kHumpWidth = 3;
constexpr double kHumpWeight = 0.06;

double distance_weight(std::size_t index) {
    const double distance = static_cast<double>(index) + 1;
    const double hump = (distance - kHumpDistance) / kHumpWidth;
    return std::pow(distance, -kDistanceExponent) + kHumpWeight * std::exp(-hump * hump / 2);
}

struct Timed {
    double time{};  // ns
    std::uint32_t sequence{};
    Message message;
};

class RegimeFlow {
public:
    RegimeFlow(const RegimeShape& shape, std::uint64_t seed)
        : shape_(shape),
          random_(seed),
          distances_(kMaxDistance, distance_weight),
          symbols_(shape.symbols, [](std::size_t rank) { return 1.0 / static_cast<double>(rank + 1); }),
          walks_(shape.symbols, 1.0) {}

    Workload generate() {
        timed_.reserve(shape_.orders * 21 / 10);
        double now = 0;
        for (std::size_t i = 0; i < shape_.orders; ++i) add_order(now += random_.exponential(kArrivalNs), i);
        std::ranges::sort(timed_, [](const Timed& a, const Timed& b) {
            return a.time < b.time || (a.time == b.time && a.sequence < b.sequence);
        });
        Workload workload;
        workload.name = shape_.name;
        workload.symbols = shape_.symbols;
        workload.orders = shape_.orders;
        workload.messages.reserve(timed_.size());
        for (const Timed& timed : timed_) workload.messages.push_back(timed.message);
        return workload;
    }

private:
    // The symbol's own walk, times the common crash: a straight fall up to the middle of the run, and straight back up.
    double next_mid(std::size_t symbol, std::size_t index) {
        const double n = static_cast<double>(shape_.orders);
        walks_[symbol] *= 1.0 + shape_.range / kRangeDeviations / std::sqrt(n) * random_.normal();
        const double from_middle = std::abs(static_cast<double>(index) - n / 2) / (n * kCrashShare);
        const double fallen = std::max(0.0, 1.0 - from_middle);
        return kFirstMid * walks_[symbol] * (1.0 - shape_.crash * fallen);
    }

    void add_order(double now, std::size_t index) {
        const std::size_t symbol = shape_.symbols == 1 ? 0 : symbols_.draw(random_);
        const auto mid = static_cast<std::int64_t>(next_mid(symbol, index));
        Message m;
        m.kind = MessageKind::New;
        m.order = static_cast<std::uint32_t>(index);
        m.symbol = static_cast<std::uint16_t>(symbol);
        m.side = random_.chance(0.5) ? Side::Buy : Side::Sell;
        m.ioc = random_.chance(kIocShare);
        m.quantity = static_cast<std::uint32_t>(random_.between(1, kMaxQuantity));
        const auto distance = static_cast<std::int64_t>(distances_.draw(random_)) + 1;
        // Away from the mid on the own side; an order that may not rest reaches as far across.
        const bool below = (m.side == Side::Buy) != m.ioc;
        m.price = std::max<std::int64_t>(1, below ? mid - distance : mid + distance);
        push(now, m);
        if (!m.ioc) add_consequences(now, m, static_cast<double>(distance));
    }

    void add_consequences(double now, const Message& order, double distance) {
        const double life = random_.exponential(kMedianLifeNs / std::log(2.0) * (1.0 + distance / kLifeDepth));
        if (random_.chance(kModifyShare)) push(now + life * random_.unit(), replacement(order));
        if (!random_.chance(kCancelShare)) return;
        push(now + life, cancel(order));
        if (random_.chance(kStaleShare))
            push(now + life + random_.exponential(kStaleDelayNs),
                 random_.chance(0.5) ? cancel(order) : replacement(order));
    }

    Message replacement(const Message& order) {
        Message m = order;
        m.kind = MessageKind::Replace;
        m.quantity += static_cast<std::uint32_t>(random_.between(1, kMaxQuantity));
        if (random_.chance(kModifyPriceShare)) m.price += random_.chance(0.5) ? 1 : -1;
        m.price = std::max<std::int64_t>(1, m.price);
        return m;
    }
    static Message cancel(const Message& order) {
        Message m = order;
        m.kind = MessageKind::Cancel;
        return m;
    }
    void push(double time, const Message& m) {
        timed_.push_back({time, static_cast<std::uint32_t>(timed_.size()), m});
    }

    const RegimeShape& shape_;
    Random random_;
    WeightedIndex distances_;
    WeightedIndex symbols_;
    std::vector<double> walks_;  // per symbol: its mid as a multiple of the first
    std::vector<Timed> timed_;
};

}  // namespace

Workload make_regime(const RegimeShape& shape, std::uint64_t seed) { return RegimeFlow(shape, seed).generate(); }

}  // namespace buttonwood::bench
