#include "projections/portfolio_fold.hpp"

#include "projections/fault.hpp"

namespace buttonwood::projections {

using namespace engine;

Money cost_of_part(Money cost, Quantity part, Quantity whole) {
    // cost = whole x quotient + rest, so the share is part x quotient + part x rest / whole: each product fits.
    const Int128 quotient = cost.units / whole.units;
    const Int128 rest = cost.units % whole.units;
    return {quotient * part.units + rest * part.units / whole.units};
}

Result PortfolioFold::apply(const Event& event) {
    return std::visit([&](const auto& body) { return on(event, body); }, event.body);
}

void PortfolioFold::clear() {
    cash.clear();
    holdings.clear();
    reservations.clear();
    instruments.clear();
}

Result PortfolioFold::on(const Event&, const SecurityCreated& e) {
    instruments.create(e.security, e.currency);
    return {};
}

Result PortfolioFold::on(const Event&, const CashDeposited& e) {
    cash.change_or_create({e.account, e.currency}).total += e.amount;
    return {};
}

Result PortfolioFold::on(const Event&, const CashWithdrawn& e) {
    cash.change_or_create({e.account, e.currency}).total -= e.amount;
    return {};
}

Result PortfolioFold::on(const Event&, const HoldingsIssued& e) {
    holdings.change_or_create({e.account, e.security}).quantity += e.quantity;
    return {};
}

Result PortfolioFold::on(const Event& event, const OrderAccepted& e) {
    return reserve(event, e.order, {e.account, e.security}, {e.reserved_cash, e.reserved_quantity});
}

Result PortfolioFold::on(const Event& event, const OrderAmended& e) {
    return reserve(event, e.order, {e.account, e.security}, {e.reserved_cash, e.reserved_quantity});
}

Result PortfolioFold::on(const Event& event, const OrderActivated& e) {
    return reserve(event, e.order, {e.account, e.security}, {e.reserved_cash, e.reserved_quantity});
}

Result PortfolioFold::on(const Event& event, const OrderReduced& e) {
    return release(event, e.order, {e.account, e.security}, {e.released_cash, e.released_quantity});
}

Result PortfolioFold::on(const Event& event, const OrderCanceled& e) {
    return release(event, e.order, {e.account, e.security}, {e.released_cash, e.released_quantity});
}

Result PortfolioFold::on(const Event& event, const OrderExpired& e) {
    return release(event, e.order, {e.account, e.security}, {e.released_cash, e.released_quantity});
}

Result PortfolioFold::on(const Event& event, const TradeExecuted& e) {
    const bool taker_buys = e.taker_side == Side::Buy;
    const Owner buyer{taker_buys ? e.taker_account : e.maker_account, e.security};
    const Owner seller{taker_buys ? e.maker_account : e.taker_account, e.security};
    const OrderId bid = taker_buys ? e.taker_order : e.maker_order;
    const OrderId listing = taker_buys ? e.maker_order : e.taker_order;
    const Currency* currency = instruments.find(e.security);
    if (!currency) return fault("event " + std::to_string(event.seq) + " trades a security that was never created");

    if (auto done = release(event, listing, seller, {{}, e.released_quantity}); !done) return done;
    if (auto done = release(event, bid, buyer, {e.released_cash, {}}); !done) return done;
    const Money buyer_fee = taker_buys ? e.taker_fee : e.maker_fee;
    const Money seller_fee = taker_buys ? e.maker_fee : e.taker_fee;
    if (auto done = sell(event, {seller, e.quantity, e.notional - seller_fee, *currency}); !done) return done;
    buy({buyer, e.quantity, e.notional + buyer_fee, *currency});
    if (e.fee_account != AccountId::None)
        cash.change_or_create({e.fee_account, *currency}).total += buyer_fee + seller_fee;
    return {};
}

Result PortfolioFold::on(const Event& event, const SettlementChanged& e) {
    if (e.step != SettlementStep::Canceled) return {};
    const Currency* currency = instruments.find(e.security);
    if (!currency) return fault("event " + std::to_string(event.seq) + " settles a security that was never created");
    const Leg back{{e.buyer_account, e.security}, e.quantity, e.notional + e.buyer_fee, *currency};
    if (auto done = sell(event, back); !done) return done;
    buy({{e.seller_account, e.security}, e.quantity, e.notional - e.seller_fee, *currency});
    if (e.fee_account != AccountId::None)
        cash.change_or_create({e.fee_account, *currency}).total -= e.buyer_fee + e.seller_fee;
    return {};
}

Result PortfolioFold::sell(const Event& event, const Leg& leg) {
    HoldingRow& holding = holdings.change_or_create({leg.owner.account, leg.owner.security});
    if (holding.quantity < leg.quantity)
        return fault("event " + std::to_string(event.seq) + " sells more than the account holds");
    const Money cost = cost_of_part(holding.cost_basis, leg.quantity, holding.quantity);
    holding.quantity -= leg.quantity;
    holding.cost_basis -= cost;
    holding.realized_pnl += leg.amount - cost;
    cash.change_or_create({leg.owner.account, leg.currency}).total += leg.amount;
    return {};
}

void PortfolioFold::buy(const Leg& leg) {
    HoldingRow& holding = holdings.change_or_create({leg.owner.account, leg.owner.security});
    holding.quantity += leg.quantity;
    holding.cost_basis += leg.amount;
    cash.change_or_create({leg.owner.account, leg.currency}).total -= leg.amount;
}

Result PortfolioFold::reserve(const Event& event, OrderId order, Owner owner, Reservation now) {
    const Reservation* known = reservations.find(order);
    const Reservation before = known ? *known : Reservation{};
    if (now.cash != before.cash) {
        const Currency* currency = instruments.find(owner.security);
        if (!currency)
            return fault("event " + std::to_string(event.seq) + " bids for a security that was never created");
        cash.change_or_create({owner.account, *currency}).reserved += now.cash - before.cash;
    }
    if (now.quantity != before.quantity)
        holdings.change_or_create({owner.account, owner.security}).reserved += now.quantity - before.quantity;
    if (!now.is_empty())
        reservations.change_or_create(order) = now;
    else if (known)
        reservations.erase(order);
    return {};
}

Result PortfolioFold::release(const Event& event, OrderId order, Owner owner, Reservation released) {
    if (released.is_empty()) return {};
    const Reservation* known = reservations.find(order);
    if (!known || known->cash < released.cash || known->quantity < released.quantity)
        return fault("event " + std::to_string(event.seq) + " releases more than order " +
                     std::to_string(static_cast<std::uint64_t>(order)) + " reserves");
    return reserve(event, order, owner, {known->cash - released.cash, known->quantity - released.quantity});
}

}  // namespace buttonwood::projections
