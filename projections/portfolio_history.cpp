#include "projections/portfolio_history.hpp"

#include "projections/candle.hpp"

namespace buttonwood::projections {

using namespace engine;
using eventstore::Connection;

namespace {

constexpr std::int64_t kDayUs = 86'400'000'000;

std::string text_of(Timestamp time) {
    std::string text;
    append_time(text, time);
    return text;
}

// $1 the hour, $2 its first event, $3 and $4 the accounts and currencies that moved. Sums are exact: the scales of
// price and quantity sum to at most 8.
constexpr const char* kCloseHour = R"(
WITH changed AS (
    SELECT account_id, currency FROM unnest($3::bigint[], $4::text[]) AS moved(account_id, currency)
    UNION
    SELECT h.account_id, i.currency
      FROM instruments i JOIN holdings h USING (security_id)
     WHERE i.traded_seq >= $2::bigint AND h.quantity_units > 0),
hour AS (
    INSERT INTO history_1h (account_id, currency, bucket, cash, holdings_value, cost_basis, realized_pnl)
    SELECT c.account_id, c.currency, $1::timestamptz, coalesce(k.total, 0), v.value, v.cost, v.realized
      FROM changed c
      LEFT JOIN cash k USING (account_id, currency)
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(round(h.quantity_units::numeric * i.last_price_units
                                     / power(10::numeric, i.price_scale + i.quantity_scale), 8)), 0) AS value,
                  coalesce(sum(h.cost_basis), 0) AS cost, coalesce(sum(h.realized_pnl), 0) AS realized
             FROM holdings h JOIN instruments i USING (security_id)
            WHERE h.account_id = c.account_id AND i.currency = c.currency) v
    RETURNING *)
INSERT INTO history_1d AS d (account_id, currency, bucket, cash, holdings_value, cost_basis, realized_pnl, equity_low,
                             equity_high)
SELECT account_id, currency, date_trunc('day', bucket, 'UTC'), cash, holdings_value, cost_basis, realized_pnl,
       cash + holdings_value, cash + holdings_value
  FROM hour
    ON CONFLICT (account_id, currency, bucket) DO UPDATE
   SET cash = excluded.cash, holdings_value = excluded.holdings_value, cost_basis = excluded.cost_basis,
       realized_pnl = excluded.realized_pnl, equity_low = least(d.equity_low, excluded.equity_low),
       equity_high = greatest(d.equity_high, excluded.equity_high))";

}  // namespace

std::span<const Event> PortfolioHistory::one_hour(std::span<const Event> events) {
    std::size_t count = 0;
    while (count < events.size() &&
           bucket_of(events[count].time, CandleInterval::Hour) == bucket_of(events.front().time, CandleInterval::Hour))
        ++count;
    return events.first(count);
}

Result PortfolioHistory::enter_hour(std::span<const Event> events, Connection& connection) {
    if (!loaded_)
        if (auto done = load(connection); !done) return done;
    const Hour next{bucket_of(events.front().time, CandleInterval::Hour), events.front().seq};
    if (open_ && next.start <= open_->start) return {};
    const bool stored = open_.has_value();
    if (open_) {
        if (auto done = close(connection); !done) return done;
        const Timestamp day = bucket_of(next.start, CandleInterval::Day);
        if (day != bucket_of(open_->start, CandleInterval::Day))
            if (auto done = drop_before(Timestamp{day.us - kHourlyDays * kDayUs}, connection); !done) return done;
    }
    open_ = next;
    open_hour_.put(stored, 1, next.start, next.first_seq);
    return open_hour_.flush(connection);
}

void PortfolioHistory::touch(std::span<const Activity> activities) {
    for (const Activity& activity : activities) touched_.insert({activity.account, activity.currency});
}

void PortfolioHistory::reset() {
    loaded_ = false;
    open_.reset();
    touched_.clear();
    open_hour_.clear();
}

Result PortfolioHistory::load(Connection& connection) {
    auto hour = connection.prepared(
        "SELECT (extract(epoch FROM bucket) * 1000000)::bigint, first_seq FROM open_hour", {});
    if (!hour) return std::unexpected(hour.error());
    loaded_ = true;
    if (hour->size() == 0) return {};
    open_ = Hour{{hour->integer(0, 0)}, static_cast<EventSeq>(hour->integer(0, 1))};
    auto rows = connection.prepared(
        "SELECT DISTINCT account_id, currency FROM activities WHERE event_seq >= $1::bigint",
        {std::to_string(open_->first_seq)});
    if (!rows) return std::unexpected(rows.error());
    for (int i = 0; i < rows->size(); ++i)
        touched_.insert({static_cast<AccountId>(rows->integer(i, 0)), rows->text(i, 1)});
    return {};
}

Result PortfolioHistory::close(Connection& connection) {
    auto closed = connection.prepared(
        kCloseHour, {text_of(open_->start), std::to_string(open_->first_seq),
                     array_of(touched_, [](const CashKey& key) { return key.account; }),
                     array_of(touched_, [](const CashKey& key) { return key.currency; })});
    if (!closed) return std::unexpected(closed.error());
    touched_.clear();
    return {};
}

Result PortfolioHistory::drop_before(Timestamp oldest, Connection& connection) {
    auto dropped = connection.prepared("DELETE FROM history_1h WHERE bucket < $1::timestamptz", {text_of(oldest)});
    if (!dropped) return std::unexpected(dropped.error());
    return {};
}

}  // namespace buttonwood::projections
