// market_data -> market_data.candles_1s, .candles, .best_prices_1m, .tickers, .resting.
#include "projections/factories.hpp"
#include "projections/market_fold.hpp"
#include "projections/order_row.hpp"
#include "projections/table_writer.hpp"

#include <algorithm>

namespace buttonwood::projections {
namespace {

using namespace engine;
using eventstore::Connection;
using eventstore::Rows;

using enum ColumnUse;

std::vector<Column> candle_columns(std::vector<Column> keys) {
    for (const Column& column : std::initializer_list<Column>{{"open_units", "bigint", Fixed},
                                                              {"high_units", "bigint"},
                                                              {"low_units", "bigint"},
                                                              {"close_units", "bigint"},
                                                              {"volume_units", "numeric"},
                                                              {"turnover", "numeric"},
                                                              {"trade_count", "bigint"}})
        keys.push_back(column);
    return keys;
}

// The orders that the event may find in a book, or beside it as icebergs.
template <class F>
void for_each_resting(const EventBody& body, F&& f) {
    const auto one = [&f](const auto* e) {
        if (e) f(e->order);
    };
    if (const auto* e = std::get_if<TradeExecuted>(&body)) {
        f(e->maker_order);
        f(e->taker_order);
    }
    one(std::get_if<OrderRested>(&body));
    one(std::get_if<OrderAmended>(&body));
    one(std::get_if<OrderCanceled>(&body));
    one(std::get_if<OrderExpired>(&body));
    one(std::get_if<OrderActivated>(&body));
    one(std::get_if<OrderReduced>(&body));
    one(std::get_if<OrderRefreshed>(&body));
}

class MarketDataProjection final : public Projection {
public:
    std::string_view name() const override { return "market_data"; }
    std::string_view schema() const override { return "market_data"; }
    std::vector<std::string_view> tables() const override {
        return {"candles_1s", "candles", "best_prices_1m", "tickers", "resting"};
    }

    Result apply(const eventstore::Records& batch, Connection& connection) override {
        if (batch.events.empty()) return {};
        if (auto loaded = load(batch.events, connection); !loaded) return loaded;
        for (const Event& event : batch.events)
            if (auto done = fold_.apply(event); !done) return done;
        fold_.finish();
        collect_changes(batch.events.back().time, newest_trade(batch.events));
        for (TableWriter* writer : writers())
            if (auto written = writer->flush(connection); !written) return written;
        return expire_seconds(connection);
    }

    void reset() override {
        fold_.clear();
        market_loaded_ = false;
        history_loaded_ = false;
        partitioned_until_.reset();
        seconds_from_.reset();
        seconds_expired_to_.reset();
        for (TableWriter* writer : writers()) writer->clear();
    }

private:
    Result load(const std::vector<Event>& events, Connection& connection) {
        if (!market_loaded_) {
            if (auto loaded = load_levels(connection); !loaded) return loaded;
            if (auto loaded = load_tickers(connection); !loaded) return loaded;
            market_loaded_ = true;
        }
        if (auto loaded = load_resting(events, connection); !loaded) return loaded;
        if (auto made = ensure_partitions(events, connection); !made) return made;
        if (history_loaded_) return {};
        if (auto loaded = load_candles(events.front().time, connection); !loaded) return loaded;
        if (auto loaded = load_best_prices(events.front().time, connection); !loaded) return loaded;
        history_loaded_ = true;
        return {};
    }

    static std::optional<Timestamp> newest_trade(const std::vector<Event>& events) {
        const auto is_trade = [](const Event& event) { return std::holds_alternative<TradeExecuted>(event.body); };
        const auto last = std::find_if(events.rbegin(), events.rend(), is_trade);
        return last == events.rend() ? std::nullopt : std::optional(last->time);
    }

    Result load_levels(Connection& connection) {
        auto rows = connection.prepared(
            "SELECT security_id, side, price_units, sum(shown_units)::bigint "
            "FROM resting WHERE shown_units > 0 GROUP BY security_id, side, price_units",
            {});
        if (!rows) return std::unexpected(rows.error());
        for (int i = 0; i < rows->size(); ++i)
            fold_.levels[static_cast<SecurityId>(rows->integer(i, 0))].add(
                from_word<Side>(rows->text(i, 1)).value_or(Side::Buy), {rows->integer(i, 2)}, {rows->integer(i, 3)});
        return {};
    }

    Result load_tickers(Connection& connection) {
        auto rows = connection.prepared(
            "SELECT security_id, last_price_units, last_quantity_units, last_trade_id, "
            "(extract(epoch FROM last_trade_at) * 1000000)::bigint, bid_price_units, ask_price_units, "
            "(extract(epoch FROM updated_at) * 1000000)::bigint, updated_seq FROM tickers",
            {});
        if (!rows) return std::unexpected(rows.error());
        for (int i = 0; i < rows->size(); ++i) {
            Ticker ticker;
            ticker.bid = price_or_none(*rows, i, 5);
            ticker.ask = price_or_none(*rows, i, 6);
            ticker.updated_at = {rows->integer(i, 7)};
            ticker.updated_seq = static_cast<EventSeq>(rows->integer(i, 8));
            if (!rows->is_null(i, 1))
                ticker.last = LastTrade{{rows->integer(i, 1)},
                                        {rows->integer(i, 2)},
                                        static_cast<TradeId>(rows->integer(i, 3)),
                                        {rows->integer(i, 4)}};
            fold_.tickers.load(static_cast<SecurityId>(rows->integer(i, 0)), ticker);
        }
        return {};
    }

    Result load_resting(const std::vector<Event>& events, Connection& connection) {
        const OrderId accepted_here = first_accepted(events);
        std::vector<OrderId> wanted;
        for (const Event& event : events)
            for_each_resting(event.body, [&](OrderId id) {
                if (id < accepted_here && !fold_.resting.knows(id)) wanted.push_back(id);
            });
        if (wanted.empty()) return {};
        auto rows = connection.prepared(
            "SELECT order_id, security_id, side, price_units, shown_units, display_units "
            "FROM resting WHERE order_id = ANY($1::bigint[])",
            {array_of(wanted)});
        if (!rows) return std::unexpected(rows.error());
        for (int i = 0; i < rows->size(); ++i)
            fold_.resting.load(static_cast<OrderId>(rows->integer(i, 0)),
                               {static_cast<SecurityId>(rows->integer(i, 1)),
                                from_word<Side>(rows->text(i, 2)).value_or(Side::Buy),
                                {rows->integer(i, 3)},
                                {rows->integer(i, 4)},
                                {rows->integer(i, 5)}});
        return {};
    }

    Result ensure_partitions(const std::vector<Event>& events, Connection& connection) {
        // The function makes the partitions of the last event and the ones of the month after it.
        constexpr std::int64_t kSurelyCoveredUs = 28LL * 86'400'000'000;
        const Timestamp last = events.back().time;
        if (partitioned_until_ && last < *partitioned_until_) return {};
        std::string times[2];
        append_time(times[0], events.front().time);
        append_time(times[1], last);
        auto made = connection.prepared("SELECT market_data.ensure_candle_partitions($1::timestamptz, $2::timestamptz)",
                                        {times[0], times[1]});
        if (!made) return std::unexpected(made.error());
        partitioned_until_ = Timestamp{last.us + kSurelyCoveredUs};
        return {};
    }

    // Time only rises, so of what comes only the buckets that hold the next event can be there already.
    Result load_candles(Timestamp next, Connection& connection) {
        const auto bucket = [next](const auto& entry) { return bucket_of(next, entry.value); };
        auto rows = connection.prepared(
            "WITH wanted AS (SELECT * FROM tickers, unnest($1::text[], $2::timestamptz[]) AS k(\"interval\", bucket)) "
            "SELECT security_id, '1s', (extract(epoch FROM bucket) * 1000000)::bigint, open_units, high_units, "
            "low_units, close_units, volume_units, turnover, trade_count "
            "FROM candles_1s JOIN wanted USING (security_id, bucket) WHERE \"interval\" = '1s' UNION ALL "
            "SELECT security_id, \"interval\", (extract(epoch FROM bucket) * 1000000)::bigint, open_units, high_units, "
            "low_units, close_units, volume_units, turnover, trade_count "
            "FROM candles JOIN wanted USING (security_id, \"interval\", bucket)",
            {array_of(kCandleIntervalWords, &engine::Word<CandleInterval>::word),
             array_of(kCandleIntervalWords, bucket)});
        if (!rows) return std::unexpected(rows.error());
        for (int i = 0; i < rows->size(); ++i)
            fold_.candles.load({static_cast<SecurityId>(rows->integer(i, 0)),
                                from_word<CandleInterval>(rows->text(i, 1)).value_or(CandleInterval::Second),
                                {rows->integer(i, 2)}},
                               candle_from(*rows, i));
        return {};
    }

    Result load_best_prices(Timestamp next, Connection& connection) {
        const Timestamp minute = bucket_of(next, CandleInterval::Minute);
        std::string bucket;
        append_time(bucket, minute);
        auto rows = connection.prepared(
            "SELECT security_id, bid_open_units, bid_high_units, bid_low_units, bid_close_units, ask_open_units, "
            "ask_high_units, ask_low_units, ask_close_units FROM tickers JOIN best_prices_1m USING (security_id) "
            "WHERE bucket = $1::timestamptz",
            {bucket});
        if (!rows) return std::unexpected(rows.error());
        for (int i = 0; i < rows->size(); ++i) {
            const auto range = [&](int column) {
                return PriceRange{price_or_none(*rows, i, column), price_or_none(*rows, i, column + 1),
                                  price_or_none(*rows, i, column + 2), price_or_none(*rows, i, column + 3)};
            };
            fold_.best_prices.load({static_cast<SecurityId>(rows->integer(i, 0)), minute}, {range(1), range(5)});
        }
        return {};
    }

    static std::optional<Price> price_or_none(const Rows& rows, int row, int column) {
        return rows.is_null(row, column) ? std::nullopt : std::optional(Price{rows.integer(row, column)});
    }

    static Candle candle_from(const Rows& rows, int row) {
        return {.open = {rows.integer(row, 3)},
                .high = {rows.integer(row, 4)},
                .low = {rows.integer(row, 5)},
                .close = {rows.integer(row, 6)},
                .volume_units = money_from(rows.text(row, 7)).units,
                .turnover = money_from(rows.text(row, 8)),
                .trade_count = rows.integer(row, 9)};
    }

    // Candles and best prices are remembered while their interval goes on.
    void collect_changes(Timestamp last, std::optional<Timestamp> newest_trade) {
        if (newest_trade) seconds_from_ = oldest_second(*newest_trade);
        const bool candles_kept =
            fold_.candles.flush([this](bool stored, const CandleKey& key, const Candle& c) { put(stored, key, c); },
                            [](const CandleKey&) {},
                            [last](const CandleKey& key, const Candle&) {
                                return key.bucket == bucket_of(last, key.interval);
                            });
        const bool best_prices_kept = fold_.best_prices.flush(
            [this](bool stored, const BestPricesKey& key, const BestPrices& p) {
                best_prices_writer_.put(stored, key.security, key.minute, p.bid.open, p.bid.high, p.bid.low,
                                        p.bid.close, p.ask.open, p.ask.high, p.ask.low, p.ask.close);
            },
            [](const BestPricesKey&) {},
            [last](const BestPricesKey& key, const BestPrices&) {
                return key.minute == bucket_of(last, CandleInterval::Minute);
            });
        history_loaded_ = candles_kept && best_prices_kept;
        const bool tickers_kept =
            fold_.tickers.flush([this](bool stored, SecurityId id, const Ticker& t) { put(stored, id, t); });
        fold_.resting.flush(
            [this](bool stored, OrderId id, const RestingOrder& o) {
                resting_writer_.put(stored, id, o.security, o.side, o.price, o.shown, o.display);
            },
            [this](OrderId id) { resting_writer_.erase(id); }, [](OrderId, const RestingOrder&) { return true; });
        if (tickers_kept) return;
        fold_.levels.clear();
        market_loaded_ = false;
    }

    void put(bool stored, const CandleKey& key, const Candle& c) {
        if (key.interval != CandleInterval::Second)
            candle_writer_.put(stored, key.security, key.interval, key.bucket, c.open, c.high, c.low, c.close,
                               c.volume_units, c.turnover, c.trade_count);
        else if (key.bucket >= *seconds_from_)
            second_writer_.put(stored, key.security, key.bucket, c.open, c.high, c.low, c.close, c.volume_units,
                               c.turnover, c.trade_count);
    }

    // Once an hour of event time, and after a start. By primary key: a range of each security.
    Result expire_seconds(Connection& connection) {
        if (!seconds_from_ || seconds_from_ == seconds_expired_to_) return {};
        std::string from;
        append_time(from, *seconds_from_);
        auto done = connection.prepared(
            "DELETE FROM candles_1s c USING tickers t "
            "WHERE c.security_id = t.security_id AND c.bucket < $1::timestamptz",
            {from});
        if (!done) return std::unexpected(done.error());
        seconds_expired_to_ = seconds_from_;
        return {};
    }

    void put(bool stored, SecurityId id, const Ticker& ticker) {
        const auto levels = fold_.levels.find(id);
        const auto best = [&](Side side) {
            return levels == fold_.levels.end() ? std::nullopt : levels->second.best(side);
        };
        const auto field = [](const auto& whole, auto member) {
            return whole ? std::optional((*whole).*member) : std::nullopt;
        };
        const auto bid = best(Side::Buy);
        const auto ask = best(Side::Sell);
        ticker_writer_.put(stored, id, field(ticker.last, &LastTrade::price), field(ticker.last, &LastTrade::quantity),
                           field(ticker.last, &LastTrade::trade), field(ticker.last, &LastTrade::time),
                           field(bid, &BestLevel::price), field(bid, &BestLevel::quantity),
                           field(ask, &BestLevel::price), field(ask, &BestLevel::quantity), ticker.updated_at,
                           ticker.updated_seq);
    }

    std::array<TableWriter*, 5> writers() {
        return {&second_writer_, &candle_writer_, &best_prices_writer_, &ticker_writer_, &resting_writer_};
    }

    MarketFold fold_;
    bool market_loaded_{};  // levels and tickers of all securities
    bool history_loaded_{};  // the candles and best prices of the intervals that go on
    std::optional<Timestamp> partitioned_until_;
    std::optional<Timestamp> seconds_from_;  // candles of seconds before it go
    std::optional<Timestamp> seconds_expired_to_;
    TableWriter second_writer_{"candles_1s",
                               candle_columns({{"security_id", "bigint", Key}, {"bucket", "timestamptz", Key}})};
    TableWriter candle_writer_{
        "candles",
        candle_columns(
            {{"security_id", "bigint", Key}, {"\"interval\"", "text", Key}, {"bucket", "timestamptz", Key}})};
    TableWriter best_prices_writer_{"best_prices_1m",
                                    {{"security_id", "bigint", Key},
                                     {"bucket", "timestamptz", Key},
                                     {"bid_open_units", "bigint", Fixed},
                                     {"bid_high_units", "bigint"},
                                     {"bid_low_units", "bigint"},
                                     {"bid_close_units", "bigint"},
                                     {"ask_open_units", "bigint", Fixed},
                                     {"ask_high_units", "bigint"},
                                     {"ask_low_units", "bigint"},
                                     {"ask_close_units", "bigint"}}};
    TableWriter resting_writer_{"resting",
                                {{"order_id", "bigint", Key},
                                 {"security_id", "bigint", Fixed},
                                 {"side", "text", Fixed},
                                 {"price_units", "bigint"},
                                 {"shown_units", "bigint"},
                                 {"display_units", "bigint"}}};
    TableWriter ticker_writer_{"tickers",
                               {{"security_id", "bigint", Key},
                                {"last_price_units", "bigint"},
                                {"last_quantity_units", "bigint"},
                                {"last_trade_id", "bigint"},
                                {"last_trade_at", "timestamptz"},
                                {"bid_price_units", "bigint"},
                                {"bid_quantity_units", "bigint"},
                                {"ask_price_units", "bigint"},
                                {"ask_quantity_units", "bigint"},
                                {"updated_at", "timestamptz"},
                                {"updated_seq", "bigint"}}};
};

}  // namespace

std::unique_ptr<Projection> make_market_data() { return std::make_unique<MarketDataProjection>(); }

}  // namespace buttonwood::projections
