// Amending an order. RULES.md, section 7.
#include "engine/assert.hpp"
#include "engine/engine.hpp"
#include "engine/engine_emit.hpp"

#include <algorithm>

namespace buttonwood::engine {

// The order's terms as they would be.
struct Engine::Amended {
    Price price;
    Quantity quantity;
    Quantity leaves;  // at or below zero: what is filled already
    Price stop_price;
    Quantity display_quantity;
    Timestamp expires_at;
};

RejectReason Engine::refuse_new_terms(const Context& context, const AmendOrder& c, const Order& o,
                                      const Amended& a) const {
    const Security& security = at(o.security);
    const Price tick = security.terms.tick_size;
    if (c.expires_at && (*c.expires_at <= context.header.time || *c.expires_at > kLatestTime))
        return RejectReason::ExpiresAtNotAllowed;
    const Quantity minimum = extra(o).min_quantity;
    if (c.quantity && o.held && minimum.units != 0 && a.quantity < minimum) return RejectReason::MinQuantityNotAllowed;
    if (c.display_quantity && (c.display_quantity->units <= 0 || *c.display_quantity >= a.quantity ||
                               c.display_quantity->units % security.terms.lot_size.units != 0))
        return RejectReason::DisplayQuantityNotAllowed;
    if (c.stop_price && (c.stop_price->units <= 0 || c.stop_price->units > kMaxPriceUnits ||
                         c.stop_price->units % tick.units != 0))
        return RejectReason::StopPriceNotAllowed;
    if (const auto reason = refuse_quantity(security, a.quantity); reason != RejectReason::None) return reason;
    if (is_market(o.type)) return c.price ? RejectReason::PriceNotAllowed : RejectReason::None;
    if (const auto reason = refuse_price(security, a.price); reason != RejectReason::None) return reason;
    if (c.price && outside_static_band(security, a.price)) return RejectReason::PriceOutOfBand;
    return RejectReason::None;
}

RejectReason Engine::refuse_change(const AmendOrder& c, const Order& o, const Amended& a) const {
    const Security& security = at(o.security);
    const Price limit = is_market(o.type) ? limit_of(o) : a.price;
    if (limit.units != 0 &&
        (!fits_in_money(security, limit, a.quantity) ||
         (!o.held && level_is_full(security, o.side, a.price, a.leaves))))
        return RejectReason::NotionalTooLarge;
    const Extra& old = extra(o);
    if (a.price == o.price && a.quantity == o.quantity && a.stop_price == old.stop_price &&
        a.display_quantity == old.display_quantity && a.expires_at == old.expires_at)
        return RejectReason::NothingToAmend;
    if ((c.expires_at && o.time_in_force != TimeInForce::Gtd) ||
        (c.display_quantity && old.display_quantity.units == 0) ||
        (c.stop_price && (!o.held || old.stop_price.units == 0)) ||
        (a.quantity != o.quantity && o.role != GroupRole::None))
        return RejectReason::NotAmendable;
    return RejectReason::None;
}

RejectReason Engine::refuse_reserve(const Order& order, Money reserved_cash, Quantity reserved_quantity) const {
    const Balance money = balance(order.account, at(order.security));
    if (reserved_cash - order.reserved_cash > money.total - money.reserved) return RejectReason::InsufficientFunds;
    const Holding held = holding(order.account, order.security);
    if (reserved_quantity - order.reserved_quantity > held.total - held.reserved)
        return RejectReason::InsufficientShares;
    return RejectReason::None;
}

RejectReason Engine::on(Context& context, const AmendOrder& c) {
    Slot slot = kNoSlot;
    OrderId id{};
    const auto refuse = [&](RejectReason reason) {
        return reject(context, reason, c.account, slot == kNoSlot ? SecurityId::None : orders_[slot].security, id);
    };
    if (!actor_may(context, Role::Trader)) return reject(context, RejectReason::NotPermitted);
    if (!actor_owns(context, c.account)) return reject(context, RejectReason::AccountNotFound);
    if (const auto reason = find_target(c.target, c.account, slot, id); reason != RejectReason::None) {
        slot = kNoSlot;
        return refuse(reason);
    }
    const Order& o = orders_[slot];
    if (is_dead(o, clock_) != Dead::No) return refuse(RejectReason::OrderNotOpen);
    const Security& security = at(o.security);
    if (find(at(c.account).user)->status != UserStatus::Active) return refuse(RejectReason::AccountSuspended);
    if (const auto reason = refuse_eligibility(context, o.account, security, o.side); reason != RejectReason::None)
        return refuse(reason);
    if (const auto reason = refuse_by_state(security); reason != RejectReason::None) return refuse(reason);
    if (uncross_pending(o.security)) return refuse(RejectReason::AuctionUncrossing);

    const Extra& old = extra(o);
    Amended a{c.price.value_or(o.price), c.quantity.value_or(o.quantity), {}, c.stop_price.value_or(old.stop_price),
              c.display_quantity.value_or(old.display_quantity), c.expires_at.value_or(old.expires_at)};
    if (const auto reason = refuse_new_terms(context, c, o, a); reason != RejectReason::None) return refuse(reason);
    a.leaves = a.quantity - (o.quantity - o.leaves);  // only now: an unchecked quantity could overflow here
    if (const auto reason = refuse_change(c, o, a); reason != RejectReason::None) return refuse(reason);
    if (a.leaves.units <= 0) {
        cancel(context, slot, CancelReason::AmendedBelowFilled);
        return RejectReason::None;
    }
    const bool crosses = !o.held && in_force(security).state == TradingState::Open &&
                         security.book.crosses(o.side, a.price);
    if (o.post_only && crosses) return refuse(RejectReason::PostOnlyWouldCross);
    return amend(context, slot, a, crosses, refuse);
}

// The last check, means, and the change itself.
template <class Refuse>
RejectReason Engine::amend(Context& context, Slot slot, const Amended& a, bool crosses, Refuse&& refuse) {
    const Order& o = orders_[slot];
    const Extra& old = extra(o);
    const Price limit = is_market(o.type) ? limit_of(o) : a.price;
    OrderAmended amended{o.id, o.account, o.security, o.side, false, !o.held && !crosses, a.price, a.quantity, a.leaves,
                         {}, {}, o.held, a.stop_price, a.display_quantity, a.expires_at};
    if (o.reserved_cash != Money{}) amended.reserved_cash = reserve_of(at(o.security), limit, a.leaves, higher_rate(o));
    if (o.reserved_quantity != Quantity{}) amended.reserved_quantity = a.leaves;
    if (o.type == OrderType::TrailingStop) amended.stop_price = trigger_of(slot);
    if (const auto reason = refuse_reserve(o, amended.reserved_cash, amended.reserved_quantity);
        reason != RejectReason::None)
        return refuse(reason);
    amended.priority_kept = a.price == o.price && a.stop_price == old.stop_price && a.quantity <= o.quantity &&
                            a.display_quantity <= old.display_quantity;
    BUTTONWOOD_ASSERT(!crosses || !amended.priority_kept);  // where it stands it does not cross
    emit(context, amended, slot);
    if (crosses) match(context, slot);
    return RejectReason::None;
}

}  // namespace buttonwood::engine
