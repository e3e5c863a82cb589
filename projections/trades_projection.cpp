// trades -> trading.trades, .prevented_matches, .settlements, .settlement_steps: row per trade, per trade that
// self-trade prevention stopped, per trade that settles later, per step of its settlement. Only rows of settlements
// change: a batch is one COPY per table, and one UPDATE.
#include "projections/factories.hpp"
#include "projections/row_cache.hpp"
#include "projections/table_writer.hpp"

#include "engine/events.hpp"

#include <array>

namespace buttonwood::projections {
namespace {

using namespace engine;

class TradesProjection final : public Projection {
public:
    std::string_view name() const override { return "trades"; }
    std::string_view schema() const override { return "trading"; }
    std::vector<std::string_view> tables() const override {
        return {"trades", "prevented_matches", "settlements", "settlement_steps"};
    }

    Result apply(const eventstore::Records& batch, eventstore::Connection& connection) override {
        auto event = batch.events.begin();
        for (const eventstore::CommandRecord& command : batch.commands)
            for (std::uint32_t i = 0; i < command.event_count; ++i, ++event) {
                if (const auto* trade = std::get_if<TradeExecuted>(&event->body)) add(*event, *trade);
                if (const auto* prevented = std::get_if<MatchPrevented>(&event->body)) add(*event, *prevented);
                if (const auto* step = std::get_if<SettlementChanged>(&event->body))
                    add(*event, *step, command.header.actor);
            }
        settlements_.flush(
            [this](bool stored, TradeId trade, const Settlement& s) {
                settlement_writer_.put(stored, trade, s.step, s.time, s.seq);
            },
            [](TradeId) {}, [](TradeId, const Settlement&) { return false; });
        for (TableWriter* writer : writers())
            if (auto written = writer->flush(connection); !written) return written;
        return {};
    }
    void reset() override {
        settlements_.clear();
        for (TableWriter* writer : writers()) writer->clear();
    }

private:
    struct Settlement {
        SettlementStep step{};
        Timestamp time;
        EventSeq seq{};
    };

    void add(const Event& event, const TradeExecuted& t) {
        const bool taker_buys = t.taker_side == Side::Buy;
        trade_writer_.insert(t.trade, event.seq, t.security, t.price, t.quantity, t.notional, t.taker_side,
                             taker_buys ? t.taker_order : t.maker_order, taker_buys ? t.maker_order : t.taker_order,
                             taker_buys ? t.taker_account : t.maker_account,
                             taker_buys ? t.maker_account : t.taker_account, t.maker_order, t.taker_order, event.time,
                             t.auction, t.maker_fee, t.taker_fee, unless_zero(t.fee_account),
                             unless_zero(t.settles_at));
        if (t.settles_at != Timestamp{}) settlements_.create(t.trade, {SettlementStep::Pending, event.time, event.seq});
    }
    void add(const Event& event, const SettlementChanged& s, UserId actor) {
        // A trade of an earlier batch has a row: its new status needs nothing of the old one.
        if (!settlements_.knows(s.trade)) settlements_.load(s.trade, {});
        *settlements_.change(s.trade) = {s.step, event.time, event.seq};
        step_writer_.insert(s.trade, event.seq, s.step, s.cause, unless_zero(actor), unless_empty(s.note), event.time);
    }
    void add(const Event& event, const MatchPrevented& p) {
        prevented_writer_.insert(event.seq, p.security, p.maker_order, p.taker_order, p.maker_account, p.taker_account,
                                 p.taker_side, p.mode, p.price, p.quantity, event.time);
    }

    std::array<TableWriter*, 4> writers() {
        return {&trade_writer_, &prevented_writer_, &settlement_writer_, &step_writer_};
    }

    RowCache<TradeId, Settlement> settlements_;  // of this batch
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
                         {"auction", "boolean", ColumnUse::Fixed},
                         {"maker_fee", "numeric", ColumnUse::Fixed},
                         {"taker_fee", "numeric", ColumnUse::Fixed},
                         {"fee_account_id", "bigint", ColumnUse::Fixed},
                         {"settles_at", "timestamptz", ColumnUse::Fixed}}};
    TableWriter settlement_writer_{"settlements",
                                   {{"trade_id", "bigint", ColumnUse::Key},
                                    {"status", "text"},
                                    {"updated_at", "timestamptz"},
                                    {"updated_seq", "bigint"}}};
    TableWriter step_writer_{"settlement_steps",
                             {{"trade_id", "bigint", ColumnUse::Key},
                              {"event_seq", "bigint", ColumnUse::Key},
                              {"step", "text", ColumnUse::Fixed},
                              {"cause", "text", ColumnUse::Fixed},
                              {"actor", "bigint", ColumnUse::Fixed},
                              {"reason", "text", ColumnUse::Fixed},
                              {"occurred_at", "timestamptz", ColumnUse::Fixed}}};
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
