#include "api/members.hpp"

#include "api/rfc3339.hpp"

#include <algorithm>

namespace buttonwood::api {
namespace {

std::string pointer_to(std::string_view name) { return "/" + std::string(name); }

std::string_view word_of(JsonValue::Kind kind) {
    switch (kind) {
        case JsonValue::Kind::Null: return "null";
        case JsonValue::Kind::Boolean: return "a boolean";
        case JsonValue::Kind::Number: return "a number";
        case JsonValue::Kind::String: return "a string";
        case JsonValue::Kind::Array: return "an array";
        case JsonValue::Kind::Object: return "an object";
    }
    return "something else";
}

}  // namespace

bool is_client_order_id(std::string_view text) {
    const auto allowed = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == ':' || c == '/' || c == '-';
    };
    return !text.empty() && text.size() <= engine::ClientOrderId::kCapacity && std::ranges::all_of(text, allowed);
}

Members::Members(const JsonValue& object, std::initializer_list<std::string_view> known) : object_(object) {
    if (object.kind != JsonValue::Kind::Object) {
        complain(api::problem("invalid_json", "The body must be a JSON object."));
        return;
    }
    for (const auto& [name, value] : object.members)
        if (std::ranges::find(known, name) == known.end()) {
            std::string list;
            for (const std::string_view k : known) (list += list.empty() ? "" : ", ") += k;
            // The pointer is spelled from what was sent only where that is a plain name.
            const bool plain = std::ranges::all_of(
                name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; });
            complain(field_problem("unknown_field", plain && name.size() <= 40 ? pointer_to(name) : "/",
                                   "A member is not known here.", list));
        }
}

const JsonValue* Members::get(std::string_view name) const {
    const JsonValue* value = object_.find(name);
    return value && value->kind != JsonValue::Kind::Null ? value : nullptr;
}

bool Members::has(std::string_view name) const { return get(name) != nullptr; }

bool Members::expect(const JsonValue* value, std::string_view name, JsonValue::Kind kind) {
    if (!value) {
        complain(field_problem("missing_field", pointer_to(name), "The member " + std::string(name) + " is needed."));
        return false;
    }
    if (value->kind == kind) return true;
    complain(field_problem("invalid_type", pointer_to(name),
                           "The member " + std::string(name) + " must be " + std::string(word_of(kind)) + ".",
                           std::string(word_of(kind)), std::string(word_of(value->kind))));
    return false;
}

void Members::bad_word(std::string_view name, std::string accepted) {
    complain(field_problem("invalid_enum", pointer_to(name),
                           "The member " + std::string(name) + " must be one of: " + accepted + ".", accepted));
}

std::string_view Members::required_text(std::string_view name, std::size_t max_size) {
    const JsonValue* value = get(name);
    if (!expect(value, name, JsonValue::Kind::String)) return {};
    if (value->text.empty() || value->text.size() > max_size) {
        complain(
            field_problem("invalid_text", pointer_to(name),
                          "The member " + std::string(name) + " must have 1 to " + std::to_string(max_size) + " bytes.",
                          std::to_string(max_size), std::to_string(value->text.size())));
        return {};
    }
    return value->text;
}

std::string_view Members::optional_text(std::string_view name, std::size_t max_size) {
    return has(name) ? required_text(name, max_size) : std::string_view{};
}

bool Members::flag(std::string_view name, bool otherwise) {
    const JsonValue* value = get(name);
    if (!value) return otherwise;
    return expect(value, name, JsonValue::Kind::Boolean) && value->boolean;
}

std::string_view Members::number_text(std::string_view name) {
    const JsonValue* value = get(name);
    if (value && value->kind == JsonValue::Kind::Number) return value->text;
    return expect(value, name, JsonValue::Kind::String) ? std::string_view(value->text) : std::string_view{};
}

std::int64_t Members::units(std::string_view name, int scale, std::string_view too_fine, std::string_view too_large) {
    const std::string_view text = number_text(name);
    if (failed()) return 0;
    const auto units = parse_units(text, scale);
    if (units) return *units;
    switch (units.error()) {
        case DecimalError::NotANumber:
            complain(field_problem("invalid_decimal", pointer_to(name),
                                   "The member " + std::string(name) + " must be a plain decimal such as \"25.50\"."));
            break;
        case DecimalError::TooManyDecimals:
            complain(field_problem(too_fine, pointer_to(name),
                                   "The member " + std::string(name) + " has more decimals than the security.",
                                   std::to_string(scale) + " decimals"));
            break;
        case DecimalError::TooLarge:
            complain(field_problem(too_large, pointer_to(name), "The member " + std::string(name) + " is too large."));
            break;
    }
    return 0;
}

engine::Money Members::money(std::string_view name) {
    const std::string_view text = number_text(name);
    if (failed()) return {};
    const auto amount = parse_money(text);
    if (amount) return *amount;
    complain(field_problem(amount.error() == DecimalError::TooLarge ? "max_balance" : "invalid_decimal",
                           pointer_to(name),
                           "The member " + std::string(name) + " must be a plain decimal with at most 8 decimals."));
    return {};
}

std::uint8_t Members::small_number(std::string_view name, std::uint8_t max) {
    return static_cast<std::uint8_t>(whole_number(name, max));
}

std::int64_t Members::whole_number(std::string_view name, std::int64_t max) {
    const JsonValue* value = get(name);
    if (!expect(value, name, JsonValue::Kind::Number)) return 0;
    const auto number = parse_units(value->text, 0);
    if (number && *number <= max) return *number;
    complain(field_problem(
        "invalid_decimal", pointer_to(name),
        "The member " + std::string(name) + " must be a whole number up to " + std::to_string(max) + ".",
        std::to_string(max)));
    return 0;
}

std::uint32_t Members::percent(std::string_view name) {
    static constexpr std::int64_t kMax = 1'000'000;  // 10,000 per cent: beyond what any rule accepts
    const std::string_view text = number_text(name);
    if (failed()) return 0;
    const auto points = parse_units(text, 2);
    if (points && *points <= kMax) return static_cast<std::uint32_t>(*points);
    complain(field_problem("invalid_decimal", pointer_to(name),
                           "The member " + std::string(name) +
                               " must be a percentage with at most two decimals such as \"1.5\".",
                           "2 decimals"));
    return 0;
}

engine::Timestamp Members::time(std::string_view name) {
    const JsonValue* value = get(name);
    if (!expect(value, name, JsonValue::Kind::String)) return {};
    const auto time = parse_rfc3339(value->text);
    if (time && time->us > 0) return *time;
    complain(field_problem("invalid_time", pointer_to(name),
                           "The member " + std::string(name) +
                               " must be a time in UTC such as 2026-11-20T17:25:49.348123Z."));
    return {};
}

std::span<const JsonValue> Members::list(std::string_view name) {
    const JsonValue* value = get(name);
    if (!expect(value, name, JsonValue::Kind::Array)) return {};
    return value->elements;
}

engine::RoleSet Members::roles(std::string_view name) {
    engine::RoleSet roles;
    const JsonValue* value = get(name);
    if (!expect(value, name, JsonValue::Kind::Array)) return roles;
    for (const JsonValue& element : value->elements) {
        const auto role = element.kind == JsonValue::Kind::String ? engine::from_word<engine::Role>(element.text)
                                                                  : std::nullopt;
        if (!role) {
            bad_word(name, accepted_words(engine::Role{}));
            return roles;
        }
        roles.add(*role);
    }
    return roles;
}

}  // namespace buttonwood::api
