// securities -> reference.securities: terms, trading state, price bands, auctions, shares outstanding, fees;
// .valuations; .market and .market_fees: the state and the fees of the market as a whole.
#include "projections/factories.hpp"
#include "projections/row_cache.hpp"
#include "projections/security_row.hpp"

#include "eventstore/codec.hpp"

namespace buttonwood::projections {
namespace {

using namespace engine;
using eventstore::Connection;

struct MarketRow {
    StateRow state;
    Timestamp updated_at;
    EventSeq updated_seq{};
};
struct MarketFeesRow {
    FeeRates fees;
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
    if (const auto* e = std::get_if<SecurityTermsSet>(&body)) return e->security;
    if (const auto* e = std::get_if<ValuationRecorded>(&body)) return e->security;
    if (const auto* e = std::get_if<SecurityDelisted>(&body)) return e->security;
    if (const auto* e = std::get_if<FeesSet>(&body)) return e->security;
    return SecurityId::None;
}

class SecuritiesProjection final : public Projection {
public:
    std::string_view name() const override { return "securities"; }
    std::string_view schema() const override { return "reference"; }
    std::vector<std::string_view> tables() const override {
        return {"valuations", "market_fees", "securities", "market"};
    }

    Result apply(const eventstore::Records& batch, Connection& connection) override {
        if (auto loaded = load(batch, connection); !loaded) return loaded;
        for (const Event& event : batch.events)
            if (auto done = std::visit([&](const auto& body) { return on(event, body); }, event.body); !done)
                return done;
        securities_.flush([this](bool stored, SecurityId id, const SecurityRow& row) { writer_.put(stored, id, row); });
        market_.flush([this](bool stored, int id, const MarketRow& row) {
            const StateRow& s = row.state;
            market_writer_.put(stored, id, s.state, unless_empty(s.note), unless_zero(s.auction), unless_zero(s.until),
                               s.cause, row.updated_at, row.updated_seq);
        });
        market_fees_.flush([this](bool stored, int id, const MarketFeesRow& row) {
            fees_writer_.put(stored, id, row.fees.maker_ppm, row.fees.taker_ppm, row.fees.account, row.updated_at,
                             row.updated_seq);
        });
        if (auto written = writer_.flush(connection); !written) return written;
        for (TableWriter* writer : {&market_writer_, &fees_writer_, &valuation_writer_})
            if (auto written = writer->flush(connection); !written) return written;
        return {};
    }

    void reset() override {
        securities_.clear();
        market_.clear();
        market_fees_.clear();
        market_loaded_ = false;
        writer_.clear();
        for (TableWriter* writer : {&market_writer_, &fees_writer_, &valuation_writer_}) writer->clear();
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
        auto rows = connection.prepared(std::string(select_securities()) + "WHERE security_id = ANY($1::bigint[])",
                                        {array_of(wanted)});
        if (!rows) return std::unexpected(rows.error());
        for (int i = 0; i < rows->size(); ++i)
            securities_.load(static_cast<SecurityId>(rows->integer(i, 0)), security_from(*rows, i));
        return {};
    }

    // The market's rows are its newest changes, which carry all of them: only that there are any must be known.
    Result load_market(Connection& connection) {
        auto state = connection.prepared("SELECT FROM market", {});
        if (!state) return std::unexpected(state.error());
        if (state->size() != 0) market_.load(kMarketId, {});
        auto fees = connection.prepared("SELECT FROM market_fees", {});
        if (!fees) return std::unexpected(fees.error());
        if (fees->size() != 0) market_fees_.load(kMarketId, {});
        market_loaded_ = true;
        return {};
    }

    template <class Other>
    Result on(const Event&, const Other&) {
        return {};
    }

    Result on(const Event& event, const SecurityCreated& e) {
        SecurityRow& row = securities_.create(e.security, {});
        row.created = e;
        row.created_at = row.updated_at = event.time;
        row.created_seq = row.updated_seq = event.seq;
        return {};
    }
    Result on(const Event& event, const TradingStateChanged& e) {
        const StateRow now{e.state, stored_text(e.note.view()), e.auction, e.until, e.cause};
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

    Result on(const Event& event, const SecurityTermsSet& e) {
        return change(event, e.security, [&e](SecurityRow& row) {
            row.terms = e;
            row.issuer = stored_text(e.issuer.view());
            row.description = stored_text(e.description.view());
        });
    }
    Result on(const Event& event, const ValuationRecorded& e) {
        valuation_writer_.insert(event.seq, e.security, e.price, e.valued_at, unless_empty(e.method), event.time);
        return change(event, e.security, [&e](SecurityRow& row) {
            if (!row.valuation || row.valuation->valued_at <= e.valued_at)
                row.valuation = Valuation{e.price, e.valued_at};
        });
    }
    Result on(const Event& event, const SecurityDelisted& e) {
        return change(event, e.security, [&](SecurityRow& row) {
            row.delisting = Delisting{stored_text(e.note.view()), event.time};
        });
    }
    Result on(const Event& event, const FeesSet& e) {
        const FeeRates fees{e.maker_ppm, e.taker_ppm, e.account};
        if (e.security == SecurityId::None) {
            market_fees_.change_or_create(kMarketId) = {fees, event.time, event.seq};
            return {};
        }
        return change(event, e.security, [&fees](SecurityRow& row) { row.fees = fees; });
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
    RowCache<int, MarketRow> market_;           // by kMarketId
    RowCache<int, MarketFeesRow> market_fees_;  // by kMarketId
    bool market_loaded_{};
    SecurityWriter writer_;
    TableWriter market_writer_{"market",
                               {{"market_id", "smallint", ColumnUse::Key},
                                {"trading_state", "text"},
                                {"state_reason", "text"},
                                {"auction", "text"},
                                {"state_until", "timestamptz"},
                                {"state_cause", "text"},
                                {"updated_at", "timestamptz"},
                                {"updated_seq", "bigint"}}};
    TableWriter fees_writer_{"market_fees",
                             {{"market_id", "smallint", ColumnUse::Key},
                              {"maker_ppm", "integer"},
                              {"taker_ppm", "integer"},
                              {"fee_account_id", "bigint"},
                              {"updated_at", "timestamptz"},
                              {"updated_seq", "bigint"}}};
    TableWriter valuation_writer_{"valuations",
                                  {{"event_seq", "bigint", ColumnUse::Key},
                                   {"security_id", "bigint", ColumnUse::Fixed},
                                   {"price_units", "bigint", ColumnUse::Fixed},
                                   {"valued_at", "timestamptz", ColumnUse::Fixed},
                                   {"method", "text", ColumnUse::Fixed},
                                   {"recorded_at", "timestamptz", ColumnUse::Fixed}}};
};

}  // namespace

std::unique_ptr<Projection> make_securities() { return std::make_unique<SecuritiesProjection>(); }

}  // namespace buttonwood::projections
