// market_data -> market_data.candles_1m, .candles_1d, .tickers, .resting.
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
using Candles = RowCache<CandleKey, Candle, CandleKeyHash>;

std::vector<Column> candle_columns() {
    return {{"security_id", "bigint", ColumnUse::Key},
            {"bucket", "timestamptz", ColumnUse::Key},
            {"open_units", "bigint", ColumnUse::Fixed},
            {"high_units", "bigint"},
            {"low_units", "bigint"},
            {"close_units", "bigint"},
            {"volume_units", "numeric"},
            {"turnover", "numeric"},
            {"trade_count", "bigint"}};
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
        return {"candles_1m", "candles_1d", "tickers", "resting"};
    }

    Result apply(const eventstore::Records& batch, Connection& connection) override {
        if (auto loaded = load(batch.events, connection); !loaded) return loaded;
        for (const Event& event : batch.events)
            if (auto done = fold_.apply(event); !done) return done;
        collect_changes();
        for (TableWriter* writer : {&minute_writer_, &day_writer_, &ticker_writer_, &resting_writer_})
            if (auto written = writer->flush(connection); !written) return written;
        return {};
    }

    void reset() override {
        fold_.clear();
        market_loaded_ = false;
        partitioned_until_ = {};
        for (TableWriter* writer : {&minute_writer_, &day_writer_, &ticker_writer_, &resting_writer_}) writer->clear();
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
        if (auto loaded = load_candles(events, kMinuteUs, "candles_1m", fold_.minutes, connection); !loaded)
            return loaded;
        return load_candles(events, kDayUs, "candles_1d", fold_.days, connection);
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
            "(extract(epoch FROM last_trade_at) * 1000000)::bigint "
            "FROM tickers",
            {});
        if (!rows) return std::unexpected(rows.error());
        for (int i = 0; i < rows->size(); ++i) {
            Ticker ticker;
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
        // The function makes the partition of the last trade and the one of the month after it.
        constexpr std::int64_t kSurelyCovered = 28 * kDayUs;
        const auto is_trade = [](const Event& event) { return std::holds_alternative<TradeExecuted>(event.body); };
        const auto first = std::ranges::find_if(events, is_trade);
        if (first == events.end()) return {};
        const Timestamp last = std::find_if(events.rbegin(), events.rend(), is_trade)->time;
        if (partitioned_until_ && last < *partitioned_until_) return {};
        std::string times[2];
        append_time(times[0], first->time);
        append_time(times[1], last);
        auto made = connection.prepared("SELECT market_data.ensure_candle_partitions($1::timestamptz, $2::timestamptz)",
                                        {times[0], times[1]});
        if (!made) return std::unexpected(made.error());
        partitioned_until_ = Timestamp{last.us + kSurelyCovered};
        return {};
    }

    static Result load_candles(const std::vector<Event>& events, std::int64_t interval_us, const char* table,
                               Candles& candles, Connection& connection) {
        std::vector<CandleKey> wanted;
        for (const Event& event : events) {
            const auto* trade = std::get_if<TradeExecuted>(&event.body);
            if (!trade) continue;
            const CandleKey key{trade->security, bucket_of(event.time, interval_us)};
            if (!candles.knows(key) && (wanted.empty() || wanted.back() != key)) wanted.push_back(key);
        }
        if (wanted.empty()) return {};
        auto rows = connection.prepared(
            "SELECT c.security_id, (extract(epoch FROM c.bucket) * 1000000)::bigint, c.open_units, c.high_units, "
            "c.low_units, c.close_units, c.volume_units, c.turnover, c.trade_count FROM " +
                std::string(table) +
                " c JOIN (SELECT DISTINCT * FROM unnest($1::bigint[], $2::timestamptz[]) "
                "AS k(security_id, bucket)) k USING (security_id, bucket)",
            {array_of(wanted, &CandleKey::security), array_of(wanted, &CandleKey::bucket)});
        if (!rows) return std::unexpected(rows.error());
        for (int i = 0; i < rows->size(); ++i)
            candles.load({static_cast<SecurityId>(rows->integer(i, 0)), {rows->integer(i, 1)}}, candle_from(*rows, i));
        return {};
    }

    static Candle candle_from(const Rows& rows, int row) {
        return {.open = {rows.integer(row, 2)},
                .high = {rows.integer(row, 3)},
                .low = {rows.integer(row, 4)},
                .close = {rows.integer(row, 5)},
                .volume_units = money_from(rows.text(row, 6)).units,
                .turnover = money_from(rows.text(row, 7)),
                .trade_count = rows.integer(row, 8)};
    }

    void collect_changes() {
        collect_candles(fold_.minutes, minute_writer_);
        collect_candles(fold_.days, day_writer_);
        const bool kept =
            fold_.tickers.flush([this](bool stored, SecurityId id, const Ticker& t) { put(stored, id, t); });
        fold_.resting.flush(
            [this](bool stored, OrderId id, const RestingOrder& o) {
                resting_writer_.put(stored, id, o.security, o.side, o.price, o.shown, o.display);
            },
            [this](OrderId id) { resting_writer_.erase(id); }, [](OrderId, const RestingOrder&) { return true; });
        if (kept) return;
        fold_.levels.clear();
        market_loaded_ = false;
    }

    static void collect_candles(Candles& candles, TableWriter& writer) {
        candles.flush([&writer](bool stored, const CandleKey& key, const Candle& c) {
            writer.put(stored, key.security, key.bucket, c.open, c.high, c.low, c.close, c.volume_units, c.turnover,
                       c.trade_count);
        });
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

    MarketFold fold_;
    bool market_loaded_{};  // levels and tickers of all securities
    std::optional<Timestamp> partitioned_until_;
    TableWriter minute_writer_{"candles_1m", candle_columns()};
    TableWriter day_writer_{"candles_1d", candle_columns()};
    TableWriter resting_writer_{"resting",
                                {{"order_id", "bigint", ColumnUse::Key},
                                 {"security_id", "bigint", ColumnUse::Fixed},
                                 {"side", "text", ColumnUse::Fixed},
                                 {"price_units", "bigint"},
                                 {"shown_units", "bigint"},
                                 {"display_units", "bigint"}}};
    TableWriter ticker_writer_{"tickers",
                               {{"security_id", "bigint", ColumnUse::Key},
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
