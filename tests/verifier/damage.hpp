// What can happen to a stored log behind everybody's back, one thing at a time.
#pragma once

#include "eventstore/journal.hpp"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace buttonwood::test {

struct Damage {
    std::string name;
    std::string sql;
    // The first event that cannot be trusted lies here.
    engine::EventSeq lowest{};
    engine::EventSeq highest{};
};

inline constexpr int kDamageKinds = 17;

// A random damage of the kind number `kind` % kDamageKinds. PostgreSQL may refuse a few of them: there is no partition
// for the row that it makes.
[[nodiscard]] Damage random_damage(const std::vector<eventstore::Block>& log, int kind, std::mt19937_64& random);

}  // namespace buttonwood::test
