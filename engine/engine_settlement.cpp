// Trades that settle later than they trade. RULES.md, section 12.
#include "engine/assert.hpp"
#include "engine/engine.hpp"
#include "engine/engine_emit.hpp"

namespace buttonwood::engine {

// The start of the n-th business day (UTC, Monday to Friday) after the trade's day.
Timestamp Engine::settlement_time(Timestamp trade, std::uint8_t days) {
    constexpr std::int64_t kDayUs = 86'400'000'000;
    std::int64_t day = trade.us / kDayUs - (trade.us % kDayUs < 0 ? 1 : 0);
    const auto is_weekend = [](std::int64_t of) {
        const std::int64_t weekday = ((of + 4) % 7 + 7) % 7;  // 1970-01-01 was a Thursday; 0 = Sunday
        return weekday == 0 || weekday == 6;
    };
    for (std::uint8_t left = days; left > 0; --left) {
        do ++day;
        while (is_weekend(day));
    }
    return {day * kDayUs};
}

RejectReason Engine::on(Context& context, const ChangeSettlement& c) {
    if (!actor_may(context, Role::Operator)) return reject(context, RejectReason::NotPermitted);
    const auto found = unsettled_.find(c.trade);
    if (found == unsettled_.end()) return reject(context, RejectReason::TradeNotFound);
    const Unsettled& trade = found->second;
    const auto refuse = [&](RejectReason reason) { return reject(context, reason, AccountId::None, trade.security); };
    if (c.step == SettlementStep::Canceled)
        if (const auto reason = refuse_return(trade); reason != RejectReason::None) return refuse(reason);
    if (c.step == (trade.failed ? SettlementStep::Failed : SettlementStep::Pending))
        return refuse(RejectReason::StatusUnchanged);
    change_settlement(context, c.trade, c.step, StateCause::Operator, c.note);
    return RejectReason::None;
}

// Do the seller, the fee account and the buyer still have what they would give back?
RejectReason Engine::refuse_return(const Unsettled& trade) const {
    const Security& security = at(trade.security);
    const Money fees = trade.buyer_fee + trade.seller_fee;
    const auto covers = [&](AccountId account, Money amount) {
        const Balance held = balance(account, security);
        return amount <= held.total - held.reserved;
    };
    const bool covered = trade.fee_account == trade.seller
                             ? covers(trade.seller, trade.proceeds() + fees)
                             : covers(trade.seller, trade.proceeds()) &&
                                   (fees == Money{} || covers(trade.fee_account, fees));
    if (!covered) return RejectReason::InsufficientFunds;
    const Holding held = holding(trade.buyer, trade.security);
    return trade.quantity > held.total - held.reserved ? RejectReason::InsufficientShares : RejectReason::None;
}

void Engine::change_settlement(Context& context, TradeId id, SettlementStep step, StateCause cause,
                               const Remark& note) {
    const Unsettled& trade = unsettled_.at(id);
    emit(context, SettlementChanged{id, trade.security, trade.buyer, trade.seller, step, cause, trade.quantity,
                                    trade.notional, trade.buyer_fee, trade.seller_fee, trade.fee_account, note});
}

// Settles what is due; returns whether nothing is left.
bool Engine::settle_due(Context& context) {
    while (!settlements_.empty() && settlements_.begin()->first <= clock_) {
        if (over_budget(context)) return false;
        change_settlement(context, settlements_.begin()->second, SettlementStep::Settled, StateCause::Clock, {});
    }
    return true;
}

void Engine::expect_settlement(const TradeExecuted& e) {
    const bool taker_buys = e.taker_side == Side::Buy;
    const AccountId buyer = taker_buys ? e.taker_account : e.maker_account;
    const AccountId seller = taker_buys ? e.maker_account : e.taker_account;
    const Money buyer_fee = taker_buys ? e.taker_fee : e.maker_fee;
    const Money seller_fee = taker_buys ? e.maker_fee : e.taker_fee;
    const Unsettled trade{e.security, buyer,      seller,        e.quantity,   e.notional,
                          buyer_fee,  seller_fee, e.fee_account, e.settles_at, false};
    unsettled_.emplace(e.trade, trade);
    settlements_.insert({e.settles_at, e.trade});
    proceeds_[cash_key(seller, at(e.security).currency)] += trade.proceeds();
}

void Engine::on(const Event&, const SettlementChanged& e) {
    const auto found = unsettled_.find(e.trade);
    BUTTONWOOD_ASSERT(found != unsettled_.end());
    Unsettled& trade = found->second;
    if (!trade.failed) settlements_.erase({trade.settles_at, e.trade});
    switch (e.step) {
        case SettlementStep::Pending:
            trade.failed = false;
            settlements_.insert({trade.settles_at, e.trade});
            return;
        case SettlementStep::Failed: trade.failed = true; return;
        case SettlementStep::Settled: break;
        case SettlementStep::Canceled: take_back(e); break;
    }
    proceeds_[cash_key(e.seller_account, at(e.security).currency)] -= trade.proceeds();
    unsettled_.erase(found);
}

void Engine::take_back(const SettlementChanged& e) {
    const Security& security = at(e.security);
    cash(e.buyer_account, security).total += e.notional + e.buyer_fee;
    cash(e.seller_account, security).total -= e.notional - e.seller_fee;
    if (e.fee_account != AccountId::None) cash(e.fee_account, security).total -= e.buyer_fee + e.seller_fee;
    shares(e.buyer_account, e.security).total -= e.quantity;
    shares(e.seller_account, e.security).total += e.quantity;
}

Money Engine::unsettled_cash(AccountId account, Currency currency) const {
    const Money* found = proceeds_.find(cash_key(account, find_currency(currency)));
    return found ? *found : Money{};
}

std::optional<SettlementStep> Engine::settlement(TradeId trade) const {
    const auto found = unsettled_.find(trade);
    if (found == unsettled_.end()) return std::nullopt;
    return found->second.failed ? SettlementStep::Failed : SettlementStep::Pending;
}

}  // namespace buttonwood::engine
