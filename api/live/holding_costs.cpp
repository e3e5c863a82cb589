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
    take({seller, e.security}, e.quantity, e.notional - (taker_buys ? e.maker_fee : e.taker_fee));
    give({buyer, e.security}, e.quantity, e.notional + (taker_buys ? e.taker_fee : e.maker_fee));
    const engine::Currency currency = currencies_[static_cast<std::size_t>(e.security) - 1];
    balances_.emplace(seller, currency);
    balances_.emplace(buyer, currency);
    if (e.fee_account != engine::AccountId::None) balances_.emplace(e.fee_account, currency);
}

// Canceled: a sale back, then a purchase back.
void HoldingCosts::on(const engine::SettlementChanged& e) {
    if (e.step != engine::SettlementStep::Canceled) return;
    take({e.buyer_account, e.security}, e.quantity, e.notional + e.buyer_fee);
    give({e.seller_account, e.security}, e.quantity, e.notional - e.seller_fee);
}

void HoldingCosts::take(const Holdings::key_type& from, engine::Quantity quantity, engine::Money proceeds) {
    HoldingCost& holding = holdings_[from];
    const engine::Money cost = projections::cost_of_part(holding.cost_basis, quantity, holding.quantity);
    holding.quantity -= quantity;
    holding.cost_basis -= cost;
    holding.realized_pnl += proceeds - cost;
}

void HoldingCosts::give(const Holdings::key_type& to, engine::Quantity quantity, engine::Money cost) {
    HoldingCost& holding = holdings_[to];
    holding.quantity += quantity;
    holding.cost_basis += cost;
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
