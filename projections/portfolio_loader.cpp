#include "projections/portfolio_loader.hpp"

#include "projections/order_row.hpp"
#include "projections/sql_text.hpp"

namespace buttonwood::projections {

using namespace engine;
using eventstore::Connection;
using eventstore::Rows;

namespace {

// account_id, security_id, acquired_seq, acquired_us, trade_id, quantity_units, remaining_units, cost, remaining_cost,
// closed_us
constexpr const char* kLotColumns =
    "l.account_id, l.security_id, l.acquired_seq, (extract(epoch FROM l.acquired_at) * 1000000)::bigint, l.trade_id, "
    "l.quantity_units, l.remaining_units, l.cost, l.remaining_cost, "
    "(extract(epoch FROM l.closed_at) * 1000000)::bigint";

HoldingKey holding_of(const Rows& rows, int row, int column) {
    return {static_cast<AccountId>(rows.integer(row, column)), static_cast<SecurityId>(rows.integer(row, column + 1))};
}

EventSeq load_lot(const Rows& rows, int row, PortfolioLots& lots) {
    Lot lot;
    lot.acquired_at.us = rows.integer(row, 3);
    lot.trade = static_cast<TradeId>(rows.integer(row, 4));
    lot.quantity.units = rows.integer(row, 5);
    lot.remaining.units = rows.integer(row, 6);
    lot.cost = money_from(rows.text(row, 7));
    lot.remaining_cost = money_from(rows.text(row, 8));
    lot.closed_at.us = rows.integer(row, 9);
    const auto acquired_seq = static_cast<EventSeq>(rows.integer(row, 2));
    lots.load(holding_of(rows, row, 0), acquired_seq, lot);
    return acquired_seq;
}

}  // namespace

Result PortfolioLoader::load(std::span<const Event> events, Connection& connection) {
    if (!instruments_loaded_)
        if (auto loaded = load_instruments(connection); !loaded) return loaded;
    const OrderId accepted_here = first_accepted(events);
    Wanted wanted;
    for (const Event& event : events)
        std::visit([&](const auto& body) { want(body, accepted_here, wanted); }, event.body);
    if (!wanted.accounts.empty()) {
        const std::string accounts = array_of(wanted.accounts);
        if (auto loaded = load_cash(accounts, connection); !loaded) return loaded;
        if (auto loaded = load_holdings(accounts, connection); !loaded) return loaded;
        accounts_.insert(wanted.accounts.begin(), wanted.accounts.end());
    }
    if (auto loaded = load_reservations(wanted, connection); !loaded) return loaded;
    if (auto loaded = load_canceled(wanted, connection); !loaded) return loaded;
    return load_lots(wanted, connection);
}

void PortfolioLoader::reset() {
    accounts_.clear();
    instruments_loaded_ = false;
}

void PortfolioLoader::want_account(AccountId account, Wanted& wanted) {
    if (account != AccountId::None && !accounts_.contains(account)) wanted.accounts.insert(account);
}

void PortfolioLoader::want_order(OrderId order, OrderId accepted_here, Wanted& wanted) {
    if (order < accepted_here && !fold_.reservations.knows(order)) wanted.orders.push_back(order);
}

void PortfolioLoader::want_trade(const TradeExecuted& trade, OrderId accepted_here, Wanted& wanted) {
    want_account(trade.maker_account, wanted);
    want_account(trade.taker_account, wanted);
    want_account(trade.fee_account, wanted);
    want_order(trade.maker_order, accepted_here, wanted);
    want_order(trade.taker_order, accepted_here, wanted);
    const AccountId seller = trade.taker_side == Side::Sell ? trade.taker_account : trade.maker_account;
    wanted.sold[{seller, trade.security}] += trade.quantity;
}

void PortfolioLoader::want_settlement(const SettlementChanged& settlement, Wanted& wanted) {
    want_account(settlement.buyer_account, wanted);
    want_account(settlement.seller_account, wanted);
    want_account(settlement.fee_account, wanted);
    if (settlement.step != SettlementStep::Canceled) return;
    wanted.canceled.push_back(settlement.trade);
    wanted.buyers.push_back(settlement.buyer_account);
    wanted.sold[{settlement.buyer_account, settlement.security}] += settlement.quantity;
}

template <class Body>
void PortfolioLoader::want(const Body& body, OrderId accepted_here, Wanted& wanted) {
    if constexpr (std::same_as<Body, TradeExecuted>) {
        want_trade(body, accepted_here, wanted);
    } else if constexpr (std::same_as<Body, SettlementChanged>) {
        want_settlement(body, wanted);
    } else if constexpr (
        requires { body.reserved_cash; } || requires { body.released_cash; }) {
        want_account(body.account, wanted);
        want_order(body.order, accepted_here, wanted);
    } else if constexpr (std::same_as<Body, CashDeposited> || std::same_as<Body, CashWithdrawn> ||
                         std::same_as<Body, HoldingsIssued>) {
        want_account(body.account, wanted);
    }
}

Result PortfolioLoader::load_instruments(Connection& connection) {
    auto rows = connection.prepared(
        "SELECT security_id, currency, price_scale, quantity_scale, last_price_units, traded_seq FROM instruments", {});
    if (!rows) return std::unexpected(rows.error());
    for (int i = 0; i < rows->size(); ++i) {
        Instrument instrument{rows->text(i, 1), static_cast<std::uint8_t>(rows->integer(i, 2)),
                              static_cast<std::uint8_t>(rows->integer(i, 3)), {}, {}};
        if (!rows->is_null(i, 4)) instrument.last_price = Price{rows->integer(i, 4)};
        if (!rows->is_null(i, 5)) instrument.traded_seq = static_cast<EventSeq>(rows->integer(i, 5));
        fold_.instruments.load(static_cast<SecurityId>(rows->integer(i, 0)), instrument);
    }
    instruments_loaded_ = true;
    return {};
}

Result PortfolioLoader::load_cash(const std::string& accounts, Connection& connection) {
    auto rows = connection.prepared(
        "SELECT account_id, currency, total, reserved, unsettled FROM cash WHERE account_id = ANY($1::bigint[])",
        {accounts});
    if (!rows) return std::unexpected(rows.error());
    for (int i = 0; i < rows->size(); ++i)
        fold_.cash.load({static_cast<AccountId>(rows->integer(i, 0)), rows->text(i, 1)},
                        {money_from(rows->text(i, 2)), money_from(rows->text(i, 3)), money_from(rows->text(i, 4))});
    return {};
}

Result PortfolioLoader::load_holdings(const std::string& accounts, Connection& connection) {
    auto rows = connection.prepared(
        "SELECT account_id, security_id, quantity_units, reserved_units, cost_basis, realized_pnl, fifo_realized_pnl, "
        "pending_in_units, pending_out_units FROM holdings WHERE account_id = ANY($1::bigint[])",
        {accounts});
    if (!rows) return std::unexpected(rows.error());
    for (int i = 0; i < rows->size(); ++i)
        fold_.holdings.load(holding_of(*rows, i, 0), {{rows->integer(i, 2)},
                                                      {rows->integer(i, 3)},
                                                      money_from(rows->text(i, 4)),
                                                      money_from(rows->text(i, 5)),
                                                      money_from(rows->text(i, 6)),
                                                      {rows->integer(i, 7)},
                                                      {rows->integer(i, 8)}});
    return {};
}

Result PortfolioLoader::load_reservations(const Wanted& wanted, Connection& connection) {
    if (wanted.orders.empty()) return {};
    auto rows = connection.prepared(
        "SELECT order_id, cash, quantity_units FROM reservations WHERE order_id = ANY($1::bigint[])",
        {array_of(wanted.orders)});
    if (!rows) return std::unexpected(rows.error());
    for (int i = 0; i < rows->size(); ++i)
        fold_.reservations.load(static_cast<OrderId>(rows->integer(i, 0)),
                                {money_from(rows->text(i, 1)), {rows->integer(i, 2)}});
    return {};
}

// What canceled trades sold, the lots that it came from, and the lots that the buyers got.
Result PortfolioLoader::load_canceled(const Wanted& wanted, Connection& connection) {
    if (wanted.canceled.empty()) return {};
    const std::string trades = array_of(wanted.canceled);
    auto sales = connection.prepared(
        "SELECT trade_id, event_seq, account_id, security_id, acquired_seq, "
        "(extract(epoch FROM disposed_at) * 1000000)::bigint, quantity_units, cost, proceeds "
        "FROM lot_disposals WHERE trade_id = ANY($1::bigint[]) ORDER BY trade_id, event_seq, acquired_seq",
        {trades});
    if (!sales) return std::unexpected(sales.error());
    for (int i = 0; i < sales->size(); ++i) {
        LotDisposal sale;
        sale.trade = static_cast<TradeId>(sales->integer(i, 0));
        sale.event_seq = static_cast<EventSeq>(sales->integer(i, 1));
        sale.holding = holding_of(*sales, i, 2);
        sale.acquired_seq = static_cast<EventSeq>(sales->integer(i, 4));
        sale.disposed_at.us = sales->integer(i, 5);
        sale.quantity.units = sales->integer(i, 6);
        sale.cost = money_from(sales->text(i, 7));
        sale.proceeds = money_from(sales->text(i, 8));
        fold_.lots.load(sale);
    }
    auto lots = connection.prepared(
        std::string("SELECT ") + kLotColumns +
            " FROM (SELECT account_id, security_id, acquired_seq FROM lot_disposals WHERE trade_id = ANY($1::bigint[]) "
            "UNION SELECT b.account_id, d.security_id, d.event_seq FROM unnest($1::bigint[], $2::bigint[]) "
            "AS b(trade_id, account_id) JOIN lot_disposals d USING (trade_id)) k "
            "JOIN lots l USING (account_id, security_id, acquired_seq)",
        {trades, array_of(wanted.buyers)});
    if (!lots) return std::unexpected(lots.error());
    for (int i = 0; i < lots->size(); ++i) load_lot(*lots, i, fold_.lots);
    return {};
}

Result PortfolioLoader::load_lots(const Wanted& wanted, Connection& connection) {
    for (int most = kLotsOfFirstRound;; most *= 4) {
        std::vector<HoldingKey> missing;
        for (const auto& [key, quantity] : wanted.sold)
            if (!fold_.lots.covers(key, quantity)) missing.push_back(key);
        if (missing.empty()) return {};
        if (auto loaded = load_oldest_lots(missing, most, connection); !loaded) return loaded;
    }
}

Result PortfolioLoader::load_oldest_lots(const std::vector<HoldingKey>& holdings, int most, Connection& connection) {
    auto rows = connection.prepared(
        std::string("SELECT ") + kLotColumns +
            " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS h(account_id, security_id, after_seq) "
            "CROSS JOIN LATERAL (SELECT * FROM lots WHERE account_id = h.account_id AND security_id = h.security_id "
            "AND acquired_seq > h.after_seq AND closed_at IS NULL ORDER BY acquired_seq LIMIT $4) l",
        {array_of(holdings, [](const HoldingKey& key) { return key.account; }),
         array_of(holdings, [](const HoldingKey& key) { return key.security; }),
         array_of(holdings, [this](const HoldingKey& key) { return fold_.lots.known_through(key); }),
         std::to_string(most)});
    if (!rows) return std::unexpected(rows.error());
    struct Found {
        int count{};
        EventSeq last{};
    };
    std::unordered_map<HoldingKey, Found, HoldingKeyHash> found;
    for (int i = 0; i < rows->size(); ++i) {
        Found& of_holding = found[holding_of(*rows, i, 0)];
        ++of_holding.count;
        of_holding.last = std::max(of_holding.last, load_lot(*rows, i, fold_.lots));
    }
    for (const HoldingKey& key : holdings)
        fold_.lots.loaded_through(key, found[key].count < most ? PortfolioLots::kAll : found[key].last);
    return {};
}

}  // namespace buttonwood::projections
