// The naive engine's ends of orders: canceled and expired, one at a time or many.
#include "tests/engine/naive_engine.hpp"

#include <algorithm>

namespace buttonwood::engine::tests {

bool NaiveEngine::covers(const Work& work, const Order& order) const {
    const WorkDeferred& terms = work.terms;
    const PlaceOrder& c = order.request;
    if (terms.kind != WorkKind::MassCancel && terms.kind != WorkKind::DayEnd) return false;
    if (order.id > terms.through) return false;
    if (terms.security != SecurityId::None && terms.security != c.security) return false;
    if (terms.kind == WorkKind::DayEnd) return c.time_in_force == TimeInForce::Day || order.is_auction_only();
    if (terms.account != AccountId::None && terms.account != c.account) return false;
    return !terms.side || *terms.side == c.side;
}

// How an order that trades no more will end, although it is still there.
std::optional<NaiveEngine::End> NaiveEngine::dead(const Order& order, Timestamp clock) const {
    if (order.request.time_in_force == TimeInForce::Gtd && order.expires_at <= clock) return ExpireReason::GoodTill;
    for (const Work& work : works_)
        if (work.terms.kind == WorkKind::MassCancel && covers(work, order)) return work.terms.reason;
    for (const Work& work : works_)
        if (work.terms.kind == WorkKind::DayEnd && covers(work, order)) return ExpireReason::DayEnd;
    return std::nullopt;
}

// The order is over, and what follows for its group.
void NaiveEngine::end(Order& order, End why) {
    const PlaceOrder& c = order.request;
    const Money freed_cash = reserved_cash(order);
    const Quantity freed_quantity = reserved_quantity(order);
    const bool rested = order.stage == Stage::Resting;
    order.stage = Stage::Over;
    open_.erase(order.id);
    if (const auto* reason = std::get_if<CancelReason>(&why))
        emit(OrderCanceled{order.id, c.account, c.security, c.side, *reason, order.leaves(), freed_cash,
                           freed_quantity});
    else
        emit(OrderExpired{order.id, c.account, c.security, c.side, std::get<ExpireReason>(why), order.leaves(),
                          freed_cash, freed_quantity});
    if (rested) book_changed(c.security);
    if (why != End(CancelReason::Group)) after_end(order);
}

NaiveEngine::Order* NaiveEngine::partner(const Order& order) {
    const auto id = static_cast<std::uint64_t>(order.id);
    switch (order.role) {
        case GroupRole::None:
        case GroupRole::Entry: return nullptr;
        case GroupRole::OcoFirst:
        case GroupRole::TakeProfitExit: return &at(static_cast<OrderId>(id + 1));
        case GroupRole::OcoSecond:
        case GroupRole::StopExit: return &at(static_cast<OrderId>(id - 1));
    }
    return nullptr;
}

void NaiveEngine::end_partner(const Order& order) {
    Order* other = partner(order);
    if (other && other->is_open()) cancel(*other, CancelReason::Group);
}

void NaiveEngine::after_end(const Order& order) {
    end_partner(order);
    if (order.role != GroupRole::Entry) return;
    if (order.filled.units > 0) {
        closed_entries_.push_back(order.id);
        return;
    }
    const auto id = static_cast<std::uint64_t>(order.id);
    for (const std::uint64_t exit : {id + 1, id + 2})
        if (Order& leg = at(static_cast<OrderId>(exit)); leg.is_open()) cancel(leg, CancelReason::Group);
}

RejectReason NaiveEngine::on(UserId actor, const CancelOrder& c, Prediction&) {
    const bool on_behalf = c.account == AccountId::None;
    if (!may(actor, on_behalf ? Role::Operator : Role::Trader)) return Reason::NotPermitted;
    if (!on_behalf && !owns(actor, c.account)) return Reason::AccountNotFound;
    if (const Reason no = refuse_target(c.target, c.account); no != Reason::None) return no;
    Order& order = at(find_order(c.target, c.account)->id);
    if (awaits_uncross(order.request.security)) return Reason::AuctionUncrossing;
    cancel(order, on_behalf ? CancelReason::Operator : CancelReason::User);
    return Reason::None;
}

RejectReason NaiveEngine::on(UserId actor, const MassCancel& c, Prediction&) {
    const bool of_all = c.account == AccountId::None;
    if (!may(actor, of_all ? Role::Operator : Role::Trader)) return Reason::NotPermitted;
    if (!of_all && !owns(actor, c.account)) return Reason::AccountNotFound;
    if (c.security != SecurityId::None && !securities_.contains(c.security)) return Reason::SecurityNotFound;
    for (const Work& work : works_)
        if (work.terms.kind == WorkKind::Uncross) return Reason::AuctionUncrossing;
    Work work;
    work.terms.kind = WorkKind::MassCancel;
    work.terms.account = c.account;
    work.terms.security = c.security;
    work.terms.side = c.side;
    work.terms.reason = of_all ? CancelReason::Operator : CancelReason::Mass;
    run(work, false);
    return Reason::None;
}

RejectReason NaiveEngine::on(UserId actor, const EndDay& c, Prediction&) {
    if (!may(actor, Role::Operator)) return Reason::NotPermitted;
    const bool of_all = c.security == SecurityId::None;
    if (!of_all && !securities_.contains(c.security)) return Reason::SecurityNotFound;
    for (const Work& work : works_)
        if (work.terms.kind == WorkKind::Uncross && (of_all || awaits_uncross(c.security)))
            return Reason::AuctionUncrossing;
    Work work;
    work.terms.kind = WorkKind::DayEnd;
    work.terms.security = c.security;
    work.terms.reason = CancelReason::User;
    run(work, false);
    return Reason::None;
}

// Does a mass cancel or a day end as far as the command's budget goes, and says what became of it. `continues`: it is
// the first of works_, which the clock goes on with.
void NaiveEngine::run(Work work, bool continues) {
    if (!continues) work.terms.through = static_cast<OrderId>(orders_.size());
    if (end_covered(work)) return complete(work, continues);
    work.terms.continues = continues;
    emit(work.terms);
    if (continues)
        works_.front() = work;
    else
        works_.push_back(work);
}

// False where the budget ends before the orders do.
bool NaiveEngine::end_covered(Work& work) {
    const bool is_day_end = work.terms.kind == WorkKind::DayEnd;
    std::vector<Order*> targets = open_where([&](const Order& order) { return covers(work, order); });
    if (is_day_end || work.terms.account == AccountId::None)
        std::stable_sort(targets.begin(), targets.end(), [](const Order* a, const Order* b) {
            return a->request.security < b->request.security;
        });
    for (Order* order : targets) {
        if (!order->is_open()) continue;  // it went with its group
        if (is_spent()) return false;
        end(*order, is_day_end ? End(ExpireReason::DayEnd) : End(work.terms.reason));
        ++work.terms.done_count;
    }
    return true;
}

void NaiveEngine::complete(const Work& work, bool continues) {
    const WorkDeferred& terms = work.terms;
    if (terms.kind == WorkKind::MassCancel) emit(MassCancelCompleted{terms.account, terms.security, terms.done_count});
    if (terms.kind == WorkKind::DayEnd) emit(DayEnded{terms.security, terms.done_count});
    if (!continues) return;
    works_.pop_front();
    emit(WorkCompleted{terms.kind, terms.account, terms.security});
}

}  // namespace buttonwood::engine::tests
