#include "projections/portfolio_fold.hpp"

#include "projections/fault.hpp"

namespace buttonwood::projections {

using namespace engine;

namespace {

std::unexpected<eventstore::DbError> unknown_security(const Event& event) {
    return fault("event " + std::to_string(event.seq) + " is of a security that was never created");
}

Quantity operator-(Quantity quantity) { return {-quantity.units}; }
Money operator-(Money amount) { return {-amount.units}; }

}  // namespace

Result PortfolioFold::apply(const Event& event) {
    return std::visit([&](const auto& body) { return on(event, body); }, event.body);
}

void PortfolioFold::clear() {
    cash.clear();
    holdings.clear();
    reservations.clear();
    instruments.clear();
    lots.clear();
    ledger.clear();
}

Result PortfolioFold::on(const Event&, const SecurityCreated& e) {
    instruments.create(e.security, {e.currency, e.price_scale, e.quantity_scale, {}, {}});
    return {};
}

Result PortfolioFold::on(const Event& event, const CashDeposited& e) {
    pay(event, {ActivityType::Deposit}, {e.account, e.currency}, e.amount);
    return {};
}

Result PortfolioFold::on(const Event& event, const CashWithdrawn& e) {
    pay(event, {ActivityType::Withdrawal}, {e.account, e.currency}, -e.amount);
    return {};
}

Result PortfolioFold::on(const Event& event, const HoldingsIssued& e) {
    const Instrument* instrument = instruments.find(e.security);
    if (!instrument) return unknown_security(event);
    const HoldingKey owner{e.account, e.security};
    HoldingRow& holding = holdings.change_or_create(owner);
    holding.quantity += e.quantity;
    lots.acquire(event, owner, {TradeId::None, e.quantity, {}});
    Activity& line = ledger.add(event, {ActivityType::Issue}, e.account, instrument->currency, e.security);
    line.quantity = e.quantity;
    line.quantity_after = holding.quantity;
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
    Instrument* instrument = instruments.change(e.security);
    if (!instrument) return unknown_security(event);
    instrument->last_price = e.price;
    instrument->traded_seq = event.seq;
    const Currency& currency = instrument->currency;
    const HoldingKey taker{e.taker_account, e.security}, maker{e.maker_account, e.security};
    Leg buyer{taker, currency, e.quantity, e.notional, e.taker_fee, e.trade, e.taker_order};
    Leg seller{maker, currency, e.quantity, e.notional, e.maker_fee, e.trade, e.maker_order};
    if (e.taker_side == Side::Sell) {
        buyer = {maker, currency, e.quantity, e.notional, e.maker_fee, e.trade, e.maker_order};
        seller = {taker, currency, e.quantity, e.notional, e.taker_fee, e.trade, e.taker_order};
    }
    if (auto done = release(event, seller.order, seller.owner, {{}, e.released_quantity}); !done) return done;
    if (auto done = release(event, buyer.order, buyer.owner, {e.released_cash, {}}); !done) return done;
    if (auto done = sell(event, seller); !done) return done;
    buy(event, buyer);
    if (e.fee_account != AccountId::None)
        pay(event, {ActivityType::FeeIncome, e.trade}, {e.fee_account, currency}, buyer.fee + seller.fee, e.security);
    return e.settles_at.us == 0 ? Result{} : set_pending(event, buyer, seller, 1);
}

Result PortfolioFold::on(const Event& event, const SettlementChanged& e) {
    const Instrument* instrument = instruments.find(e.security);
    if (!instrument) return unknown_security(event);
    const Currency& currency = instrument->currency;
    const Leg buyer{{e.buyer_account, e.security}, currency, e.quantity, e.notional, e.buyer_fee, e.trade, {}};
    const Leg seller{{e.seller_account, e.security}, currency, e.quantity, e.notional, e.seller_fee, e.trade, {}};
    const auto note = [&](ActivityType type) {
        for (const AccountId account : {e.seller_account, e.buyer_account})
            ledger.add(event, {type, e.trade}, account, currency, e.security);
    };
    switch (e.step) {
        case SettlementStep::Pending: note(ActivityType::SettlementPending); return {};
        case SettlementStep::Failed: note(ActivityType::SettlementFailed); return {};
        case SettlementStep::Settled: note(ActivityType::Settled); return set_pending(event, buyer, seller, -1);
        case SettlementStep::Canceled: break;
    }
    if (auto done = set_pending(event, buyer, seller, -1); !done) return done;
    if (auto done = give_back(event, buyer); !done) return done;
    if (auto done = take_back(event, seller); !done) return done;
    if (e.fee_account != AccountId::None)
        pay(event, {ActivityType::FeeIncomeReturned, e.trade}, {e.fee_account, currency}, -(e.buyer_fee + e.seller_fee),
            e.security);
    return {};
}

Result PortfolioFold::sell(const Event& event, const Leg& leg) {
    const Money proceeds = leg.notional - leg.fee;
    if (auto done = take_from_holding(event, leg, proceeds); !done) return done;
    const auto realized = lots.sell(event, leg.owner, {leg.trade, leg.quantity, proceeds});
    if (!realized) return std::unexpected(realized.error());
    holdings.change(leg.owner)->fifo_realized_pnl += *realized;
    exchange(event, {ActivityType::Sell, leg.trade, leg.order}, leg, -leg.quantity, leg.notional);
    pay_fee(event, {ActivityType::Fee, leg.trade, leg.order}, leg, -leg.fee);
    return {};
}

void PortfolioFold::buy(const Event& event, const Leg& leg) {
    add_to_holding(leg, leg.notional + leg.fee);
    lots.acquire(event, leg.owner, {leg.trade, leg.quantity, leg.notional + leg.fee});
    exchange(event, {ActivityType::Buy, leg.trade, leg.order}, leg, leg.quantity, -leg.notional);
    pay_fee(event, {ActivityType::Fee, leg.trade, leg.order}, leg, -leg.fee);
}

Result PortfolioFold::give_back(const Event& event, const Leg& leg) {
    const Money repaid = leg.notional + leg.fee;
    if (auto done = take_from_holding(event, leg, repaid); !done) return done;
    const auto realized = lots.give_back(event, leg.owner, {leg.trade, leg.quantity, repaid});
    if (!realized) return std::unexpected(realized.error());
    holdings.change(leg.owner)->fifo_realized_pnl += *realized;
    exchange(event, {ActivityType::TradeCanceled, leg.trade}, leg, -leg.quantity, leg.notional);
    pay_fee(event, {ActivityType::FeeRefund, leg.trade}, leg, leg.fee);
    return {};
}

// The fee first: with it the seller can pay the notional.
Result PortfolioFold::take_back(const Event& event, const Leg& leg) {
    add_to_holding(leg, leg.notional - leg.fee);
    const auto realized = lots.take_back(event, leg.owner, {leg.trade, leg.quantity, leg.notional - leg.fee});
    if (!realized) return std::unexpected(realized.error());
    holdings.change(leg.owner)->fifo_realized_pnl += *realized;
    pay_fee(event, {ActivityType::FeeRefund, leg.trade}, leg, leg.fee);
    exchange(event, {ActivityType::TradeCanceled, leg.trade}, leg, leg.quantity, -leg.notional);
    return {};
}

Result PortfolioFold::set_pending(const Event& event, const Leg& buyer, const Leg& seller, int sign) {
    const Quantity moved{sign * buyer.quantity.units};
    HoldingRow& bought = holdings.change_or_create(buyer.owner);
    bought.pending_in += moved;
    HoldingRow& sold = holdings.change_or_create(seller.owner);
    sold.pending_out += moved;
    CashRow& proceeds = cash.change_or_create({seller.owner.account, seller.currency});
    proceeds.unsettled += Money{sign * (seller.notional - seller.fee).units};
    if (bought.pending_in.units < 0 || sold.pending_out.units < 0 || proceeds.unsettled < Money{})
        return fault("event " + std::to_string(event.seq) + " settles more than was pending");
    return {};
}

Result PortfolioFold::take_from_holding(const Event& event, const Leg& leg, Money amount) {
    HoldingRow& holding = holdings.change_or_create(leg.owner);
    if (holding.quantity < leg.quantity)
        return fault("event " + std::to_string(event.seq) + " takes more than the account holds");
    const Money cost = cost_of_part(holding.cost_basis, leg.quantity, holding.quantity);
    holding.quantity -= leg.quantity;
    holding.cost_basis -= cost;
    holding.realized_pnl += amount - cost;
    return {};
}

void PortfolioFold::add_to_holding(const Leg& leg, Money amount) {
    HoldingRow& holding = holdings.change_or_create(leg.owner);
    holding.quantity += leg.quantity;
    holding.cost_basis += amount;
}

void PortfolioFold::pay(const Event& event, const Cause& cause, const CashKey& of, Money amount, SecurityId security) {
    CashRow& balance = cash.change_or_create(of);
    balance.total += amount;
    Activity& line = ledger.add(event, cause, of.account, of.currency, security);
    line.amount = amount;
    line.balance_after = balance.total;
}

void PortfolioFold::pay_fee(const Event& event, const Cause& cause, const Leg& leg, Money amount) {
    if (amount != Money{}) pay(event, cause, {leg.owner.account, leg.currency}, amount, leg.owner.security);
}

void PortfolioFold::exchange(const Event& event, const Cause& cause, const Leg& leg, Quantity moved, Money amount) {
    pay(event, cause, {leg.owner.account, leg.currency}, amount, leg.owner.security);
    Activity& line = ledger.last();
    line.quantity = moved;
    line.quantity_after = holdings.find(leg.owner)->quantity;
}

Result PortfolioFold::reserve(const Event& event, OrderId order, const HoldingKey& owner, Reservation now) {
    const Reservation* known = reservations.find(order);
    const Reservation before = known ? *known : Reservation{};
    if (now.cash != before.cash) {
        const Instrument* instrument = instruments.find(owner.security);
        if (!instrument) return unknown_security(event);
        cash.change_or_create({owner.account, instrument->currency}).reserved += now.cash - before.cash;
    }
    if (now.quantity != before.quantity)
        holdings.change_or_create(owner).reserved += now.quantity - before.quantity;
    if (!now.is_empty())
        reservations.change_or_create(order) = now;
    else if (known)
        reservations.erase(order);
    return {};
}

Result PortfolioFold::release(const Event& event, OrderId order, const HoldingKey& owner, Reservation released) {
    if (released.is_empty()) return {};
    const Reservation* known = reservations.find(order);
    if (!known || known->cash < released.cash || known->quantity < released.quantity)
        return fault("event " + std::to_string(event.seq) + " releases more than order " +
                     std::to_string(static_cast<std::uint64_t>(order)) + " reserves");
    return reserve(event, order, owner, {known->cash - released.cash, known->quantity - released.quantity});
}

}  // namespace buttonwood::projections
