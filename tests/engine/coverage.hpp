// What the random streams have reached, so that a generator that stops aiming is noticed.
#pragma once

#include "tests/engine/naive_engine.hpp"

#include <cstddef>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace buttonwood::engine::tests {

class Coverage {
public:
    void add(RejectReason reason) { reasons_.insert(reason); }
    // `state`: in force for the security of the command when it was decided.
    void add(const Command& command, const EventBody& event, const NaiveEngine::State& state);

    // In words, what was never reached: reasons of refusal, types of event, reasons of cancels, expiries and
    // activations, and every pair of features that an accepted order can have together: type,
    // time in force, flags, self-trade prevention, role in a group, side, trading state, fees; and every kind of trade:
    // continuous or in an auction, with which fees, settled at once or later.
    [[nodiscard]] std::vector<std::string> missing() const;

private:
    using Feature = std::size_t;
    void add_trade(const TradeExecuted& trade);
    [[nodiscard]] static std::vector<Feature> features_of(const OrderAccepted& order, bool reprice,
                                                          const NaiveEngine::State& state);

    std::set<RejectReason> reasons_;
    std::set<std::size_t> events_;
    std::set<CancelReason> cancels_;
    std::set<ExpireReason> expiries_;
    std::set<ActivationReason> activations_;
    std::set<std::pair<SettlementStep, StateCause>> steps_;
    std::set<std::string> trades_;
    std::set<std::pair<Feature, Feature>> pairs_;
};

}  // namespace buttonwood::engine::tests
