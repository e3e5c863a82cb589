// trades -> trading.trades, trading.prevented_matches: row per trade, row per trade that self-trade prevention stopped.
// Rows are only added, so a batch is one COPY per table.
#include "projections/factories.hpp"
#include "projections/table_writer.hpp"

#include "engine/events.hpp"

namespace buttonwood::projections {
namespace {

using namespace engine;

class TradesProjection final : public Projection {
public:
    std::string_view name() const override { return "trades"; }
    std::string_view schema() const override { return "trading"; }
    std::vector<std::string_view> tables() const override { return {"trades", "prevented_matches"}; }

    Result apply(const eventstore::Records& batch, eventstore::Connection& connection) override {
        for (const Event& event : batch.events) {
            if (const auto* trade = std::get_if<TradeExecuted>(&event.body)) add(event, *trade);
            if (const auto* prevented = std::get_if<MatchPrevented>(&event.body)) add(event, *prevented);
        }
        if (auto written = trade_writer_.flush(connection); !written) return written;
        return prevented_writer_.flush(connection);
    }
    void reset() override {
        trade_writer_.clear();
        prevented_writer_.clear();
    }

private:
    void add(const Event& event, const TradeExecuted& t) {
        const bool taker_buys = t.taker_side == Side::Buy;
        trade_writer_.insert(t.trade, event.seq, t.security, t.price, t.quantity, t.notional, t.taker_side,
                       taker_buys ? t.taker_order : t.maker_order, taker_buys ? t.maker_order : t.taker_order,
                       taker_buys ? t.taker_account : t.maker_account, taker_buys ? t.maker_account : t.taker_account,
                       t.maker_order, t.taker_order, event.time, t.auction);
    }
    void add(const Event& event, const MatchPrevented& p) {
        prevented_writer_.insert(event.seq, p.security, p.maker_order, p.taker_order, p.maker_account, p.taker_account,
                                 p.taker_side, p.mode, p.price, p.quantity, event.time);
    }

    TableWriter trade_writer_{"trades",
                        {{"trade_id", "bigint", ColumnUse::Key},
                         {"event_seq", "bigint", ColumnUse::Fixed},
                         {"security_id", "bigint", ColumnUse::Fixed},
                         {"price_units", "bigint", ColumnUse::Fixed},
                         {"quantity_units", "bigint", ColumnUse::Fixed},
                         {"notional", "numeric", ColumnUse::Fixed},
                         {"taker_side", "text", ColumnUse::Fixed},
                         {"buy_order_id", "bigint", ColumnUse::Fixed},
                         {"sell_order_id", "bigint", ColumnUse::Fixed},
                         {"buyer_account_id", "bigint", ColumnUse::Fixed},
                         {"seller_account_id", "bigint", ColumnUse::Fixed},
                         {"maker_order_id", "bigint", ColumnUse::Fixed},
                         {"taker_order_id", "bigint", ColumnUse::Fixed},
                         {"executed_at", "timestamptz", ColumnUse::Fixed},
                         {"auction", "boolean", ColumnUse::Fixed}}};
    TableWriter prevented_writer_{"prevented_matches",
                                  {{"event_seq", "bigint", ColumnUse::Key},
                                   {"security_id", "bigint", ColumnUse::Fixed},
                                   {"maker_order_id", "bigint", ColumnUse::Fixed},
                                   {"taker_order_id", "bigint", ColumnUse::Fixed},
                                   {"maker_account_id", "bigint", ColumnUse::Fixed},
                                   {"taker_account_id", "bigint", ColumnUse::Fixed},
                                   {"taker_side", "text", ColumnUse::Fixed},
                                   {"mode", "text", ColumnUse::Fixed},
                                   {"price_units", "bigint", ColumnUse::Fixed},
                                   {"quantity_units", "bigint", ColumnUse::Fixed},
                                   {"prevented_at", "timestamptz", ColumnUse::Fixed}}};
};

}  // namespace

std::unique_ptr<Projection> make_trades() { return std::make_unique<TradesProjection>(); }

}  // namespace buttonwood::projections
