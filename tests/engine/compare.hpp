// The engine against the oracle: every difference in words, empty when they agree.
#pragma once

#include "engine/engine.hpp"
#include "tests/engine/naive_engine.hpp"

#include <string>
#include <vector>

namespace buttonwood::engine::tests {

// The events of one command, field by field. A refusal must be exactly one CommandRejected with the predicted reason,
// naming the order that has the client id where the oracle names one.
[[nodiscard]] std::vector<std::string> compare_events(const std::vector<Event>& events, RejectReason reason,
                                                      const NaiveEngine::Prediction& predicted);

// Balances, holdings, reservations, open orders, books level by level and order by order.
[[nodiscard]] std::vector<std::string> compare_states(const Engine& engine, const NaiveEngine& oracle);

}  // namespace buttonwood::engine::tests
