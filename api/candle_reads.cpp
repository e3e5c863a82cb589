// Candles of all intervals, with or without the buckets in which nothing was traded.
#include "api/clock.hpp"
#include "api/read_rows.hpp"

#include <algorithm>

namespace buttonwood::api {

using engine::Timestamp;
using eventstore::Connection;
using eventstore::Param;
using eventstore::Rows;
using projections::bucket_of;
using projections::CandleInterval;

namespace {

// The longest bucket of an interval: so much later it is the next one's turn.
std::int64_t longest_us(CandleInterval interval) {
    constexpr std::int64_t kMinute = 60'000'000, kHour = 60 * kMinute, kDay = 24 * kHour;
    switch (interval) {
        case CandleInterval::Second: return 1'000'000;
        case CandleInterval::Minute: return kMinute;
        case CandleInterval::FiveMinutes: return 5 * kMinute;
        case CandleInterval::QuarterHour: return 15 * kMinute;
        case CandleInterval::HalfHour: return 30 * kMinute;
        case CandleInterval::Hour: return kHour;
        case CandleInterval::FourHours: return 4 * kHour;
        case CandleInterval::Day: return kDay;
        case CandleInterval::Week: return 7 * kDay;
        case CandleInterval::Month: return 31 * kDay;
    }
    return kDay;
}

Timestamp next_bucket(Timestamp bucket, CandleInterval interval) {
    return bucket_of({bucket.us + longest_us(interval)}, interval);
}

Param time_or_null(const std::optional<Timestamp>& time) {
    return time ? Param(eventstore::to_rfc3339(*time)) : Param(std::nullopt);
}

OrDbError<Rows> candle_rows(Connection& connection, const CandleFilter& filter) {
    return connection.prepared(
        "SELECT * FROM (SELECT " + rfc3339("bucket") + " AS t, open_units, high_units, low_units, close_units,"
        " volume_units, turnover, vwap, trade_count, price_scale, quantity_scale,"
        " (extract(epoch FROM bucket) * 1000000)::bigint AS start_us FROM api.candles"
        " WHERE symbol = $1 AND \"interval\" = $2 AND ($3::timestamptz IS NULL OR bucket >= $3)"
        " AND ($4::timestamptz IS NULL OR bucket < $4) ORDER BY bucket DESC LIMIT $5) newest ORDER BY start_us",
        {Param(filter.symbol), Param(engine::word_of(filter.interval)), time_or_null(filter.from),
         time_or_null(filter.to), Param(filter.limit)});
}

struct Writer {
    CandleInterval interval;
    Timestamp now;
    JsonWriter& w;

    [[nodiscard]] bool is_complete(Timestamp bucket) const { return next_bucket(bucket, interval) <= now; }

    void traded(const Row& row) const {
        w.object([&] {
            w.member("t", row.text("t"));
            w.member("o", row.price("open_units"));
            w.member("h", row.price("high_units"));
            w.member("l", row.price("low_units"));
            w.member("c", row.price("close_units"));
            w.member("v", row.quantity("volume_units"));
            w.member("turnover", row.text("turnover"));
            w.member("vwap", row.optional("vwap"));
            w.member("n", row.integer("trade_count"));
            w.member("complete", is_complete({row.integer("start_us")}));
        });
    }
    // `before`: the candle whose close goes on.
    void quiet(Timestamp bucket, const Row& before) const {
        w.object([&] {
            w.member("t", eventstore::to_rfc3339(bucket));
            for (const char* name : {"o", "h", "l", "c"}) w.member(name, before.price("close_units"));
            w.member("v", eventstore::to_decimal(0, static_cast<int>(before.integer("quantity_scale"))));
            w.member("turnover", eventstore::to_decimal(engine::Money{}));
            w.member("vwap", nullptr);
            w.member("n", 0);
            w.member("complete", is_complete(bucket));
        });
    }
};

// The buckets of a filled answer: the newest `limit` of the range, up to the one that now is in.
struct Buckets {
    Timestamp first, end;
};
Buckets buckets_of(const CandleFilter& filter, Timestamp now) {
    const Timestamp until = filter.to ? std::min(*filter.to, now) : now;
    Timestamp first = bucket_of({until.us - 1}, filter.interval);
    for (std::size_t i = 1; i < filter.limit; ++i) {
        const Timestamp earlier = bucket_of({first.us - 1}, filter.interval);
        if (filter.from && earlier < *filter.from) break;
        first = earlier;
    }
    if (filter.from && first < *filter.from) first = next_bucket(first, filter.interval);
    return {first, until};
}

}  // namespace

OrDbError<ReadAnswer> read_candles(Connection& connection, const CandleFilter& filter) {
    const auto seq = checkpoint(connection, kCandleSources);
    if (!seq) return std::unexpected(seq.error());
    const Timestamp now = wall_clock();
    const Buckets buckets = buckets_of(filter, now);
    CandleFilter wanted = filter;
    if (filter.fill_previous) wanted.from = buckets.first;
    const auto rows = candle_rows(connection, wanted);
    if (!rows) return std::unexpected(rows.error());
    CandleFilter earlier = filter;  // the one whose close goes on at the start
    earlier.from = std::nullopt;
    earlier.to = buckets.first;
    earlier.limit = filter.fill_previous ? 1 : 0;
    const auto before = candle_rows(connection, earlier);
    if (!before) return std::unexpected(before.error());

    JsonWriter w;
    const Writer writer{filter.interval, now, w};
    w.object([&] {
        w.member("symbol", filter.symbol);
        w.member("interval", engine::word_of(filter.interval));
        w.array("data", [&] {
            std::optional<Row> last;
            if (before->size() == 1) last.emplace(*before, 0);
            Timestamp bucket = buckets.first;
            const auto fill_until = [&](Timestamp end) {
                for (; filter.fill_previous && bucket < end; bucket = next_bucket(bucket, filter.interval))
                    if (last) writer.quiet(bucket, *last);
            };
            for (int i = 0; i < rows->size(); ++i) {
                const Row row(*rows, i);
                fill_until({row.integer("start_us")});
                writer.traded(row);
                last.emplace(row);
                bucket = next_bucket({row.integer("start_us")}, filter.interval);
            }
            fill_until(buckets.end);
        });
        w.member("event_seq", *seq);
    });
    return ReadAnswer{w.take(), *seq, true};
}

}  // namespace buttonwood::api
