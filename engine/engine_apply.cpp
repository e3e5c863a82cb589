// apply() for everything but orders: the only place where state changes. Takes every event as a fact; asserts that it
// fits the state.
#include "engine/assert.hpp"
#include "engine/engine.hpp"

#include <algorithm>

namespace buttonwood::engine {

void Engine::apply(const Event& event) {
    BUTTONWOOD_ASSERT(event.seq == last_seq_ + 1);
    BUTTONWOOD_ASSERT(event.command >= last_command_ && event.time >= last_time_);
    last_seq_ = event.seq;
    last_command_ = event.command;
    last_time_ = event.time;
    std::visit([&](const auto& body) { on(event, body); }, event.body);
}

void Engine::on(const Event&, const UserRegistered& e) {
    BUTTONWOOD_ASSERT(static_cast<std::size_t>(e.user) == users_.size() + 1);
    User& user = users_.emplace_back();
    user.name = e.name;
    user.roles = e.roles;
}

void Engine::on(const Event&, const AccountOpened& e) {
    BUTTONWOOD_ASSERT(static_cast<std::size_t>(e.account) == accounts_.size() + 1 && find(e.user));
    accounts_.emplace_back().user = e.user;
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
    complete(security);
}

void Engine::complete(Security& security) {
    const SecurityCreated& terms = security.terms;
    security.currency = static_cast<std::uint32_t>(index_of(terms.currency));
    const int decimals = terms.price_scale + terms.quantity_scale;
    security.money_factor = static_cast<std::int64_t>(pow10_128(kMoneyScale - decimals));
    security.max_product = kMaxMoney.units / security.money_factor;
    symbols_[std::string(terms.symbol.view())] = terms.security;
    if (!security.has_own_fees) security.fees = market_fees_;
}

void Engine::on(const Event&, const CashDeposited& e) {
    BUTTONWOOD_ASSERT(e.amount > Money{});
    cash(e.account, index_of(e.currency)).total += e.amount;
    deposited_[std::string(e.currency.view())] += e.amount;
}

void Engine::on(const Event&, const CashWithdrawn& e) {
    Balance& balance = cash(e.account, index_of(e.currency));
    BUTTONWOOD_ASSERT(e.amount > Money{} && e.amount <= balance.total - balance.reserved);
    balance.total -= e.amount;
    deposited_[std::string(e.currency.view())] -= e.amount;
}

void Engine::on(const Event&, const HoldingsIssued& e) {
    BUTTONWOOD_ASSERT(e.quantity.units > 0);
    shares(e.account, e.security).total += e.quantity;
    at(e.security).outstanding += e.quantity;
}

void Engine::on(const Event&, const TradingStateChanged& e) {
    const bool is_market = e.security == SecurityId::None;
    BUTTONWOOD_ASSERT(is_market || find(e.security));
    State& state = is_market ? market_ : at(e.security).own;
    if (state.until.us != 0) state_changes_.erase({state.until, e.security});
    state = State{e.state, e.auction, e.until};
    if (state.until.us != 0) state_changes_.insert({state.until, e.security});
    std::erase_if(unindicated_, [&](SecurityId id) { return in_force(at(id)).state != TradingState::Auction; });
    std::erase_if(uncrossed_, [&](SecurityId id) {
        if (!is_market && id != e.security) return false;
        at(id).uncrossed = false;
        return true;
    });
}

void Engine::on(const Event& event, const AuctionIndicated& e) {
    indicated_at_ = event.time;
    unindicated_.erase(e.security);
}

void Engine::on(const Event&, const AuctionUncrossed& e) {
    Security& security = at(e.security);
    BUTTONWOOD_ASSERT(!security.uncrossed && security.unpaired == Quantity{});
    security.uncrossed = true;
    security.uncross_clock = clock_;
    security.auction_price = e.price;
    security.unpaired = e.paired_quantity;
    if (e.price.units != 0) security.bands.reference_price = e.price;
    uncrossed_.push_back(e.security);
}

void Engine::on(const Event&, const PriceBandsSet& e) { at(e.security).bands = e; }

void Engine::on(const Event&, const CancelAfterSet& e) {
    Account& account = at(e.account);
    if (account.cancel_after.us != 0) cancel_afters_.erase({account.cancel_after, e.account});
    account.cancel_after = e.trigger_at;
    if (account.cancel_after.us != 0) cancel_afters_.insert({account.cancel_after, e.account});
}

void Engine::on(const Event&, const CancelAfterFired& e) {
    Account& account = at(e.account);
    BUTTONWOOD_ASSERT(account.cancel_after.us != 0);
    cancel_afters_.erase({account.cancel_after, e.account});
    account.cancel_after = {};
}

void Engine::on(const Event&, const WorkDeferred& e) {
    if (e.continues) {
        BUTTONWOOD_ASSERT(!works_.empty() && works_.front().kind == e.kind);
        works_.front() = e;
        return;
    }
    works_.push_back(e);
    if (e.kind == WorkKind::MassCancel || e.kind == WorkKind::DayEnd) ++sweeps_;
}

void Engine::on(const Event&, const WorkCompleted& e) {
    BUTTONWOOD_ASSERT(!works_.empty() && works_.front().kind == e.kind);
    if (e.kind == WorkKind::MassCancel || e.kind == WorkKind::DayEnd) --sweeps_;
    works_.pop_front();
}

void Engine::on(const Event& event, const ClockAdvanced&) { clock_ = event.time; }

}  // namespace buttonwood::engine
