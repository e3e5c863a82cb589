// The naive engine's fees, and its trades on their way to being settled.
#include "tests/engine/naive_engine.hpp"

#include <algorithm>
#include <chrono>

namespace buttonwood::engine::tests {

Money NaiveEngine::fee_of(Money notional, std::uint32_t ppm) { return {notional.units * ppm / 1'000'000}; }

// The security's own, or the market's.
const SetFees* NaiveEngine::fees_in_force(SecurityId security) const {
    const std::optional<SetFees>& own = securities_.at(security).fees;
    if (own) return &*own;
    return market_fees_ ? &*market_fees_ : nullptr;
}

NaiveEngine::Rates NaiveEngine::rates_in_force(SecurityId security) const {
    const SetFees* fees = fees_in_force(security);
    return fees ? Rates{fees->maker_ppm, fees->taker_ppm} : Rates{};
}

// R(q) of the rules.
Money NaiveEngine::reserve_of(SecurityId security, Rates rates, Price limit, Quantity quantity) const {
    const Money notional = cost_of(security, limit, quantity);
    return notional + fee_of(notional, rates.higher());
}

// Of a market bid without a limit.
Money NaiveEngine::cost_of_taking(const PlaceOrder& bid, Rates rates, Quantity wanted) const {
    const Money notional{takeable(bid, std::nullopt, wanted, true).cost};
    return notional + fee_of(notional, rates.taker_ppm);
}

Money NaiveEngine::free_cash(AccountId account, Currency currency) const {
    return cash(account, currency) - reserved_cash(account, currency);
}

Money NaiveEngine::unsettled_cash(AccountId account, Currency currency) const {
    Money sum;
    for (const Trade& trade : trades_)
        if (trade.seller == account && trade.is_unsettled() &&
            securities_.at(trade.security).terms.currency == currency)
            sum += trade.proceeds();
    return sum;
}

// When a trade of now settles: midnight of the n-th day after it that is neither Saturday nor Sunday; 0 = at once.
Timestamp NaiveEngine::settlement_time(SecurityId security) const {
    using namespace std::chrono;
    const int business_days = securities_.at(security).rules.settlement_days;
    if (business_days == 0) return {};
    sys_days day = floor<days>(sys_time<microseconds>{microseconds{now_.us}});
    for (int passed = 0; passed < business_days;) {
        day += days{1};
        const weekday name{day};
        if (name != Saturday && name != Sunday) ++passed;
    }
    return {duration_cast<microseconds>(day.time_since_epoch()).count()};
}

RejectReason NaiveEngine::on(UserId actor, const SetFees& c, Prediction&) {
    if (!may(actor, Role::Operator)) return Reason::NotPermitted;
    if (!accounts_.contains(c.account)) return Reason::AccountNotFound;
    const bool of_market = c.security == SecurityId::None;
    if (!of_market && !securities_.contains(c.security)) return Reason::SecurityNotFound;
    if (!of_market && securities_.at(c.security).is_delisted) return Reason::SecurityDelisted;
    if (c.maker_ppm > kMaxFeePpm || c.taker_ppm > kMaxFeePpm) return Reason::FeesNotAllowed;
    (of_market ? market_fees_ : securities_.at(c.security).fees) = c;
    emit(FeesSet{c.security, c.maker_ppm, c.taker_ppm, c.account});
    return Reason::None;
}

// Both legs and the fees; back is what a cancellation does.
void NaiveEngine::move(const Trade& trade, bool back) {
    const Currency currency = securities_.at(trade.security).terms.currency;
    const int sign = back ? -1 : 1;
    const auto pay = [&](AccountId account, Money amount) {
        if (account != AccountId::None) cash_[{account, currency}] += Money{sign * amount.units};
    };
    pay(trade.buyer, Money{} - trade.notional - trade.buyer_fee);
    pay(trade.seller, trade.proceeds());
    pay(trade.fee_account, trade.fees());
    holdings_[{trade.seller, trade.security}] -= Quantity{sign * trade.quantity.units};
    holdings_[{trade.buyer, trade.security}] += Quantity{sign * trade.quantity.units};
}

// Does everybody still have what a cancellation takes back?
RejectReason NaiveEngine::refuse_cancellation(const Trade& trade) const {
    const Currency currency = securities_.at(trade.security).terms.currency;
    const bool is_own_fee = trade.seller == trade.fee_account;
    const Money of_seller = is_own_fee ? trade.proceeds() + trade.fees() : trade.proceeds();
    if (of_seller > free_cash(trade.seller, currency)) return Reason::InsufficientFunds;
    const bool is_other_fee = trade.fee_account != AccountId::None && !is_own_fee;
    if (is_other_fee && trade.fees() > free_cash(trade.fee_account, currency)) return Reason::InsufficientFunds;
    const Quantity free = holding(trade.buyer, trade.security) - reserved_holding(trade.buyer, trade.security);
    return trade.quantity > free ? Reason::InsufficientShares : Reason::None;
}

void NaiveEngine::change_step(Trade& trade, SettlementStep step, StateCause cause, const Remark& note) {
    trade.step = step;
    if (step == SettlementStep::Canceled) move(trade, true);
    emit(SettlementChanged{trade.id, trade.security, trade.buyer, trade.seller, step, cause, trade.quantity,
                           trade.notional, trade.buyer_fee, trade.seller_fee, trade.fee_account, note});
}

RejectReason NaiveEngine::on(UserId actor, const ChangeSettlement& c, Prediction&) {
    if (!may(actor, Role::Operator)) return Reason::NotPermitted;
    const auto found = std::find_if(trades_.begin(), trades_.end(), [&](const Trade& trade) {
        return trade.id == c.trade && trade.is_unsettled();
    });
    if (found == trades_.end()) return Reason::TradeNotFound;
    if (c.step == found->step) return Reason::StatusUnchanged;
    if (c.step == SettlementStep::Canceled)
        if (const Reason no = refuse_cancellation(*found); no != Reason::None) return no;
    change_step(*found, c.step, StateCause::Operator, c.note);
    return Reason::None;
}

// The clock's: every pending trade whose time has come.
void NaiveEngine::settle_due() {
    std::vector<Trade*> due;
    for (Trade& trade : trades_)
        if (trade.step == SettlementStep::Pending && trade.settles_at <= clock_) due.push_back(&trade);
    std::stable_sort(due.begin(), due.end(),
                     [](const Trade* a, const Trade* b) { return a->settles_at < b->settles_at; });
    for (Trade* trade : due) {
        if (is_spent()) return;
        change_step(*trade, SettlementStep::Settled, StateCause::Clock, {});
    }
}

}  // namespace buttonwood::engine::tests
