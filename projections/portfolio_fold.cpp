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
    if (auto done = sell(event, seller, e, *currency); !done) return done;
    buy(buyer, e, *currency);
    return {};
}

Result PortfolioFold::sell(const Event& event, Owner seller, const TradeExecuted& e, Currency currency) {
    HoldingRow& holding = holdings.change_or_create({seller.account, seller.security});
    if (holding.quantity < e.quantity)
        return fault("event " + std::to_string(event.seq) + " sells more than the account holds");
    const Money cost = cost_of_part(holding.cost_basis, e.quantity, holding.quantity);
    holding.quantity -= e.quantity;
    holding.cost_basis -= cost;
    holding.realized_pnl += e.notional - cost;
    cash.change_or_create({seller.account, currency}).total += e.notional;
    return {};
}

void PortfolioFold::buy(Owner buyer, const TradeExecuted& e, Currency currency) {
    HoldingRow& holding = holdings.change_or_create({buyer.account, buyer.security});
    holding.quantity += e.quantity;
    holding.cost_basis += e.notional;
    cash.change_or_create({buyer.account, currency}).total -= e.notional;
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
