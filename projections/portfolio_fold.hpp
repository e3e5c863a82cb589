// Cash, holdings, cost and profit of every account, folded event by event: pure, the database is the caller's business.
// It leads; portfolio_lots.hpp (what was bought when), portfolio_ledger.hpp (every movement) and portfolio_history.hpp
// (what it was worth, hour by hour) follow from the same events.
//
// Average-cost method. A purchase adds what it cost to the cost basis. A sale takes cost_of_part() with it: the exact
// share of the cost basis, rounded down to 10^-8; what the rounding leaves stays with what is kept, and the sale of all
// takes all. Realised profit is the proceeds of sales less the cost they took. Issued shares cost nothing. Fees make
// what is bought dearer, and what is sold worth less. A trade of an account with itself is a sale, then a purchase.
// A trade that is canceled before it is settled is a sale back, and a purchase back, at the same amounts: averages
// cannot be unmixed. Lots can: they are put back as they were. Either way cost less profit is what was paid less what
// was got, so cost_basis - realized_pnl + fifo_realized_pnl is always what the open lots cost.
//
// A trade with settles_at moves shares and cash at once; until it is settled or canceled its quantity is pending, and
// its proceeds are unsettled. Failed is still pending.
//
// Events carry every amount they move; only an amend and an activation need memory: they tell the new reservation, not
// the old one.
// Thread safety: none.
#pragma once

#include "projections/portfolio_ledger.hpp"
#include "projections/portfolio_lots.hpp"
#include "projections/portfolio_rows.hpp"
#include "projections/projection.hpp"
#include "projections/row_cache.hpp"

namespace buttonwood::projections {

class PortfolioFold {
public:
    // REQUIRES: every row that the event touches and that exists is loaded.
    // Fault: the event contradicts the rows. The fold is then useless until cleared.
    [[nodiscard]] Result apply(const engine::Event& event);
    void clear();

    RowCache<CashKey, CashRow, CashKeyHash> cash;
    RowCache<HoldingKey, HoldingRow, HoldingKeyHash> holdings;
    RowCache<engine::OrderId, Reservation> reservations;
    RowCache<engine::SecurityId, Instrument> instruments;
    PortfolioLots lots;
    PortfolioLedger ledger;

private:
    // One side of a trade, in its own terms.
    struct Leg {
        HoldingKey owner;
        engine::Currency currency;
        engine::Quantity quantity;
        engine::Money notional;
        engine::Money fee;
        engine::TradeId trade{};
        engine::OrderId order{};
    };

    template <class Other>
    Result on(const engine::Event&, const Other&) {
        return {};
    }
    Result on(const engine::Event&, const engine::SecurityCreated&);
    Result on(const engine::Event&, const engine::CashDeposited&);
    Result on(const engine::Event&, const engine::CashWithdrawn&);
    Result on(const engine::Event&, const engine::HoldingsIssued&);
    Result on(const engine::Event&, const engine::OrderAccepted&);
    Result on(const engine::Event&, const engine::TradeExecuted&);
    Result on(const engine::Event&, const engine::SettlementChanged&);
    Result on(const engine::Event&, const engine::OrderAmended&);
    Result on(const engine::Event&, const engine::OrderActivated&);
    Result on(const engine::Event&, const engine::OrderReduced&);
    Result on(const engine::Event&, const engine::OrderCanceled&);
    Result on(const engine::Event&, const engine::OrderExpired&);

    // Replaces an order's reservation and moves the difference in what its owner has reserved.
    Result reserve(const engine::Event&, engine::OrderId, const HoldingKey& owner, Reservation now);
    Result release(const engine::Event&, engine::OrderId, const HoldingKey& owner, Reservation released);

    Result sell(const engine::Event&, const Leg&);
    void buy(const engine::Event&, const Leg&);
    // The two sides of a canceled trade.
    Result give_back(const engine::Event&, const Leg& buyer);
    Result take_back(const engine::Event&, const Leg& seller);
    // What a trade that is not settled leaves open; `sign` -1: it is open no more.
    Result set_pending(const engine::Event&, const Leg& buyer, const Leg& seller, int sign);
    // Shares leave at the average cost they had.
    Result take_from_holding(const engine::Event&, const Leg&, engine::Money amount);
    void add_to_holding(const Leg&, engine::Money amount);

    // Books cash, with its line in the ledger.
    void pay(const engine::Event&, const Cause&, const CashKey&, engine::Money amount,
             engine::SecurityId = engine::SecurityId::None);
    void pay_fee(const engine::Event&, const Cause&, const Leg&, engine::Money amount);
    // A line of the ledger for shares that moved already, and the cash that moves against them.
    void exchange(const engine::Event&, const Cause&, const Leg&, engine::Quantity moved, engine::Money amount);
};

}  // namespace buttonwood::projections
