// Random commands for ACME of LiveMarket that reach every kind of order, group, state and clock step.
#pragma once

#include "engine/commands.hpp"

#include <random>

namespace buttonwood::test {

// now: the time of the command before; newest: the newest order.
[[nodiscard]] engine::Command random_command(std::mt19937_64& random, engine::OrderId newest, engine::Timestamp now);

}  // namespace buttonwood::test
