#include "projections/sql_text.hpp"

#include "eventstore/record_json.hpp"

#include <array>

namespace buttonwood::projections {

using engine::Int128;
using engine::UInt128;

void append_int128(std::string& out, Int128 value) {
    UInt128 rest = value < 0 ? -static_cast<UInt128>(value) : static_cast<UInt128>(value);
    std::array<char, 40> digits{};
    std::size_t at = digits.size();
    do {
        digits[--at] = static_cast<char>('0' + static_cast<int>(rest % 10));
        rest /= 10;
    } while (rest != 0);
    if (value < 0) out += '-';
    out.append(&digits[at], digits.size() - at);
}

void append_money(std::string& out, engine::Money value) { out += eventstore::to_decimal(value); }

void append_time(std::string& out, engine::Timestamp time) { out += eventstore::to_rfc3339(time); }

void append_array_text(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    out += '"';
}

engine::Money money_from(std::string_view numeric) {
    Int128 units = 0;
    for (const char c : numeric)
        if (c >= '0' && c <= '9') units = units * 10 + (c - '0');
    return {numeric.starts_with('-') ? -units : units};
}

std::string roles_array(engine::RoleSet roles) {
    std::string out = "{";
    for (const auto& [role, word] : engine::kRoleWords) {
        if (!roles.has(role)) continue;
        if (out.size() > 1) out += ',';
        out += word;
    }
    out += '}';
    return out;
}

}  // namespace buttonwood::projections
