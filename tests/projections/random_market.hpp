// A market in which everything happens: random commands from a seed, decided by a real engine.
//
// Users come and are suspended, securities of several currencies and scales are created, halted and opened, orders of
// every kind are placed, amended, canceled, traded and refused, over minutes and midnights. Thread safety: none.
#pragma once

#include "engine/engine.hpp"
#include "eventstore/codec.hpp"

#include <random>
#include <vector>

namespace buttonwood::projections::test {

class RandomMarket {
public:
    explicit RandomMarket(std::uint64_t seed);

    // Decides that many more commands.
    void run(int commands);

    [[nodiscard]] const engine::Engine& engine() const { return engine_; }
    // Everything since the beginning.
    [[nodiscard]] const eventstore::Records& log() const { return log_; }
    [[nodiscard]] engine::EventSeq last_seq() const { return engine_.last_seq(); }
    [[nodiscard]] std::uint32_t accounts() const { return accounts_; }
    [[nodiscard]] std::uint32_t securities() const { return securities_; }
    [[nodiscard]] std::uint64_t orders() const { return orders_; }

private:
    std::uint64_t below(std::uint64_t n) { return random_() % n; }
    bool one_in(std::uint64_t n) { return below(n) == 0; }

    void decide(engine::Command command, engine::UserId actor = engine::UserId::None);
    void set_up();
    void one_command();
    void administer();
    [[nodiscard]] engine::PlaceOrder random_order();
    [[nodiscard]] engine::AmendOrder random_amend(engine::OrderId target);
    [[nodiscard]] engine::CancelOrder random_cancel(engine::OrderId target);
    [[nodiscard]] engine::AccountId random_account();
    [[nodiscard]] engine::SecurityId random_security() {
        return static_cast<engine::SecurityId>(1 + below(securities_));
    }
    [[nodiscard]] engine::OrderId random_target();

    std::mt19937_64 random_;
    engine::Engine engine_;
    eventstore::Records log_;
    engine::Timestamp now_;
    std::uint32_t users_{};
    std::uint32_t accounts_{};
    std::uint32_t securities_{};
    std::uint64_t orders_{};
    std::vector<engine::OrderId> targets_;  // orders worth naming: open ones, and some that are not
    std::uint64_t keys_{};
    std::uint64_t client_ids_{};
};

}  // namespace buttonwood::projections::test
