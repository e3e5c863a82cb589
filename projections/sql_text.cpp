#include "projections/sql_text.hpp"

#include "eventstore/record_json.hpp"

#include <algorithm>
#include <array>

namespace buttonwood::projections {

using engine::Int128;
using engine::UInt128;

namespace {

// The length of the well-formed UTF-8 sequence at the start of `text` (Unicode table 3-7), 0 if there is none or it is
// U+0000.
std::size_t sequence_length(std::string_view text) {
    const auto byte = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const auto follow = [&byte](std::size_t from, std::size_t to) {
        while (from < to && byte(from) >= 0x80 && byte(from) <= 0xBF) ++from;
        return from == to;
    };
    const unsigned lead = byte(0);
    const unsigned second = byte(1);
    if (lead >= 0x01 && lead <= 0x7F) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return follow(1, 2) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        const bool in_range = (lead != 0xE0 || second >= 0xA0) && (lead != 0xED || second <= 0x9F);
        return in_range && follow(1, 3) ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        const bool in_range = (lead != 0xF0 || second >= 0x90) && (lead != 0xF4 || second <= 0x8F);
        return in_range && follow(1, 4) ? 4 : 0;
    }
    return 0;
}

}  // namespace

std::string_view storable(std::string_view text, std::string& replaced) {
    if (std::ranges::all_of(text, [](char c) { return static_cast<signed char>(c) > 0; })) return text;  // ASCII
    for (std::string_view rest = text; !rest.empty();) {
        const std::size_t length = sequence_length(rest);
        replaced += length == 0 ? "\xEF\xBF\xBD" : rest.substr(0, length);
        rest.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return replaced;
}

std::string stored_text(std::string_view text) {
    std::string replaced;
    return std::string(storable(text, replaced));
}

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
