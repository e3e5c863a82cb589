// The clock: what earlier commands left, what falls due, the end of the day. RULES.md, section 8.
#include "engine/assert.hpp"
#include "engine/engine.hpp"
#include "engine/engine_emit.hpp"

#include <algorithm>

namespace buttonwood::engine {

std::optional<Timestamp> Engine::next_deadline() const {
    if (!works_.empty()) return last_time_;
    std::optional<Timestamp> next;
    const auto consider = [&next](Timestamp at) {
        if (!next || at < *next) next = at;
    };
    if (!expiries_.empty() && expiries_.begin()->at < kAtAuctionEnd) consider(expiries_.begin()->at);
    if (!cancel_afters_.empty()) consider(cancel_afters_.begin()->first);
    if (!settlements_.empty()) consider(settlements_.begin()->first);
    if (!state_changes_.empty()) consider(state_changes_.begin()->first);
    if (!unindicated_.empty()) consider({indicated_at_.us + kIndicationIntervalUs});
    return next;
}

bool Engine::wants_clock(Timestamp now) const {
    const auto next = next_deadline();
    return next && *next <= now;
}

RejectReason Engine::on(Context& context, const AdvanceClock&) {
    if (context.header.actor != UserId::None) return reject(context, RejectReason::NotPermitted);
    emit(context, ClockAdvanced{});
    while (!works_.empty()) {
        if (over_budget(context)) return RejectReason::None;
        const WorkDeferred work = works_.front();
        if (!continue_work(context, work)) return RejectReason::None;
        emit(context, WorkCompleted{work.kind, work.account, work.security});
    }
    fire_timers(context);
    return RejectReason::None;
}

// Returns whether the work is finished.
bool Engine::continue_work(Context& context, WorkDeferred work) {
    work.continues = true;
    switch (work.kind) {
        case WorkKind::MassCancel:
            if (!sweep(context, work)) return emit(context, work), false;
            emit(context, MassCancelCompleted{work.account, work.security, work.done_count});
            return true;
        case WorkKind::DayEnd:
            if (!end_day(context, work)) return emit(context, work), false;
            emit(context, DayEnded{work.security, work.done_count});
            return true;
        case WorkKind::Activations: return settle(context, work.security);
        case WorkKind::ClosingOrders: return activate_closing_orders(context, work.security);
        case WorkKind::Uncross: break;
    }
    if (!uncross_all(context, work.security, work.next_state)) return false;
    enter_state(context, TradingStateChanged{work.security, work.next_state, {}, AuctionKind::None, {}, work.cause});
    return true;
}

void Engine::fire_timers(Context& context) {
    const bool indicates = indicated_at_.us + kIndicationIntervalUs <= clock_.us;
    while (!expiries_.empty() && expiries_.begin()->at <= clock_) {
        if (over_budget(context)) return;
        expire(context, slot_of(expiries_.begin()->order), ExpireReason::GoodTill);
    }
    while (!cancel_afters_.empty() && cancel_afters_.begin()->first <= clock_) {
        if (over_budget(context)) return;
        WorkDeferred work;
        work.kind = WorkKind::MassCancel;
        work.account = cancel_afters_.begin()->second;
        work.reason = CancelReason::CancelAfter;
        emit(context, CancelAfterFired{work.account});
        mass_cancel(context, work);
    }
    if (!settle_due(context)) return;
    while (!state_changes_.empty() && state_changes_.begin()->first <= clock_) {
        if (over_budget(context)) return;
        next_state_by_clock(context, state_changes_.begin()->second);
    }
    while (indicates && !unindicated_.empty()) {
        if (over_budget(context)) return;
        indicate(context, *unindicated_.begin());
    }
}

void Engine::next_state_by_clock(Context& context, SecurityId security) {
    const State now = security == SecurityId::None ? market_ : at(security).own;
    const std::int64_t auction_us = security == SecurityId::None ? 0 : at(security).bands.auction_us;
    TradingStateChanged change;
    change.security = security;
    change.state = now.auction == AuctionKind::Closing ? TradingState::Closed : TradingState::Open;
    change.cause = StateCause::Clock;
    if (now.state == TradingState::Halted && auction_us > 0) {
        change.state = TradingState::Auction;
        change.auction = AuctionKind::Reopening;
        change.until.us = context.header.time.us + auction_us;
    }
    change_state(context, change);
}

RejectReason Engine::on(Context& context, const EndDay& c) {
    if (!actor_may(context, Role::Operator)) return reject(context, RejectReason::NotPermitted);
    if (c.security != SecurityId::None && !find(c.security)) return reject(context, RejectReason::SecurityNotFound);
    if (uncross_pending(c.security))
        return reject(context, RejectReason::AuctionUncrossing, AccountId::None, c.security);
    WorkDeferred work;
    work.kind = WorkKind::DayEnd;
    work.security = c.security;
    work.through = last_order_;
    if (end_day(context, work))
        emit(context, DayEnded{c.security, work.done_count});
    else
        emit(context, work);
    return RejectReason::None;
}

// Expires what the work covers, by security, then id, adding to its done_count; returns whether nothing is left.
bool Engine::end_day(Context& context, WorkDeferred& work) {
    while (const std::optional<OrderId> order = first_of_day(work.security, work.through)) {
        if (over_budget(context)) return false;
        expire(context, slot_of(*order), ExpireReason::DayEnd);
        ++work.done_count;
    }
    return true;
}

std::optional<OrderId> Engine::first_of_day(SecurityId security, OrderId through) const {
    const bool all = security == SecurityId::None;
    const Expiry* first = nullptr;
    for (const Timestamp end : {kAtDayEnd, kAtAuctionEnd}) {
        auto it = expiries_.lower_bound(Expiry{end, security, OrderId::None});
        while (it != expiries_.end() && it->at == end && it->order > through) ++it;  // placed after the day ended
        if (it == expiries_.end() || it->at != end || (!all && it->security != security)) continue;
        if (!first || std::pair(it->security, it->order) < std::pair(first->security, first->order)) first = &*it;
    }
    if (!first) return std::nullopt;
    return first->order;
}

}  // namespace buttonwood::engine
