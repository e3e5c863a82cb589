// Candles, last trades and best prices of every security, folded event by event: pure, the database is the caller's
// business.
//
// A candle covers [bucket, bucket + interval) in UTC; days begin at midnight UTC. The trades of auctions count like
// all others. Best prices follow from what the orders in the books show: the levels are kept in memory for all
// securities, the orders themselves only as far as they are needed. Thread safety: none.
#pragma once

#include "projections/projection.hpp"
#include "projections/row_cache.hpp"

#include "engine/events.hpp"

#include <array>
#include <map>
#include <optional>

namespace buttonwood::projections {

inline constexpr std::int64_t kMinuteUs = 60'000'000;
inline constexpr std::int64_t kDayUs = 86'400'000'000;
// Start of the interval that holds the time; before 1970, too.
[[nodiscard]] engine::Timestamp bucket_of(engine::Timestamp time, std::int64_t interval_us);

struct CandleKey {
    engine::SecurityId security{};
    engine::Timestamp bucket;
    friend bool operator==(const CandleKey&, const CandleKey&) = default;
};
struct CandleKeyHash {
    std::size_t operator()(const CandleKey& key) const {
        return std::hash<std::int64_t>{}(key.bucket.us) * 31 + static_cast<std::size_t>(key.security);
    }
};
struct Candle {
    engine::Price open, high, low, close;
    engine::Int128 volume_units{};
    engine::Money turnover;
    std::int64_t trade_count{};  // 0: no trade yet, prices mean nothing

    void add(const engine::TradeExecuted& trade);
};

// An order in a book; and an open iceberg, in a book or not: only its acceptance and its amends tell what it shows.
struct RestingOrder {
    engine::SecurityId security{};
    engine::Side side{};
    engine::Price price;
    engine::Quantity shown;    // 0: an iceberg that is not in the book
    engine::Quantity display;  // most that it shows at a time; 0: all of it
};

struct BestLevel {
    engine::Price price;
    engine::Quantity quantity;
};
struct LastTrade {
    engine::Price price;
    engine::Quantity quantity;
    engine::TradeId trade{};
    engine::Timestamp time;
};
struct Ticker {
    std::optional<LastTrade> last;
    engine::Timestamp updated_at;
    engine::EventSeq updated_seq{};
};

// Quantity per price, best first, of both sides of one security.
class Levels {
public:
    void add(engine::Side side, engine::Price price, engine::Quantity by);
    // False when the level does not hold that much.
    [[nodiscard]] bool reduce(engine::Side side, engine::Price price, engine::Quantity by);
    [[nodiscard]] std::optional<BestLevel> best(engine::Side side) const;

private:
    // Keyed so that the smaller key is the better price on both sides.
    static std::int64_t key_of(engine::Side side, engine::Price price) {
        return side == engine::Side::Buy ? -price.units : price.units;
    }
    using Queue = std::map<std::int64_t, engine::Quantity>;
    Queue& of(engine::Side side) { return sides_[side == engine::Side::Buy ? 0 : 1]; }
    [[nodiscard]] const Queue& of(engine::Side side) const { return sides_[side == engine::Side::Buy ? 0 : 1]; }

    std::array<Queue, 2> sides_;
};

class MarketFold {
public:
    // REQUIRES: levels and tickers hold everything, and the resting orders and candles that the event touches and that
    // exist are loaded. Fault: the event contradicts them. The fold is then useless until cleared.
    [[nodiscard]] Result apply(const engine::Event& event);
    void clear();

    RowCache<engine::OrderId, RestingOrder> resting;
    RowCache<engine::SecurityId, Ticker> tickers;
    RowCache<CandleKey, Candle, CandleKeyHash> minutes;
    RowCache<CandleKey, Candle, CandleKeyHash> days;
    std::unordered_map<engine::SecurityId, Levels> levels;

private:
    template <class Other>
    Result on(const engine::Event&, const Other&) {
        return {};
    }
    Result on(const engine::Event&, const engine::SecurityCreated&);
    Result on(const engine::Event&, const engine::OrderAccepted&);
    Result on(const engine::Event&, const engine::OrderRested&);
    Result on(const engine::Event&, const engine::TradeExecuted&);
    Result on(const engine::Event&, const engine::OrderAmended&);
    Result on(const engine::Event&, const engine::OrderCanceled&);
    Result on(const engine::Event&, const engine::OrderExpired&);
    Result on(const engine::Event&, const engine::OrderActivated&);
    Result on(const engine::Event&, const engine::OrderReduced&);
    Result on(const engine::Event&, const engine::OrderRefreshed&);

    // The order shows this much now, at this price; 0: it left the book.
    Result show(const engine::Event&, engine::OrderId, engine::Price, engine::Quantity shown);
    // It joins the book, or an iceberg comes to be beside it.
    void join(const engine::Event&, engine::OrderId, const RestingOrder&);
    // Of an order that was traded or reduced by so much: in the book it shows less.
    Result take(const engine::Event&, engine::OrderId, engine::Quantity by, engine::Quantity leaves);
    // It is done. Held orders and takers never were in the book: only an order that is known here leaves it.
    Result leave(const engine::Event&, engine::OrderId);
    [[nodiscard]] engine::Quantity display_of(engine::OrderId) const;
    Ticker& touch(const engine::Event&, engine::SecurityId);
};

}  // namespace buttonwood::projections
