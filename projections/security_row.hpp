// A row of reference.securities in memory, how it is read and how it is written. A part of projection `securities`.
//
// Thread safety: none; one projection owns the rows and the writer.
#pragma once

#include "projections/table_writer.hpp"

#include "engine/events.hpp"

#include <optional>
#include <string>

namespace buttonwood::projections {

// Of a security, or of the market.
struct StateRow {
    engine::TradingState state = engine::TradingState::Open;
    std::string note;  // as the table has it: what is not UTF-8 is longer there than in the event
    engine::AuctionKind auction{};
    engine::Timestamp until;
    engine::StateCause cause{};
};
struct Indication {
    engine::Price price;  // 0: nothing would trade
    engine::Quantity paired;
    engine::Quantity imbalance;
    engine::Side imbalance_side{};
    engine::Timestamp at;
};
struct AuctionResult {
    engine::Price price;  // 0: nothing traded
    engine::Quantity paired;
    engine::Timestamp at;
};
struct Delisting {
    std::string note;
    engine::Timestamp at;
};
struct Valuation {
    engine::Price price;
    engine::Timestamp valued_at;
};
struct FeeRates {
    std::uint32_t maker_ppm{};
    std::uint32_t taker_ppm{};
    engine::AccountId account{};
};
struct SecurityRow {
    engine::SecurityCreated created;  // created, created_*: only of a row that is new in this batch
    engine::Timestamp created_at;
    engine::EventSeq created_seq{};
    StateRow state;
    engine::Int128 outstanding_units{};
    engine::PriceBandsSet bands;  // its reference price follows the auctions
    std::optional<Indication> indication;
    std::optional<AuctionResult> auction;
    engine::SecurityTermsSet terms;  // but for its texts:
    std::string issuer;              // as the table has them
    std::string description;
    std::optional<Delisting> delisting;
    std::optional<Valuation> valuation;  // with the latest valued_at
    std::optional<FeeRates> fees;        // its own
    engine::Timestamp updated_at;
    engine::EventSeq updated_seq{};
};

// SELECT of what security_from() reads, up to its WHERE; the first column is security_id.
[[nodiscard]] std::string_view select_securities();
[[nodiscard]] SecurityRow security_from(const eventstore::Rows& rows, int row);

// Writes rows of reference.securities.
class SecurityWriter {
public:
    void put(bool stored, engine::SecurityId id, const SecurityRow& row);
    [[nodiscard]] Result flush(eventstore::Connection& connection) { return writer_.flush(connection); }
    void clear() { writer_.clear(); }

private:
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
                         {"auction_at", "timestamptz"},
                         {"issuer", "text"},
                         {"asset_class", "text"},
                         {"exemption", "text"},
                         {"accredited_only", "boolean"},
                         {"kyc_required", "boolean"},
                         {"lock_up_until", "timestamptz"},
                         {"settlement_days", "smallint"},
                         {"free_float_units", "bigint"},
                         {"description", "text"},
                         {"delisted_at", "timestamptz"},
                         {"delisted_reason", "text"},
                         {"valuation_price_units", "bigint"},
                         {"valued_at", "timestamptz"},
                         {"maker_ppm", "integer"},
                         {"taker_ppm", "integer"},
                         {"fee_account_id", "bigint"}}};
};

}  // namespace buttonwood::projections
