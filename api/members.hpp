// Reads the members of a JSON object into typed values and keeps the first complaint.
//
//     Members m(object, {"symbol", "quantity", "price"});   // any other member: unknown_field
//     const auto quantity = m.units("quantity", security.quantity_scale, "quantity_not_on_lot", "max_quantity");
//     if (m.failed()) return std::unexpected(m.problem());
//
// Thread safety: one reader, one thread.
#pragma once

#include "api/decimal.hpp"
#include "api/json_reader.hpp"
#include "api/problem.hpp"
#include "engine/names.hpp"

#include <initializer_list>
#include <span>

namespace buttonwood::api {

class Members {
public:
    Members(const JsonValue& object, std::initializer_list<std::string_view> known);

    [[nodiscard]] bool failed() const { return problem_.has_value(); }
    [[nodiscard]] Problem problem() const { return *problem_; }
    // Only the first complaint counts.
    void complain(Problem problem) { if (!problem_) problem_ = std::move(problem); }

    [[nodiscard]] bool has(std::string_view name) const;  // present and not null
    [[nodiscard]] std::string_view required_text(std::string_view name, std::size_t max_size);
    [[nodiscard]] std::string_view optional_text(std::string_view name, std::size_t max_size);
    [[nodiscard]] bool flag(std::string_view name, bool otherwise);
    [[nodiscard]] std::uint8_t small_number(std::string_view name, std::uint8_t max);
    // Exact amounts, as a string or as a number's source text.
    [[nodiscard]] std::int64_t units(std::string_view name, int scale, std::string_view too_fine,
                                     std::string_view too_large);
    [[nodiscard]] engine::Money money(std::string_view name);
    // "1.5" -> 150 basis points; at most two decimals.
    [[nodiscard]] std::uint32_t percent(std::string_view name);
    // A JSON number without a fraction, at most max.
    [[nodiscard]] std::int64_t whole_number(std::string_view name, std::int64_t max);
    // "2026-11-20T17:25:49.348123Z", after 1970.
    [[nodiscard]] engine::Timestamp time(std::string_view name);
    template <class E> [[nodiscard]] E word(std::string_view name, std::optional<E> otherwise = {}) {
        const JsonValue* value = get(name);
        if (!value && otherwise) return *otherwise;
        if (!expect(value, name, JsonValue::Kind::String)) return E{};
        const auto found = engine::from_word<E>(value->text);
        if (!found) bad_word(name, accepted_words(E{}));
        return found.value_or(E{});
    }
    [[nodiscard]] engine::RoleSet roles(std::string_view name);
    // The elements of an array; whatever they are.
    [[nodiscard]] std::span<const JsonValue> list(std::string_view name);

    template <class E> [[nodiscard]] static std::string accepted_words(E) {
        std::string list;
        for (const auto& entry : engine::words_of(E{})) (list += list.empty() ? "" : ", ") += entry.word;
        return list;
    }

private:
    [[nodiscard]] const JsonValue* get(std::string_view name) const;  // nullptr when absent or null
    bool expect(const JsonValue* value, std::string_view name, JsonValue::Kind kind);
    void bad_word(std::string_view name, std::string accepted);
    [[nodiscard]] std::string_view number_text(std::string_view name);

    const JsonValue& object_;
    std::optional<Problem> problem_;
};

[[nodiscard]] bool is_client_order_id(std::string_view text);  // [A-Za-z0-9._:/-]{1,64}

}  // namespace buttonwood::api
