// The commands that bring a trader into the market of a benchmark.
#pragma once

#include "engine/commands.hpp"

#include <array>
#include <cstddef>
#include <string>

namespace buttonwood::bench {

// Registers trader `number`, whose account has the same number when traders are registered first, and pays in cash.
inline std::array<engine::Command, 2> new_trader(std::size_t number, engine::Currency currency, engine::Money cash) {
    engine::RegisterUser user;
    user.name = engine::Name("trader " + std::to_string(number));
    user.roles = engine::RoleSet{}.add(engine::Role::Trader);
    engine::DepositCash deposit;
    deposit.account = static_cast<engine::AccountId>(number);
    deposit.currency = currency;
    deposit.amount = cash;
    return {user, deposit};
}

}  // namespace buttonwood::bench
