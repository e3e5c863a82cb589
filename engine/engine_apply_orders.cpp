// apply() for orders: books, reservations, what waits beside the books, and the indexes that find them.
#include "engine/assert.hpp"
#include "engine/engine.hpp"

#include <algorithm>
#include <utility>

namespace buttonwood::engine {

void Engine::on(const Event& event, const OrderAccepted& e) {
    BUTTONWOOD_ASSERT(static_cast<std::uint64_t>(e.order) == static_cast<std::uint64_t>(last_order_) + 1);
    last_order_ = e.order;
    Slot slot;
    if (free_slots_.empty()) {
        slot = static_cast<Slot>(orders_.size());
        orders_.emplace_back();
    } else {
        slot = free_slots_.back();
        free_slots_.pop_back();
    }
    Order& order = orders_[slot];
    order.id = e.order;
    order.price = e.price;
    order.quantity = order.leaves = e.quantity;
    order.reserved_cash = e.reserved_cash;
    order.reserved_quantity = e.reserved_quantity;
    order.account = e.account;
    order.security = e.security;
    order.side = e.side;
    order.type = e.type;
    order.time_in_force = e.time_in_force;
    order.prevention = e.self_trade_prevention;
    order.maker_ppm = e.maker_ppm;
    order.taker_ppm = e.taker_ppm;
    order.role = e.role;
    order.post_only = e.post_only;
    order.all_or_none = e.all_or_none;
    order.reduce_only = e.reduce_only;
    order.held = e.held;
    order.pending = e.role == GroupRole::TakeProfitExit || e.role == GroupRole::StopExit;
    if (has_extra(e)) own_extra(order, e);

    link(at(e.account).orders, &Order::of_account, slot);
    link(at(e.security).orders, &Order::of_security, slot);
    ++at(at(e.account).user).open_orders;
    order_index_.insert(e.order, slot);
    if (!e.client_order_id.empty())
        order.client_id = client_ids_.insert({e.order, e.fingerprint, e.account, e.client_order_id});
    if (e.reserved_cash != Money{}) cash(e.account, at(e.security)).reserved += e.reserved_cash;
    if (e.reserved_quantity != Quantity{}) shares(e.account, e.security).reserved += e.reserved_quantity;
    expect_expiry(order);
    if (e.held) hold(slot, event.seq);
    if (e.rests) rest(slot, event.seq);
}

bool Engine::has_extra(const OrderAccepted& e) {
    return e.role != GroupRole::None || has_trigger(e.type) || e.protection_price.units != 0 ||
           e.display_quantity.units != 0 || e.min_quantity.units != 0 || e.expires_at.us != 0;
}

void Engine::own_extra(Order& order, const OrderAccepted& e) {
    if (free_extras_.empty()) {
        order.extra = static_cast<Slot>(extras_.size());
        extras_.emplace_back();
    } else {
        order.extra = free_extras_.back();
        free_extras_.pop_back();
    }
    extras_[order.extra] = Extra{e.type == OrderType::TrailingStop ? Price{} : e.stop_price, e.trail_amount,
                                 e.trail_basis_points, at(e.security).last, e.protection_price, e.display_quantity,
                                 std::min(e.min_quantity, e.quantity), e.expires_at, e.group};
}

void Engine::rest(Slot slot, EventSeq place) {
    Order& order = orders_[slot];
    BUTTONWOOD_ASSERT(order.handle == OrderBook::kNoHandle && !order.held);
    Security& security = at(order.security);
    order.place = place;
    Quantity tip = order.leaves;
    if (order.extra != kNoSlot) {
        tip = displayed(order.leaves, extra(order).display_quantity);
        if (is_iceberg(order)) ++security.iceberg_count;
    }
    if (for_auction(order.time_in_force)) ++security.auction_orders;
    order.handle = security.book.add(order.side, order.price, tip, slot);
    security.shown[side_index(order.side)] += tip.units;
    mark_indication(security);
}

// The order's place in the book ends, with the removal of its node or because its last quantity was taken.
void Engine::left_book(Order& order) {
    Security& security = at(order.security);
    order.handle = OrderBook::kNoHandle;
    if (is_iceberg(order)) --security.iceberg_count;
    if (for_auction(order.time_in_force)) --security.auction_orders;
    mark_indication(security);
}

void Engine::leave_book(Order& order) {
    Security& security = at(order.security);
    security.shown[side_index(order.side)] -= security.book.quantity(order.handle).units;
    security.book.remove(order.handle);
    left_book(order);
}

void Engine::take_from_book(Order& order, Quantity by) {
    Security& security = at(order.security);
    security.shown[side_index(order.side)] -= by.units;
    if (security.book.reduce(order.handle, by)) left_book(order);
}

void Engine::mark_indication(const Security& security) {
    if (security.own.state == TradingState::Open && market_.state == TradingState::Open) return;
    if (in_force(security).state == TradingState::Auction) unindicated_.insert(security.terms.security);
}

void Engine::on(const Event& event, const OrderRested& e) { on(event, e, slot_of(e.order)); }

void Engine::on(const Event& event, const OrderRested& e, Slot slot) {
    BUTTONWOOD_ASSERT(slot != kNoSlot && orders_[slot].leaves == e.leaves_quantity);
    rest(slot, event.seq);
}

void Engine::on(const Event& event, const OrderRefreshed& e) {
    const Slot slot = slot_of(e.order);
    BUTTONWOOD_ASSERT(slot != kNoSlot && orders_[slot].leaves == e.leaves_quantity);
    rest(slot, event.seq);
}

void Engine::on(const Event& event, const TradeExecuted& e) {
    on(event, e, slot_of(e.maker_order), slot_of(e.taker_order));
}

void Engine::on(const Event& event, const TradeExecuted& e, Slot maker, Slot taker) {
    BUTTONWOOD_ASSERT(static_cast<std::uint64_t>(e.trade) == static_cast<std::uint64_t>(last_trade_) + 1);
    last_trade_ = e.trade;
    Security& security = at(e.security);
    if (security.traded_by != event.command) {
        security.traded_by = event.command;
        security.last_before = security.last;
    }
    security.last = e.price;
    if (e.auction) security.unpaired -= e.quantity;
    if (security.held) move_marks(security);

    const bool taker_buys = e.taker_side == Side::Buy;
    const AccountId buyer = taker_buys ? e.taker_account : e.maker_account;
    const AccountId seller = taker_buys ? e.maker_account : e.taker_account;
    Balance& paid = cash(buyer, security);
    paid.total -= e.notional;
    paid.reserved -= e.released_cash;
    BUTTONWOOD_ASSERT(paid.reserved <= paid.total && paid.reserved >= Money{});
    cash(seller, security).total += e.notional;
    if (e.fee_account != AccountId::None) pay_fees(e, security);
    if (e.settles_at.us != 0) expect_settlement(e);
    Holding& delivered = shares(seller, e.security);
    delivered.total -= e.quantity;
    delivered.reserved -= e.released_quantity;
    BUTTONWOOD_ASSERT(delivered.reserved <= delivered.total && delivered.reserved.units >= 0);
    shares(buyer, e.security).total += e.quantity;

    fill(maker, e);
    fill(taker, e);
}

void Engine::pay_fees(const TradeExecuted& e, const Security& security) {
    cash(e.maker_account, security).total -= e.maker_fee;
    cash(e.taker_account, security).total -= e.taker_fee;
    cash(e.fee_account, security).total += e.maker_fee + e.taker_fee;
}

void Engine::fill(Slot slot, const TradeExecuted& trade) {
    BUTTONWOOD_ASSERT(slot != kNoSlot);
    Order& order = orders_[slot];
    BUTTONWOOD_ASSERT(order.leaves >= trade.quantity && !order.held);
    order.leaves -= trade.quantity;
    if (order.side == Side::Buy)
        order.reserved_cash -= trade.released_cash;
    else
        order.reserved_quantity -= trade.released_quantity;
    if (order.handle != OrderBook::kNoHandle) take_from_book(order, trade.quantity);
    if (order.leaves.units == 0) {
        BUTTONWOOD_ASSERT(order.reserved_cash == Money{} && order.reserved_quantity == Quantity{});
        erase(slot);
    }
}

// The marks of the trailing stops follow the last price.
void Engine::move_marks(Security& security) {
    for (const Side side : {Side::Buy, Side::Sell}) security.held->trailing(side).moved(security.last);
}

void Engine::on(const Event& event, const OrderAmended& e) { on(event, e, slot_of(e.order)); }

void Engine::on(const Event& event, const OrderAmended& e, Slot slot) {
    BUTTONWOOD_ASSERT(slot != kNoSlot && e.leaves_quantity.units > 0);
    Order& order = orders_[slot];
    BUTTONWOOD_ASSERT(order.held == e.held && (e.held || order.handle != OrderBook::kNoHandle));
    reserve_anew(order, e.reserved_cash, e.reserved_quantity);
    forget_expiry(order);
    if (order.held) release_hold(slot);
    else if (!e.priority_kept) leave_book(order);
    order.price = e.price;
    order.quantity = e.quantity;
    order.leaves = e.leaves_quantity;
    if (order.extra != kNoSlot) {
        Extra& own = extras_[order.extra];
        if (order.type != OrderType::TrailingStop) own.stop_price = e.stop_price;
        own.display_quantity = e.display_quantity;
        own.expires_at = e.expires_at;
    }
    expect_expiry(order);
    if (order.held) return hold(slot, e.priority_kept ? order.place : event.seq);
    if (!e.priority_kept) {
        if (e.rests) rest(slot, event.seq);
        return;
    }
    const Quantity shown = tip_of(order);
    const Quantity shows = std::min(shown, displayed(order.leaves, extra(order).display_quantity));
    if (shows < shown) take_from_book(order, shown - shows);
    mark_indication(at(order.security));
}

void Engine::on(const Event& event, const OrderActivated& e) {
    const Slot slot = slot_of(e.order);
    BUTTONWOOD_ASSERT(slot != kNoSlot && orders_[slot].held);
    Order& order = orders_[slot];
    release_hold(slot);
    order.pending = false;
    order.quantity = e.quantity;
    order.leaves = e.leaves_quantity;
    reserve_anew(order, e.reserved_cash, e.reserved_quantity);
    if (order.role == GroupRole::TakeProfitExit) forget_entry(extra(order).group);
    order.held = e.held;
    if (e.held) {
        extras_[order.extra].trail_mark = at(order.security).last;
        hold(slot, event.seq);
    } else if (e.rests) {
        rest(slot, event.seq);
    }
}

void Engine::on(const Event&, const OrderReduced& e) {
    const Slot slot = slot_of(e.order);
    BUTTONWOOD_ASSERT(slot != kNoSlot && e.leaves_quantity.units > 0);
    Order& order = orders_[slot];
    reserve_anew(order, order.reserved_cash - e.released_cash, order.reserved_quantity - e.released_quantity);
    order.quantity = e.quantity;
    order.leaves = e.leaves_quantity;
    if (order.handle != OrderBook::kNoHandle) take_from_book(order, e.by);
}

void Engine::reserve_anew(Order& order, Money reserved_cash, Quantity reserved_quantity) {
    if (reserved_cash != order.reserved_cash)
        cash(order.account, at(order.security)).reserved += reserved_cash - order.reserved_cash;
    if (reserved_quantity != order.reserved_quantity)
        shares(order.account, order.security).reserved += reserved_quantity - order.reserved_quantity;
    order.reserved_cash = reserved_cash;
    order.reserved_quantity = reserved_quantity;
}

void Engine::on(const Event& event, const OrderCanceled& e) { on(event, e, slot_of(e.order)); }
void Engine::on(const Event&, const OrderCanceled& e, Slot slot) { close(slot, e.released_cash, e.released_quantity); }
void Engine::on(const Event& event, const OrderExpired& e) { on(event, e, slot_of(e.order)); }
void Engine::on(const Event&, const OrderExpired& e, Slot slot) { close(slot, e.released_cash, e.released_quantity); }

void Engine::close(Slot slot, Money released_cash, Quantity released_quantity) {
    BUTTONWOOD_ASSERT(slot != kNoSlot);
    Order& order = orders_[slot];
    BUTTONWOOD_ASSERT(order.reserved_cash == released_cash && order.reserved_quantity == released_quantity);
    reserve_anew(order, {}, {});
    if (order.handle != OrderBook::kNoHandle) leave_book(order);
    if (order.held) release_hold(slot);
    erase(slot);
}

void Engine::erase(Slot slot) {
    Order& order = orders_[slot];
    if (order.role == GroupRole::Entry) note_closed_entry(order);
    if (order.role == GroupRole::TakeProfitExit) forget_entry(extra(order).group);
    forget_expiry(order);
    unlink(at(order.account).orders, &Order::of_account, slot);
    unlink(at(order.security).orders, &Order::of_security, slot);
    --at(at(order.account).user).open_orders;
    order_index_.erase(order.id);
    if (order.extra != kNoSlot) free_extras_.push_back(order.extra);
    order = Order{};
    free_slots_.push_back(slot);
}

// The exits of an entry that executed wait to be activated, unless they ended before.
void Engine::note_closed_entry(const Order& entry) {
    const Quantity executed = entry.quantity - entry.leaves;
    const auto exit = static_cast<OrderId>(static_cast<std::uint64_t>(entry.id) + 1);
    if (executed.units > 0 && slot_of(exit) != kNoSlot)
        closed_entries_.push_back(BracketEntry{entry.id, entry.security, executed});
}

void Engine::forget_entry(OrderId entry) {
    std::erase_if(closed_entries_, [entry](const BracketEntry& closed) { return closed.id == entry; });
}

void Engine::hold(Slot slot, EventSeq place) {
    orders_[slot].place = place;
    change_held(slot, true);
}

void Engine::release_hold(Slot slot) {
    const Order& order = orders_[slot];
    if (order.type == OrderType::TrailingStop && !order.pending) {  // it takes its mark along
        Extra& own = extras_[order.extra];
        own.trail_mark = at(order.security).held->trailing(order.side).mark_of(slot);
    }
    change_held(slot, false);
}

// Enters a held order among those that wait for something, or takes it out. Exits before their entry is done, and
// orders for a closing auction, wait for neither a price nor a quantity.
void Engine::change_held(Slot slot, bool enters) {
    const Order& order = orders_[slot];
    if (order.pending) return;
    Security& security = at(order.security);
    if (!security.held) security.held = std::make_unique<HeldOrders>();
    HeldOrders& held = *security.held;
    if (order.type == OrderType::TrailingStop) {
        TrailingStops& stops = held.trailing(order.side);
        return enters ? stops.insert(extra(order).trail_mark, trailing_stop(slot)) : stops.erase(trailing_stop(slot));
    }
    if (has_trigger(order.type)) {
        const bool falls = HeldOrders::falls(order.side, order.type);
        const Price trigger = extra(order).stop_price;
        return enters ? held.insert_trigger(falls, trigger, order.place, slot)
                      : held.erase_trigger(falls, trigger, order.place, slot);
    }
    if (!order.all_or_none && extra(order).min_quantity.units == 0) return;
    return enters ? held.insert_minimum(order.side, order.price, order.place, slot)
                  : held.erase_minimum(order.side, order.price, order.place, slot);
}

// Those that end at a time stand in no security's range, so that they come by time, then id.
std::optional<Engine::Expiry> Engine::expiry_of(const Order& order) const {
    switch (order.time_in_force) {
        case TimeInForce::Gtc:
        case TimeInForce::Ioc:
        case TimeInForce::Fok: return std::nullopt;
        case TimeInForce::Day: return Expiry{kAtDayEnd, order.security, order.id};
        case TimeInForce::Opg:
        case TimeInForce::Cls: return Expiry{kAtAuctionEnd, order.security, order.id};
        case TimeInForce::Gtd: return Expiry{extra(order).expires_at, SecurityId::None, order.id};
    }
    std::unreachable();
}

void Engine::expect_expiry(const Order& order) {
    if (lasts(order.time_in_force)) return;
    expiries_.insert(*expiry_of(order));
}

void Engine::forget_expiry(const Order& order) {
    if (lasts(order.time_in_force)) return;
    expiries_.erase(*expiry_of(order));
}

void Engine::link(OrderList& list, OrderLinks Order::* links, Slot slot) {
    (orders_[slot].*links) = OrderLinks{kNoSlot, list.last};
    (list.last == kNoSlot ? list.first : (orders_[list.last].*links).next) = slot;
    list.last = slot;
}

void Engine::unlink(OrderList& list, OrderLinks Order::* links, Slot slot) {
    const OrderLinks own = orders_[slot].*links;
    (own.prev == kNoSlot ? list.first : (orders_[own.prev].*links).next) = own.next;
    (own.next == kNoSlot ? list.last : (orders_[own.next].*links).prev) = own.prev;
}

}  // namespace buttonwood::engine
