#include "projections/security_row.hpp"

namespace buttonwood::projections {

using namespace engine;
using eventstore::Rows;

std::string_view select_securities() {
    return "SELECT security_id, trading_state, state_reason, auction, "
           "(extract(epoch FROM state_until) * 1000000)::bigint, "
           "state_cause, shares_outstanding_units, reference_price_units, static_basis_points, dynamic_basis_points, "
           "halt_us, auction_us, indicated_price_units, indicated_paired_units, indicated_imbalance_units, "
           "indicated_imbalance_side, (extract(epoch FROM indicated_at) * 1000000)::bigint, "
           "auction_price_units, auction_paired_units, (extract(epoch FROM auction_at) * 1000000)::bigint, "
           "issuer, asset_class, exemption, accredited_only, kyc_required, "
           "(extract(epoch FROM lock_up_until) * 1000000)::bigint, settlement_days, free_float_units, description, "
           "delisted_reason, (extract(epoch FROM delisted_at) * 1000000)::bigint, "
           "valuation_price_units, (extract(epoch FROM valued_at) * 1000000)::bigint, "
           "maker_ppm, taker_ppm, fee_account_id "
           "FROM securities ";
}

namespace {

// Columns from issuer on.
void read_terms(const Rows& rows, int i, SecurityRow& row) {
    row.issuer = rows.text(i, 20);
    row.terms.asset_class = from_word<AssetClass>(rows.text(i, 21)).value_or(AssetClass::Equity);
    row.terms.exemption = from_word<Exemption>(rows.text(i, 22)).value_or(Exemption::None);
    row.terms.accredited_only = rows.text(i, 23) == "t";
    row.terms.kyc_required = rows.text(i, 24) == "t";
    row.terms.lock_up_until = {rows.integer(i, 25)};
    row.terms.settlement_days = static_cast<std::uint8_t>(rows.integer(i, 26));
    row.terms.free_float = {rows.integer(i, 27)};
    row.description = rows.text(i, 28);
    if (!rows.is_null(i, 30)) row.delisting = Delisting{std::string(rows.text(i, 29)), {rows.integer(i, 30)}};
    if (!rows.is_null(i, 32)) row.valuation = Valuation{{rows.integer(i, 31)}, {rows.integer(i, 32)}};
    if (!rows.is_null(i, 33))
        row.fees = FeeRates{static_cast<std::uint32_t>(rows.integer(i, 33)),
                            static_cast<std::uint32_t>(rows.integer(i, 34)),
                            static_cast<AccountId>(rows.integer(i, 35))};
}

}  // namespace

SecurityRow security_from(const Rows& rows, int i) {
    SecurityRow row;
    row.state = {from_word<TradingState>(rows.text(i, 1)).value_or(TradingState::Open), std::string(rows.text(i, 2)),
                 from_word<AuctionKind>(rows.text(i, 3)).value_or(AuctionKind::None), {rows.integer(i, 4)},
                 from_word<StateCause>(rows.text(i, 5)).value_or(StateCause::Operator)};
    row.outstanding_units = money_from(rows.text(i, 6)).units;
    row.bands.reference_price = {rows.integer(i, 7)};
    row.bands.static_basis_points = static_cast<std::uint32_t>(rows.integer(i, 8));
    row.bands.dynamic_basis_points = static_cast<std::uint32_t>(rows.integer(i, 9));
    row.bands.halt_us = rows.integer(i, 10);
    row.bands.auction_us = rows.integer(i, 11);
    if (!rows.is_null(i, 16))
        row.indication = Indication{{rows.integer(i, 12)},
                                    {rows.integer(i, 13)},
                                    {rows.integer(i, 14)},
                                    from_word<Side>(rows.text(i, 15)).value_or(Side::Buy),
                                    {rows.integer(i, 16)}};
    if (!rows.is_null(i, 19))
        row.auction = AuctionResult{{rows.integer(i, 17)}, {rows.integer(i, 18)}, {rows.integer(i, 19)}};
    read_terms(rows, i, row);
    return row;
}

void SecurityWriter::put(bool stored, SecurityId id, const SecurityRow& row) {
    const SecurityCreated& c = row.created;
    const StateRow& s = row.state;
    const PriceBandsSet& b = row.bands;
    const SecurityTermsSet& t = row.terms;
    const auto indicated = row.indication.value_or(Indication{});
    const auto result = row.auction.value_or(AuctionResult{});
    const auto valuation = row.valuation.value_or(Valuation{});
    const auto fees = row.fees.value_or(FeeRates{});
    const auto delisting = row.delisting.value_or(Delisting{});
    const auto given = [](const auto& whole, auto value) { return whole ? std::optional(value) : std::nullopt; };
    writer_.put(stored, id, c.symbol, c.name, c.currency, c.price_scale, c.quantity_scale, c.tick_size, c.lot_size,
                s.state, unless_empty(s.note), row.outstanding_units, row.created_at, row.updated_at,
                row.created_seq, row.updated_seq, unless_zero(s.auction), unless_zero(s.until), s.cause,
                unless_zero(b.reference_price), b.static_basis_points, b.dynamic_basis_points, b.halt_us,
                b.auction_us, unless_zero(indicated.price), given(row.indication, indicated.paired),
                given(row.indication, indicated.imbalance), given(unless_zero(indicated.imbalance),
                indicated.imbalance_side), given(row.indication, indicated.at), unless_zero(result.price),
                given(row.auction, result.paired), given(row.auction, result.at),
                unless_empty(row.issuer), t.asset_class, t.exemption, t.accredited_only, t.kyc_required,
                unless_zero(t.lock_up_until), t.settlement_days, unless_zero(t.free_float),
                unless_empty(row.description), given(row.delisting, delisting.at),
                unless_empty(delisting.note), given(row.valuation, valuation.price),
                given(row.valuation, valuation.valued_at), given(row.fees, fees.maker_ppm),
                given(row.fees, fees.taker_ppm), given(row.fees, fees.account));
}

}  // namespace buttonwood::projections
