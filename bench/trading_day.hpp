// A day of trading for the benchmarks of projections: seeded, decided by a real engine, the same on every machine.
//
// 200 accounts trade 8 securities with fees. Of 100 commands about 50 are limit orders that rest near the touch, 17
// cross the spread and trade, 24 cancel and 8 amend what rests, 1 moves cash; now and then one is refused, as it is in
// life (the shares were sold meanwhile). About 4,000 orders rest. Commands come 4 ms apart on average, from 08:00 UTC:
// ten million events are some eight hours. Not thread safe.
#pragma once

#include "bench/core_random.hpp"
#include "engine/engine.hpp"
#include "eventstore/codec.hpp"

#include <array>
#include <unordered_map>
#include <utility>
#include <vector>

namespace buttonwood::bench {

// One command of the day in few bytes: a million of them are made before a measurement begins.
struct DayOrder {
    enum class Kind : std::uint8_t { Rest, Cross, CrossAtOnce, Cancel, Reduce, Reprice, Deposit, Withdraw };
    Kind kind{};
    engine::Side side{};
    engine::AccountId account{};
    engine::SecurityId security{};
    engine::OrderId order{};   // of a cancel or amend
    std::int64_t price{};
    std::int64_t quantity{};   // of cash: dollars
};
[[nodiscard]] engine::Command to_command(const DayOrder& order);
// Whose command it is.
[[nodiscard]] engine::UserId actor_of(const DayOrder& order);

class TradingDay {
public:
    static constexpr std::uint32_t kAccounts = 200;
    static constexpr std::uint32_t kSecurities = 8;

    explicit TradingDay(std::uint64_t seed);

    // The commands that open the market, by the system itself; decided by the constructor's engine already.
    [[nodiscard]] static std::vector<engine::Command> opening();

    // What was decided since the last take(), or from the opening on.
    [[nodiscard]] eventstore::Records take() { return std::exchange(records_, {}); }
    [[nodiscard]] engine::EventSeq last_seq() const { return engine_.last_seq(); }
    // Chooses and decides the next command, the clock's before it where the engine wants that.
    DayOrder next();

private:
    struct Open {
        engine::OrderId order{};
        engine::AccountId account{};
        engine::SecurityId security{};
        engine::Side side{};
        std::int64_t price{};
        std::int64_t quantity{};  // its total
    };

    void decide(engine::UserId actor, engine::Command command);
    void see(const engine::Event& event);
    void add(const Open& open);
    void remove(engine::OrderId order);
    [[nodiscard]] DayOrder choose();
    [[nodiscard]] DayOrder new_order(bool crosses);
    [[nodiscard]] DayOrder change(DayOrder::Kind kind);
    [[nodiscard]] DayOrder move_cash();
    [[nodiscard]] engine::AccountId any_account() {
        return static_cast<engine::AccountId>(1 + random_.below(kAccounts));
    }

    Random random_;
    engine::Engine engine_;
    engine::Timestamp now_;
    eventstore::Records records_;
    std::array<std::int64_t, kSecurities> mid_{};  // ticks
    std::vector<Open> open_;                       // what rests, in no order
    std::unordered_map<engine::OrderId, std::size_t> place_;  // in open_
    std::unordered_map<engine::OrderId, Open> taking_;        // accepted, and not resting yet
};

}  // namespace buttonwood::bench
