// The naive engine's trading states and the work of its clock.
#include "tests/engine/naive_engine.hpp"

#include <algorithm>
#include <tuple>

namespace buttonwood::engine::tests {

NaiveEngine::State NaiveEngine::in_force(const State& own, const State& market) {
    return severity(market.state) > severity(own.state) ? market : own;
}

RejectReason NaiveEngine::on(UserId actor, const ChangeTradingState& c, Prediction&) {
    if (!may(actor, Role::Operator)) return Reason::NotPermitted;
    const bool of_market = c.security == SecurityId::None;
    if (!of_market && !securities_.contains(c.security)) return Reason::SecurityNotFound;
    if (!of_market && securities_.at(c.security).is_delisted) return Reason::SecurityDelisted;
    for (const Work& work : works_)
        if (work.terms.kind == WorkKind::Uncross && (of_market || awaits_uncross(c.security)))
            return Reason::AuctionUncrossing;
    const State& state = of_market ? market_ : securities_.at(c.security).own;
    if (state.state == c.state && state.auction == c.auction && state.until == c.until) return Reason::StatusUnchanged;
    const bool is_auction = c.state == TradingState::Auction;
    if (is_auction != (c.auction != AuctionKind::None)) return Reason::AuctionNotAllowed;
    const bool may_end = is_auction || c.state == TradingState::Halted;
    if (c.until.us != 0 && (!may_end || c.until <= now_ || c.until > kLatestTime)) return Reason::AuctionNotAllowed;
    change_state(c, StateCause::Operator);
    return Reason::None;
}

// The change, after what gathered is matched; or only the announcement of the work that does both later.
void NaiveEngine::change_state(const ChangeTradingState& c, StateCause cause) {
    std::map<SecurityId, State> before;
    for (const auto& [id, security] : securities_) before[id] = in_force(id);
    Work work;
    work.terms.kind = WorkKind::Uncross;
    work.terms.security = c.security;
    work.terms.reason = CancelReason::User;
    work.terms.next_state = c.state;
    work.terms.cause = cause;
    if (next_to_uncross(work) != SecurityId::None && (!works_.empty() || !uncross(work))) {
        emit(work.terms);
        works_.push_back(work);
        return;
    }
    set_state({c.security, c.state, c.note, c.auction, c.until, cause});
    const bool is_closing = std::any_of(before.begin(), before.end(), [&](const auto& was) {
        return in_force(was.first).is_closing_auction();
    });
    if (is_closing) {
        Work closing;
        closing.terms.kind = WorkKind::ClosingOrders;
        closing.terms.security = c.security;
        closing.terms.reason = CancelReason::User;
        if (!activate_closing_orders(closing)) {
            emit(closing.terms);
            works_.push_back(closing);
        }
    }
    if (c.security != SecurityId::None) indicate_new_auction(c.security, before.at(c.security));
}

// An auction that a security's own change brings into force is indicated at once.
void NaiveEngine::indicate_new_auction(SecurityId security, const State& before) {
    const State now = in_force(security);
    if (now.state != TradingState::Auction) return;
    if (before.state != TradingState::Auction || before.auction != now.auction) indicate(security);
}

void NaiveEngine::set_state(const TradingStateChanged& event) {
    const bool of_market = event.security == SecurityId::None;
    (of_market ? market_ : securities_.at(event.security).own) = {event.state, event.auction, event.until};
    emit(event);
    for (auto& [id, security] : securities_) {
        const TradingState state = in_force(id).state;
        if ((of_market || id == event.security) && state == TradingState::Open) touch(id);
        if (state != TradingState::Auction) security.indication_is_stale = false;
    }
}

RejectReason NaiveEngine::on(UserId actor, const AdvanceClock&, Prediction&) {
    if (actor != UserId::None) return Reason::NotPermitted;
    clock_ = now_;
    emit(ClockAdvanced{});
    const bool may_indicate = now_.us - newest_indication_.us >= kIndicationIntervalUs;
    while (!works_.empty() && !is_spent())
        if (!continue_work()) break;
    if (!works_.empty()) return Reason::None;
    expire_due();
    fire_switches();
    settle_due();
    step_states();
    if (may_indicate) indicate_due();
    return Reason::None;
}

// False where the budget ends before the oldest work does.
bool NaiveEngine::continue_work() {
    Work& work = works_.front();
    switch (work.terms.kind) {
        case WorkKind::MassCancel:
        case WorkKind::DayEnd: {
            const std::size_t before = works_.size();
            run(work, true);
            return works_.size() < before;
        }
        case WorkKind::Activations:
            if (!settle(work.terms.security)) return false;
            break;
        case WorkKind::ClosingOrders:
            if (!activate_closing_orders(work)) return false;
            break;
        case WorkKind::Uncross:
            if (!uncross(work)) return false;
            set_state({work.terms.security, work.terms.next_state, {}, AuctionKind::None, {}, work.terms.cause});
            break;
    }
    complete(Work(work), true);
    return true;
}

void NaiveEngine::expire_due() {
    std::vector<Order*> due = open_where([&](const Order& order) {
        return order.request.time_in_force == TimeInForce::Gtd && order.expires_at <= clock_;
    });
    std::stable_sort(due.begin(), due.end(),
                     [](const Order* a, const Order* b) { return a->expires_at < b->expires_at; });
    for (Order* order : due) {
        if (!order->is_open()) continue;
        if (is_spent()) return;
        expire(*order, ExpireReason::GoodTill);
    }
}

// The dead man's switches whose time has come.
void NaiveEngine::fire_switches() {
    for (;;) {
        const auto due = std::min_element(switches_.begin(), switches_.end(), [](const auto& a, const auto& b) {
            return std::tie(a.second, a.first) < std::tie(b.second, b.first);
        });
        if (due == switches_.end() || due->second > clock_ || is_spent()) return;
        Work work;
        work.terms.kind = WorkKind::MassCancel;
        work.terms.account = due->first;
        work.terms.reason = CancelReason::CancelAfter;
        switches_.erase(due);
        emit(CancelAfterFired{work.terms.account});
        run(work, false);
    }
}

// The trading states whose time has come, the market's before a security's.
void NaiveEngine::step_states() {
    for (;;) {
        const auto is_due = [&](const State& state) { return state.until.us != 0 && state.until <= clock_; };
        std::optional<std::pair<Timestamp, SecurityId>> first;
        if (is_due(market_)) first = {market_.until, SecurityId::None};
        for (const auto& [id, security] : securities_)
            if (is_due(security.own) && (!first || security.own.until < first->first))
                first = {security.own.until, id};
        if (!first || is_spent() || !works_.empty()) return;
        next_state(first->second);
    }
}

void NaiveEngine::next_state(SecurityId security) {
    const bool of_market = security == SecurityId::None;
    const State& state = of_market ? market_ : securities_.at(security).own;
    ChangeTradingState next{security, TradingState::Open, {}, AuctionKind::None, {}};
    const std::int64_t auction_us = of_market ? 0 : securities_.at(security).bands.auction_us;
    if (state.is_closing_auction()) {
        next.state = TradingState::Closed;
    } else if (state.state == TradingState::Halted && auction_us > 0) {
        next.state = TradingState::Auction;
        next.auction = AuctionKind::Reopening;
        next.until = {now_.us + auction_us};
    }
    change_state(next, StateCause::Clock);
}

}  // namespace buttonwood::engine::tests
