// Values as PostgreSQL's text input takes them inside array literals. Thread safety: pure functions.
#pragma once

#include "engine/names.hpp"
#include "engine/types.hpp"
#include "eventstore/database.hpp"

#include <charconv>
#include <concepts>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace buttonwood::projections {

void append_int128(std::string& out, engine::Int128 value);
void append_money(std::string& out, engine::Money value);
// RFC 3339, UTC, microseconds.
void append_time(std::string& out, engine::Timestamp time);
// The text as PostgreSQL can store it: what is not UTF-8, and U+0000, becomes U+FFFD. Commands carry whatever bytes the
// edge let through, and no bytes of a note may stop a read model. `replaced` holds the answer if it is not `text`
// itself.
[[nodiscard]] std::string_view storable(std::string_view text, std::string& replaced);
// The same as a string: what a row in memory holds, so that it is the same whether it was loaded or came with an event.
[[nodiscard]] std::string stored_text(std::string_view text);
// "…", with the escapes of an array element.
void append_array_text(std::string& out, std::string_view text);

// What numeric(38,8) prints, in its units: "12.50000000" -> 1250000000. Of a numeric(38): its value.
[[nodiscard]] engine::Money money_from(std::string_view numeric);
// "{trader,operator}", as a text[] takes it.
[[nodiscard]] std::string roles_array(engine::RoleSet roles);

// Enumerations with words are written as their word, the others are ids and written as numbers.
template <class E>
concept Worded = std::is_enum_v<E> && requires(E e) {
    words_of(e);  // found beside the enumeration
};
template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

// An element of an array literal: only free text needs quoting.
template <class T>
void append_value(std::string& out, const T& value) {
    if constexpr (kIsOptional<T>) {
        if (value) return append_value(out, *value);
        out += "NULL";
    } else if constexpr (std::same_as<T, bool>) {
        out += value ? 't' : 'f';
    } else if constexpr (std::integral<T>) {
        char digits[24];
        out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
    } else if constexpr (std::same_as<T, engine::Int128>) {
        append_int128(out, value);
    } else if constexpr (std::same_as<T, engine::Money>) {
        append_money(out, value);
    } else if constexpr (std::same_as<T, engine::Timestamp>) {
        append_time(out, value);
    } else if constexpr (std::same_as<T, engine::RoleSet>) {
        append_array_text(out, roles_array(value));
    } else if constexpr (Worded<T>) {
        out += engine::word_of(value);
    } else if constexpr (std::is_enum_v<T>) {
        append_value(out, static_cast<std::underlying_type_t<T>>(value));
    } else if constexpr (requires { value.units; }) {
        append_value(out, value.units);
    } else if constexpr (requires { value.view(); }) {
        append_value(out, value.view());
    } else {
        std::string replaced;
        append_array_text(out, storable(value, replaced));
    }
}

// "{1,2,3}": a parameter for = ANY($1) and unnest($1).
template <class Range, class Projected = std::identity>
[[nodiscard]] std::string array_of(const Range& values, Projected projected = {}) {
    std::string out = "{";
    for (const auto& value : values) {
        if (out.size() > 1) out += ',';
        append_value(out, std::invoke(projected, value));
    }
    out += '}';
    return out;
}

// Null for an empty string: a note, a request id or a client id that was not given.
template <std::size_t N>
[[nodiscard]] std::optional<engine::FixedString<N>> unless_empty(const engine::FixedString<N>& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}
[[nodiscard]] inline std::optional<std::string_view> unless_empty(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}
// Null for 0: an amount, a time, an id or a word that was not given.
template <class T>
[[nodiscard]] std::optional<T> unless_zero(T value) {
    return value == T{} ? std::nullopt : std::optional(value);
}

}  // namespace buttonwood::projections
