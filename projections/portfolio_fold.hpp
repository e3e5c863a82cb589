// Cash, holdings, cost and profit of every account, folded event by event: pure, the database is the caller's business.
//
// Average-cost method. A purchase adds its notional to the cost basis. A sale takes cost_of_part() with it: the exact
// share of the cost basis, rounded down to 10^-8; what the rounding leaves stays with what is kept, and the sale of all
// takes all. Realised profit is the notional of sales less the cost they took. Issued shares cost nothing.
// A trade of an account with itself is a sale, then a purchase. Fees make what is bought dearer, and what is sold worth
// less.
// A trade that is canceled before it is settled is a sale back, and a purchase back, at the same amounts.
//
// Events carry every amount they move; only an amend and an activation need memory: they tell the new reservation, not
// the old one.
// Thread safety: none.
#pragma once

#include "projections/projection.hpp"
#include "projections/row_cache.hpp"

#include "engine/events.hpp"

namespace buttonwood::projections {

struct CashKey {
    engine::AccountId account{};
    engine::Currency currency;
    friend bool operator==(const CashKey&, const CashKey&) = default;
};
struct CashRow {
    engine::Money total;
    engine::Money reserved;
};
struct HoldingKey {
    engine::AccountId account{};
    engine::SecurityId security{};
    friend bool operator==(const HoldingKey&, const HoldingKey&) = default;
};
struct HoldingRow {
    engine::Quantity quantity;
    engine::Quantity reserved;
    engine::Money cost_basis;
    engine::Money realized_pnl;
};
// What an open order reserves now. An order that reserves nothing (a bid without limit, the second leg of an oco, the
// exits of a bracket) has none.
struct Reservation {
    engine::Money cash;
    engine::Quantity quantity;
    [[nodiscard]] bool is_empty() const { return cash == engine::Money{} && quantity.units == 0; }
};

struct CashKeyHash {
    std::size_t operator()(const CashKey& key) const {
        return std::hash<std::string_view>{}(key.currency.view()) * 31 + std::hash<engine::AccountId>{}(key.account);
    }
};
struct HoldingKeyHash {
    std::size_t operator()(const HoldingKey& key) const {
        return std::hash<std::uint64_t>{}(std::uint64_t{static_cast<std::uint32_t>(key.account)} << 32 |
                                          static_cast<std::uint32_t>(key.security));
    }
};

// cost x part / whole, rounded down to 10^-8, without overflow.
// REQUIRES: cost >= 0, 0 < part <= whole.
[[nodiscard]] engine::Money cost_of_part(engine::Money cost, engine::Quantity part, engine::Quantity whole);

class PortfolioFold {
public:
    // REQUIRES: every row that the event touches and that exists is loaded.
    // Fault: the event contradicts the rows. The fold is then useless until cleared.
    [[nodiscard]] Result apply(const engine::Event& event);
    void clear();

    RowCache<CashKey, CashRow, CashKeyHash> cash;
    RowCache<HoldingKey, HoldingRow, HoldingKeyHash> holdings;
    RowCache<engine::OrderId, Reservation> reservations;
    RowCache<engine::SecurityId, engine::Currency> instruments;

private:
    // The cash and the holding that an order reserves from.
    struct Owner {
        engine::AccountId account{};
        engine::SecurityId security{};
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
    Result reserve(const engine::Event&, engine::OrderId, Owner, Reservation now);
    Result release(const engine::Event&, engine::OrderId, Owner, Reservation released);
    // What changes hands: shares against an amount of cash, fees included.
    struct Leg {
        Owner owner;
        engine::Quantity quantity;
        engine::Money amount;
        engine::Currency currency;
    };
    Result sell(const engine::Event&, const Leg&);
    void buy(const Leg&);
};

}  // namespace buttonwood::projections
