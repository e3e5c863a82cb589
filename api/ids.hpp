// Public spellings of ids: "ord_12" <-> OrderId{12}, "key_00ff..." <-> KeyId. Thread safety: pure functions.
#pragma once

#include "engine/types.hpp"

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

namespace buttonwood::api {

constexpr std::string_view prefix_of(engine::UserId) { return "usr_"; }
constexpr std::string_view prefix_of(engine::AccountId) { return "acc_"; }
constexpr std::string_view prefix_of(engine::SecurityId) { return "sec_"; }
constexpr std::string_view prefix_of(engine::OrderId) { return "ord_"; }
constexpr std::string_view prefix_of(engine::TradeId) { return "trd_"; }

template <class Id> [[nodiscard]] std::string to_text(Id id) {
    std::string text(prefix_of(id));
    text += std::to_string(std::to_underlying(id));
    return text;
}

// nullopt unless it is the one spelling of an id above zero.
template <class Id> [[nodiscard]] std::optional<Id> parse_id(std::string_view text) {
    const std::string_view prefix = prefix_of(Id{});
    if (!text.starts_with(prefix)) return std::nullopt;
    text.remove_prefix(prefix.size());
    std::underlying_type_t<Id> number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || text[0] == '0' || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    if (number > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;  // beyond what the read models can name
    return static_cast<Id>(number);
}

}  // namespace buttonwood::api
