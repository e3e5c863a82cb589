// Loads the rows of `portfolio` that events will change and that the fold does not remember. One SELECT per table; of
// lots, rounds of them: the oldest open ones of each holding that is sold from, until they cover what is sold.
// Thread safety: none.
#pragma once

#include "projections/portfolio_fold.hpp"

#include <span>
#include <unordered_map>
#include <unordered_set>

namespace buttonwood::projections {

class PortfolioLoader {
public:
    static constexpr int kLotsOfFirstRound = 64;  // of a holding; every further round takes four times as many

    explicit PortfolioLoader(PortfolioFold& fold) : fold_(fold) {}

    [[nodiscard]] Result load(std::span<const engine::Event> events, eventstore::Connection& connection);
    // The fold forgot rows.
    void reset();

private:
    // What a batch needs of what was there before it.
    struct Wanted {
        std::unordered_set<engine::AccountId> accounts;
        std::vector<engine::OrderId> orders;
        std::unordered_map<HoldingKey, engine::Quantity, HoldingKeyHash> sold;  // at most so much
        std::vector<engine::TradeId> canceled;
        std::vector<engine::AccountId> buyers;  // of the canceled
    };

    template <class Body>
    void want(const Body& body, engine::OrderId accepted_here, Wanted& wanted);
    void want_trade(const engine::TradeExecuted& trade, engine::OrderId accepted_here, Wanted& wanted);
    void want_settlement(const engine::SettlementChanged& settlement, Wanted& wanted);
    void want_account(engine::AccountId account, Wanted& wanted);
    void want_order(engine::OrderId order, engine::OrderId accepted_here, Wanted& wanted);

    Result load_instruments(eventstore::Connection& connection);
    Result load_cash(const std::string& accounts, eventstore::Connection& connection);
    Result load_holdings(const std::string& accounts, eventstore::Connection& connection);
    Result load_reservations(const Wanted& wanted, eventstore::Connection& connection);
    Result load_canceled(const Wanted& wanted, eventstore::Connection& connection);
    Result load_lots(const Wanted& wanted, eventstore::Connection& connection);
    // Up to `most` further open lots of each.
    Result load_oldest_lots(const std::vector<HoldingKey>& holdings, int most, eventstore::Connection& connection);

    PortfolioFold& fold_;
    std::unordered_set<engine::AccountId> accounts_;  // whose cash and holdings are all loaded
    bool instruments_loaded_{};
};

}  // namespace buttonwood::projections
