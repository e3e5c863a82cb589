// What waits beside the books goes live: triggers, minimums, the exits of brackets. RULES.md, section 5.
#include "engine/assert.hpp"
#include "engine/engine.hpp"
#include "engine/engine_emit.hpp"

#include <algorithm>
#include <utility>

namespace buttonwood::engine {
namespace {

// Crossing orders with a minimum that are looked at, per side.
constexpr int kMinimumsLookedAt = 128;

CancelReason not_covered(RejectReason refused) {
    return refused == RejectReason::InsufficientFunds ? CancelReason::InsufficientFunds
                                                      : CancelReason::InsufficientShares;
}

}  // namespace

void Engine::touch(Security& security) {
    if (!std::exchange(security.touched, true)) touched_.push_back(security.terms.security);
}

void Engine::settle(Context& context) {
    for (std::size_t i = 0; i < touched_.size(); ++i)
        if (!closed_entries_.empty() || at(touched_[i]).held) settle(context, touched_[i]);
    for (const SecurityId security : touched_) at(security).touched = false;
    touched_.clear();
}

// Returns false when it had to stop for the clock to go on.
bool Engine::settle(Context& context, SecurityId security) {
    while (const std::optional<Activation> next = next_activation(context, security)) {
        if (over_budget(context)) {
            const bool queued = std::any_of(works_.begin(), works_.end(), [security](const WorkDeferred& work) {
                return work.kind == WorkKind::Activations && work.security == security;
            });
            WorkDeferred work;
            work.kind = WorkKind::Activations;
            work.security = security;
            if (!queued) emit(context, work);
            return false;
        }
        if (next->entry)
            activate_exits(context, *next->entry);
        else
            activate(context, next->slot, next->reason);
    }
    return true;
}

std::optional<Engine::Activation> Engine::next_activation(const Context& context, SecurityId id) const {
    const Security& security = at(id);
    const bool holds = security.held && !security.held->empty();
    if ((!holds && closed_entries_.empty()) || in_force(security).state != TradingState::Open) return std::nullopt;
    for (const BracketEntry& entry : closed_entries_)
        if (entry.security == id) return Activation{kNoSlot, ActivationReason::EntryClosed, entry};
    if (!holds) return std::nullopt;
    if (security.last.units != 0)
        if (const auto slot = security.held->triggered(security.last))
            return Activation{*slot, ActivationReason::StopPrice, std::nullopt};
    if (const auto slot = minimum_available(context, security))
        return Activation{*slot, ActivationReason::MinimumAvailable, std::nullopt};
    return std::nullopt;
}

std::optional<Engine::Slot> Engine::minimum_available(const Context& context, const Security& security) const {
    if (!security.held->has_minimums()) return std::nullopt;
    std::optional<Slot> found;
    for (const Side side : {Side::Buy, Side::Sell}) {
        int looked_at = 0;
        security.held->for_each_minimum(side, [&](Slot slot) {
            const Order& o = orders_[slot];
            if (++looked_at > kMinimumsLookedAt || !security.book.crosses(side, o.price)) return false;
            const Quantity minimum = o.all_or_none ? o.leaves : std::min(extra(o).min_quantity, o.leaves);
            if (takeable(context, security, terms_of(o), minimum).units < minimum.units) return true;
            found = slot;
            return false;
        });
        if (found) break;
    }
    return found;
}

void Engine::activate(Context& context, Slot slot, ActivationReason reason) {
    BUTTONWOOD_ASSERT(orders_[slot].held && !orders_[slot].pending);
    if (const Dead why = is_dead(orders_[slot], clock_); why != Dead::No) return end_dead(context, slot, why);
    if (reason == ActivationReason::StopPrice) cancel_sibling(context, member(orders_[slot]));
    const Order& o = orders_[slot];
    const Security& security = at(o.security);
    const Price limit = limit_of(o);
    OrderActivated activated{o.id, o.account, o.security, o.side, reason, false, false, o.price, {}, o.quantity,
                             o.leaves, {}, {}};
    if (reason == ActivationReason::StopPrice) activated.last_price = security.last;
    if (o.side == Side::Sell)
        activated.reserved_quantity = o.leaves;
    else if (limit.units != 0)
        activated.reserved_cash = reserve_of(security, limit, o.leaves, higher_rate(o));
    const Money cost = o.side == Side::Buy && limit.units == 0
                           ? cost_of_taking(context, security, terms_of(o), o.leaves, o.taker_ppm)
                           : activated.reserved_cash;
    if (const auto refused = refuse_reserve(o, cost, activated.reserved_quantity); refused != RejectReason::None)
        return cancel(context, slot, not_covered(refused));
    activated.rests = reason == ActivationReason::ClosingAuction ||
                      (reason == ActivationReason::StopPrice && !is_market(o.type) &&
                       !security.book.crosses(o.side, o.price));
    if (activated.rests && level_is_full(security, o.side, o.price, o.leaves))
        return expire(context, slot, ExpireReason::LevelFull);
    emit(context, activated);
    if (!activated.rests) match(context, slot);
}

// The entry is done: its exits become an oco of what it executed.
void Engine::activate_exits(Context& context, const BracketEntry& entry) {
    const auto leg = [&](std::uint64_t n) {
        return slot_of(static_cast<OrderId>(static_cast<std::uint64_t>(entry.id) + n));
    };
    const Slot profit_slot = leg(1);
    const Slot stop_slot = leg(2);
    BUTTONWOOD_ASSERT(profit_slot != kNoSlot && stop_slot != kNoSlot);
    for (const Slot slot : {profit_slot, stop_slot})
        if (const Dead why = is_dead(orders_[slot], clock_); why != Dead::No) return end_dead(context, slot, why);
    const Order& profit = orders_[profit_slot];
    const Order& stop = orders_[stop_slot];
    const Security& security = at(entry.security);
    const auto going_live = [&](const Order& o, bool held) {
        return OrderActivated{o.id, o.account, o.security, o.side, ActivationReason::EntryClosed, false, held, o.price,
                              {}, entry.executed, entry.executed, {}, {}};
    };
    OrderActivated live = going_live(profit, false);
    if (profit.side == Side::Sell) live.reserved_quantity = entry.executed;
    else live.reserved_cash = reserve_of(security, profit.price, entry.executed, higher_rate(profit));
    Money dearer = live.reserved_cash;
    if (stop.side == Side::Buy && limit_of(stop).units != 0)
        dearer = std::max(dearer, reserve_of(security, limit_of(stop), entry.executed, higher_rate(stop)));
    const RejectReason refused = refuse_reserve(profit, dearer, live.reserved_quantity);
    if (refused != RejectReason::None) return cancel(context, profit_slot, not_covered(refused));
    emit(context, going_live(stop, true));
    live.rests = !security.book.crosses(profit.side, profit.price);
    if (live.rests && level_is_full(security, profit.side, profit.price, entry.executed))
        return expire(context, profit_slot, ExpireReason::LevelFull);
    emit(context, live);
    if (!live.rests) match(context, profit_slot);
}

}  // namespace buttonwood::engine
