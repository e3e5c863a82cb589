#include "engine/equilibrium.hpp"

#include <algorithm>

namespace buttonwood::engine {
namespace {

// Cumulated quantities while the price goes up: bids drop out below it, listings join at it.
class Sweep {
public:
    Sweep(const std::vector<AuctionLevel>& bids, const std::vector<AuctionLevel>& listings)
        : bids_(bids), listings_(listings), next_bid_(bids.size()) {
        for (const AuctionLevel& level : bids_) demand_ += level.units;
    }
    // REQUIRES: prices that never go down, none above the best bid.
    void move_to(Price price) {
        while (bids_[next_bid_ - 1].price < price) demand_ -= bids_[--next_bid_].units;
        while (next_listing_ < listings_.size() && listings_[next_listing_].price <= price)
            supply_ += listings_[next_listing_++].units;
    }
    [[nodiscard]] Int128 demand() const { return demand_; }
    [[nodiscard]] Int128 supply() const { return supply_; }

private:
    const std::vector<AuctionLevel>& bids_;
    const std::vector<AuctionLevel>& listings_;
    std::size_t next_bid_;
    std::size_t next_listing_{};
    Int128 demand_{};
    Int128 supply_{};
};

struct Candidate {
    Price price;
    Int128 paired{};
    Int128 surplus{};  // demand - supply
};

Int128 size_of(Int128 value) { return value < 0 ? -value : value; }

// Is a, the later and higher price, at least as good as b?
bool wins(const Candidate& a, const Candidate& b, Price reference) {
    if (a.paired != b.paired) return a.paired > b.paired;
    if (size_of(a.surplus) != size_of(b.surplus)) return size_of(a.surplus) < size_of(b.surplus);
    return size_of(Int128{a.price.units} - reference.units) <= size_of(Int128{b.price.units} - reference.units);
}

}  // namespace

Equilibrium find_equilibrium(const std::vector<AuctionLevel>& bids, const std::vector<AuctionLevel>& listings,
                             Price reference, Price tick) {
    if (bids.empty() || listings.empty()) return {};
    const Price low = listings.front().price;
    const Price high = bids.front().price;
    if (reference.units == 0) reference = {low.units + (high.units - low.units) / 2};
    reference.units -= reference.units % tick.units;

    std::vector<Price> prices;
    prices.reserve(bids.size() + listings.size() + 1);
    for (const AuctionLevel& level : listings) prices.push_back(level.price);
    for (const AuctionLevel& level : bids) prices.push_back(level.price);
    if (reference > low && reference < high) prices.push_back(reference);
    std::sort(prices.begin(), prices.end());

    Sweep sweep(bids, listings);
    Candidate best;
    for (const Price price : prices) {
        sweep.move_to(price);
        const Candidate candidate{price, std::min(sweep.demand(), sweep.supply()), sweep.demand() - sweep.supply()};
        if (best.price.units == 0 || wins(candidate, best, reference)) best = candidate;
    }
    const Int128 imbalance = std::min<Int128>(size_of(best.surplus), INT64_MAX);
    return {best.price, {static_cast<std::int64_t>(best.paired)}, {static_cast<std::int64_t>(imbalance)},
            best.surplus < 0 ? Side::Sell : Side::Buy};
}

}  // namespace buttonwood::engine
