// The naive engine's auctions: the price that trades most, and the trades at it.
#include "tests/engine/naive_engine.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

namespace buttonwood::engine::tests {
namespace {

Int128 magnitude(Int128 value) { return value < 0 ? -value : value; }

}  // namespace

NaiveEngine::Cross NaiveEngine::cross(SecurityId id) const {
    const Security& security = securities_.at(id);
    auto bids = book(id, Side::Buy);
    auto listings = book(id, Side::Sell);
    for (auto* side : {&bids, &listings}) std::erase_if(*side, [&](const Order* order) { return dead(*order); });
    if (bids.empty() || listings.empty() || bids.front()->price < listings.front()->price) return {};
    const Price low = listings.front()->price;
    const Price high = bids.front()->price;
    Int128 reference = (Int128{low.units} + high.units) / 2;
    if (security.bands.reference_price.units != 0) reference = security.bands.reference_price.units;
    if (security.last.units != 0) reference = security.last.units;
    reference -= reference % security.terms.tick_size.units;

    std::set<Int128> candidates;
    for (const auto& side : {bids, listings})
        for (const Order* order : side) candidates.insert(order->price.units);
    candidates.insert(reference);
    std::erase_if(candidates, [&](Int128 price) { return price < low.units || price > high.units; });

    Cross best;
    std::optional<std::tuple<Int128, Int128, Int128, Int128>> rank;  // the greatest wins
    for (const Int128 price : candidates) {
        Int128 demand = 0;
        Int128 supply = 0;
        for (const Order* order : bids)
            if (order->price.units >= price) demand += order->leaves().units;
        for (const Order* order : listings)
            if (order->price.units <= price) supply += order->leaves().units;
        const Int128 paired = std::min(demand, supply);
        const Int128 imbalance = magnitude(demand - supply);
        const std::tuple mine(paired, -imbalance, -magnitude(price - reference), price);
        if (paired == 0 || (rank && mine < *rank)) continue;
        rank = mine;
        best = {Price{static_cast<std::int64_t>(price)}, paired, imbalance,
                supply > demand ? Side::Sell : Side::Buy};
    }
    best.imbalance = std::min<Int128>(best.imbalance, std::numeric_limits<std::int64_t>::max());
    return best;
}

void NaiveEngine::indicate(SecurityId security) {
    const Cross now = cross(security);
    emit(AuctionIndicated{security, now.price, {static_cast<std::int64_t>(now.paired)},
                          {static_cast<std::int64_t>(now.imbalance)}, now.side});
    securities_.at(security).indication_is_stale = false;
    newest_indication_ = now_;
}

// The clock's indications, when the newest of all is old enough.
void NaiveEngine::indicate_due() {
    for (const auto& [id, security] : securities_) {
        if (!security.indication_is_stale || in_force(id).state != TradingState::Auction) continue;
        if (is_spent()) return;
        indicate(id);
    }
}

// Would this change of the scope's state make the security match what gathered?
bool NaiveEngine::must_uncross(SecurityId id, SecurityId scope, TradingState next) const {
    if (scope != SecurityId::None && scope != id) return false;
    const State changed{next, AuctionKind::None, {}};
    const Security& security = securities_.at(id);
    const State before = in_force(id);
    const State after = scope == SecurityId::None ? in_force(security.own, changed) : in_force(changed, market_);
    const bool opens = after.state == TradingState::Open && before.state != TradingState::Open;
    const bool closes = after.state == TradingState::Closed && before.is_closing_auction();
    if (!opens && !closes) return false;
    const Order* bid = front(id, Side::Buy);
    const Order* listing = front(id, Side::Sell);
    if (before.gathers() || (bid && listing && bid->price >= listing->price)) return true;
    return std::any_of(open_.begin(), open_.end(), [&](OrderId order) {
        return at(order).request.security == id && at(order).stage == Stage::Resting && at(order).is_auction_only();
    });
}

SecurityId NaiveEngine::next_to_uncross(const Work& work) const {
    for (const auto& [id, security] : securities_)
        if (id > work.uncrossed && must_uncross(id, work.terms.security, work.terms.next_state)) return id;
    return SecurityId::None;
}

// False where the budget ends before the work does.
bool NaiveEngine::uncross(Work& work) {
    for (;;) {
        if (work.uncrossing == SecurityId::None) {
            const SecurityId next = next_to_uncross(work);
            if (next == SecurityId::None) return true;
            if (is_spent()) return false;
            const Cross result = cross(next);
            work.uncrossing = next;
            work.left = {static_cast<std::int64_t>(result.paired)};
            work.price = result.price;
            work.clock = clock_;
            emit(AuctionUncrossed{next, result.price, work.left, {static_cast<std::int64_t>(result.imbalance)},
                                  result.side});
            if (work.price.units != 0) securities_.at(next).bands.reference_price = work.price;
        }
        if (!pair_off(work)) return false;
        work.uncrossed = work.uncrossing;
        work.uncrossing = SecurityId::None;
    }
}

// The trades of one security's auction, then the end of what was only for auctions.
bool NaiveEngine::pair_off(Work& work) {
    const SecurityId security = work.uncrossing;
    const auto is_crossed = [&] {
        const Order* bid = front(security, Side::Buy);
        const Order* listing = front(security, Side::Sell);
        return bid && listing && bid->price >= listing->price;
    };
    while (work.left.units > 0 || is_crossed()) {
        if (is_spent()) return false;
        Order& bid = at(front(security, Side::Buy)->id);
        Order& listing = at(front(security, Side::Sell)->id);
        if (const auto why = dead(bid, work.clock)) {
            end(bid, *why);
            continue;
        }
        if (const auto why = dead(listing, work.clock)) {
            end(listing, *why);
            continue;
        }
        const Quantity quantity = std::min({bid.tip, listing.tip, work.left});
        const bool bid_is_younger = bid.place > listing.place;
        work.left -= quantity;
        trade(bid_is_younger ? listing : bid, bid_is_younger ? bid : listing, work.price, quantity, true);
    }
    for (Order* order : open_where([&](const Order& o) {
             return o.request.security == security && o.stage == Stage::Resting && o.is_auction_only();
         })) {
        if (is_spent()) return false;
        expire(*order, ExpireReason::AuctionEnd);
    }
    return true;
}

// False where the budget ends before the cls orders of the work's scope do.
bool NaiveEngine::activate_closing_orders(const Work& work) {
    std::vector<Order*> waiting = open_where([&](const Order& order) {
        const SecurityId security = order.request.security;
        return order.stage == Stage::Held && order.request.time_in_force == TimeInForce::Cls &&
               (work.terms.security == SecurityId::None || work.terms.security == security) &&
               in_force(security).is_closing_auction();
    });
    std::stable_sort(waiting.begin(), waiting.end(), [](const Order* a, const Order* b) {
        return a->request.security < b->request.security;
    });
    for (Order* order : waiting) {
        if (is_spent()) return false;
        if (const auto why = dead(*order))
            end(*order, *why);
        else
            go_live(*order, order->quantity, ActivationReason::ClosingAuction);
    }
    return true;
}

}  // namespace buttonwood::engine::tests
