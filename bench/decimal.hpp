// Decimal strings as the API writes them, and the integers behind them. Exact; no floating point.
#pragma once

#include "engine/types.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace buttonwood::bench {

// "25.50" from 2550 and scale 2; "2550" for scale 0.
[[nodiscard]] inline std::string to_decimal(engine::Int128 units, int scale) {
    const bool negative = units < 0;
    std::string digits;  // the last one first
    for (auto rest = static_cast<engine::UInt128>(negative ? -units : units); rest != 0; rest /= 10)
        digits.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
    const auto point = static_cast<std::size_t>(scale);
    if (digits.size() <= point) digits.append(point + 1 - digits.size(), '0');
    if (point > 0) digits.insert(point, 1, '.');
    if (negative) digits.push_back('-');
    std::ranges::reverse(digits);
    return digits;
}

// The integer behind "25.50"; nothing when the text is no decimal, is finer than the scale or does not fit.
[[nodiscard]] inline std::optional<engine::Int128> to_units(std::string_view text, int scale) {
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    engine::Int128 units = 0;
    int decimals = -1;  // -1: before the point
    int digits = 0;
    for (const char c : text) {
        if (c == '.' && decimals < 0) {
            decimals = 0;
            continue;
        }
        if (c < '0' || c > '9' || ++digits > 36) return std::nullopt;
        if (decimals >= 0 && ++decimals > scale) return std::nullopt;
        units = units * 10 + (c - '0');
    }
    if (digits == 0) return std::nullopt;
    for (int i = std::max(decimals, 0); i < scale; ++i) units *= 10;
    return negative ? -units : units;
}

}  // namespace buttonwood::bench
