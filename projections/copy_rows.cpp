#include "projections/copy_rows.hpp"

#include "engine/assert.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace buttonwood::projections {

using engine::Int128;
using engine::UInt128;
using namespace std::literals;

namespace {

constexpr std::string_view kHeader = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"sv;  // signature, no flags, no extension
constexpr char kJsonbVersion = 1;
constexpr std::int32_t kTextOid = 25;
// A numeric is a row of digits of base 10^4, with a weight, a sign, and the decimals that are shown.
constexpr int kDecimalsPerDigit = 4;
constexpr unsigned kDigitBase = 10'000;
constexpr std::size_t kMaxDigits = 12;  // 39 decimals, and some that align them
constexpr std::int16_t kNegative = 0x4000;

template <class T>
bool fits(std::int64_t value) {
    return value >= std::numeric_limits<T>::min() && value <= std::numeric_limits<T>::max();
}

}  // namespace

ColumnType column_type(std::string_view name) {
    static constexpr std::pair<std::string_view, ColumnType> kNames[]{
        {"bigint", ColumnType::Bigint},   {"integer", ColumnType::Integer}, {"smallint", ColumnType::Smallint},
        {"boolean", ColumnType::Boolean}, {"text", ColumnType::Text},       {"jsonb", ColumnType::Jsonb},
        {"numeric", ColumnType::Numeric}, {"timestamptz", ColumnType::Timestamptz},
        {"text[]", ColumnType::TextArray}};
    const auto* found = std::ranges::find(kNames, name, [](const auto& entry) { return entry.first; });
    BUTTONWOOD_ASSERT(found != std::end(kNames));
    return found->second;
}

void CopyRows::begin_row(std::size_t columns) {
    if (data_.empty()) data_ = kHeader;
    append_big_endian(static_cast<std::int16_t>(columns));
    ++count_;
}

std::string_view CopyRows::finish() {
    append_big_endian<std::int16_t>(-1);
    return data_;
}

void CopyRows::clear() {
    data_.clear();
    count_ = 0;
}

// What is too large for its column goes in its full length, which is not the column's.
void CopyRows::append_integer(ColumnType type, std::int64_t value) {
    if (type == ColumnType::Numeric) return append_numeric(value, 0);
    if (type == ColumnType::Integer && fits<std::int32_t>(value))
        return append_field(static_cast<std::uint32_t>(value));
    if (type == ColumnType::Smallint && fits<std::int16_t>(value))
        return append_field(static_cast<std::uint16_t>(value));
    append_field(static_cast<std::uint64_t>(value));
}

void CopyRows::append_numeric(Int128 units, int scale) {
    UInt128 rest = units < 0 ? -static_cast<UInt128>(units) : static_cast<UInt128>(units);
    std::array<std::int16_t, kMaxDigits> digits{};  // the lowest first
    std::size_t count = 0;
    for (; rest > std::numeric_limits<std::uint64_t>::max(); rest /= kDigitBase)
        digits[count++] = static_cast<std::int16_t>(rest % kDigitBase);
    for (auto low = static_cast<std::uint64_t>(rest); low != 0; low /= kDigitBase)
        digits[count++] = static_cast<std::int16_t>(low % kDigitBase);
    std::size_t lowest = 0;
    while (lowest < count && digits[lowest] == 0) ++lowest;
    const auto kept = static_cast<std::int16_t>(count - lowest);
    append_big_endian(static_cast<std::int32_t>(sizeof(std::int16_t)) * (4 + kept));
    append_big_endian(kept);
    append_big_endian(static_cast<std::int16_t>(static_cast<int>(count) - 1 - scale / kDecimalsPerDigit));
    append_big_endian(units < 0 ? kNegative : std::int16_t{0});
    append_big_endian(static_cast<std::int16_t>(scale));
    for (std::size_t i = count; i-- > lowest;) append_big_endian(digits[i]);
}

void CopyRows::append_words(engine::RoleSet roles) {
    CopyRows words;
    std::int32_t count = 0;
    for (const auto& [role, word] : engine::kRoleWords) {
        if (!roles.has(role)) continue;
        words.append_bytes(ColumnType::Text, word);
        ++count;
    }
    const std::int32_t dimensions = count == 0 ? 0 : 1;
    append_big_endian(static_cast<std::int32_t>(sizeof(std::int32_t)) * (3 + 2 * dimensions) +
                      static_cast<std::int32_t>(words.data_.size()));
    append_big_endian(dimensions);
    append_big_endian<std::int32_t>(0);  // no nulls
    append_big_endian(kTextOid);
    if (dimensions == 0) return;
    append_big_endian(count);
    append_big_endian<std::int32_t>(1);  // the first subscript
    data_ += words.data_;
}

void CopyRows::append_bytes(ColumnType type, std::string_view bytes) {
    const bool json = type == ColumnType::Jsonb;
    append_big_endian(static_cast<std::int32_t>(bytes.size() + (json ? 1 : 0)));
    if (json) data_ += kJsonbVersion;
    data_ += bytes;
}

}  // namespace buttonwood::projections
