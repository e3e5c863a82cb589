// Taking: what an order would execute, and the matching loop. RULES.md, sections 3 and 4.
#include "engine/assert.hpp"
#include "engine/engine.hpp"
#include "engine/engine_emit.hpp"

#include <algorithm>
#include <utility>

namespace buttonwood::engine {
namespace {

bool beyond(Side side, Price limit, Price price) {
    if (limit.units == 0) return false;
    return side == Side::Buy ? price > limit : price < limit;
}

bool outside(Price price, Price reference, std::uint32_t basis_points) {
    if (basis_points == 0 || reference.units == 0) return false;
    const Int128 distance = Int128{price.units} - reference.units;
    return (distance < 0 ? -distance : distance) * kBasisPoints > Int128{reference.units} * basis_points;
}

}  // namespace

Engine::Terms Engine::terms_of(const Order& order) const {
    return {order.side, limit_of(order), order.prevention, at(order.account).user};
}

bool Engine::outside_static_band(const Security& security, Price price) {
    return outside(price, security.bands.reference_price, security.bands.static_basis_points);
}

bool Engine::outside_bands(const Context& context, const Security& security, Price price) {
    if (security.bands.static_basis_points == 0 && security.bands.dynamic_basis_points == 0) return false;
    const Price last = security.traded_by == context.header.seq ? security.last_before : security.last;
    return outside_static_band(security, price) || outside(price, last, security.bands.dynamic_basis_points);
}

Engine::Dead Engine::is_dead(const Order& order, Timestamp clock) const {
    if (order.time_in_force == TimeInForce::Gtd && extra(order).expires_at <= clock) return Dead::GoodTill;
    if (sweeps_ == 0) return Dead::No;
    for (const WorkDeferred& work : works_) {
        if (order.id > work.through || (work.security != SecurityId::None && work.security != order.security)) continue;
        if (work.kind == WorkKind::DayEnd && ends_with_day(order.time_in_force)) return Dead::DayEnd;
        if (work.kind == WorkKind::MassCancel && covers(work, order)) return Dead::MassCancel;
    }
    return Dead::No;
}

bool Engine::covers(const WorkDeferred& work, const Order& order) {
    return (work.account == AccountId::None || work.account == order.account) &&
           (work.security == SecurityId::None || work.security == order.security) &&
           (!work.side || *work.side == order.side) && order.id <= work.through;
}

void Engine::end_dead(Context& context, Slot slot, Dead why) {
    if (why == Dead::GoodTill) return expire(context, slot, ExpireReason::GoodTill);
    if (why == Dead::DayEnd) return expire(context, slot, ExpireReason::DayEnd);
    BUTTONWOOD_ASSERT(why == Dead::MassCancel);
    const auto work = std::find_if(works_.begin(), works_.end(), [&](const WorkDeferred& w) {
        return w.kind == WorkKind::MassCancel && covers(w, orders_[slot]);
    });
    BUTTONWOOD_ASSERT(work != works_.end());
    cancel(context, slot, work->reason);
}

// for_cost: decrement goes on behind the taker's own orders, which take their quantity off it.
Engine::Taking Engine::takeable(const Context& context, const Security& security, const Terms& terms, Quantity wanted,
                                bool for_cost) const {
    const bool meets_own = terms.prevention != SelfTradePrevention::None && find(terms.user)->open_orders > 0;
    if (meets_own || security.iceberg_count > 0 || anything_dead())
        return takeable_by_order(context, security, terms, wanted, for_cost);
    Taking result;
    std::size_t met = 0;
    bool too_many = false;
    security.book.for_each_level(opposite(terms.side), [&](const OrderBook::Level& level) {
        if (beyond(terms.side, terms.limit, level.price) || outside_bands(context, security, level.price)) return false;
        met += level.order_count;
        too_many = met > kMaxFillsPerCommand;
        if (too_many) return false;
        result.take(level.price, level.quantity.units, wanted);
        return result.units < wanted.units;
    });
    if (too_many) return takeable_by_order(context, security, terms, wanted, for_cost);
    result.cost *= money_factor(security);
    return result;
}

Money Engine::cost_of_taking(const Context& context, const Security& security, const Terms& terms, Quantity wanted,
                             std::uint32_t taker_ppm) const {
    const Money cost{takeable(context, security, terms, wanted, true).cost};
    return cost + fee(cost, taker_ppm);
}

// The walk of match() without doing it, order by order.
class Engine::TakingWalk {
public:
    TakingWalk(const Engine& engine, const Security& security, const Terms& terms, Quantity wanted, bool for_cost)
        : engine_(engine), security_(security), terms_(terms), wanted_(wanted), for_cost_(for_cost) {}

    // One level: the tips in queue order, then the hidden rest of its icebergs. Returns whether the walk goes on.
    // outside: of a band. Nothing trades there, but dead and own orders in front end as anywhere.
    bool pass(Price price, bool outside) {
        outside_ = outside;
        hidden_.clear();
        const OrderBook& book = security_.book;
        book.for_each_order_at(opposite(terms_.side), price, [&](OrderBook::Handle handle) {
            if (!ended_) meet(price, engine_.orders_[book.tag(handle)], book.quantity(handle));
        });
        for (const Hidden& rest : hidden_) {
            if (ended_) break;
            const auto left = static_cast<std::int64_t>(kMaxFillsPerCommand - met_);
            const std::int64_t fills = (rest.units - 1) / rest.display + 1;
            met_ += static_cast<std::size_t>(std::min(fills, left));
            const std::int64_t units = fills > left ? left * rest.display : rest.units;
            if (rest.is_own) lose(units);
            else take(price, units);
            if (fills > left) ended_ = true;
        }
        return !ended_;
    }
    [[nodiscard]] const Taking& result() const { return result_; }

private:
    struct Hidden {
        std::int64_t units{};
        std::int64_t display{};
        bool is_own{};
    };
    void meet(Price price, const Order& maker, Quantity tip) {
        if (met_ == kMaxFillsPerCommand) return static_cast<void>(ended_ = true);
        ++met_;
        if (engine_.is_dead(maker, engine_.clock_) != Dead::No) return;
        const bool is_own = terms_.prevention != SelfTradePrevention::None &&
                            engine_.at(maker.account).user == terms_.user;
        if (is_own && terms_.prevention == SelfTradePrevention::CancelOldest) return;
        if (is_own && !(for_cost_ && terms_.prevention == SelfTradePrevention::Decrement))
            return static_cast<void>(ended_ = true);
        if (!is_own && outside_) return static_cast<void>(ended_ = true);
        if (is_own) lose(tip.units);
        else take(price, tip.units);
        const std::int64_t hidden = maker.leaves.units - tip.units;
        const std::int64_t display = engine_.extra(maker).display_quantity.units;
        if (hidden > 0) hidden_.push_back({hidden, display, is_own});
    }
    void take(Price price, std::int64_t units) {
        result_.take(price, units, wanted_);
        ended_ = result_.units >= wanted_.units;
    }

    // What a decrement takes off the taker.
    void lose(std::int64_t units) {
        const Int128 left = Int128{wanted_.units} - result_.units;
        wanted_.units -= static_cast<std::int64_t>(std::min<Int128>(left, units));
        ended_ = result_.units >= wanted_.units;
    }

    const Engine& engine_;
    const Security& security_;
    const Terms& terms_;
    Quantity wanted_;
    const bool for_cost_;
    Taking result_;
    std::size_t met_{};
    bool outside_{};
    bool ended_{};
    std::vector<Hidden> hidden_;  // of the level being passed
};

Engine::Taking Engine::takeable_by_order(const Context& context, const Security& security, const Terms& terms,
                                         Quantity wanted, bool for_cost) const {
    TakingWalk walk(*this, security, terms, wanted, for_cost);
    security.book.for_each_level(opposite(terms.side), [&](const OrderBook::Level& level) {
        if (beyond(terms.side, terms.limit, level.price)) return false;
        return walk.pass(level.price, outside_bands(context, security, level.price));
    });
    Taking result = walk.result();
    result.cost *= money_factor(security);
    return result;
}

void Engine::match(Context& context, Slot taker) {
    const Security& security = at(orders_[taker].security);
    const Terms terms = terms_of(orders_[taker]);
    const Side other = opposite(terms.side);
    for (std::size_t met = 0; met < kMaxFillsPerCommand; ++met) {
        const OrderBook::Front front = security.book.front_order(other);
        if (front.handle == OrderBook::kNoHandle || beyond(terms.side, terms.limit, front.price))
            return finish_taker(context, taker);
        const auto maker = static_cast<Slot>(front.tag);
        if (anything_dead()) {
            if (const Dead why = is_dead(orders_[maker], clock_); why != Dead::No) {
                end_dead(context, maker, why);
                continue;
            }
        }
        if (terms.prevention != SelfTradePrevention::None && at(orders_[maker].account).user == terms.user) {
            if (prevent_match(context, taker, maker)) return;
            continue;
        }
        if (outside_bands(context, security, front.price)) return hit_band(context, taker);
        const Quantity leaves = orders_[taker].leaves;
        const Quantity quantity = std::min(leaves, front.quantity);
        trade(context, taker, maker, front.price, quantity, false);
        if (quantity == leaves) return;  // its slot is free again
    }
    expire(context, taker, ExpireReason::FillLimit);
}

// Both orders may be gone afterwards, and their slots free.
void Engine::trade(Context& context, Slot taker_slot, Slot maker_slot, Price price, Quantity quantity, bool auction) {
    const Order& taker = orders_[taker_slot];
    const Order& maker = orders_[maker_slot];
    const bool in_group = taker.role != GroupRole::None || maker.role != GroupRole::None;
    const bool has_extra = maker.extra != kNoSlot || taker.extra != kNoSlot;
    const Security& security = at(taker.security);
    const Order& buyer = taker.side == Side::Buy ? taker : maker;
    auto& trade = next<TradeExecuted>(context, static_cast<TradeId>(static_cast<std::uint64_t>(last_trade_) + 1),
                                      taker.security, maker.id, taker.id, maker.account, taker.account, taker.side,
                                      price, quantity, value_of(security, price, quantity));
    if (buyer.reserved_cash != Money{}) {
        const Price limit = limit_of(buyer);
        trade.released_cash = limit == price ? trade.notional : value_of(security, limit, quantity);
    }
    trade.released_quantity = quantity;
    const Quantity maker_leaves = trade.maker_leaves_quantity = maker.leaves - quantity;
    const Quantity taker_leaves = trade.taker_leaves_quantity = taker.leaves - quantity;
    trade.auction = auction;
    if ((maker.maker_ppm | maker.taker_ppm | taker.maker_ppm | taker.taker_ppm) != 0)
        charge(security, maker, taker, trade);
    if (security.settlement_days != 0)
        trade.settles_at = settlement_time(context.header.time, security.settlement_days);
    if (!in_group) {
        enact(context, trade, maker_slot, taker_slot);
    } else {
        const GroupMember of_maker = member(maker);
        const GroupMember of_taker = member(taker);
        enact(context, trade, maker_slot, taker_slot);
        cancel_sibling(context, of_maker);
        cancel_sibling(context, of_taker);
    }
    if (!has_extra) return;
    if (maker_leaves.units > 0) refresh(context, maker_slot);
    if (auction && taker_leaves.units > 0) refresh(context, taker_slot);
}

// What the trade costs, and what the buyer needs less of its reservation.
void Engine::charge(const Security& security, const Order& maker, const Order& taker, TradeExecuted& trade) const {
    trade.maker_fee = fee(trade.notional, maker.maker_ppm);
    trade.taker_fee = fee(trade.notional, taker.taker_ppm);
    if (trade.maker_fee + trade.taker_fee != Money{}) trade.fee_account = security.fees.account;
    const Order& buyer = taker.side == Side::Buy ? taker : maker;
    if (buyer.reserved_cash != Money{})
        trade.released_cash = buyer.reserved_cash - reserve_of(security, limit_of(buyer),
                                                               buyer.leaves - trade.quantity, higher_rate(buyer));
}

// Shows an iceberg's next tip where the last one is gone.
void Engine::refresh(Context& context, Slot slot) {
    const Order& o = orders_[slot];
    if (o.handle != OrderBook::kNoHandle) return;
    const Quantity tip = displayed(o.leaves, extra(o).display_quantity);
    if (level_is_full(at(o.security), o.side, o.price, tip)) return expire(context, slot, ExpireReason::LevelFull);
    emit(context, OrderRefreshed{o.id, o.account, o.security, o.side, o.price, tip, o.leaves});
}

// Returns whether the taker is done.
bool Engine::prevent_match(Context& context, Slot taker, Slot maker) {
    const Order& t = orders_[taker];
    const Order& m = orders_[maker];
    const SelfTradePrevention mode = t.prevention;
    const Quantity quantity = std::min(t.leaves, tip_of(m));
    emit(context, MatchPrevented{t.security, m.id, t.id, m.account, t.account, t.side, mode, m.price, quantity});
    switch (mode) {
        case SelfTradePrevention::None: std::unreachable();  // then they trade
        case SelfTradePrevention::CancelNewest: cancel(context, taker, CancelReason::SelfTrade); return true;
        case SelfTradePrevention::CancelOldest: cancel(context, maker, CancelReason::SelfTrade); return false;
        case SelfTradePrevention::CancelBoth:
            cancel(context, maker, CancelReason::SelfTrade);
            cancel(context, taker, CancelReason::SelfTrade);
            return true;
        case SelfTradePrevention::Decrement: {
            const bool ends_taker = quantity == t.leaves;
            reduce(context, maker, quantity);
            reduce(context, taker, quantity);
            return ends_taker;
        }
    }
    std::unreachable();
}

void Engine::reduce(Context& context, Slot slot, Quantity by) {
    const Order& o = orders_[slot];
    if (by == o.leaves) return cancel(context, slot, CancelReason::SelfTrade);
    OrderReduced reduced{o.id, o.account, o.security, o.side, by, o.quantity - by, o.leaves - by, {}, {}};
    if (o.reserved_cash != Money{})
        reduced.released_cash = o.reserved_cash -
                                reserve_of(at(o.security), limit_of(o), reduced.leaves_quantity, higher_rate(o));
    if (o.side == Side::Sell) reduced.released_quantity = by;
    const bool in_book = o.handle != OrderBook::kNoHandle;
    emit(context, reduced);
    if (in_book) refresh(context, slot);
}

void Engine::hit_band(Context& context, Slot taker) {
    const SecurityId id = orders_[taker].security;
    const PriceBandsSet bands = at(id).bands;
    const bool breaks = bands.halt_us > 0 || bands.auction_us > 0;
    if (breaks && rests_its_remainder(orders_[taker]))
        rest_remainder(context, taker);
    else
        expire(context, taker, ExpireReason::PriceBand);
    if (!breaks) return;
    TradingStateChanged change;
    change.security = id;
    change.state = bands.halt_us > 0 ? TradingState::Halted : TradingState::Auction;
    if (bands.halt_us == 0) change.auction = AuctionKind::Reopening;
    change.until.us = context.header.time.us + (bands.halt_us > 0 ? bands.halt_us : bands.auction_us);
    change.cause = StateCause::Volatility;
    enter_state(context, change);
}

void Engine::finish_taker(Context& context, Slot taker) {
    if (rests_its_remainder(orders_[taker])) return rest_remainder(context, taker);
    expire(context, taker, ExpireReason::ImmediateRemainder);
}

// What is left of a taker. It crossed, so nobody stood at its price: there is room.
void Engine::rest_remainder(Context& context, Slot slot) {
    const Order& o = orders_[slot];
    BUTTONWOOD_ASSERT(!level_is_full(at(o.security), o.side, o.price, o.leaves));
    const auto& rested = next<OrderRested>(context, o.id, o.account, o.security, o.side, o.price, o.leaves);
    enact(context, rested, slot);
}

}  // namespace buttonwood::engine
