// Strict reading of JSON that strangers send (rule R11). On top of the grammar it refuses duplicate members, control
// characters and U+0000 in strings, a byte order mark, and more depth or members than any request of ours has.
// Numbers keep their source text: money never passes through a double.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace buttonwood::api {

inline constexpr std::size_t kJsonMaxDepth = 4;
inline constexpr std::size_t kJsonMaxMembers = 32;    // of one object
inline constexpr std::size_t kJsonMaxElements = 1000; // of one array

struct JsonValue {
    enum class Kind : unsigned char { Null, Boolean, Number, String, Array, Object };
    Kind kind = Kind::Null;
    bool boolean = false;
    std::string text;  // String: decoded; Number: as sent
    std::vector<std::pair<std::string, JsonValue>> members;
    std::vector<JsonValue> elements;

    [[nodiscard]] const JsonValue* find(std::string_view name) const {
        for (const auto& [key, value] : members)
            if (key == name) return &value;
        return nullptr;
    }
};

struct JsonError {
    std::string code;    // invalid_json, invalid_decimal, json_depth, json_duplicate_key, json_too_many
    std::string detail;  // one sentence, never the input itself
};

[[nodiscard]] std::expected<JsonValue, JsonError> parse_json(std::string_view text);

}  // namespace buttonwood::api
