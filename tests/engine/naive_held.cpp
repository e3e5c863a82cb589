// The naive engine's held orders: after each command, one after the other, those whose time has come go live.
#include "tests/engine/naive_engine.hpp"

#include <algorithm>

namespace buttonwood::engine::tests {
namespace {

constexpr std::size_t kMinimumsLookedAt = 128;

bool is_take_profit(OrderType type) { return type == OrderType::TakeProfit || type == OrderType::TakeProfitLimit; }

}  // namespace

// What is left over is one deferred work per security, for the clock.
void NaiveEngine::settle() {
    for (std::size_t i = 0; i < touched_.size(); ++i) {
        const SecurityId security = touched_[i];
        if (settle(security)) continue;
        const bool waits = std::any_of(works_.begin(), works_.end(), [&](const Work& work) {
            return work.terms.kind == WorkKind::Activations && work.terms.security == security;
        });
        if (waits) continue;
        Work work;
        work.terms.kind = WorkKind::Activations;
        work.terms.security = security;
        work.terms.reason = CancelReason::User;
        emit(work.terms);
        works_.push_back(work);
    }
}

// False where the budget ends before the activations do.
bool NaiveEngine::settle(SecurityId security) {
    while (is_open_now(security)) {
        Order* exits = next_exits(security);
        Order* triggered = exits ? nullptr : next_triggered(security);
        Order* fillable = exits || triggered ? nullptr : next_with_minimum(security);
        if (!exits && !triggered && !fillable) return true;
        if (is_spent()) return false;
        if (exits) activate_exits(*exits);
        if (triggered) activate(*triggered, ActivationReason::StopPrice);
        if (fillable) activate(*fillable, ActivationReason::MinimumAvailable);
    }
    return true;
}

// The take profit of the bracket whose entry closed first.
NaiveEngine::Order* NaiveEngine::next_exits(SecurityId security) {
    std::erase_if(closed_entries_, [&](OrderId entry) {
        return !at(static_cast<OrderId>(static_cast<std::uint64_t>(entry) + 1)).is_open();
    });
    for (const OrderId entry : closed_entries_) {
        Order& take_profit = at(static_cast<OrderId>(static_cast<std::uint64_t>(entry) + 1));
        if (take_profit.request.security == security) return &take_profit;
    }
    return nullptr;
}

NaiveEngine::Order* NaiveEngine::next_triggered(SecurityId security) {
    const Price last = securities_.at(security).last;
    if (last.units == 0) return nullptr;
    Order* falling = nullptr;
    Order* rising = nullptr;
    for (const OrderId id : open_) {
        Order& order = at(id);
        if (order.request.security != security || order.stage != Stage::Held || order.is_dormant) continue;
        const auto trigger = order.trigger();
        if (!trigger) continue;
        const bool falls = order.is_buy() == is_take_profit(order.request.type);
        if (falls ? last > *trigger : last < *trigger) continue;
        Order*& first = falls ? falling : rising;
        const bool nearer = first && (falls ? *trigger > *first->trigger() : *trigger < *first->trigger());
        const bool older = first && *trigger == *first->trigger() && order.place < first->place;
        if (!first || nearer || older) first = &order;
    }
    if (falling && rising) return falling->place < rising->place ? falling : rising;
    return falling ? falling : rising;
}

NaiveEngine::Order* NaiveEngine::next_with_minimum(SecurityId security) {
    for (const Side side : {Side::Buy, Side::Sell}) {
        std::vector<Order*> waiting = open_where([&](const Order& order) {
            return order.request.security == security && order.request.side == side && order.stage == Stage::Held &&
                   order.request.type == OrderType::Limit && order.minimum.units > 0 &&
                   crosses(security, side, order.price);
        });
        std::sort(waiting.begin(), waiting.end(), [&](const Order* a, const Order* b) {
            if (a->price != b->price) return side == Side::Buy ? a->price > b->price : a->price < b->price;
            return a->place < b->place;
        });
        if (waiting.size() > kMinimumsLookedAt) waiting.resize(kMinimumsLookedAt);
        for (Order* order : waiting)
            if (takeable(order->request, order->price, order->leaves()).units >= order->minimum.units) return order;
    }
    return nullptr;
}

void NaiveEngine::activate(Order& order, ActivationReason reason) {
    if (const auto why = dead(order)) return end(order, *why);
    end_partner(order);
    const PlaceOrder& c = order.request;
    Money needed;
    if (order.limit())
        needed = reserve_of(c.security, order.rates, *order.limit(), order.leaves()) - reserved_cash(order);
    else
        needed = cost_of_taking(c, order.rates, order.leaves());
    switch (refuse_reservation(c.account, c.security, c.side, needed, order.leaves() - reserved_quantity(order))) {
        case Reason::InsufficientFunds: return cancel(order, CancelReason::InsufficientFunds);
        case Reason::InsufficientShares: return cancel(order, CancelReason::InsufficientShares);
        default: return go_live(order, order.quantity, reason);
    }
}

// The order joins the book or takes, with this total from now on.
void NaiveEngine::go_live(Order& order, Quantity total, ActivationReason reason) {
    const PlaceOrder& c = order.request;
    const bool gathers = in_force(c.security).gathers();
    const bool rests = gathers || (!is_market(c.type) && !crosses(c.security, c.side, order.price));
    if (rests && !has_room(c.security, c.side, order.price, total - order.filled))
        return expire(order, ExpireReason::LevelFull);
    order.quantity = total;
    order.is_dormant = false;
    order.reserves = true;
    order.stage = rests ? Stage::Resting : Stage::Taking;
    order.place = events_ + 1;
    if (rests) order.tip = displayed(order.leaves(), order.display);
    const Price last = reason == ActivationReason::StopPrice ? securities_.at(c.security).last : Price{};
    emit(OrderActivated{order.id, c.account, c.security, c.side, reason, rests, false, order.price, last,
                        order.quantity, order.leaves(), reserved_cash(order), reserved_quantity(order)});
    if (rests) return book_changed(c.security);
    take(order);
}

// The exits of a bracket whose entry is done become an oco of what it executed.
void NaiveEngine::activate_exits(Order& take_profit) {
    const auto id = static_cast<std::uint64_t>(take_profit.id);
    Order& stop = at(static_cast<OrderId>(id + 1));
    const Order& entry = at(static_cast<OrderId>(id - 1));
    const PlaceOrder& c = take_profit.request;
    std::erase(closed_entries_, entry.id);
    if (const auto why = dead(take_profit)) return end(take_profit, *why);
    if (const auto why = dead(stop)) return end(stop, *why);
    const Price dearer = std::max(take_profit.price, stop.limit().value_or(Price{}));
    const Money needed = reserve_of(c.security, take_profit.rates, dearer, entry.filled);
    switch (refuse_reservation(c.account, c.security, c.side, needed, entry.filled)) {
        case Reason::InsufficientFunds: return cancel(take_profit, CancelReason::InsufficientFunds);
        case Reason::InsufficientShares: return cancel(take_profit, CancelReason::InsufficientShares);
        default: break;
    }
    stop.quantity = entry.filled;
    stop.is_dormant = false;
    stop.mark = securities_.at(c.security).last;
    stop.place = events_ + 1;
    emit(OrderActivated{stop.id, c.account, c.security, c.side, ActivationReason::EntryClosed, false, true, stop.price,
                        Price{}, stop.quantity, stop.leaves(), Money{}, Quantity{}});
    go_live(take_profit, entry.filled, ActivationReason::EntryClosed);
}

}  // namespace buttonwood::engine::tests
