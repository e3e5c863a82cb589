#include "api/live/holding_costs.hpp"

#include "projections/portfolio_fold.hpp"

#include <utility>

namespace buttonwood::api {

using engine::Side;

void HoldingCosts::apply(const eventstore::DurableBatch& batch) {
    for (const engine::Event& event : batch.records.events) {
        event_seq_ = event.seq;
        std::visit([this](const auto& body) { on(body); }, event.body);
    }
}

// The sale first, as in the read model: an account may trade with itself.
void HoldingCosts::on(const engine::TradeExecuted& e) {
    const bool taker_buys = e.taker_side == Side::Buy;
    const engine::AccountId buyer = taker_buys ? e.taker_account : e.maker_account;
    const engine::AccountId seller = taker_buys ? e.maker_account : e.taker_account;
    HoldingCost& sold = holdings_[{seller, e.security}];
    const engine::Money cost = projections::cost_of_part(sold.cost_basis, e.quantity, sold.quantity);
    sold.quantity -= e.quantity;
    sold.cost_basis -= cost;
    sold.realized_pnl += e.notional - cost;
    HoldingCost& bought = holdings_[{buyer, e.security}];
    bought.quantity += e.quantity;
    bought.cost_basis += e.notional;
    const engine::Currency currency = currencies_[static_cast<std::size_t>(e.security) - 1];
    balances_.emplace(seller, currency);
    balances_.emplace(buyer, currency);
}

void HoldingCosts::save(engine::ArchiveWriter& archive) const {
    archive(event_seq_);
    archive.each(currencies_, [&](const engine::Currency& currency) { archive(currency); });
    archive.each(holdings_, [&](const auto& entry) {
        archive(entry.first.first, entry.first.second, entry.second.quantity, entry.second.cost_basis,
                entry.second.realized_pnl);
    });
    archive.each(balances_, [&](const auto& entry) { archive(entry.first, entry.second); });
}

void HoldingCosts::load(engine::ArchiveReader& archive) {
    reset();
    archive(event_seq_);
    archive.each(currencies_, [&](engine::Currency& currency) { archive(currency); });
    archive.each_of<std::pair<Holdings::key_type, HoldingCost>>([&](auto& entry) {
        HoldingCost& cost = entry.second;
        archive(entry.first.first, entry.first.second, cost.quantity, cost.cost_basis, cost.realized_pnl);
        archive.require(cost.quantity.units >= 0 && cost.cost_basis >= engine::Money{}, "a holding is negative");
        holdings_.insert(entry);
    });
    archive.each_of<Balances::value_type>([&](auto& entry) {
        archive(entry.first, entry.second);
        balances_.insert(entry);
    });
}

}  // namespace buttonwood::api
