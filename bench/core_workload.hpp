// The workloads of the core benchmark: arrays of messages, generated beforehand from a seed.
//
// A message names an order by its number: dense from 0, in the sequence of the New messages. What a subject calls that
// order (a handle, an OrderId) is the harness's business. Generation is deterministic: equal arguments, equal messages.
#pragma once

#include "engine/types.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace buttonwood::bench {

enum class MessageKind : std::uint8_t { New, Cancel, Replace };

struct Message {
    std::int64_t price{};      // ticks; New and Replace
    std::uint32_t order{};
    std::uint32_t quantity{};  // New: its quantity; Replace: what is open from then on
    std::uint16_t symbol{};    // dense from 0
    MessageKind kind{};
    engine::Side side{};       // New and Replace
    bool ioc{};                // New
};

struct Workload {
    std::string name;
    std::size_t symbols = 1;
    std::size_t orders{};            // New messages, in prefill and messages together
    std::vector<Message> prefill;    // builds the book that the rest starts from; never timed
    std::vector<Message> messages;
};

// What a workload is for in the marks.
enum class WorkloadKind : std::uint8_t {
    Regime,        // one of the five price regimes
    RegimeSymbols, // a regime over many symbols
    Mixed,         // adds, cancels, marketable orders and replaces around a book of constant size
    MixedSymbols,
    Hard,          // huge, sparse or adversarial
};

struct WorkloadName {
    std::string_view name;
    WorkloadKind kind{};
    std::string_view what;  // one line for people
};

// All of them, in the order in which they are measured.
[[nodiscard]] const std::vector<WorkloadName>& workload_names();

// REQUIRES: `name` is one of workload_names(). `smoke` makes everything tiny.
[[nodiscard]] Workload make_workload(std::string_view name, std::uint64_t seed, bool smoke);

// ---- The generators behind it.

// Price regimes: `orders` new orders and what follows from them, about twice as many messages.
struct RegimeShape {
    std::string_view name;
    double range{};           // of the mid's walk over the whole run, as a share of its start
    double crash{};           // share of the mid that is lost, and regained, in a tenth of the run
    std::size_t symbols = 1;  // flow by Zipf's law, each symbol with a mid of its own
    std::size_t orders = 1'000'000;
};
[[nodiscard]] Workload make_regime(const RegimeShape& shape, std::uint64_t seed);

// 50 % adds, 40 % cancels, 5 % marketable, 5 % replaces around `resting` orders per symbol.
struct MixedShape {
    enum class Prices : std::uint8_t {
        NearTouch,  // exponential distance from a slowly drifting centre
        Sparse,     // every level one order, gaps of 10^6 ticks
        OneLevel,   // every order a bid at one price
    };
    std::string_view name;
    std::size_t resting{};
    std::size_t messages{};
    Prices prices = Prices::NearTouch;
    double mean_distance = 20;  // ticks; NearTouch
    std::size_t symbols = 1;
};
[[nodiscard]] Workload make_mixed(const MixedShape& shape, std::uint64_t seed);

// The best level, alone and far from the next one, is emptied (by cancels or by a taker) and refilled for ever.
struct TouchShape {
    std::string_view name;
    std::size_t resting{};
    std::size_t messages{};
};
[[nodiscard]] Workload make_touch(const TouchShape& shape, std::uint64_t seed);

}  // namespace buttonwood::bench
