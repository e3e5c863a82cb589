// The price of a call auction: the one that trades most, then leaves the least imbalance, then lies nearest to the
// reference, then the higher one.
//
// Pure function of two lists of levels. O(levels that cross). Thread safety: none needed.
#pragma once

#include "engine/types.hpp"

#include <vector>

namespace buttonwood::engine {

struct AuctionLevel {
    Price price;
    Int128 units{};  // total quantity at this price, > 0
};

struct Equilibrium {
    Price price;  // 0: nothing trades
    Quantity paired;
    Quantity imbalance;  // at most what a quantity can hold
    Side imbalance_side = Side::Buy;
};

// REQUIRES: bids and listings best first, only the levels that cross (bids at or above the best listing, listings at or
// below the best bid), none empty. reference: 0 = the middle of the best bid and the best listing, down to the tick.
[[nodiscard]] Equilibrium find_equilibrium(const std::vector<AuctionLevel>& bids,
                                           const std::vector<AuctionLevel>& listings, Price reference, Price tick);

}  // namespace buttonwood::engine
