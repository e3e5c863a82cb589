// What belongs to the accounts of one user, from the views of schema `api`: positions with their lots, the ledger, the
// history of their worth, the life of an order, trades and their settlement. Never who was on the other side.
// Thread safety: called on the pool threads of Reads.
#pragma once

#include "api/read_models.hpp"

namespace buttonwood::api {

inline const Sources kLotSources{"portfolio", "securities", "market_data"};
inline const Sources kLedgerSources{"portfolio", "securities"};
inline const Sources kHistorySources{"portfolio"};

inline constexpr int kMaxLotsShown = 100;  // of one position, the oldest open ones

[[nodiscard]] OrDbError<ReadAnswer> read_positions(eventstore::Connection&, const std::vector<engine::AccountId>&,
                                                   const std::string& symbol);

// The ledger, newest first.
struct ActivityFilter {
    std::vector<engine::AccountId> accounts;
    std::vector<std::string> types;  // empty: all
    std::string symbol;              // empty: any
    std::string created_after;       // RFC 3339, at or after; empty: from the beginning
    std::string created_before;      // RFC 3339, before; empty: to the end
    std::string before;              // a next_cursor, "event_seq.line.account"; empty: the newest page
    std::size_t limit = kDefaultPage;
};
[[nodiscard]] OrDbError<ReadAnswer> read_activities(eventstore::Connection&, const ActivityFilter&);
// The words of ActivityFilter::types.
[[nodiscard]] bool is_activity_type(std::string_view word);

// What the accounts were worth at the end of past hours or days, in one currency, oldest first.
struct HistoryFilter {
    std::vector<engine::AccountId> accounts;
    std::string interval;  // 1h, 1d
    std::string currency;  // empty: all
    std::string from, to;  // RFC 3339 or empty
    std::size_t limit = kDefaultPage;
};
[[nodiscard]] OrDbError<ReadAnswer> read_portfolio_history(eventstore::Connection&, const HistoryFilter&);

// Not found: no order of these accounts.
[[nodiscard]] OrDbError<ReadAnswer> read_order_events(eventstore::Connection&, const std::vector<engine::AccountId>&,
                                                      engine::OrderId order);

// One row per own side of a trade that settles, newest first.
struct SettlementFilter {
    std::vector<engine::AccountId> accounts;
    std::string status;  // pending, settled, failed, canceled; empty: any
    std::optional<std::uint64_t> before;
    std::size_t limit = kDefaultPage;
};
[[nodiscard]] OrDbError<ReadAnswer> read_settlements(eventstore::Connection&, const SettlementFilter&);
// A trade with the own sides of it and every step of its settlement. Not found: none of these accounts made it.
[[nodiscard]] OrDbError<ReadAnswer> read_trade(eventstore::Connection&, const std::vector<engine::AccountId>&,
                                               engine::TradeId trade);

}  // namespace buttonwood::api
