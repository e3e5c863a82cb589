// Keys and rows that the parts of `portfolio` share: cash, holdings, reservations, and what is known of securities.
#pragma once

#include "engine/events.hpp"

#include <functional>
#include <optional>
#include <string_view>

namespace buttonwood::projections {

struct CashKey {
    engine::AccountId account{};
    engine::Currency currency;
    friend bool operator==(const CashKey&, const CashKey&) = default;
};
struct CashRow {
    engine::Money total;
    engine::Money reserved;
    engine::Money unsettled;  // proceeds of sales that are pending or failed; part of total
};
struct HoldingKey {
    engine::AccountId account{};
    engine::SecurityId security{};
    friend bool operator==(const HoldingKey&, const HoldingKey&) = default;
};
struct HoldingRow {
    engine::Quantity quantity;
    engine::Quantity reserved;
    engine::Money cost_basis;
    engine::Money realized_pnl;
    engine::Money fifo_realized_pnl;
    engine::Quantity pending_in;   // of trades that are pending or failed; part of quantity
    engine::Quantity pending_out;  // the same; no part of quantity any more
};
// What an open order reserves now. An order that reserves nothing (a bid without limit, the second leg of an oco, the
// exits of a bracket) has none.
struct Reservation {
    engine::Money cash;
    engine::Quantity quantity;
    [[nodiscard]] bool is_empty() const { return cash == engine::Money{} && quantity.units == 0; }
};
struct Instrument {
    engine::Currency currency;
    std::uint8_t price_scale{};
    std::uint8_t quantity_scale{};
    std::optional<engine::Price> last_price;   // none: never traded
    std::optional<engine::EventSeq> traded_seq;
};

struct CashKeyHash {
    std::size_t operator()(const CashKey& key) const {
        return std::hash<std::string_view>{}(key.currency.view()) * 31 + std::hash<engine::AccountId>{}(key.account);
    }
};
struct HoldingKeyHash {
    std::size_t operator()(const HoldingKey& key) const {
        return std::hash<std::uint64_t>{}(std::uint64_t{static_cast<std::uint32_t>(key.account)} << 32 |
                                          static_cast<std::uint32_t>(key.security));
    }
};

// amount x part / whole, rounded down to 10^-8 (towards 0), without overflow.
// REQUIRES: 0 < part <= whole.
[[nodiscard]] engine::Money cost_of_part(engine::Money amount, engine::Quantity part, engine::Quantity whole);

}  // namespace buttonwood::projections
