#include "projections/portfolio_writer.hpp"

namespace buttonwood::projections {

using namespace engine;
using enum ColumnUse;

PortfolioWriter::PortfolioWriter()
    : cash_("cash", {{"account_id", "bigint", Key},
                     {"currency", "text", Key},
                     {"total", "numeric"},
                     {"reserved", "numeric"},
                     {"unsettled", "numeric"}}),
      holdings_("holdings", {{"account_id", "bigint", Key},
                             {"security_id", "bigint", Key},
                             {"quantity_units", "bigint"},
                             {"reserved_units", "bigint"},
                             {"cost_basis", "numeric"},
                             {"realized_pnl", "numeric"},
                             {"fifo_realized_pnl", "numeric"},
                             {"pending_in_units", "bigint"},
                             {"pending_out_units", "bigint"}}),
      reservations_("reservations", {{"order_id", "bigint", Key}, {"cash", "numeric"}, {"quantity_units", "bigint"}}),
      instruments_("instruments", {{"security_id", "bigint", Key},
                                   {"currency", "text", Fixed},
                                   {"price_scale", "smallint", Fixed},
                                   {"quantity_scale", "smallint", Fixed},
                                   {"last_price_units", "bigint"},
                                   {"traded_seq", "bigint"}}),
      lots_("lots", {{"account_id", "bigint", Key},
                     {"security_id", "bigint", Key},
                     {"acquired_seq", "bigint", Key},
                     {"acquired_at", "timestamptz", Fixed},
                     {"trade_id", "bigint", Fixed},
                     {"quantity_units", "bigint", Fixed},
                     {"remaining_units", "bigint"},
                     {"cost", "numeric", Fixed},
                     {"remaining_cost", "numeric"},
                     {"closed_at", "timestamptz"}}),
      disposals_("lot_disposals", {{"trade_id", "bigint", Key},
                                   {"event_seq", "bigint", Key},
                                   {"acquired_seq", "bigint", Key},
                                   {"account_id", "bigint", Fixed},
                                   {"security_id", "bigint", Fixed},
                                   {"disposed_at", "timestamptz", Fixed},
                                   {"quantity_units", "bigint", Fixed},
                                   {"cost", "numeric", Fixed},
                                   {"proceeds", "numeric", Fixed},
                                   {"undone_seq", "bigint"}}),
      activities_("activities", {{"account_id", "bigint", Key},
                                 {"event_seq", "bigint", Key},
                                 {"line", "smallint", Key},
                                 {"occurred_at", "timestamptz", Fixed},
                                 {"type", "text", Fixed},
                                 {"currency", "text", Fixed},
                                 {"security_id", "bigint", Fixed},
                                 {"quantity_units", "bigint", Fixed},
                                 {"quantity_after", "bigint", Fixed},
                                 {"amount", "numeric", Fixed},
                                 {"balance_after", "numeric", Fixed},
                                 {"trade_id", "bigint", Fixed},
                                 {"order_id", "bigint", Fixed}}) {}

std::expected<bool, eventstore::DbError> PortfolioWriter::flush(PortfolioFold& fold,
                                                                eventstore::Connection& connection) {
    const bool kept_cash = fold.cash.flush([this](bool stored, const CashKey& key, const CashRow& row) {
        cash_.put(stored, key.account, key.currency, row.total, row.reserved, row.unsettled);
    });
    const bool kept_holdings = fold.holdings.flush([this](bool stored, const HoldingKey& key, const HoldingRow& row) {
        holdings_.put(stored, key.account, key.security, row.quantity, row.reserved, row.cost_basis, row.realized_pnl,
                      row.fifo_realized_pnl, row.pending_in, row.pending_out);
    });
    fold.reservations.flush(
        [this](bool stored, OrderId order, const Reservation& row) {
            reservations_.put(stored, order, row.cash, row.quantity);
        },
        [this](OrderId order) { reservations_.erase(order); }, [](OrderId, const Reservation&) { return true; });
    const bool kept_instruments =
        fold.instruments.flush([this](bool stored, SecurityId security, const Instrument& row) {
            instruments_.put(stored, security, row.currency, row.price_scale, row.quantity_scale, row.last_price,
                             row.traded_seq);
        });
    collect_lots(fold.lots);
    collect_activities(fold.ledger);
    for (TableWriter* writer :
         {&cash_, &holdings_, &reservations_, &instruments_, &lots_, &disposals_, &activities_})
        if (auto written = writer->flush(connection); !written) return std::unexpected(written.error());
    return kept_cash && kept_holdings && kept_instruments;
}

void PortfolioWriter::clear() {
    for (TableWriter* writer : {&cash_, &holdings_, &reservations_, &instruments_, &lots_, &disposals_, &activities_})
        writer->clear();
}

void PortfolioWriter::collect_lots(PortfolioLots& lots) {
    lots.flush(
        [this](bool stored, const HoldingKey& key, EventSeq acquired_seq, const Lot& lot) {
            const auto closed_at = lot.remaining.units == 0 ? std::optional(lot.closed_at) : std::nullopt;
            lots_.put(stored, key.account, key.security, acquired_seq, lot.acquired_at, unless_zero(lot.trade),
                      lot.quantity, lot.remaining, lot.cost, lot.remaining_cost, closed_at);
        },
        [this](bool stored, const LotDisposal& row) {
            disposals_.put(stored, row.trade, row.event_seq, row.acquired_seq, row.holding.account,
                           row.holding.security, row.disposed_at, row.quantity, row.cost, row.proceeds,
                           unless_zero(row.undone_seq));
        });
}

void PortfolioWriter::collect_activities(PortfolioLedger& ledger) {
    for (const Activity& row : ledger.activities())
        activities_.insert(row.account, row.event_seq, row.line, row.occurred_at, word_of(row.cause.type), row.currency,
                           unless_zero(row.security), row.quantity, row.quantity_after, row.amount, row.balance_after,
                           unless_zero(row.cause.trade), unless_zero(row.cause.order));
    ledger.clear();
}

}  // namespace buttonwood::projections
