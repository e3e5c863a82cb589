// What accounts were worth, hour by hour and day by day: portfolio.history_1h and .history_1d.
//
// The hour that is open is that of the newest event. The first event of a later hour closes it: one statement writes a
// row for every account and currency in which cash or shares moved during the hour, and for every holder of a security
// that was traded in it, valued at the last trade prices; then the day's row takes them in. Nothing else is read than
// the tables as of that event, so every cut of the log gives the same rows, whenever they are built.
//
// Retention: the first event of a later day drops the hourly rows of more than kHourlyDays days before that day. Event
// time alone decides, never a clock, so what is rebuilt equals what was built live. Daily rows stay.
// Thread safety: none.
#pragma once

#include "projections/portfolio_ledger.hpp"
#include "projections/projection.hpp"
#include "projections/table_writer.hpp"

#include <optional>
#include <span>
#include <unordered_set>

namespace buttonwood::projections {

class PortfolioHistory {
public:
    static constexpr int kHourlyDays = 90;

    // The events at the front that belong to one hour; none of an empty span.
    [[nodiscard]] static std::span<const engine::Event> one_hour(std::span<const engine::Event> events);

    // Makes the hour of these events the open one; closes the one before. Call before they are folded, with all that
    // was before them in the tables. REQUIRES: one_hour(events) is all of them, and not empty.
    [[nodiscard]] Result enter_hour(std::span<const engine::Event> events, eventstore::Connection& connection);
    // These happened in the open hour.
    void touch(std::span<const Activity> activities);
    void reset();

private:
    struct Hour {
        engine::Timestamp start;
        engine::EventSeq first_seq{};
    };
    Result load(eventstore::Connection& connection);
    Result close(eventstore::Connection& connection);
    static Result drop_before(engine::Timestamp oldest, eventstore::Connection& connection);

    bool loaded_{};
    std::optional<Hour> open_;
    std::unordered_set<CashKey, CashKeyHash> touched_;  // accounts and currencies that moved in the open hour
    TableWriter open_hour_{"open_hour",
                           {{"hour_id", "smallint", ColumnUse::Key},
                            {"bucket", "timestamptz"},
                            {"first_seq", "bigint"}}};
};

}  // namespace buttonwood::projections
