// A market in which everything happens: random commands from a seed, decided by a real engine.
//
// Users come and are suspended, securities of several currencies and scales are created, halted, auctioned and opened,
// orders of every kind, alone and in groups, are placed, amended, canceled, triggered, traded and refused, over
// minutes and midnights, with a clock that mostly comes in time. Thread safety: none.
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
    // More open orders than one command can cancel, then their cancel, which the clock finishes.
    void crowd();

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

    // The clock's command first, where one is wanted and not forgotten.
    void decide(engine::Command command, engine::UserId actor = engine::UserId::None);
    void record(engine::Command command, engine::UserId actor);
    void set_up();
    void one_command();
    void administer();
    void govern();
    void look_after_people();
    void look_after_terms();
    [[nodiscard]] engine::SetAccreditation random_accreditation(engine::UserId user);
    [[nodiscard]] engine::SetSecurityTerms random_terms();
    [[nodiscard]] engine::ChangeSettlement random_settlement();
    [[nodiscard]] engine::ChangeTradingState random_state(engine::SecurityId security);
    [[nodiscard]] engine::SetPriceBands random_bands();
    [[nodiscard]] engine::Price random_price() { return {1'000 + static_cast<std::int64_t>(below(17)) * 5}; }
    [[nodiscard]] engine::Quantity random_quantity(std::uint64_t most_lots) {
        return {static_cast<std::int64_t>(1 + below(most_lots)) * 100};
    }
    [[nodiscard]] engine::Timestamp soon() { return {now_.us + 1 + static_cast<std::int64_t>(below(120'000'000))}; }
    void add_terms(engine::PlaceOrder& order);
    void add_trigger(engine::PlaceOrder& order);
    [[nodiscard]] engine::PlaceGroup random_oco();
    [[nodiscard]] engine::PlaceGroup random_bracket();
    [[nodiscard]] engine::PlaceOrder random_order();
    [[nodiscard]] engine::PlaceGroup random_group() { return one_in(2) ? random_oco() : random_bracket(); }
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
    std::uint64_t trades_{};
    std::vector<engine::OrderId> targets_;  // orders worth naming: open ones, and some that are not
    std::uint64_t keys_{};
    std::uint64_t client_ids_{};
};

}  // namespace buttonwood::projections::test
