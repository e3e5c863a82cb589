// Trading states and call auctions. RULES.md, sections 1 and 9.
#include "engine/assert.hpp"
#include "engine/engine.hpp"
#include "engine/engine_emit.hpp"

#include <algorithm>

namespace buttonwood::engine {

StateInForce Engine::severer(const State& own, const State& market) {
    const State& state = severity(market.state) > severity(own.state) ? market : own;
    return {state.state, state.auction};
}

StateInForce Engine::in_force(const Security& security) const { return severer(security.own, market_); }

// What would be in force if `changed` (None: the market) went on to `next`, which is no auction.
StateInForce Engine::in_force_after(const Security& security, SecurityId changed, TradingState next) const {
    const State then{next, AuctionKind::None, {}};
    return changed == SecurityId::None ? severer(security.own, then) : severer(then, market_);
}

bool Engine::needs_uncross(const Security& security, SecurityId changed, TradingState next) const {
    const StateInForce now = in_force(security);
    const StateInForce then = in_force_after(security, changed, next);
    const bool gathers = now.state == TradingState::Auction || now.state == TradingState::PreOpen;
    if (then.state == TradingState::Closed)
        return now == StateInForce{TradingState::Auction, AuctionKind::Closing};
    return then.state == TradingState::Open && (gathers || security.auction_orders > 0 || is_crossed(security));
}

bool Engine::is_crossed(const Security& security) {
    const auto bid = security.book.best(Side::Buy);
    return bid && security.book.crosses(Side::Buy, bid->price);
}

RejectReason Engine::on(Context& context, const ChangeTradingState& c) {
    if (!actor_may(context, Role::Operator)) return reject(context, RejectReason::NotPermitted);
    const Security* security = find(c.security);
    if (c.security != SecurityId::None && !security) return reject(context, RejectReason::SecurityNotFound);
    const auto refuse = [&](RejectReason reason) { return reject(context, reason, AccountId::None, c.security); };
    if (security && security->delisted) return refuse(RejectReason::SecurityDelisted);
    if (uncross_pending(c.security)) return refuse(RejectReason::AuctionUncrossing);
    const State& now = security ? security->own : market_;
    if (now.state == c.state && now.auction == c.auction && now.until == c.until)
        return refuse(RejectReason::StatusUnchanged);
    const bool is_auction = c.state == TradingState::Auction;
    const bool may_end = is_auction || c.state == TradingState::Halted;
    if (is_auction != (c.auction != AuctionKind::None) ||
        (c.until.us != 0 && (!may_end || c.until <= context.header.time)))
        return refuse(RejectReason::AuctionNotAllowed);
    change_state(context, TradingStateChanged{c.security, c.state, c.note, c.auction, c.until, StateCause::Operator});
    return RejectReason::None;
}

// Matches what has gathered where the new state asks for it, then enters the state; or leaves both to the clock.
void Engine::change_state(Context& context, const TradingStateChanged& change) {
    WorkDeferred work;
    work.kind = WorkKind::Uncross;
    work.security = change.security;
    work.next_state = change.state;
    work.cause = change.cause;
    const auto needs = [&](const Security& s) { return needs_uncross(s, change.security, change.state); };
    const bool any = change.security != SecurityId::None ? needs(at(change.security))
                                                         : std::any_of(securities_.begin(), securities_.end(), needs);
    if (any && (!works_.empty() || !uncross_all(context, change.security, change.state))) return emit(context, work);
    enter_state(context, change);
}

void Engine::enter_state(Context& context, const TradingStateChanged& change) {
    const bool is_market = change.security == SecurityId::None;
    const StateInForce before = is_market ? StateInForce{} : in_force(at(change.security));
    emit(context, change);
    const auto first = is_market ? SecurityId{1} : change.security;
    const auto last = is_market ? static_cast<SecurityId>(securities_.size()) : change.security;
    for (auto id = static_cast<std::uint32_t>(first); id <= static_cast<std::uint32_t>(last); ++id) {
        Security& security = at(static_cast<SecurityId>(id));
        if (in_force(security).state == TradingState::Open) touch(security);
    }
    if (!activate_closing_orders(context, change.security)) {
        WorkDeferred work;
        work.kind = WorkKind::ClosingOrders;
        work.security = change.security;
        emit(context, work);
    }
    if (is_market) return;
    const StateInForce now = in_force(at(change.security));
    if (now.state == TradingState::Auction && now != before) indicate(context, change.security);
}

// Returns false when it had to stop for the clock to go on.
bool Engine::uncross_all(Context& context, SecurityId changed, TradingState next) {
    if (changed != SecurityId::None) return !needs_uncross(at(changed), changed, next) || uncross(context, changed);
    for (std::uint32_t id = 1; id <= securities_.size(); ++id)
        if (needs_uncross(at(SecurityId{id}), changed, next) && !uncross(context, SecurityId{id})) return false;
    return true;
}

bool Engine::uncross(Context& context, SecurityId id) {
    if (!at(id).uncrossed) {
        if (over_budget(context)) return false;
        const Equilibrium result = equilibrium(at(id));
        emit(context, AuctionUncrossed{id, result.price, result.paired, result.imbalance, result.imbalance_side});
    }
    while (at(id).unpaired.units > 0 || is_crossed(at(id))) {
        if (over_budget(context)) return false;
        pair_next(context, at(id));
    }
    return expire_auction_orders(context, id);
}

// One trade between the front bid and the front listing, or the end of one of them that is dead: of what crosses when
// all is paired, one is.
void Engine::pair_next(Context& context, const Security& security) {
    const OrderBook& book = security.book;
    const std::array fronts{book.front(Side::Buy), book.front(Side::Sell)};
    for (const OrderBook::Handle front : fronts) {
        BUTTONWOOD_ASSERT(front != OrderBook::kNoHandle);
        const auto slot = static_cast<Slot>(book.tag(front));
        if (const Dead why = is_dead(orders_[slot], security.uncross_clock); why != Dead::No)
            return end_dead(context, slot, why);
    }
    const Order& bid = orders_[book.tag(fronts[0])];
    const Order& listing = orders_[book.tag(fronts[1])];
    BUTTONWOOD_ASSERT(security.unpaired.units > 0);
    BUTTONWOOD_ASSERT(bid.price >= security.auction_price && listing.price <= security.auction_price);
    const bool bid_is_younger = bid.place > listing.place;
    const Quantity quantity = std::min({tip_of(bid), tip_of(listing), security.unpaired});
    const auto bid_slot = static_cast<Slot>(book.tag(fronts[0]));
    const auto listing_slot = static_cast<Slot>(book.tag(fronts[1]));
    trade(context, bid_is_younger ? bid_slot : listing_slot, bid_is_younger ? listing_slot : bid_slot,
          security.auction_price, quantity, true);
}

bool Engine::expire_auction_orders(Context& context, SecurityId security) {
    while (at(security).auction_orders > 0) {
        auto next = expiries_.lower_bound(Expiry{kAtAuctionEnd, security, OrderId::None});
        while (orders_[slot_of(next->order)].held) ++next;  // a cls order still waits for its auction
        if (over_budget(context)) return false;
        expire(context, slot_of(next->order), ExpireReason::AuctionEnd);
    }
    return true;
}

Equilibrium Engine::equilibrium(const Security& security) const {
    const auto best_bid = security.book.best(Side::Buy);
    const auto best_listing = security.book.best(Side::Sell);
    if (!best_bid || !best_listing || best_bid->price < best_listing->price) return {};
    const auto gather = [&](Side side, Price limit) {
        std::vector<AuctionLevel> levels;
        security.book.for_each_level(side, [&](const OrderBook::Level& level) {
            if (side == Side::Buy ? level.price < limit : level.price > limit) return false;
            AuctionLevel whole{level.price, 0};
            security.book.for_each_order_at(side, level.price, [&](OrderBook::Handle handle) {
                const Order& o = orders_[security.book.tag(handle)];
                if (is_dead(o, clock_) == Dead::No) whole.units += o.leaves.units;
            });
            if (whole.units > 0) levels.push_back(whole);
            return true;
        });
        return levels;
    };
    std::vector<AuctionLevel> bids = gather(Side::Buy, best_listing->price);
    std::vector<AuctionLevel> listings = gather(Side::Sell, best_bid->price);
    if (bids.empty() || listings.empty()) return {};
    // The best prices may have been those of dead orders: then fewer cross.
    const Price low = listings.front().price;
    const Price high = bids.front().price;
    std::erase_if(bids, [low](const AuctionLevel& level) { return level.price < low; });
    std::erase_if(listings, [high](const AuctionLevel& level) { return level.price > high; });
    const Price reference = security.last.units != 0 ? security.last : security.bands.reference_price;
    return find_equilibrium(bids, listings, reference, security.terms.tick_size);
}

void Engine::indicate(Context& context, SecurityId id) {
    const Equilibrium now = equilibrium(at(id));
    emit(context, AuctionIndicated{id, now.price, now.paired, now.imbalance, now.imbalance_side});
}

// Returns false when it had to stop for the clock to go on.
bool Engine::activate_closing_orders(Context& context, SecurityId security) {
    const bool all = security == SecurityId::None;
    auto next = expiries_.lower_bound(Expiry{kAtAuctionEnd, security, OrderId::None});
    while (next != expiries_.end() && next->at == kAtAuctionEnd && (all || next->security == security)) {
        const Expiry expiry = *next;
        ++next;  // the order may end right here
        const Slot slot = slot_of(expiry.order);
        if (!orders_[slot].held ||
            in_force(at(expiry.security)) != StateInForce{TradingState::Auction, AuctionKind::Closing})
            continue;
        if (over_budget(context)) return false;
        activate(context, slot, ActivationReason::ClosingAuction);
    }
    return true;
}

}  // namespace buttonwood::engine
