// The queries of the API over the stable views of schema `api` (sql/017), as JSON. Each runs in one snapshot of the
// database and says which event it reflects. Thread safety: called on the pool threads of Reads.
#pragma once

#include "eventstore/database.hpp"
#include "engine/types.hpp"
#include "projections/candle.hpp"

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace buttonwood::api {

inline constexpr std::size_t kDefaultPage = 100;
inline constexpr std::size_t kMaxPage = 1'000;

// The projections behind each answer: what it waits for, and whose oldest checkpoint it reports as its event_seq.
using Sources = std::vector<std::string_view>;
inline const Sources kOrderSources{"bids", "listings", "securities"};
inline const Sources kFillSources{"trades", "bids", "listings", "securities"};
inline const Sources kBalanceSources{"portfolio"};
inline const Sources kPortfolioSources{"portfolio", "securities", "market_data"};
inline const Sources kPreventedSources{"trades", "securities"};
inline const Sources kTradeSources{"trades", "securities"};
inline const Sources kCandleSources{"market_data", "securities"};
inline const Sources kUserSources{"users"};

// JSON text and the event it reflects.
struct ReadAnswer {
    std::string json;
    engine::EventSeq event_seq{};
    bool found = true;
    std::string next_cursor{};  // of a page that is not the last; else empty
};
template <class T> using OrDbError = std::expected<T, eventstore::DbError>;

struct OrderFilter {
    std::vector<engine::AccountId> accounts;
    std::string status = "open";  // open, closed, all
    std::string symbol;           // empty: any
    std::string side;             // empty: both
    std::optional<std::uint64_t> before;  // ids below this one
    std::optional<std::uint64_t> updated_since_seq;  // changed by a later event
    std::string created_after;                       // RFC 3339, at or after; empty: any
    std::string created_before;                      // RFC 3339, before; empty: any
    std::size_t limit = kDefaultPage;
};
[[nodiscard]] OrDbError<ReadAnswer> read_orders(eventstore::Connection&, const OrderFilter&);
[[nodiscard]] OrDbError<ReadAnswer> read_order(eventstore::Connection&, const std::vector<engine::AccountId>& accounts,
                                               std::optional<engine::OrderId> id, const std::string& client_order_id);
// The group that an order is a leg of; not found where it is in none.
[[nodiscard]] OrDbError<ReadAnswer> read_group(eventstore::Connection&, const std::vector<engine::AccountId>& accounts,
                                               engine::OrderId leg);

struct FillFilter {
    std::vector<engine::AccountId> accounts;
    std::string symbol;
    std::optional<std::uint64_t> order;
    std::optional<std::uint64_t> before;
    std::size_t limit = kDefaultPage;
};
[[nodiscard]] OrDbError<ReadAnswer> read_fills(eventstore::Connection&, const FillFilter&);

// Prevented matches: newest first, by event_seq.
struct PreventedFilter {
    std::vector<engine::AccountId> accounts;
    std::string symbol;
    std::optional<std::uint64_t> before;
    std::size_t limit = kDefaultPage;
};
[[nodiscard]] OrDbError<ReadAnswer> read_prevented_matches(eventstore::Connection&, const PreventedFilter&);
[[nodiscard]] OrDbError<ReadAnswer> read_balances(eventstore::Connection&, const std::vector<engine::AccountId>&);
[[nodiscard]] OrDbError<ReadAnswer> read_portfolio(eventstore::Connection&, const std::vector<engine::AccountId>&);

struct TradeFilter {
    std::string symbol;
    std::optional<std::uint64_t> before;
    std::size_t limit = kDefaultPage;
};
[[nodiscard]] OrDbError<ReadAnswer> read_trades(eventstore::Connection&, const TradeFilter&);

struct CandleFilter {
    std::string symbol;
    projections::CandleInterval interval{};
    std::optional<engine::Timestamp> from;  // buckets that begin at or after
    std::optional<engine::Timestamp> to;    // and before
    bool fill_previous = false;  // a bucket without trades shows the close before it, with volume 0
    std::size_t limit = kDefaultPage;
};
// The newest `limit` of the range, oldest first. A candle is complete once its bucket is over.
[[nodiscard]] OrDbError<ReadAnswer> read_candles(eventstore::Connection&, const CandleFilter&);
struct UserFilter {
    std::string words;   // each begins a word of the name or the email; empty: any
    std::string status;  // empty: any
    std::optional<std::uint64_t> before;
    std::size_t limit = kDefaultPage;
};
[[nodiscard]] OrDbError<ReadAnswer> read_users(eventstore::Connection&, const UserFilter&);

}  // namespace buttonwood::api
