// portfolio -> portfolio.cash, .holdings, .reservations, .instruments.
#include "projections/factories.hpp"
#include "projections/order_row.hpp"
#include "projections/portfolio_fold.hpp"
#include "projections/table_writer.hpp"

#include <unordered_set>

namespace buttonwood::projections {
namespace {

using namespace engine;
using eventstore::Connection;

// The rows that a batch needs and that were there before it.
struct Wanted {
    std::unordered_set<AccountId> accounts;
    std::vector<OrderId> orders;
};

class PortfolioProjection final : public Projection {
public:
    std::string_view name() const override { return "portfolio"; }
    std::string_view schema() const override { return "portfolio"; }
    std::vector<std::string_view> tables() const override {
        return {"cash", "holdings", "reservations", "instruments"};
    }

    Result apply(const eventstore::Records& batch, Connection& connection) override {
        if (auto loaded = load(batch.events, connection); !loaded) return loaded;
        for (const Event& event : batch.events)
            if (auto done = fold_.apply(event); !done) return done;
        collect_changes();
        for (TableWriter* writer : {&cash_writer_, &holding_writer_, &reservation_writer_, &instrument_writer_})
            if (auto written = writer->flush(connection); !written) return written;
        return {};
    }

    void reset() override {
        fold_.clear();
        accounts_.clear();
        instruments_loaded_ = false;
        cash_writer_.clear();
        holding_writer_.clear();
        reservation_writer_.clear();
        instrument_writer_.clear();
    }

private:
    Result load(const std::vector<Event>& events, Connection& connection) {
        if (!instruments_loaded_)
            if (auto loaded = load_instruments(connection); !loaded) return loaded;
        const OrderId accepted_here = first_accepted(events);
        Wanted wanted;
        for (const Event& event : events)
            std::visit([&](const auto& body) { want(body, accepted_here, wanted); }, event.body);
        if (auto loaded = load_accounts(wanted, connection); !loaded) return loaded;
        return load_reservations(wanted, connection);
    }

    void want_account(AccountId account, Wanted& wanted) {
        if (!accounts_.contains(account)) wanted.accounts.insert(account);
    }
    void want_order(OrderId order, OrderId accepted_here, Wanted& wanted) {
        if (order < accepted_here && !fold_.reservations.knows(order)) wanted.orders.push_back(order);
    }
    template <class Body>
    void want(const Body& body, OrderId accepted_here, Wanted& wanted) {
        if constexpr (std::same_as<Body, TradeExecuted>) {
            want_account(body.maker_account, wanted);
            want_account(body.taker_account, wanted);
            if (body.fee_account != AccountId::None) want_account(body.fee_account, wanted);
            want_order(body.maker_order, accepted_here, wanted);
            want_order(body.taker_order, accepted_here, wanted);
        } else if constexpr (std::same_as<Body, SettlementChanged>) {
            for (const AccountId account : {body.buyer_account, body.seller_account, body.fee_account})
                if (account != AccountId::None) want_account(account, wanted);
        } else if constexpr (
            requires { body.reserved_cash; } || requires { body.released_cash; }) {
            want_account(body.account, wanted);
            want_order(body.order, accepted_here, wanted);
        } else if constexpr (std::same_as<Body, CashDeposited> || std::same_as<Body, CashWithdrawn> ||
                             std::same_as<Body, HoldingsIssued>) {
            want_account(body.account, wanted);
        }
    }

    Result load_instruments(Connection& connection) {
        auto rows = connection.prepared("SELECT security_id, currency FROM instruments", {});
        if (!rows) return std::unexpected(rows.error());
        for (int i = 0; i < rows->size(); ++i)
            fold_.instruments.load(static_cast<SecurityId>(rows->integer(i, 0)), rows->text(i, 1));
        instruments_loaded_ = true;
        return {};
    }

    Result load_accounts(const Wanted& wanted, Connection& connection) {
        if (wanted.accounts.empty()) return {};
        const std::string ids = array_of(wanted.accounts);
        auto cash = connection.prepared(
            "SELECT account_id, currency, total, reserved FROM cash "
            "WHERE account_id = ANY($1::bigint[])",
            {ids});
        if (!cash) return std::unexpected(cash.error());
        for (int i = 0; i < cash->size(); ++i)
            fold_.cash.load({static_cast<AccountId>(cash->integer(i, 0)), cash->text(i, 1)},
                            {money_from(cash->text(i, 2)), money_from(cash->text(i, 3))});
        auto holdings = connection.prepared(
            "SELECT account_id, security_id, quantity_units, reserved_units, cost_basis, "
            "realized_pnl FROM holdings WHERE account_id = ANY($1::bigint[])",
            {ids});
        if (!holdings) return std::unexpected(holdings.error());
        for (int i = 0; i < holdings->size(); ++i)
            fold_.holdings.load(
                {static_cast<AccountId>(holdings->integer(i, 0)), static_cast<SecurityId>(holdings->integer(i, 1))},
                {{holdings->integer(i, 2)},
                 {holdings->integer(i, 3)},
                 money_from(holdings->text(i, 4)),
                 money_from(holdings->text(i, 5))});
        accounts_.insert(wanted.accounts.begin(), wanted.accounts.end());
        return {};
    }

    Result load_reservations(const Wanted& wanted, Connection& connection) {
        if (wanted.orders.empty()) return {};
        auto rows = connection.prepared(
            "SELECT order_id, cash, quantity_units FROM reservations "
            "WHERE order_id = ANY($1::bigint[])",
            {array_of(wanted.orders)});
        if (!rows) return std::unexpected(rows.error());
        for (int i = 0; i < rows->size(); ++i)
            fold_.reservations.load(static_cast<OrderId>(rows->integer(i, 0)),
                                    {money_from(rows->text(i, 1)), {rows->integer(i, 2)}});
        return {};
    }

    void collect_changes() {
        const bool kept_cash = fold_.cash.flush([this](bool stored, const CashKey& key, const CashRow& row) {
            cash_writer_.put(stored, key.account, key.currency, row.total, row.reserved);
        });
        const bool kept_holdings =
            fold_.holdings.flush([this](bool stored, const HoldingKey& key, const HoldingRow& row) {
                holding_writer_.put(stored, key.account, key.security, row.quantity, row.reserved, row.cost_basis,
                                    row.realized_pnl);
            });
        fold_.reservations.flush(
            [this](bool stored, OrderId order, const Reservation& row) {
                reservation_writer_.put(stored, order, row.cash, row.quantity);
            },
            [this](OrderId order) { reservation_writer_.erase(order); },
            [](OrderId, const Reservation&) { return true; });
        instruments_loaded_ =
            fold_.instruments.flush([this](bool stored, SecurityId security, const Currency& currency) {
                instrument_writer_.put(stored, security, currency);
            });
        if (!kept_cash || !kept_holdings) accounts_.clear();
    }

    PortfolioFold fold_;
    std::unordered_set<AccountId> accounts_;  // whose rows are all loaded
    bool instruments_loaded_{};
    TableWriter cash_writer_{"cash",
                             {{"account_id", "bigint", ColumnUse::Key},
                              {"currency", "text", ColumnUse::Key},
                              {"total", "numeric"},
                              {"reserved", "numeric"}}};
    TableWriter holding_writer_{"holdings",
                                {{"account_id", "bigint", ColumnUse::Key},
                                 {"security_id", "bigint", ColumnUse::Key},
                                 {"quantity_units", "bigint"},
                                 {"reserved_units", "bigint"},
                                 {"cost_basis", "numeric"},
                                 {"realized_pnl", "numeric"}}};
    TableWriter reservation_writer_{
        "reservations",
        {{"order_id", "bigint", ColumnUse::Key}, {"cash", "numeric"}, {"quantity_units", "bigint"}}};
    TableWriter instrument_writer_{"instruments",
                                   {{"security_id", "bigint", ColumnUse::Key}, {"currency", "text"}}};
};

}  // namespace

std::unique_ptr<Projection> make_portfolio() { return std::make_unique<PortfolioProjection>(); }

}  // namespace buttonwood::projections
