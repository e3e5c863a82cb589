// What moved in an account, movement by movement, with what it left: the activity ledger. Pure.
//
// The movements of one event are numbered in their order. Summed up, the amounts of an account and currency are its
// balance, and the quantities of an account and security its holding. Steps of a settlement move nothing: the shares
// and the cash moved with the trade. Thread safety: none.
#pragma once

#include "projections/portfolio_rows.hpp"

#include <string_view>
#include <vector>

namespace buttonwood::projections {

// Words, not numbers, are stored: portfolio.activities.type.
enum class ActivityType : std::uint8_t {
    Deposit,
    Withdrawal,
    Issue,
    Buy,
    Sell,
    Fee,
    FeeIncome,
    Settled,
    SettlementFailed,
    SettlementPending,
    TradeCanceled,
    FeeRefund,
    FeeIncomeReturned,
};
[[nodiscard]] std::string_view word_of(ActivityType type);

// Why something moves: the same for all movements of one side of an event.
struct Cause {
    ActivityType type{};
    engine::TradeId trade{};  // None: not of a trade
    engine::OrderId order{};  // None: of no order of the account
};

struct Activity {
    engine::AccountId account{};
    engine::EventSeq event_seq{};
    int line{};
    engine::Timestamp occurred_at;
    Cause cause;
    engine::Currency currency;
    engine::SecurityId security{};  // None: cash only
    std::optional<engine::Quantity> quantity;
    std::optional<engine::Quantity> quantity_after;
    std::optional<engine::Money> amount;
    std::optional<engine::Money> balance_after;
};

class PortfolioLedger {
public:
    // The activity, with its line; the caller adds what moved. The reference holds until the next one.
    Activity& add(const engine::Event&, const Cause&, engine::AccountId, const engine::Currency&, engine::SecurityId);
    // REQUIRES: activities() is not empty.
    [[nodiscard]] Activity& last() { return activities_.back(); }
    [[nodiscard]] const std::vector<Activity>& activities() const { return activities_; }
    // They are written.
    void clear() { activities_.clear(); }

private:
    std::vector<Activity> activities_;
};

}  // namespace buttonwood::projections
