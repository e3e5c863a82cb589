// core_microbench: single operations of the book at constant depth, with Google Benchmark, beside the std::map book.
//
//     core_microbench --benchmark_filter='cancel.*book'
//
// The argument is the number of resting orders, about ten on a price level.
#include "bench/core_random.hpp"
#include "engine/order_book.hpp"
#include "tests/engine/map_book.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace {

using namespace buttonwood::engine;
using buttonwood::bench::Random;
using Naive = tests::MapBook;

constexpr std::int64_t kCenter = 1'000'000;
constexpr std::int64_t kOrdersPerLevel = 10;
constexpr Quantity kQuantity{10};

// A book of resting orders of one size, and their handles.
template <class Book>
class Fixture {
public:
    explicit Fixture(const benchmark::State& state)
        : levels_(std::max<std::int64_t>(state.range(0) / (2 * kOrdersPerLevel), 1)) {
        const auto orders = static_cast<std::size_t>(state.range(0));
        book.reserve(orders + 1, orders + 1);
        for (std::size_t i = 0; i < orders; ++i)
            handles.push_back(book.add(side_of(i), any_price(side_of(i)), kQuantity, i));
    }

    Side side_of(std::size_t i) const { return i % 2 == 0 ? Side::Buy : Side::Sell; }
    Price any_price(Side side) {
        const std::int64_t distance = random.between(1, levels_);
        return {side == Side::Buy ? kCenter - distance : kCenter + distance};
    }

    Book book;
    std::vector<typename Book::Handle> handles;
    Random random{1};

private:
    std::int64_t levels_;  // per side
};

struct Silent {
    void filled(const auto&) {}
    void rested(std::uint64_t, auto, Side, Price, Quantity) {}
    void expired(std::uint64_t, Quantity) {}
    void canceled(std::uint64_t, Quantity) {}
    void replaced(std::uint64_t, auto, Price, Quantity, bool) {}
};

// A random resting order leaves, and another joins anywhere.
template <class Book>
void cancel_and_add(benchmark::State& state) {
    Fixture<Book> f(state);
    for (auto _ : state) {
        const std::size_t i = f.random.below(f.handles.size());
        f.book.cancel(f.handles[i], Silent{});
        const Side side = f.side_of(i);
        f.handles[i] = f.book.submit(side, f.any_price(side), kQuantity, false, i, Silent{});
    }
    state.SetItemsProcessed(2 * state.iterations());
}

// A random resting order gets another price.
template <class Book>
void replace(benchmark::State& state) {
    Fixture<Book> f(state);
    for (auto _ : state) {
        const std::size_t i = f.random.below(f.handles.size());
        f.handles[i] = *f.book.replace(f.handles[i], f.any_price(f.side_of(i)), kQuantity, Silent{});
    }
    state.SetItemsProcessed(state.iterations());
}

// The best level appears one tick ahead of the book, and a taker empties it.
template <class Book>
void refill_and_take(benchmark::State& state) {
    Fixture<Book> f(state);
    for (auto _ : state) {
        f.book.submit(Side::Buy, Price{kCenter}, kQuantity, false, 0, Silent{});
        f.book.submit(Side::Sell, Price{kCenter}, kQuantity, true, 0, Silent{});
    }
    state.SetItemsProcessed(2 * state.iterations());
}

// A taker sweeps ten orders, which come back.
template <class Book>
void sweep(benchmark::State& state) {
    constexpr std::int64_t kSwept = 10;
    Fixture<Book> f(state);
    for (auto _ : state) {
        for (std::int64_t i = 0; i < kSwept; ++i)
            f.book.submit(Side::Buy, Price{kCenter - i / 4}, kQuantity, false, 0, Silent{});
        f.book.submit(Side::Sell, Price{kCenter - kSwept}, Quantity{kSwept * kQuantity.units}, true, 0, Silent{});
    }
    state.SetItemsProcessed((kSwept + 1) * state.iterations());
}

// Best prices and their depth, as a quote needs them.
template <class Book>
void best(benchmark::State& state) {
    Fixture<Book> f(state);
    for (auto _ : state) {
        benchmark::DoNotOptimize(f.book.best(Side::Buy));
        benchmark::DoNotOptimize(f.book.best(Side::Sell));
    }
    state.SetItemsProcessed(2 * state.iterations());
}

}  // namespace

#define BUTTONWOOD_BENCHMARK(function)                                                                   \
    BENCHMARK(function<OrderBook>)->Name(#function "/book")->RangeMultiplier(10)->Range(100, 1'000'000); \
    BENCHMARK(function<Naive>)->Name(#function "/naive")->RangeMultiplier(10)->Range(100, 1'000'000)

BUTTONWOOD_BENCHMARK(cancel_and_add);
BUTTONWOOD_BENCHMARK(replace);
BUTTONWOOD_BENCHMARK(refill_and_take);
BUTTONWOOD_BENCHMARK(sweep);
BUTTONWOOD_BENCHMARK(best);

BENCHMARK_MAIN();
