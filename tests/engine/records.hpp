// Records compared and printed field by field, from the list of fields that each one declares (fields.hpp).
#pragma once

#include "engine/commands.hpp"
#include "engine/events.hpp"

#include <optional>
#include <sstream>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

namespace buttonwood::engine::tests {

template <class T>
concept Record = requires(const T& value) { T::visit(value, [](std::string_view, const auto&) {}); };

// Equal in every field except the one named `ignored` (none by default).
template <Record R>
[[nodiscard]] bool same(const R& a, const R& b, std::string_view ignored = {}) {
    bool equal = true;
    R::visit(a, [&](std::string_view name, const auto& field) {
        using Field = std::remove_cvref_t<decltype(field)>;
        // The same member of b, found by its offset: both objects are of one standard-layout type.
        const auto offset = reinterpret_cast<const char*>(&field) - reinterpret_cast<const char*>(&a);
        const auto& other = *reinterpret_cast<const Field*>(reinterpret_cast<const char*>(&b) + offset);
        if (name == ignored) return;
        if constexpr (Record<Field>)
            equal = equal && same(field, other);
        else
            equal = equal && field == other;
    });
    return equal;
}

inline std::string decimal(Int128 value) {
    if (value == 0) return "0";
    const bool negative = value < 0;
    std::string digits;
    for (auto rest = static_cast<UInt128>(negative ? -value : value); rest != 0; rest /= 10)
        digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
    return negative ? "-" + digits : digits;
}

template <class T>
void print(std::ostream& out, const T& value) {
    if constexpr (Record<T>) {
        out << T::kName << '{';
        const char* separator = "";
        T::visit(value, [&](std::string_view name, const auto& field) {
            out << std::exchange(separator, ", ") << name << '=';
            print(out, field);
        });
        out << '}';
    } else if constexpr (requires { value.has_value(); }) {
        if (value)
            print(out, *value);
        else
            out << '-';
    } else if constexpr (requires { value.units; }) {
        out << decimal(value.units);
    } else if constexpr (requires { value.us; }) {
        out << value.us;
    } else if constexpr (requires { value.view(); }) {
        out << '"' << value.view() << '"';
    } else if constexpr (std::is_same_v<T, std::vector<PlaceOrder>>) {
        out << '[';
        for (const PlaceOrder& leg : value) print(out, leg);
        out << ']';
    } else if constexpr (std::is_same_v<T, RoleSet>) {
        out << static_cast<int>(value.bits);
    } else if constexpr (std::is_same_v<T, Sha256>) {
        out << std::to_integer<int>(value[0]) << "..";
    } else if constexpr (std::is_same_v<T, RejectReason>) {
        out << code_of(value);
    } else {
        out << decimal(static_cast<Int128>(value));
    }
}

// "OrderCanceled{order=3, account=1, ...}"
template <class... Records>
[[nodiscard]] std::string describe(const std::variant<Records...>& record) {
    std::ostringstream out;
    std::visit([&](const auto& value) { print(out, value); }, record);
    return out.str();
}

}  // namespace buttonwood::engine::tests
