#include "api/live/live_view.hpp"

#include "engine/assert.hpp"
#include "engine/names.hpp"

#include <algorithm>

namespace buttonwood::api {
namespace {

constexpr std::int64_t kMinuteUs = 60'000'000;
constexpr std::int64_t kMinutesPerDay = 1'440;

template <class AuctionEvent> LiveAuction auction_of(const engine::Event& event, const AuctionEvent& e) {
    return {e.price, e.paired_quantity, e.imbalance_quantity, e.imbalance_side, event.time};
}

}  // namespace

std::string_view word_of(OrderStatus status) {
    switch (status) {
        case OrderStatus::New: return "new";
        case OrderStatus::Held: return "held";
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
    changes_.auctions.clear();
    changes_.market_state = false;

    command_ = command.header.seq;
    time_ = command.header.time;
    for (const engine::Event& event : events) {
        BUTTONWOOD_ASSERT(event.seq == event_seq_ + 1);
        event_seq_ = event.seq;
        std::visit([&](const auto& body) { on(event, body); }, event.body);
    }
    for (const engine::SecurityId id : changes_.books) conclude(id);
    for (const engine::SecurityId id : changes_.states) ++at(id).status_seq;
    for (const engine::SecurityId id : changes_.auctions) ++at(id).auction_seq;
    if (changes_.market_state) ++market_status_seq_;
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

void LiveView::on(const engine::Event&, const engine::ProfileUpdated& e) {
    users_[static_cast<std::size_t>(e.user) - 1].name = e.name;
}

void LiveView::on(const engine::Event& event, const engine::UserRegistered& e) {
    users_.push_back({e.user, e.name, e.roles, engine::UserStatus::Active, event.time, {}});
}

void LiveView::on(const engine::Event&, const engine::AccountOpened& e) {
    accounts_.push_back(LiveAccount{e.user, 0, {}, {}});
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
    security.state = in_force(security.own, market_);
    status_changed(security);
}

void LiveView::on(const engine::Event&, const engine::TradingStateChanged& e) {
    const LiveState state{e.state, e.auction, e.until, e.cause};
    if (e.security != engine::SecurityId::None) {
        at(e.security).own = state;
        return put_in_force(at(e.security));
    }
    market_ = state;
    changes_.market_state = true;
    for (LiveSecurity& security : securities_) put_in_force(security);
}

void LiveView::put_in_force(LiveSecurity& security) {
    const LiveState before = std::exchange(security.state, in_force(security.own, market_));
    if (security.state == before) return;
    status_changed(security);
    const bool gathers = security.state.state == engine::TradingState::Auction;
    if (!gathers) security.indication.reset();
    if (gathers || before.state == engine::TradingState::Auction) auction_changed(security);
}

void LiveView::on(const engine::Event& event, const engine::AuctionIndicated& e) {
    LiveSecurity& security = at(e.security);
    security.indication = auction_of(event, e);
    auction_changed(security);
}

void LiveView::on(const engine::Event& event, const engine::AuctionUncrossed& e) {
    LiveSecurity& security = at(e.security);
    security.last_auction = auction_of(event, e);
    // The static band follows the auctions.
    if (security.bands && e.price.units > 0) security.bands->reference_price = e.price;
    auction_changed(security);
}

void LiveView::on(const engine::Event&, const engine::PriceBandsSet& e) { at(e.security).bands = e; }

void LiveView::on(const engine::Event&, const engine::CancelAfterSet& e) {
    at(e.account).cancel_after = e.trigger_at;
}

void LiveView::on(const engine::Event&, const engine::CancelAfterFired& e) { at(e.account).cancel_after = {}; }

void LiveView::on(const engine::Event&, const engine::HoldingsIssued& e) { at(e.security).outstanding += e.quantity; }

void LiveView::record_trade(LiveSecurity& security, const engine::Event& event, const engine::TradeExecuted& e) {
    const LiveTrade trade{e.trade, e.price, e.quantity, e.taker_side, event.time, event.seq, e.auction};
    ++security.trade_seq;
    security.last_trade = trade;
    security.trades.push_back(trade);
    if (security.trades.size() > kTradesKept) security.trades.pop_front();
    security.marks.add(event.seq, e.price);
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

std::string LiveView::client_key(engine::AccountId account, const engine::ClientOrderId& id) {
    return std::to_string(std::to_underlying(account)) + ' ' + std::string(id.view());
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
