// Candles, last trades and best prices of every security, folded event by event: pure, the database is the caller's
// business.
//
// The trades of auctions count like all others, and so do those whose settlement is canceled later: they were made.
// Best prices follow from what the orders in the books show: the levels are kept in memory for all securities, the
// orders themselves only as far as they are needed. Their history is what the book shows after each command, not what
// it shows between the events of one. Thread safety: none.
#pragma once

#include "projections/candle.hpp"
#include "projections/projection.hpp"
#include "projections/row_cache.hpp"

#include "engine/events.hpp"

#include <array>
#include <map>
#include <optional>
#include <vector>

namespace buttonwood::projections {

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
    std::optional<engine::Price> bid, ask;  // best prices after the newest command that the fold has finished
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
    // REQUIRES: levels and tickers hold everything, and the resting orders, candles and best prices that the event
    // touches and that exist are loaded. Fault: the event contradicts them. The fold is then useless until cleared.
    [[nodiscard]] Result apply(const engine::Event& event);
    // After the last event of a command: candles and best prices are complete up to there.
    void finish();
    void clear();

    RowCache<engine::OrderId, RestingOrder> resting;
    RowCache<engine::SecurityId, Ticker> tickers;
    RowCache<CandleKey, Candle, CandleKeyHash> candles;
    RowCache<BestPricesKey, BestPrices, BestPricesKeyHash> best_prices;
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
    // Its book changes with this command.
    Levels& book_to_change(engine::SecurityId);
    void finish_second(engine::SecurityId, const Candle&, engine::Timestamp second);
    void finish_command();

    // The trades of one second that the candles do not have yet, by security.
    struct Unfinished {
        engine::Timestamp second;
        Candle candle;
    };
    std::unordered_map<engine::SecurityId, Unfinished> unfinished_;
    engine::CommandSeq command_{};
    engine::Timestamp command_time_;
    std::vector<engine::SecurityId> changed_books_;  // by the command so far
};

}  // namespace buttonwood::projections
