// What portfolios of the past tell beyond the engine's state: what every holding cost and what sales earned, by the
// average-cost method of projections/portfolio_fold.hpp, and which balances there have ever been. The section "costs"
// of a snapshot. Only SecurityCreated, deposits, issues, trades and canceled settlements matter; quantities held back
// are the engine's. Thread safety: none.
#pragma once

#include "eventstore/snapshot_store.hpp"

#include <map>
#include <set>
#include <vector>

namespace buttonwood::api {

struct HoldingCost {
    engine::Quantity quantity;
    engine::Money cost_basis;
    engine::Money realized_pnl;
};

class HoldingCosts final : public eventstore::SnapshotPart {
public:
    using Holdings = std::map<std::pair<engine::AccountId, engine::SecurityId>, HoldingCost>;
    using Balances = std::set<std::pair<engine::AccountId, engine::Currency>>;

    // Rows of accounts and securities ever held, and of accounts and currencies ever used.
    [[nodiscard]] const Holdings& holdings() const { return holdings_; }
    [[nodiscard]] const Balances& balances() const { return balances_; }

    [[nodiscard]] std::string_view name() const override { return "costs"; }
    [[nodiscard]] int version() const override { return 1; }
    [[nodiscard]] engine::EventSeq event_seq() const override { return event_seq_; }
    void apply(const eventstore::DurableBatch& batch) override;
    void save(engine::ArchiveWriter& archive) const override;
    void load(engine::ArchiveReader& archive) override;
    void reset() override { *this = HoldingCosts(); }

private:
    template <class Other> void on(const Other&) {}
    void on(const engine::SecurityCreated& e) { currencies_.push_back(e.currency); }
    void on(const engine::CashDeposited& e) { balances_.emplace(e.account, e.currency); }
    void on(const engine::HoldingsIssued& e) { holdings_[{e.account, e.security}].quantity += e.quantity; }
    void on(const engine::TradeExecuted& e);
    void on(const engine::SettlementChanged& e);
    void take(const Holdings::key_type& from, engine::Quantity quantity, engine::Money proceeds);
    void give(const Holdings::key_type& to, engine::Quantity quantity, engine::Money cost);

    engine::EventSeq event_seq_{};
    std::vector<engine::Currency> currencies_;  // of security 1, 2, ...
    Holdings holdings_;
    Balances balances_;
};

}  // namespace buttonwood::api
