// Fields as bytes: what codec.cpp needs to turn any BUTTONWOOD_RECORD into its stored form and back.
//
// One rule per kind of field, none per record: a new record is stored and checked without a line of code here.
// The stored form is canonical: whatever Decoder accepts of a record's newest version, Encoder writes back as the same
// bytes. Encoder knows only the newest version; Decoder reads all, and a field that an older one lacks has its default.
// Thread safety: plain values.
#pragma once

#include "engine/assert.hpp"
#include "engine/events.hpp"
#include "engine/names.hpp"

#include <array>
#include <bit>
#include <concepts>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

namespace buttonwood::eventstore::codec {

static_assert(std::endian::native == std::endian::little, "records are stored as they lie in memory: little-endian");

template <class T>
concept Record = requires { T::kName; };
// An enumeration with a closed set of words; ids are enumerations without one, every number is an id.
template <class T>
concept Worded = std::is_enum_v<T> && requires(T value) { words_of(value); };

template <Worded E>
constexpr bool is_enumerator(E value) {
    for (const auto& entry : words_of(E{}))
        if (entry.value == value) return true;
    return false;
}
constexpr bool is_enumerator(engine::RejectReason value) {
    switch (value) {
#define X(name, number, code, text) case engine::RejectReason::name:
        BUTTONWOOD_REJECT_REASONS(X)
#undef X
        return true;
    }
    return false;
}

template <Record R>
inline constexpr std::size_t kFieldCount = [] {
    R record{};
    std::size_t count = 0;
    R::visit(record, [&count](std::string_view, auto&) { ++count; });
    return count;
}();
// How many fields each version of a record has, version 1 first.
template <Record R>
inline constexpr auto kFieldsOfVersion = [] {
    if constexpr (requires { R::kFieldCounts; })
        return R::kFieldCounts;
    else
        return std::array{kFieldCount<R>};
}();
template <Record R>
inline constexpr auto kNewestVersion = [] {
    constexpr auto& counts = kFieldsOfVersion<R>;
    static_assert(counts.back() == kFieldCount<R>, "a field was appended without a new version");
    for (std::size_t i = 1; i < counts.size(); ++i)
        if (counts[i] <= counts[i - 1]) throw "a version adds fields";
    return static_cast<std::uint16_t>(counts.size());
}();

// The version at which each version of PlaceGroup holds its legs.
inline constexpr std::array<std::uint16_t, 1> kLegVersions{2};
static_assert(kLegVersions.size() == kNewestVersion<engine::PlaceGroup> &&
                  kLegVersions.back() == kNewestVersion<engine::PlaceOrder>,
              "a new version of PlaceOrder needs one of PlaceGroup, and its line here");

// The most bytes that a field of this type takes.
template <class T> struct MaxSize { static constexpr std::size_t value = sizeof(T); };
template <std::size_t N> struct MaxSize<engine::FixedString<N>> { static constexpr std::size_t value = 1 + N; };
template <class T> struct MaxSize<std::optional<T>> { static constexpr std::size_t value = 1 + MaxSize<T>::value; };
template <Record T> struct MaxSize<std::vector<T>> {
    static constexpr std::size_t value = 1 + engine::kMaxGroupLegs * MaxSize<T>::value;
};
template <Record T> struct MaxSize<T> {
    static constexpr std::size_t value = [] {
        T record{};
        std::size_t sum = 0;
        T::visit(record, [&sum](std::string_view, auto& field) {
            sum += MaxSize<std::remove_cvref_t<decltype(field)>>::value;
        });
        return sum;
    }();
};

// Writes fields one after another. REQUIRES: MaxSize bytes of room for each.
class Encoder {
public:
    explicit Encoder(char* at) : at_(at) {}
    [[nodiscard]] char* at() const { return at_; }

    void put(bool value) { raw(static_cast<std::uint8_t>(value)); }
    template <class T>
        requires std::integral<T> || std::is_enum_v<T>
    void put(T value) {
        raw(value);
    }
    template <class Tag> void put(engine::Amount<Tag> value) { raw(value.units); }
    void put(engine::Money value) { raw(value.units); }
    void put(engine::Timestamp value) { raw(value.us); }
    void put(engine::RoleSet value) { raw(value.bits); }
    void put(const engine::Sha256& value) { raw(value); }
    template <std::size_t N> void put(const engine::FixedString<N>& value) {
        raw(value.length);
        std::memcpy(at_, value.chars.data(), value.length);
        at_ += value.length;
    }
    template <class T> void put(const std::optional<T>& value) {
        put(value.has_value());
        if (value) put(*value);
    }
    // REQUIRES: at most kMaxGroupLegs.
    template <Record R> void put(const std::vector<R>& records) {
        BUTTONWOOD_ASSERT(records.size() <= engine::kMaxGroupLegs);
        put(static_cast<std::uint8_t>(records.size()));
        for (const R& record : records) put(record);
    }
    template <Record R> void put(const R& record) {
        R::visit(record, [this](std::string_view, const auto& field) { put(field); });
    }

private:
    template <class T> void raw(const T& value) {
        static_assert(std::is_trivially_copyable_v<T>);
        std::memcpy(at_, &value, sizeof value);
        at_ += sizeof value;
    }
    char* at_;
};

// Reads fields one after another from bytes that nobody vouches for. The first field that does not fit or is no value
// of its type fails; everything after it fails too.
class Decoder {
public:
    explicit Decoder(std::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}
    [[nodiscard]] bool at_end() const { return at_ == end_; }
    // What the failure was, and in which field; static text.
    [[nodiscard]] std::string_view problem() const { return problem_; }
    [[nodiscard]] std::string_view field() const { return field_; }

    [[nodiscard]] bool get(bool& value) {
        std::uint8_t byte{};
        if (!get(byte)) return false;
        value = byte == 1;
        return byte <= 1 || fail("is neither 0 nor 1");
    }
    template <class T>
        requires std::integral<T> || std::is_enum_v<T>
    [[nodiscard]] bool get(T& value) {
        if (!raw(value)) return false;
        if constexpr (Worded<T> || std::same_as<T, engine::RejectReason>)
            return is_enumerator(value) || fail("is not an enumerator");
        return true;
    }
    template <class Tag> [[nodiscard]] bool get(engine::Amount<Tag>& value) { return raw(value.units); }
    [[nodiscard]] bool get(engine::Money& value) { return raw(value.units); }
    [[nodiscard]] bool get(engine::Timestamp& value) { return raw(value.us); }
    [[nodiscard]] bool get(engine::RoleSet& value) {
        return raw(value.bits) && (value.bits <= engine::kAllRoles || fail("has an unknown role"));
    }
    [[nodiscard]] bool get(engine::Sha256& value) { return raw(value); }
    template <std::size_t N> [[nodiscard]] bool get(engine::FixedString<N>& value) {
        std::uint8_t length{};
        if (!raw(length)) return false;
        if (length > N) return fail("is longer than its type");
        if (room() < length) return fail("is cut off");
        std::memcpy(value.chars.data(), at_, length);
        value.length = length;
        at_ += length;
        return true;
    }
    template <class T> [[nodiscard]] bool get(std::optional<T>& value) {
        bool present{};
        if (!get(present)) return false;
        if (!present) {
            value.reset();
            return true;
        }
        return get(value.emplace());
    }
    [[nodiscard]] bool get(std::vector<engine::PlaceOrder>& legs) {
        std::uint8_t count{};
        if (!get(count)) return false;
        if (count > engine::kMaxGroupLegs) return fail("has too many elements");
        legs.resize(count);
        const std::uint16_t version = kLegVersions[version_ - 1U];
        for (engine::PlaceOrder& leg : legs)
            if (!get_fields(leg, version)) return false;
        return true;
    }
    // A record inside another one.
    template <Record R> [[nodiscard]] bool get(R& record) {
        static_assert(kNewestVersion<R> == 1, "its holders must say at which version they hold it, as kLegVersions");
        return get_fields(record, 1);
    }
    // A record that was stored at this version. REQUIRES: 1 <= version <= kNewestVersion<R>, record is fresh.
    template <Record R> [[nodiscard]] bool get_record(R& record, std::uint16_t version) {
        version_ = version;
        return get_fields(record, version);
    }
    // The same, for a field of this name.
    template <class T> [[nodiscard]] bool get(std::string_view name, T& value) {
        if (get(value)) return true;
        if (field_.empty()) field_ = name;
        return false;
    }

private:
    template <Record R> [[nodiscard]] bool get_fields(R& record, std::uint16_t version) {
        std::size_t left = kFieldsOfVersion<R>[version - 1U];
        bool ok = true;
        R::visit(record, [this, &ok, &left](std::string_view name, auto& field) {
            if (left == 0) return;
            --left;
            ok = ok && get(name, field);
        });
        return ok;
    }
    template <class T> [[nodiscard]] bool raw(T& value) {
        static_assert(std::is_trivially_copyable_v<T>);
        if (room() < sizeof value) return fail("is cut off");
        std::memcpy(&value, at_, sizeof value);
        at_ += sizeof value;
        return true;
    }
    [[nodiscard]] std::size_t room() const { return static_cast<std::size_t>(end_ - at_); }
    [[nodiscard]] bool fail(std::string_view problem) {
        problem_ = problem;
        at_ = end_;
        return false;
    }

    const char* at_;
    const char* end_;
    std::string_view problem_;
    std::string_view field_;
    std::uint16_t version_ = 1;  // of the outermost record
};

}  // namespace buttonwood::eventstore::codec
