// bids -> trading.bids, listings -> trading.listings: one class, told its side.
#include "projections/factories.hpp"
#include "projections/order_row.hpp"
#include "projections/row_cache.hpp"
#include "projections/table_writer.hpp"

namespace buttonwood::projections {
namespace {

using namespace engine;
using eventstore::Connection;

class OrdersProjection final : public Projection {
public:
    explicit OrdersProjection(Side side)
        : side_(side),
          table_(side == Side::Buy ? "trading.bids" : "trading.listings"),
          load_sql_("SELECT order_id, price_units, quantity_units, filled_units, leaves_units, notional FROM " +
                    std::string(table_) + " WHERE order_id = ANY($1::bigint[]) AND leaves_units > 0") {}

    std::string_view name() const override { return side_ == Side::Buy ? "bids" : "listings"; }
    std::vector<std::string_view> tables() const override { return {table_}; }

    Result apply(const eventstore::Records& batch, Connection& connection) override {
        if (auto loaded = load(batch.events, connection); !loaded) return loaded;
        for (const Event& event : batch.events)
            if (auto done = std::visit([&](const auto& body) { return on(event, body); }, event.body); !done)
                return done;
        rows_.flush([this](bool stored, OrderId id, const OrderRow& row) { put(stored, id, row); }, [](OrderId) {},
                    [](OrderId, const OrderRow& row) { return row.is_open(); });
        return writer_.flush(connection);
    }

    void reset() override {
        rows_.clear();
        writer_.clear();
    }

private:
    Result load(const std::vector<Event>& events, Connection& connection) {
        const OrderId accepted_here = first_accepted(events);
        std::vector<OrderId> wanted;
        for (const Event& event : events) {
            const OrderId id = changed_order(event.body, side_);
            if (id != OrderId::None && id < accepted_here && !rows_.knows(id)) wanted.push_back(id);
        }
        if (wanted.empty()) return {};
        auto rows = connection.prepared(load_sql_, {array_of(wanted)});
        if (!rows) return std::unexpected(rows.error());
        for (int i = 0; i < rows->size(); ++i) {
            OrderRow row;
            if (!rows->is_null(i, 1)) row.price = Price{rows->integer(i, 1)};
            row.quantity = {rows->integer(i, 2)};
            row.filled = {rows->integer(i, 3)};
            row.leaves = {rows->integer(i, 4)};
            row.notional = money_from(rows->text(i, 5));
            if (row.filled.units > 0) row.status = "partially_filled";
            rows_.load(static_cast<OrderId>(rows->integer(i, 0)), row);
        }
        return {};
    }

    template <class Other>
    Result on(const Event&, const Other&) {
        return {};
    }

    Result on(const Event& event, const OrderAccepted& e) {
        if (e.side == side_) rows_.create(e.order, accepted(event, e));
        return {};
    }
    Result on(const Event& event, const OrderRested& e) {
        if (e.side != side_) return {};
        return change(event, e.order, [&](OrderRow& row) { rest(row, event); });
    }
    Result on(const Event& event, const TradeExecuted& e) {
        const bool takes = e.taker_side == side_;
        return change(event, takes ? e.taker_order : e.maker_order, [&](OrderRow& row) {
            fill(row, event, e, takes ? e.taker_leaves_quantity : e.maker_leaves_quantity);
        });
    }
    Result on(const Event& event, const OrderAmended& e) {
        if (e.side != side_) return {};
        return change(event, e.order, [&](OrderRow& row) { amend(row, event, e); });
    }
    Result on(const Event& event, const OrderCanceled& e) {
        if (e.side != side_) return {};
        return change(event, e.order, [&](OrderRow& row) { close(row, event, "canceled", word_of(e.reason)); });
    }
    Result on(const Event& event, const OrderExpired& e) {
        if (e.side != side_) return {};
        return change(event, e.order, [&](OrderRow& row) { close(row, event, "expired", word_of(e.reason)); });
    }

    template <class F>
    Result change(const Event& event, OrderId id, F&& f) {
        OrderRow* row = rows_.change(id);
        if (!row || !row->is_open()) return unknown_order(id, event.seq);
        f(*row);
        return {};
    }

    void put(bool stored, OrderId id, const OrderRow& row) {
        const OrderAccepted& t = row.terms;
        writer_.put(stored, id, t.account, t.security, t.type, t.time_in_force, t.post_only, row.price, row.quantity,
                    row.filled, row.leaves, row.notional, row.status, row.reason, unless_empty(t.client_order_id),
                    row.created_at, row.updated_at, row.created_seq, row.updated_seq);
    }

    Side side_;
    std::string_view table_;
    std::string load_sql_;
    RowCache<OrderId, OrderRow> rows_;
    TableWriter writer_{table_,
                        {{"order_id", "bigint", ColumnUse::Key},
                         {"account_id", "bigint", ColumnUse::Fixed},
                         {"security_id", "bigint", ColumnUse::Fixed},
                         {"type", "text", ColumnUse::Fixed},
                         {"time_in_force", "text", ColumnUse::Fixed},
                         {"post_only", "boolean", ColumnUse::Fixed},
                         {"price_units", "bigint"},
                         {"quantity_units", "bigint"},
                         {"filled_units", "bigint"},
                         {"leaves_units", "bigint"},
                         {"notional", "numeric"},
                         {"status", "text"},
                         {"reason", "text"},
                         {"client_order_id", "text", ColumnUse::Fixed},
                         {"created_at", "timestamptz", ColumnUse::Fixed},
                         {"updated_at", "timestamptz"},
                         {"created_seq", "bigint", ColumnUse::Fixed},
                         {"updated_seq", "bigint"}}};
};

}  // namespace

std::unique_ptr<Projection> make_orders(Side side) { return std::make_unique<OrdersProjection>(side); }

}  // namespace buttonwood::projections
