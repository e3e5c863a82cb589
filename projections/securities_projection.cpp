// securities -> reference.securities: terms, trading state, shares outstanding.
#include "projections/factories.hpp"
#include "projections/row_cache.hpp"
#include "projections/table_writer.hpp"

#include "engine/events.hpp"

namespace buttonwood::projections {
namespace {

using namespace engine;
using eventstore::Connection;

struct SecurityRow {
    SecurityCreated terms;  // terms, created_*: only of a row that is new in this batch
    Timestamp created_at;
    EventSeq created_seq{};
    TradingState state = TradingState::Open;
    Note note;
    Int128 outstanding_units{};
    Timestamp updated_at;
    EventSeq updated_seq{};
};

// The security whose row the event changes; None for all other events.
SecurityId changed_by(const EventBody& body) {
    if (const auto* e = std::get_if<TradingStateChanged>(&body)) return e->security;
    if (const auto* e = std::get_if<HoldingsIssued>(&body)) return e->security;
    return SecurityId::None;
}

class SecuritiesProjection final : public Projection {
public:
    std::string_view name() const override { return "securities"; }
    std::vector<std::string_view> tables() const override { return {"reference.securities"}; }

    Result apply(const eventstore::Records& batch, Connection& connection) override {
        if (auto loaded = load(batch, connection); !loaded) return loaded;
        for (const Event& event : batch.events)
            if (auto done = std::visit([&](const auto& body) { return on(event, body); }, event.body); !done)
                return done;
        securities_.flush([this](bool stored, SecurityId id, const SecurityRow& row) {
            const SecurityCreated& t = row.terms;
            writer_.put(stored, id, t.symbol, t.name, t.currency, t.price_scale, t.quantity_scale, t.tick_size,
                        t.lot_size, row.state, unless_empty(row.note), row.outstanding_units, row.created_at,
                        row.updated_at, row.created_seq, row.updated_seq);
        });
        return writer_.flush(connection);
    }

    void reset() override {
        securities_.clear();
        writer_.clear();
    }

private:
    Result load(const eventstore::Records& batch, Connection& connection) {
        std::vector<SecurityId> wanted;
        for (const Event& event : batch.events)
            if (const SecurityId id = changed_by(event.body); id != SecurityId::None && !securities_.knows(id))
                wanted.push_back(id);
        if (wanted.empty()) return {};
        auto rows = connection.prepared(
            "SELECT security_id, trading_state, state_reason, shares_outstanding_units "
            "FROM reference.securities WHERE security_id = ANY($1::bigint[])",
            {array_of(wanted)});
        if (!rows) return std::unexpected(rows.error());
        for (int i = 0; i < rows->size(); ++i) {
            SecurityRow row;
            row.state = from_word<TradingState>(rows->text(i, 1)).value_or(TradingState::Open);
            row.note = rows->text(i, 2);
            row.outstanding_units = money_from(rows->text(i, 3)).units;
            securities_.load(static_cast<SecurityId>(rows->integer(i, 0)), row);
        }
        return {};
    }

    template <class Other>
    Result on(const Event&, const Other&) {
        return {};
    }

    Result on(const Event& event, const SecurityCreated& e) {
        SecurityRow& row = securities_.create(e.security, {});
        row.terms = e;
        row.created_at = row.updated_at = event.time;
        row.created_seq = row.updated_seq = event.seq;
        return {};
    }
    Result on(const Event& event, const TradingStateChanged& e) {
        return change(event, e.security, [&e](SecurityRow& row) {
            row.state = e.state;
            row.note = e.note;
        });
    }
    Result on(const Event& event, const HoldingsIssued& e) {
        return change(event, e.security, [&e](SecurityRow& row) { row.outstanding_units += e.quantity.units; });
    }

    template <class F>
    Result change(const Event& event, SecurityId id, F&& f) {
        SecurityRow* row = securities_.change(id);
        if (!row)
            return fault("event " + std::to_string(event.seq) + " names security " +
                         std::to_string(static_cast<std::uint32_t>(id)) + ", which does not exist");
        f(*row);
        row->updated_at = event.time;
        row->updated_seq = event.seq;
        return {};
    }

    RowCache<SecurityId, SecurityRow> securities_;
    TableWriter writer_{"reference.securities",
                        {{"security_id", "bigint", ColumnUse::Key},
                         {"symbol", "text", ColumnUse::Fixed},
                         {"name", "text", ColumnUse::Fixed},
                         {"currency", "text", ColumnUse::Fixed},
                         {"price_scale", "smallint", ColumnUse::Fixed},
                         {"quantity_scale", "smallint", ColumnUse::Fixed},
                         {"tick_size_units", "bigint", ColumnUse::Fixed},
                         {"lot_size_units", "bigint", ColumnUse::Fixed},
                         {"trading_state", "text"},
                         {"state_reason", "text"},
                         {"shares_outstanding_units", "numeric"},
                         {"created_at", "timestamptz", ColumnUse::Fixed},
                         {"updated_at", "timestamptz"},
                         {"created_seq", "bigint", ColumnUse::Fixed},
                         {"updated_seq", "bigint"}}};
};

}  // namespace

std::unique_ptr<Projection> make_securities() { return std::make_unique<SecuritiesProjection>(); }

}  // namespace buttonwood::projections
