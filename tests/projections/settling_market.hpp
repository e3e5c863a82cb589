// A market of limit orders with fees, and trades that settle days later, some of which fail or are canceled: random
// commands from a seed, decided by a real engine.
//
// Five traders, an account that gets the fees, two securities in dollars, which settle later, and one in euros, which
// settles with the trade. Time passes between commands, so that days end and settlements come due. Thread safety: none.
#pragma once

#include "engine/engine.hpp"
#include "eventstore/codec.hpp"

#include <random>
#include <vector>

namespace buttonwood::projections::test {

class SettlingMarket {
public:
    // mean_wait: microseconds between two commands, on average.
    explicit SettlingMarket(std::uint64_t seed, std::int64_t mean_wait = 600'000'000);

    void run(int commands);

    [[nodiscard]] const engine::Engine& engine() const { return engine_; }
    [[nodiscard]] const eventstore::Records& log() const { return log_; }
    [[nodiscard]] std::uint32_t accounts() const { return kAccounts; }
    [[nodiscard]] std::uint32_t securities() const { return kSecurities; }

private:
    static constexpr std::uint32_t kAccounts = 6;  // the first gets the fees
    static constexpr std::uint32_t kSecurities = 3;

    std::uint64_t below(std::uint64_t n) { return random_() % n; }
    void set_up();
    void one_command();
    void order();
    void settlement();
    void record(engine::Command command);

    std::mt19937_64 random_;
    std::int64_t mean_wait_;
    engine::Engine engine_;
    eventstore::Records log_;
    engine::Timestamp now_{1'798'761'000'000'000};  // 2026-12-31T23:50:00Z
    std::vector<engine::OrderId> orders_;
    std::vector<engine::TradeId> unsettled_;
};

}  // namespace buttonwood::projections::test
