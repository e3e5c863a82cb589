#include "projections/portfolio_ledger.hpp"

namespace buttonwood::projections {

using namespace engine;

std::string_view word_of(ActivityType type) {
    switch (type) {
        case ActivityType::Deposit: return "deposit";
        case ActivityType::Withdrawal: return "withdrawal";
        case ActivityType::Issue: return "issue";
        case ActivityType::Buy: return "buy";
        case ActivityType::Sell: return "sell";
        case ActivityType::Fee: return "fee";
        case ActivityType::FeeIncome: return "fee_income";
        case ActivityType::Settled: return "settled";
        case ActivityType::SettlementFailed: return "settlement_failed";
        case ActivityType::SettlementPending: return "settlement_pending";
        case ActivityType::TradeCanceled: return "trade_canceled";
        case ActivityType::FeeRefund: return "fee_refund";
        case ActivityType::FeeIncomeReturned: return "fee_income_returned";
    }
    return {};
}

Activity& PortfolioLedger::add(const Event& event, const Cause& cause, AccountId account, const Currency& currency,
                               SecurityId security) {
    const bool first = activities_.empty() || activities_.back().event_seq != event.seq;
    const int line = first ? 1 : activities_.back().line + 1;
    return activities_.emplace_back(
        Activity{account, event.seq, line, event.time, cause, currency, security, {}, {}, {}, {}});
}

}  // namespace buttonwood::projections
