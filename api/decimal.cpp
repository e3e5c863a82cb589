#include "api/decimal.hpp"

#include <limits>

namespace buttonwood::api {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

std::expected<engine::Int128, DecimalError> parse(std::string_view text, int scale, engine::Int128 max) {
    const std::size_t point = text.find('.');
    const std::string_view whole = text.substr(0, point);
    const std::string_view fraction = point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
    if (whole.empty() || (point != std::string_view::npos && fraction.empty()) || (whole.size() > 1 && whole[0] == '0'))
        return std::unexpected(DecimalError::NotANumber);
    for (const char c : whole)
        if (!digit(c)) return std::unexpected(DecimalError::NotANumber);
    for (const char c : fraction)
        if (!digit(c)) return std::unexpected(DecimalError::NotANumber);

    engine::Int128 value = 0;
    const auto push = [&](char c) {
        value = value * 10 + (c - '0');
        return value <= max;
    };
    for (const char c : whole)
        if (!push(c)) return std::unexpected(DecimalError::TooLarge);
    const auto decimals = static_cast<std::size_t>(scale);
    for (std::size_t i = 0; i < decimals; ++i)
        if (!push(i < fraction.size() ? fraction[i] : '0')) return std::unexpected(DecimalError::TooLarge);
    for (std::size_t i = decimals; i < fraction.size(); ++i)
        if (fraction[i] != '0') return std::unexpected(DecimalError::TooManyDecimals);
    return value;
}

}  // namespace

std::expected<std::int64_t, DecimalError> parse_units(std::string_view text, int scale) {
    const auto value = parse(text, scale, std::numeric_limits<std::int64_t>::max());
    if (!value) return std::unexpected(value.error());
    return static_cast<std::int64_t>(*value);
}

std::expected<engine::Money, DecimalError> parse_money(std::string_view text) {
    const auto value = parse(text, engine::kMoneyScale, engine::pow10_128(30));
    if (!value) return std::unexpected(value.error());
    return engine::Money{*value};
}

}  // namespace buttonwood::api
