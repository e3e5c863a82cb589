// Rows in PostgreSQL's binary COPY format: nothing is printed here and parsed again there.
//
// What a value is in the database the column says, as it must: a quantity is eight bytes in a bigint, and decimal
// digits in a numeric. A value that its column cannot hold is written so that the server refuses it.
// Thread safety: none.
#pragma once

#include "projections/sql_text.hpp"

namespace buttonwood::projections {

enum class ColumnType : std::uint8_t {
    Bigint,
    Integer,
    Smallint,
    Boolean,
    Text,
    Jsonb,
    Numeric,
    Timestamptz,
    TextArray,
};
// REQUIRES: the name of one of these types.
[[nodiscard]] ColumnType column_type(std::string_view name);

class CopyRows {
public:
    void begin_row(std::size_t columns);
    // One value per column of a row, in their order.
    template <class T>
    void append(ColumnType type, const T& value) {
        if constexpr (kIsOptional<T>) {
            if (value) return append(type, *value);
            append_big_endian<std::int32_t>(-1);
        } else if constexpr (std::same_as<T, bool>) {
            append_field(static_cast<std::uint8_t>(value));
        } else if constexpr (std::integral<T>) {
            append_integer(type, static_cast<std::int64_t>(value));
        } else if constexpr (std::same_as<T, engine::Int128>) {
            append_numeric(value, 0);
        } else if constexpr (std::same_as<T, engine::Money>) {
            append_numeric(value.units, engine::kMoneyScale);
        } else if constexpr (std::same_as<T, engine::Timestamp>) {
            append_field(static_cast<std::uint64_t>(value.us - kEpochUs));
        } else if constexpr (std::same_as<T, engine::RoleSet>) {
            append_words(value);
        } else if constexpr (Worded<T>) {
            append_bytes(type, engine::word_of(value));
        } else if constexpr (std::is_enum_v<T>) {
            append(type, static_cast<std::underlying_type_t<T>>(value));
        } else if constexpr (requires { value.units; }) {
            append(type, value.units);
        } else if constexpr (requires { value.view(); }) {
            append(type, value.view());
        } else {
            std::string replaced;
            append_bytes(type, storable(value, replaced));
        }
    }
    [[nodiscard]] std::int64_t count() const { return count_; }
    // All rows, as COPY ... FROM STDIN (FORMAT binary) takes them. Then clear().
    [[nodiscard]] std::string_view finish();
    void clear();

private:
    static constexpr std::int64_t kEpochUs = 946'684'800'000'000;  // 2000-01-01, from where PostgreSQL counts

    template <std::integral T>
    void append_big_endian(T value);
    // With its length before it.
    template <std::unsigned_integral T>
    void append_field(T value);
    void append_integer(ColumnType type, std::int64_t value);
    void append_numeric(engine::Int128 units, int scale);
    void append_words(engine::RoleSet roles);
    void append_bytes(ColumnType type, std::string_view bytes);

    std::string data_;
    std::int64_t count_{};
};

template <std::integral T>
void CopyRows::append_big_endian(T value) {
    auto rest = static_cast<std::make_unsigned_t<T>>(value);
    char bytes[sizeof(T)];
    for (std::size_t i = sizeof(T); i-- > 0; rest = static_cast<decltype(rest)>(static_cast<std::uint64_t>(rest) >> 8))
        bytes[i] = static_cast<char>(rest & 0xFF);
    data_.append(bytes, sizeof bytes);
}

template <std::unsigned_integral T>
void CopyRows::append_field(T value) {
    append_big_endian<std::int32_t>(sizeof(T));
    append_big_endian(value);
}

}  // namespace buttonwood::projections
