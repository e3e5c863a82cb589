#include "bench/core_workload.hpp"

#include <algorithm>
#include <stdexcept>
#include <variant>

namespace buttonwood::bench {
namespace {

using Prices = MixedShape::Prices;
using Shape = std::variant<RegimeShape, MixedShape, TouchShape>;

constexpr std::size_t kSmokeDivisor = 100;

struct Entry {
    WorkloadName name;
    Shape shape;
};

Entry regime(WorkloadKind kind, std::string_view what, const RegimeShape& shape) {
    return {{shape.name, kind, what}, shape};
}
Entry mixed(WorkloadKind kind, std::string_view what, const MixedShape& shape) {
    return {{shape.name, kind, what}, shape};
}
Entry touch(std::string_view what, const TouchShape& shape) { return {{shape.name, WorkloadKind::Hard, what}, shape}; }

const std::vector<Entry>& entries() {
    using enum WorkloadKind;
    static const std::vector<Entry> all = {
        regime(Regime, "the mid stands still", {"static", 0, 0}),
        regime(Regime, "the mid walks over 2 %", {"normal", 0.02, 0}),
        regime(Regime, "over 25 %", {"swing_25", 0.25, 0}),
        regime(Regime, "over 40 %", {"swing_40", 0.40, 0}),
        regime(Regime, "60 % down and up again within 100,000 orders, in a wild market", {"flash_crash", 1.2, 0.60}),
        regime(RegimeSymbols, "normal, over 1,000 symbols", {"normal_1000_symbols", 0.02, 0, 1'000}),
        mixed(Mixed, "1,000 resting orders", {"mixed_1k", 1'000, 2'000'000}),
        mixed(Mixed, "10,000 resting orders", {"mixed_10k", 10'000, 2'000'000}),
        mixed(Mixed, "100,000 resting orders", {"mixed_100k", 100'000, 2'000'000, Prices::NearTouch, 50}),
        mixed(Mixed, "10,000 levels of one order, gaps of 10^6 ticks",
              {"sparse_10k", 10'000, 2'000'000, Prices::Sparse}),
        mixed(MixedSymbols, "100 resting orders in each of 1,000 symbols",
              {"mixed_1000_symbols", 100, 2'000'000, Prices::NearTouch, 20, 1'000}),
        mixed(Hard, "1,000,000 resting orders", {"deep_1m", 1'000'000, 1'000'000, Prices::NearTouch, 500}),
        mixed(Hard, "1,000,000 levels of one order", {"sparse_1m", 1'000'000, 1'000'000, Prices::Sparse}),
        mixed(Hard, "100,000 orders at one price", {"one_level", 100'000, 2'000'000, Prices::OneLevel}),
        touch("the best level emptied and refilled, 10,000 levels behind it", {"best_level", 10'000, 2'000'000}),
    };
    return all;
}

struct Maker {
    std::uint64_t seed{};
    bool smoke{};

    [[nodiscard]] std::size_t scaled(std::size_t n) const {
        return smoke ? std::max<std::size_t>(n / kSmokeDivisor, 10) : n;
    }

    Workload operator()(RegimeShape shape) const {
        shape.orders = scaled(shape.orders);
        shape.symbols = shape.symbols > 1 ? scaled(shape.symbols) : 1;
        return make_regime(shape, seed);
    }
    Workload operator()(MixedShape shape) const {
        shape.resting = shape.symbols > 1 ? shape.resting : scaled(shape.resting);
        shape.symbols = shape.symbols > 1 ? scaled(shape.symbols) : 1;
        shape.messages = scaled(shape.messages);
        return make_mixed(shape, seed);
    }
    Workload operator()(TouchShape shape) const {
        shape.resting = scaled(shape.resting);
        shape.messages = scaled(shape.messages);
        return make_touch(shape, seed);
    }
};

}  // namespace

const std::vector<WorkloadName>& workload_names() {
    static const std::vector<WorkloadName> names = [] {
        std::vector<WorkloadName> all;
        for (const Entry& entry : entries()) all.push_back(entry.name);
        return all;
    }();
    return names;
}

Workload make_workload(std::string_view name, std::uint64_t seed, bool smoke) {
    const auto it = std::ranges::find(entries(), name, [](const Entry& e) { return e.name.name; });
    if (it == entries().end()) throw std::invalid_argument("no workload " + std::string(name));
    return std::visit(Maker{seed, smoke}, it->shape);
}

}  // namespace buttonwood::bench
