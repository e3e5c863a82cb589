// apply(): the only place where state changes. Takes every event as a fact; asserts that it fits the state.
#include "engine/assert.hpp"
#include "engine/engine.hpp"

namespace buttonwood::engine {

void Engine::on(const Event&, const UserRegistered& e) {
    BUTTONWOOD_ASSERT(static_cast<std::size_t>(e.user) == users_.size() + 1);
    users_.push_back(User{e.name, e.roles, UserStatus::Active, 0});
}

void Engine::on(const Event&, const AccountOpened& e) {
    BUTTONWOOD_ASSERT(static_cast<std::size_t>(e.account) == accounts_.size() + 1 && find(e.user));
    accounts_.push_back(Account{e.user, kNoSlot, kNoSlot});
}

void Engine::on(const Event&, const UserStatusChanged& e) {
    BUTTONWOOD_ASSERT(find(e.user));
    at(e.user).status = e.status;
}

void Engine::on(const Event&, const ApiKeyCreated& e) { keys_[e.key] = ApiKey{e.user, e.secret_hash, e.roles, false}; }

void Engine::on(const Event&, const ApiKeyRevoked& e) {
    BUTTONWOOD_ASSERT(keys_.contains(e.key));
    keys_[e.key].revoked = true;
}

void Engine::on(const Event&, const SecurityCreated& e) {
    BUTTONWOOD_ASSERT(static_cast<std::size_t>(e.security) == securities_.size() + 1);
    Security& security = securities_.emplace_back();
    security.terms = e;
    symbols_[std::string(e.symbol.view())] = e.security;
}

void Engine::on(const Event&, const TradingStateChanged& e) {
    BUTTONWOOD_ASSERT(find(e.security));
    at(e.security).state = e.state;
}

void Engine::on(const Event&, const CashDeposited& e) {
    BUTTONWOOD_ASSERT(e.amount > Money{});
    cash(e.account, e.currency).total += e.amount;
    deposited_[std::string(e.currency.view())] += e.amount;
}

void Engine::on(const Event&, const CashWithdrawn& e) {
    Balance& balance = cash(e.account, e.currency);
    BUTTONWOOD_ASSERT(e.amount > Money{} && e.amount <= balance.total - balance.reserved);
    balance.total -= e.amount;
    deposited_[std::string(e.currency.view())] -= e.amount;
}

void Engine::on(const Event&, const HoldingsIssued& e) {
    BUTTONWOOD_ASSERT(e.quantity.units > 0);
    shares(e.account, e.security).total += e.quantity;
    at(e.security).outstanding += e.quantity;
}

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
    Account& account = at(e.account);
    orders_[slot] = Order{e.order, e.account, e.security, e.side, e.type, e.time_in_force, e.post_only, e.price,
                          e.quantity, e.quantity, e.reserved_cash, e.reserved_quantity, 0, OrderBook::kNoHandle,
                          kNoSlot, account.last_order, e.client_order_id};
    (account.last_order == kNoSlot ? account.first_order : orders_[account.last_order].next_of_account) = slot;
    account.last_order = slot;
    ++at(account.user).open_orders;
    order_slots_[e.order] = slot;
    if (!e.client_order_id.empty())
        client_ids_[client_key(e.account, e.client_order_id)] = ClientIdRecord{e.order, e.fingerprint};
    if (e.reserved_cash != Money{}) cash(e.account, at(e.security).terms.currency).reserved += e.reserved_cash;
    if (e.reserved_quantity != Quantity{}) shares(e.account, e.security).reserved += e.reserved_quantity;
    if (e.rests) rest(orders_[slot], event.seq);
}

void Engine::rest(Order& order, EventSeq priority) {
    BUTTONWOOD_ASSERT(order.handle == OrderBook::kNoHandle);
    order.priority = priority;
    order.handle = at(order.security).book.add(order.side, order.price, order.leaves, slot_of(order.id));
}

void Engine::on(const Event& event, const OrderRested& e) {
    const Slot slot = slot_of(e.order);
    BUTTONWOOD_ASSERT(slot != kNoSlot && orders_[slot].leaves == e.leaves_quantity);
    rest(orders_[slot], event.seq);
}

void Engine::on(const Event&, const TradeExecuted& e) {
    BUTTONWOOD_ASSERT(static_cast<std::uint64_t>(e.trade) == static_cast<std::uint64_t>(last_trade_) + 1);
    last_trade_ = e.trade;
    const bool taker_buys = e.taker_side == Side::Buy;
    const AccountId buyer = taker_buys ? e.taker_account : e.maker_account;
    const AccountId seller = taker_buys ? e.maker_account : e.taker_account;
    const Currency currency = at(e.security).terms.currency;

    Balance& paid = cash(buyer, currency);
    paid.total -= e.notional;
    paid.reserved -= e.released_cash;
    cash(seller, currency).total += e.notional;
    Holding& delivered = shares(seller, e.security);
    delivered.total -= e.quantity;
    delivered.reserved -= e.released_quantity;
    shares(buyer, e.security).total += e.quantity;

    fill(slot_of(e.maker_order), e);
    fill(slot_of(e.taker_order), e);
}

void Engine::fill(Slot slot, const TradeExecuted& trade) {
    BUTTONWOOD_ASSERT(slot != kNoSlot);
    Order& order = orders_[slot];
    BUTTONWOOD_ASSERT(order.leaves >= trade.quantity);
    order.leaves -= trade.quantity;
    if (order.side == Side::Buy)
        order.reserved_cash -= trade.released_cash;
    else
        order.reserved_quantity -= trade.released_quantity;
    if (order.handle != OrderBook::kNoHandle) at(order.security).book.reduce(order.handle, trade.quantity);
    if (order.leaves.units == 0) {
        BUTTONWOOD_ASSERT(order.reserved_cash == Money{} && order.reserved_quantity == Quantity{});
        erase(slot);
    }
}

void Engine::on(const Event& event, const OrderAmended& e) {
    const Slot slot = slot_of(e.order);
    BUTTONWOOD_ASSERT(slot != kNoSlot);
    Order& order = orders_[slot];
    BUTTONWOOD_ASSERT(order.handle != OrderBook::kNoHandle && e.leaves_quantity.units > 0);
    OrderBook& book = at(order.security).book;
    if (order.side == Side::Buy)
        cash(order.account, at(order.security).terms.currency).reserved += e.reserved_cash - order.reserved_cash;
    else
        shares(order.account, order.security).reserved += e.reserved_quantity - order.reserved_quantity;
    if (e.priority_kept) {
        book.reduce(order.handle, order.leaves - e.leaves_quantity);
    } else {
        book.remove(order.handle);
        order.handle = OrderBook::kNoHandle;
    }
    order.price = e.price;
    order.quantity = e.quantity;
    order.leaves = e.leaves_quantity;
    order.reserved_cash = e.reserved_cash;
    order.reserved_quantity = e.reserved_quantity;
    if (!e.priority_kept && e.rests) rest(order, event.seq);
}

void Engine::on(const Event&, const OrderCanceled& e) { close(e.order, e.released_cash, e.released_quantity); }
void Engine::on(const Event&, const OrderExpired& e) { close(e.order, e.released_cash, e.released_quantity); }
void Engine::on(const Event&, const CommandRejected&) {}
void Engine::on(const Event&, const MassCancelCompleted&) {}

void Engine::close(OrderId id, Money released_cash, Quantity released_quantity) {
    const Slot slot = slot_of(id);
    BUTTONWOOD_ASSERT(slot != kNoSlot);
    Order& order = orders_[slot];
    BUTTONWOOD_ASSERT(order.reserved_cash == released_cash && order.reserved_quantity == released_quantity);
    if (released_cash != Money{}) cash(order.account, at(order.security).terms.currency).reserved -= released_cash;
    if (released_quantity != Quantity{}) shares(order.account, order.security).reserved -= released_quantity;
    if (order.handle != OrderBook::kNoHandle) at(order.security).book.remove(order.handle);
    erase(slot);
}

void Engine::erase(Slot slot) {
    Order& order = orders_[slot];
    Account& account = at(order.account);
    (order.prev_of_account == kNoSlot ? account.first_order : orders_[order.prev_of_account].next_of_account) =
        order.next_of_account;
    (order.next_of_account == kNoSlot ? account.last_order : orders_[order.next_of_account].prev_of_account) =
        order.prev_of_account;
    --at(account.user).open_orders;
    order_slots_.erase(order.id);
    order = Order{};
    free_slots_.push_back(slot);
}

}  // namespace buttonwood::engine
