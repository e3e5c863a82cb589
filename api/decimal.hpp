// Decimal text to exact integers. The grammar is  digits [ "." digits ]  and nothing else: no sign, exponent, space,
// leading zero or bare point. Thread safety: pure functions.
#pragma once

#include "engine/types.hpp"

#include <expected>
#include <string_view>

namespace buttonwood::api {

enum class DecimalError : unsigned char {
    NotANumber,      // outside the grammar
    TooManyDecimals, // more digits after the point than the scale has (trailing zeros are fine)
    TooLarge,        // beyond the range of the unit
};

// "25.5" at scale 2 -> 2550. REQUIRES: 0 <= scale <= 8.
[[nodiscard]] std::expected<std::int64_t, DecimalError> parse_units(std::string_view text, int scale);
// "12.5" -> money at kMoneyScale.
[[nodiscard]] std::expected<engine::Money, DecimalError> parse_money(std::string_view text);

}  // namespace buttonwood::api
