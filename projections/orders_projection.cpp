// bids -> trading.bids, .bid_events; listings -> trading.listings, .listing_events: one class, told its side.
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
          table_(side == Side::Buy ? "bids" : "listings"),
          life_table_(side == Side::Buy ? "bid_events" : "listing_events"),
          load_sql_("SELECT order_id, price_units, quantity_units, filled_units, leaves_units, notional, status, "
                    "stop_price_units, display_quantity_units, (extract(epoch FROM expires_at) * 1000000)::bigint, "
                    "prevented_units, activation_reason, (extract(epoch FROM activated_at) * 1000000)::bigint, fees "
                    "FROM " + std::string(table_) + " WHERE order_id = ANY($1::bigint[]) AND leaves_units > 0") {}

    std::string_view name() const override { return side_ == Side::Buy ? "bids" : "listings"; }
    std::string_view schema() const override { return "trading"; }
    std::vector<std::string_view> tables() const override { return {table_, life_table_}; }

    Result apply(const eventstore::Records& batch, Connection& connection) override {
        if (auto loaded = load(batch.events, connection); !loaded) return loaded;
        for (const Event& event : batch.events)
            if (auto done = std::visit([&](const auto& body) { return on(event, body); }, event.body); !done)
                return done;
        rows_.flush([this](bool stored, OrderId id, const OrderRow& row) { put(stored, id, row); }, [](OrderId) {},
                    [](OrderId, const OrderRow& row) { return row.is_open(); });
        if (auto written = writer_.flush(connection); !written) return written;
        return life_writer_.flush(connection);
    }

    void reset() override {
        rows_.clear();
        writer_.clear();
        life_writer_.clear();
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
        for (int i = 0; i < rows->size(); ++i)
            rows_.load(static_cast<OrderId>(rows->integer(i, 0)), row_from(*rows, i));
        return {};
    }

    // Of an open order.
    static OrderRow row_from(const eventstore::Rows& rows, int i) {
        const auto or_zero = [&](int column) { return rows.is_null(i, column) ? 0 : rows.integer(i, column); };
        OrderRow row;
        if (!rows.is_null(i, 1)) row.price = Price{rows.integer(i, 1)};
        row.quantity = {rows.integer(i, 2)};
        row.filled = {rows.integer(i, 3)};
        row.leaves = {rows.integer(i, 4)};
        row.notional = money_from(rows.text(i, 5));
        row.status = rows.text(i, 6) == "held" ? "held" : row.filled.units > 0 ? "partially_filled" : "new";
        row.stop_price = {or_zero(7)};
        row.display_quantity = {or_zero(8)};
        row.expires_at = {or_zero(9)};
        row.prevented_units = money_from(rows.text(i, 10)).units;
        if (!rows.is_null(i, 11)) row.activation_reason = from_word<ActivationReason>(rows.text(i, 11));
        if (!rows.is_null(i, 12)) row.activated_at = Timestamp{rows.integer(i, 12)};
        row.fees = money_from(rows.text(i, 13));
        return row;
    }

    template <class Other>
    Result on(const Event&, const Other&) {
        return {};
    }

    Result on(const Event& event, const OrderAccepted& e) {
        if (e.side != side_) return {};
        const OrderRow& row = rows_.create(e.order, accepted(event, e));
        tell(event, e.order, row, {.kind = "accepted", .quantity = e.quantity, .joins_book = e.rests});
        return {};
    }
    Result on(const Event& event, const OrderRested& e) {
        return change(event, e, [&](OrderRow& row) {
            rest(row, event);
            return Step{.kind = "rested", .quantity = e.leaves_quantity, .joins_book = true};
        });
    }
    Result on(const Event& event, const TradeExecuted& e) {
        const bool takes = e.taker_side == side_;
        return change(event, takes ? e.taker_order : e.maker_order, [&](OrderRow& row) {
            fill(row, event, e, takes);
            return Step{.kind = row.status, .quantity = e.quantity, .price = e.price, .trade = e.trade};
        });
    }
    Result on(const Event& event, const OrderAmended& e) {
        return change(event, e, [&](OrderRow& row) {
            amend(row, event, e);
            return Step{.kind = "amended", .quantity = e.quantity, .joins_book = e.rests && !e.priority_kept};
        });
    }
    Result on(const Event& event, const OrderActivated& e) {
        return change(event, e, [&](OrderRow& row) {
            activate(row, event, e);
            return Step{.kind = "activated", .quantity = e.quantity, .joins_book = e.rests,
                        .reason = word_of(e.reason)};
        });
    }
    Result on(const Event& event, const MatchPrevented& e) {
        return change(event, e.taker_side == side_ ? e.taker_order : e.maker_order, [&](OrderRow& row) {
            prevent(row, event, e);
            return Step{.kind = "prevented", .quantity = e.quantity, .price = e.price, .reason = word_of(e.mode)};
        });
    }
    Result on(const Event& event, const OrderReduced& e) {
        return change(event, e, [&](OrderRow& row) {
            reduce(row, event, e);
            return Step{.kind = "reduced", .quantity = e.by};
        });
    }
    Result on(const Event& event, const OrderRefreshed& e) {
        return change(event, e, [&](OrderRow& row) {
            rest(row, event);
            return Step{.kind = "refreshed", .quantity = e.displayed_quantity, .joins_book = true};
        });
    }
    Result on(const Event& event, const OrderCanceled& e) {
        return change(event, e, [&](OrderRow& row) { return end(row, event, e, "canceled"); });
    }
    Result on(const Event& event, const OrderExpired& e) {
        return change(event, e, [&](OrderRow& row) { return end(row, event, e, "expired"); });
    }

    // What a row of its life says, besides what the order's own row says after the event.
    struct Step {
        std::string_view kind;
        Quantity quantity;
        std::optional<Price> price{};  // none: the order's own
        bool joins_book{};
        std::optional<TradeId> trade{};
        std::optional<std::string_view> reason{};
    };
    template <class End>
    static Step end(OrderRow& row, const Event& event, const End& e, std::string_view status) {
        close(row, event, status, word_of(e.reason));
        return {.kind = status, .quantity = e.leaves_quantity, .reason = row.reason};
    }
    void tell(const Event& event, OrderId id, const OrderRow& row, const Step& step) {
        life_writer_.insert(id, event.seq, step.kind, step.quantity, row.leaves, step.price ? step.price : row.price,
                            step.joins_book, step.trade, step.reason, event.time);
    }

    // Of an event that names one order and its side.
    template <class Body, class F>
        requires requires(Body e) { e.side; }
    Result change(const Event& event, const Body& e, F&& f) {
        return e.side == side_ ? change(event, e.order, std::forward<F>(f)) : Result{};
    }
    template <class F>
    Result change(const Event& event, OrderId id, F&& f) {
        OrderRow* row = rows_.change(id);
        if (!row || !row->is_open()) return unknown_order(id, event.seq);
        tell(event, id, *row, f(*row));
        return {};
    }

    void put(bool stored, OrderId id, const OrderRow& row) {
        const OrderAccepted& t = row.terms;
        writer_.put(stored, id, t.account, t.security, t.type, t.time_in_force, t.post_only, row.price, row.quantity,
                    row.filled, row.leaves, row.notional, row.status, row.reason, unless_empty(t.client_order_id),
                    row.created_at, row.updated_at, row.created_seq, row.updated_seq, unless_zero(row.stop_price),
                    unless_zero(t.trail_amount), unless_zero(t.trail_basis_points), unless_zero(t.protection_price),
                    unless_zero(row.display_quantity), unless_zero(t.min_quantity), t.all_or_none, t.reduce_only,
                    t.self_trade_prevention, unless_zero(row.expires_at), unless_zero(t.group), unless_zero(t.role),
                    row.prevented_units, row.activation_reason, row.activated_at, row.fees, t.maker_ppm, t.taker_ppm);
    }

    Side side_;
    std::string_view table_;
    std::string_view life_table_;
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
                         {"updated_seq", "bigint"},
                         {"stop_price_units", "bigint"},
                         {"trail_amount_units", "bigint", ColumnUse::Fixed},
                         {"trail_basis_points", "integer", ColumnUse::Fixed},
                         {"protection_price_units", "bigint", ColumnUse::Fixed},
                         {"display_quantity_units", "bigint"},
                         {"min_quantity_units", "bigint", ColumnUse::Fixed},
                         {"all_or_none", "boolean", ColumnUse::Fixed},
                         {"reduce_only", "boolean", ColumnUse::Fixed},
                         {"self_trade_prevention", "text", ColumnUse::Fixed},
                         {"expires_at", "timestamptz"},
                         {"group_id", "bigint", ColumnUse::Fixed},
                         {"group_role", "text", ColumnUse::Fixed},
                         {"prevented_units", "numeric"},
                         {"activation_reason", "text"},
                         {"activated_at", "timestamptz"},
                         {"fees", "numeric"},
                         {"maker_ppm", "integer", ColumnUse::Fixed},
                         {"taker_ppm", "integer", ColumnUse::Fixed}}};
    TableWriter life_writer_{life_table_,
                             {{"order_id", "bigint", ColumnUse::Key},
                              {"event_seq", "bigint", ColumnUse::Key},
                              {"kind", "text", ColumnUse::Fixed},
                              {"quantity_units", "bigint", ColumnUse::Fixed},
                              {"leaves_units", "bigint", ColumnUse::Fixed},
                              {"price_units", "bigint", ColumnUse::Fixed},
                              {"joins_book", "boolean", ColumnUse::Fixed},
                              {"trade_id", "bigint", ColumnUse::Fixed},
                              {"reason", "text", ColumnUse::Fixed},
                              {"occurred_at", "timestamptz", ColumnUse::Fixed}}};
};

}  // namespace

std::unique_ptr<Projection> make_orders(Side side) { return std::make_unique<OrdersProjection>(side); }

}  // namespace buttonwood::projections
