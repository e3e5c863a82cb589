// securities -> reference.securities: terms, trading state, price bands, auctions, shares outstanding; and
// reference.market: the state of the market as a whole.
#include "projections/factories.hpp"
#include "projections/row_cache.hpp"
#include "projections/table_writer.hpp"

#include "engine/events.hpp"

namespace buttonwood::projections {
namespace {

using namespace engine;
using eventstore::Connection;
using eventstore::Rows;

// Of a security, or of the market.
struct StateRow {
    TradingState state = TradingState::Open;
    Note note;
    AuctionKind auction{};
    Timestamp until;
    StateCause cause{};
};
struct MarketRow {
    StateRow state;
    Timestamp updated_at;
    EventSeq updated_seq{};
};
struct Indication {
    Price price;  // 0: nothing would trade
    Quantity paired;
    Quantity imbalance;
    Side imbalance_side{};
    Timestamp at;
};
struct AuctionResult {
    Price price;  // 0: nothing traded
    Quantity paired;
    Timestamp at;
};
struct SecurityRow {
    SecurityCreated terms;  // terms, created_*: only of a row that is new in this batch
    Timestamp created_at;
    EventSeq created_seq{};
    StateRow state;
    Int128 outstanding_units{};
    PriceBandsSet bands;  // its reference price follows the auctions
    std::optional<Indication> indication;
    std::optional<AuctionResult> auction;
    Timestamp updated_at;
    EventSeq updated_seq{};
};
constexpr int kMarketId = 1;

// The security whose row the event changes; None for all other events.
SecurityId changed_by(const EventBody& body) {
    if (const auto* e = std::get_if<TradingStateChanged>(&body)) return e->security;
    if (const auto* e = std::get_if<HoldingsIssued>(&body)) return e->security;
    if (const auto* e = std::get_if<PriceBandsSet>(&body)) return e->security;
    if (const auto* e = std::get_if<AuctionIndicated>(&body)) return e->security;
    if (const auto* e = std::get_if<AuctionUncrossed>(&body)) return e->security;
    return SecurityId::None;
}

class SecuritiesProjection final : public Projection {
public:
    std::string_view name() const override { return "securities"; }
    std::string_view schema() const override { return "reference"; }
    std::vector<std::string_view> tables() const override { return {"securities", "market"}; }

    Result apply(const eventstore::Records& batch, Connection& connection) override {
        if (auto loaded = load(batch, connection); !loaded) return loaded;
        for (const Event& event : batch.events)
            if (auto done = std::visit([&](const auto& body) { return on(event, body); }, event.body); !done)
                return done;
        securities_.flush([this](bool stored, SecurityId id, const SecurityRow& row) { put(stored, id, row); });
        market_.flush([this](bool stored, int id, const MarketRow& row) {
            const StateRow& s = row.state;
            market_writer_.put(stored, id, s.state, unless_empty(s.note), unless_zero(s.auction), unless_zero(s.until),
                               s.cause, row.updated_at, row.updated_seq);
        });
        if (auto written = writer_.flush(connection); !written) return written;
        return market_writer_.flush(connection);
    }

    void reset() override {
        securities_.clear();
        market_.clear();
        market_loaded_ = false;
        writer_.clear();
        market_writer_.clear();
    }

private:
    Result load(const eventstore::Records& batch, Connection& connection) {
        if (!market_loaded_)
            if (auto loaded = load_market(connection); !loaded) return loaded;
        std::vector<SecurityId> wanted;
        for (const Event& event : batch.events)
            if (const SecurityId id = changed_by(event.body); id != SecurityId::None && !securities_.knows(id))
                wanted.push_back(id);
        if (wanted.empty()) return {};
        auto rows = connection.prepared(
            "SELECT security_id, trading_state, state_reason, auction, "
            "(extract(epoch FROM state_until) * 1000000)::bigint, "
            "state_cause, shares_outstanding_units, reference_price_units, static_basis_points, dynamic_basis_points, "
            "halt_us, auction_us, indicated_price_units, indicated_paired_units, indicated_imbalance_units, "
            "indicated_imbalance_side, (extract(epoch FROM indicated_at) * 1000000)::bigint, "
            "auction_price_units, auction_paired_units, (extract(epoch FROM auction_at) * 1000000)::bigint "
            "FROM securities WHERE security_id = ANY($1::bigint[])",
            {array_of(wanted)});
        if (!rows) return std::unexpected(rows.error());
        for (int i = 0; i < rows->size(); ++i)
            securities_.load(static_cast<SecurityId>(rows->integer(i, 0)), row_from(*rows, i));
        return {};
    }

    // The market's row is the market's newest change, which carries all of it: only that there is one must be known.
    Result load_market(Connection& connection) {
        auto rows = connection.prepared("SELECT FROM market", {});
        if (!rows) return std::unexpected(rows.error());
        if (rows->size() != 0) market_.load(kMarketId, {});
        market_loaded_ = true;
        return {};
    }

    static std::int64_t or_zero(const Rows& rows, int row, int column) {
        return rows.is_null(row, column) ? 0 : rows.integer(row, column);
    }
    static SecurityRow row_from(const Rows& rows, int i) {
        SecurityRow row;
        row.state = {from_word<TradingState>(rows.text(i, 1)).value_or(TradingState::Open), rows.text(i, 2),
                     from_word<AuctionKind>(rows.text(i, 3)).value_or(AuctionKind::None), {or_zero(rows, i, 4)},
                     from_word<StateCause>(rows.text(i, 5)).value_or(StateCause::Operator)};
        row.outstanding_units = money_from(rows.text(i, 6)).units;
        row.bands.reference_price = {or_zero(rows, i, 7)};
        row.bands.static_basis_points = static_cast<std::uint32_t>(rows.integer(i, 8));
        row.bands.dynamic_basis_points = static_cast<std::uint32_t>(rows.integer(i, 9));
        row.bands.halt_us = rows.integer(i, 10);
        row.bands.auction_us = rows.integer(i, 11);
        if (!rows.is_null(i, 16))
            row.indication = Indication{{or_zero(rows, i, 12)},
                                        {rows.integer(i, 13)},
                                        {rows.integer(i, 14)},
                                        from_word<Side>(rows.text(i, 15)).value_or(Side::Buy),
                                        {rows.integer(i, 16)}};
        if (!rows.is_null(i, 19))
            row.auction = AuctionResult{{or_zero(rows, i, 17)}, {rows.integer(i, 18)}, {rows.integer(i, 19)}};
        return row;
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
        const StateRow now{e.state, e.note, e.auction, e.until, e.cause};
        if (e.security == SecurityId::None) {
            market_.change_or_create(kMarketId) = {now, event.time, event.seq};
            return {};
        }
        return change(event, e.security, [&now](SecurityRow& row) { row.state = now; });
    }
    Result on(const Event& event, const PriceBandsSet& e) {
        return change(event, e.security, [&e](SecurityRow& row) { row.bands = e; });
    }
    Result on(const Event& event, const AuctionIndicated& e) {
        return change(event, e.security, [&](SecurityRow& row) {
            row.indication = {e.price, e.paired_quantity, e.imbalance_quantity, e.imbalance_side, event.time};
        });
    }
    Result on(const Event& event, const AuctionUncrossed& e) {
        return change(event, e.security, [&](SecurityRow& row) {
            row.indication.reset();
            row.auction = {e.price, e.paired_quantity, event.time};
            if (e.price.units != 0) row.bands.reference_price = e.price;
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

    void put(bool stored, SecurityId id, const SecurityRow& row) {
        const SecurityCreated& t = row.terms;
        const StateRow& s = row.state;
        const PriceBandsSet& b = row.bands;
        const auto indicated = row.indication.value_or(Indication{});
        const auto result = row.auction.value_or(AuctionResult{});
        const auto given = [](const auto& whole, auto value) { return whole ? std::optional(value) : std::nullopt; };
        writer_.put(stored, id, t.symbol, t.name, t.currency, t.price_scale, t.quantity_scale, t.tick_size, t.lot_size,
                    s.state, unless_empty(s.note), row.outstanding_units, row.created_at, row.updated_at,
                    row.created_seq, row.updated_seq, unless_zero(s.auction), unless_zero(s.until), s.cause,
                    unless_zero(b.reference_price), b.static_basis_points, b.dynamic_basis_points, b.halt_us,
                    b.auction_us, unless_zero(indicated.price), given(row.indication, indicated.paired),
                    given(row.indication, indicated.imbalance), given(unless_zero(indicated.imbalance),
                    indicated.imbalance_side), given(row.indication, indicated.at), unless_zero(result.price),
                    given(row.auction, result.paired), given(row.auction, result.at));
    }

    RowCache<SecurityId, SecurityRow> securities_;
    RowCache<int, MarketRow> market_;  // by kMarketId
    bool market_loaded_{};
    TableWriter writer_{"securities",
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
                         {"updated_seq", "bigint"},
                         {"auction", "text"},
                         {"state_until", "timestamptz"},
                         {"state_cause", "text"},
                         {"reference_price_units", "bigint"},
                         {"static_basis_points", "integer"},
                         {"dynamic_basis_points", "integer"},
                         {"halt_us", "bigint"},
                         {"auction_us", "bigint"},
                         {"indicated_price_units", "bigint"},
                         {"indicated_paired_units", "bigint"},
                         {"indicated_imbalance_units", "bigint"},
                         {"indicated_imbalance_side", "text"},
                         {"indicated_at", "timestamptz"},
                         {"auction_price_units", "bigint"},
                         {"auction_paired_units", "bigint"},
                         {"auction_at", "timestamptz"}}};
    TableWriter market_writer_{"market",
                               {{"market_id", "smallint", ColumnUse::Key},
                                {"trading_state", "text"},
                                {"state_reason", "text"},
                                {"auction", "text"},
                                {"state_until", "timestamptz"},
                                {"state_cause", "text"},
                                {"updated_at", "timestamptz"},
                                {"updated_seq", "bigint"}}};
};

}  // namespace

std::unique_ptr<Projection> make_securities() { return std::make_unique<SecuritiesProjection>(); }

}  // namespace buttonwood::projections
