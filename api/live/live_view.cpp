#include "api/live/live_view.hpp"

#include "engine/assert.hpp"
#include "engine/names.hpp"

#include <algorithm>

namespace buttonwood::api {
namespace {

constexpr std::int64_t kMinuteUs = 60'000'000;
constexpr std::int64_t kMinutesPerDay = 1'440;

template <class Ids, class Id> void insert_once(Ids& ids, Id id) {
    if (std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
}

}  // namespace

std::string_view word_of(OrderStatus status) {
    switch (status) {
        case OrderStatus::New: return "new";
        case OrderStatus::PartiallyFilled: return "partially_filled";
        case OrderStatus::Filled: return "filled";
        case OrderStatus::Canceled: return "canceled";
        case OrderStatus::Expired: return "expired";
    }
    return "unknown";
}

const Changes& LiveView::apply(const eventstore::CommandRecord& command, std::span<const engine::Event> events) {
    for (const engine::SecurityId id : changes_.books) at(id).book.clear_touched();
    changes_.books.clear();
    changes_.tickers.clear();
    changes_.trades.clear();
    changes_.executions.clear();
    changes_.states.clear();

    time_ = command.header.time;
    for (const engine::Event& event : events) {
        BUTTONWOOD_ASSERT(event.seq == event_seq_ + 1);
        event_seq_ = event.seq;
        std::visit([&](const auto& body) { on(event, body); }, event.body);
    }
    for (const engine::SecurityId id : changes_.books) conclude(id);
    return changes_;
}

// The command changed this book: every trade does, too, since its maker rested there.
void LiveView::conclude(engine::SecurityId id) {
    LiveSecurity& security = at(id);
    ++security.book_seq;
    security.book_event_seq = event_seq_;
    security.book_time = time_;
    LiveBbo now;
    security.book.best(engine::Side::Buy, now.bid, now.bid_quantity);
    security.book.best(engine::Side::Sell, now.offer, now.offer_quantity);
    const bool traded = security.last_trade && security.last_trade->time == time_ && !changes_.trades.empty();
    if (now == security.bbo && !traded) return;
    security.bbo = now;
    ++security.ticker_seq;
    changes_.tickers.push_back(id);
}

void LiveView::on(const engine::Event& event, const engine::UserRegistered& e) {
    users_.push_back({e.user, e.name, e.roles, engine::UserStatus::Active, event.time, {}});
}

void LiveView::on(const engine::Event&, const engine::AccountOpened& e) {
    accounts_.push_back(LiveAccount{e.user, 0, {}});
    users_[static_cast<std::size_t>(e.user) - 1].accounts.push_back(e.account);
}

void LiveView::on(const engine::Event&, const engine::UserStatusChanged& e) {
    users_[static_cast<std::size_t>(e.user) - 1].status = e.status;
}

void LiveView::on(const engine::Event&, const engine::ApiKeyCreated& e) {
    keys_[e.key] = {e.user, e.secret_hash, e.roles, false};
}

void LiveView::on(const engine::Event&, const engine::ApiKeyRevoked& e) { keys_[e.key].revoked = true; }

void LiveView::on(const engine::Event&, const engine::SecurityCreated& e) {
    LiveSecurity& security = securities_.emplace_back();
    security.terms = e;
    symbols_[std::string(e.symbol.view())] = e.security;
    changes_.states.push_back(e.security);
}

void LiveView::on(const engine::Event&, const engine::TradingStateChanged& e) {
    at(e.security).state = e.state;
    changes_.states.push_back(e.security);
}

void LiveView::on(const engine::Event&, const engine::HoldingsIssued& e) { at(e.security).outstanding += e.quantity; }

void LiveView::on(const engine::Event& event, const engine::OrderAccepted& e) {
    LiveOrder& order = orders_[e.order];
    order = LiveOrder{};
    order.id = e.order;
    order.account = e.account;
    order.security = e.security;
    order.side = e.side;
    order.type = e.type;
    order.time_in_force = e.time_in_force;
    order.post_only = e.post_only;
    order.price = e.price;
    order.quantity = e.quantity;
    order.leaves = e.quantity;
    order.created_at = order.updated_at = event.time;
    order.event_seq = event.seq;
    order.client_order_id = e.client_order_id;
    accounts_[static_cast<std::size_t>(e.account) - 1].open_orders.insert(e.order);
    if (!e.client_order_id.empty()) client_ids_[client_key(e.account, e.client_order_id)] = e.order;
    executed("new", order);
    if (!e.rests) return;
    at(e.security).book.add(e.side, e.price, e.quantity);
    insert_once(changes_.books, e.security);
}

void LiveView::on(const engine::Event& event, const engine::OrderRested& e) {
    touch(e.order, event);
    at(e.security).book.add(e.side, e.price, e.leaves_quantity);
    insert_once(changes_.books, e.security);
}

void LiveView::on(const engine::Event& event, const engine::TradeExecuted& e) {
    LiveSecurity& security = at(e.security);
    security.book.take(engine::opposite(e.taker_side), e.price, e.quantity, e.maker_leaves_quantity.units == 0);
    insert_once(changes_.books, e.security);
    record_trade(security, event, e);
    fill(e.maker_order, event, e, true);
    fill(e.taker_order, event, e, false);
}

void LiveView::record_trade(LiveSecurity& security, const engine::Event& event, const engine::TradeExecuted& e) {
    const LiveTrade trade{e.trade, e.price, e.quantity, e.taker_side, event.time, event.seq};
    ++security.trade_seq;
    security.last_trade = trade;
    security.trades.push_back(trade);
    if (security.trades.size() > kTradesKept) security.trades.pop_front();
    changes_.trades.emplace_back(e.security, trade);

    const std::int64_t minute = event.time.us / kMinuteUs;
    auto& minutes = security.minutes;
    if (minutes.empty() || minutes.back().minute != minute)
        minutes.push_back({minute, e.price, e.price, e.price, e.price, 0, 0, 0});
    while (minutes.front().minute <= minute - kMinutesPerDay) minutes.pop_front();
    LiveMinute& m = minutes.back();
    m.high = std::max(m.high, e.price);
    m.low = std::min(m.low, e.price);
    m.close = e.price;
    m.volume += e.quantity.units;
    m.turnover += e.notional.units;
    ++m.trade_count;
}

LiveOrder& LiveView::touch(engine::OrderId id, const engine::Event& event) {
    const auto it = orders_.find(id);
    BUTTONWOOD_ASSERT(it != orders_.end());
    it->second.updated_at = event.time;
    it->second.event_seq = event.seq;
    return it->second;
}

void LiveView::fill(engine::OrderId id, const engine::Event& event, const engine::TradeExecuted& e, bool is_maker) {
    LiveOrder& order = touch(id, event);
    order.leaves -= e.quantity;
    order.filled += e.quantity;
    order.filled_notional += e.notional;
    order.status = order.leaves.units == 0 ? OrderStatus::Filled : OrderStatus::PartiallyFilled;
    executed("trade", order, changes_.trades.back().second, is_maker);
    if (order.leaves.units == 0) retire(order);
}

void LiveView::on(const engine::Event& event, const engine::OrderAmended& e) {
    LiveOrder& order = touch(e.order, event);
    LiveBook& book = at(e.security).book;
    if (e.priority_kept) {
        book.take(e.side, order.price, order.leaves - e.leaves_quantity, false);
    } else {
        book.take(e.side, order.price, order.leaves, true);
        if (e.rests) book.add(e.side, e.price, e.leaves_quantity);
    }
    insert_once(changes_.books, e.security);
    order.price = e.price;
    order.quantity = e.quantity;
    order.leaves = e.leaves_quantity;
    executed("replaced", order);
}

void LiveView::on(const engine::Event& event, const engine::OrderCanceled& e) {
    at(e.security).book.take(e.side, orders_[e.order].price, e.leaves_quantity, true);
    insert_once(changes_.books, e.security);
    close(event, e.order, OrderStatus::Canceled, engine::word_of(e.reason));
}

void LiveView::on(const engine::Event& event, const engine::OrderExpired& e) {
    close(event, e.order, OrderStatus::Expired, engine::word_of(e.reason));
}

void LiveView::close(const engine::Event& event, engine::OrderId id, OrderStatus status, std::string_view reason) {
    LiveOrder& order = touch(id, event);
    order.status = status;
    order.reason = reason;
    order.leaves = {};
    executed(status == OrderStatus::Canceled ? "canceled" : "expired", order);
    retire(order);
}

void LiveView::retire(const LiveOrder& order) {
    BUTTONWOOD_ASSERT(accounts_[static_cast<std::size_t>(order.account) - 1].open_orders.erase(order.id) == 1);
    closed_.push_back(order.id);
    if (closed_.size() <= kClosedOrdersKept) return;
    const auto oldest = orders_.find(closed_.front());
    client_ids_.erase(client_key(oldest->second.account, oldest->second.client_order_id));
    orders_.erase(oldest);
    closed_.pop_front();
}

std::string LiveView::client_key(engine::AccountId account, const engine::ClientOrderId& id) {
    return std::to_string(std::to_underlying(account)) + ' ' + std::string(id.view());
}

void LiveView::executed(std::string_view type, const LiveOrder& order, std::optional<LiveTrade> trade, bool is_maker) {
    const std::uint64_t seq = ++accounts_[static_cast<std::size_t>(order.account) - 1].execution_seq;
    changes_.executions.push_back({type, order.account, seq, order, std::move(trade), is_maker});
}

const LiveSecurity* LiveView::security(std::string_view symbol) const {
    const auto it = symbols_.find(std::string(symbol));
    return it == symbols_.end() ? nullptr : security(it->second);
}

const LiveSecurity* LiveView::security(engine::SecurityId id) const {
    const auto index = static_cast<std::size_t>(id);
    return index >= 1 && index <= securities_.size() ? &securities_[index - 1] : nullptr;
}

const LiveUser* LiveView::user(engine::UserId id) const {
    const auto index = static_cast<std::size_t>(id);
    return index >= 1 && index <= users_.size() ? &users_[index - 1] : nullptr;
}

const LiveAccount* LiveView::account(engine::AccountId id) const {
    const auto index = static_cast<std::size_t>(id);
    return index >= 1 && index <= accounts_.size() ? &accounts_[index - 1] : nullptr;
}

const LiveKey* LiveView::key(engine::KeyId id) const {
    const auto it = keys_.find(id);
    return it == keys_.end() ? nullptr : &it->second;
}

const LiveOrder* LiveView::order(engine::AccountId account, const engine::ClientOrderId& id) const {
    const auto it = client_ids_.find(client_key(account, id));
    return it == client_ids_.end() ? nullptr : order(it->second);
}

const LiveOrder* LiveView::order(engine::OrderId id) const {
    const auto it = orders_.find(id);
    return it == orders_.end() ? nullptr : &it->second;
}

}  // namespace buttonwood::api
