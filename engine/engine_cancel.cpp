// Ends: cancel, expiry, mass cancel, and what the end of an order does to its group. RULES.md, sections 6 and 8.
#include "engine/assert.hpp"
#include "engine/engine.hpp"
#include "engine/engine_emit.hpp"

namespace buttonwood::engine {

void Engine::cancel(Context& context, Slot slot, CancelReason reason) {
    const Order& o = orders_[slot];
    const GroupMember ended = member(o);
    const auto& canceled = next<OrderCanceled>(context, o.id, o.account, o.security, o.side, reason, o.leaves,
                                               o.reserved_cash, o.reserved_quantity);
    enact(context, canceled, slot);
    if (reason != CancelReason::Group) end_group(context, ended);
}

void Engine::expire(Context& context, Slot slot, ExpireReason reason) {
    const Order& o = orders_[slot];
    const GroupMember ended = member(o);
    const auto& expired = next<OrderExpired>(context, o.id, o.account, o.security, o.side, reason, o.leaves,
                                             o.reserved_cash, o.reserved_quantity);
    enact(context, expired, slot);
    end_group(context, ended);
}

Engine::GroupMember Engine::member(const Order& o) const {
    return {o.role, extra(o).group, o.security, o.leaves < o.quantity};
}

// What the end of a leg does to the others.
void Engine::end_group(Context& context, const GroupMember& ended) {
    if (ended.role == GroupRole::None) return;
    if (ended.role != GroupRole::Entry) return cancel_sibling(context, ended);
    if (ended.executed) return;  // its exits are activated when the command settles
    for (const std::uint64_t leg : {1U, 2U}) {
        const Slot exit = slot_of(static_cast<OrderId>(static_cast<std::uint64_t>(ended.group) + leg));
        if (exit != kNoSlot) cancel(context, exit, CancelReason::Group);
    }
}

// The other leg of an oco, or of a bracket's exits, if it is still open.
void Engine::cancel_sibling(Context& context, const GroupMember& leg) {
    std::uint64_t offset = 0;
    switch (leg.role) {
        case GroupRole::None:
        case GroupRole::Entry: return;
        case GroupRole::OcoFirst: offset = 1; break;
        case GroupRole::OcoSecond: offset = 0; break;
        case GroupRole::TakeProfitExit: offset = 2; break;
        case GroupRole::StopExit: offset = 1; break;
    }
    const Slot sibling = slot_of(static_cast<OrderId>(static_cast<std::uint64_t>(leg.group) + offset));
    if (sibling != kNoSlot) cancel(context, sibling, CancelReason::Group);
}

RejectReason Engine::find_target(const OrderRef& target, AccountId account, Slot& slot, OrderId& order) const {
    order = target.order;
    if (order == OrderId::None) {
        const ClientIds::Number known =
            account == AccountId::None ? 0 : client_ids_.find(account, target.client_order_id);
        if (known == 0) return RejectReason::OrderNotFound;
        order = client_ids_.at(known).order;
    }
    slot = slot_of(order);
    if (slot == kNoSlot) return order <= last_order_ ? RejectReason::OrderNotOpen : RejectReason::OrderNotFound;
    if (account != AccountId::None && orders_[slot].account != account) return RejectReason::OrderNotFound;
    return RejectReason::None;
}

RejectReason Engine::on(Context& context, const CancelOrder& c) {
    const bool on_behalf = c.account == AccountId::None;
    if (!actor_may(context, on_behalf ? Role::Operator : Role::Trader))
        return reject(context, RejectReason::NotPermitted);
    if (!on_behalf && !actor_owns(context, c.account)) return reject(context, RejectReason::AccountNotFound);
    Slot slot = kNoSlot;
    OrderId id{};
    if (const auto reason = find_target(c.target, c.account, slot, id); reason != RejectReason::None)
        return reject(context, reason, c.account, SecurityId::None, id);
    if (uncross_pending(orders_[slot].security))
        return reject(context, RejectReason::AuctionUncrossing, c.account, orders_[slot].security, id);
    cancel(context, slot, on_behalf ? CancelReason::Operator : CancelReason::User);
    return RejectReason::None;
}

RejectReason Engine::on(Context& context, const MassCancel& c) {
    const bool by_operator = c.account == AccountId::None;
    if (!actor_may(context, by_operator ? Role::Operator : Role::Trader))
        return reject(context, RejectReason::NotPermitted);
    if (!by_operator && !actor_owns(context, c.account)) return reject(context, RejectReason::AccountNotFound);
    if (c.security != SecurityId::None && !find(c.security))
        return reject(context, RejectReason::SecurityNotFound, c.account);
    if (uncross_pending(SecurityId::None))
        return reject(context, RejectReason::AuctionUncrossing, c.account, c.security);
    WorkDeferred work;
    work.kind = WorkKind::MassCancel;
    work.account = c.account;
    work.security = c.security;
    work.side = c.side;
    work.reason = by_operator ? CancelReason::Operator : CancelReason::Mass;
    mass_cancel(context, work);
    return RejectReason::None;
}

void Engine::mass_cancel(Context& context, WorkDeferred work) {
    work.through = last_order_;
    if (sweep(context, work))
        emit(context, MassCancelCompleted{work.account, work.security, work.done_count});
    else
        emit(context, work);
}

// Cancels what the work covers, oldest first, adding to its done_count; returns whether nothing is left.
bool Engine::sweep(Context& context, WorkDeferred& work) {
    if (work.account != AccountId::None) return sweep(context, work, at(work.account).orders, &Order::of_account);
    if (work.security != SecurityId::None) return sweep(context, work, at(work.security).orders, &Order::of_security);
    for (const Security& security : securities_)
        if (!sweep(context, work, security.orders, &Order::of_security)) return false;
    return true;
}

bool Engine::sweep(Context& context, WorkDeferred& work, const OrderList& list, OrderLinks Order::* links) {
    // Collected before they are canceled: the end of one may end others of its group anywhere in the list.
    std::vector<OrderId> covered;
    bool more = false;
    for (Slot slot = list.first; slot != kNoSlot && !more; slot = (orders_[slot].*links).next) {
        if (!covers(work, orders_[slot])) continue;
        more = covered.size() > kMaxEventsPerCommand;
        if (!more) covered.push_back(orders_[slot].id);
    }
    for (const OrderId id : covered) {
        const Slot slot = slot_of(id);
        if (slot == kNoSlot) continue;
        if (over_budget(context)) return false;
        cancel(context, slot, work.reason);
        ++work.done_count;
    }
    return !more;  // with more there were enough events: the last ones may have ended with others of their groups
}

bool Engine::uncross_pending(SecurityId security) const {
    for (const WorkDeferred& work : works_)
        if (work.kind == WorkKind::Uncross && (security == SecurityId::None || work.security == SecurityId::None ||
                                               work.security == security))
            return true;
    return false;
}

}  // namespace buttonwood::engine
