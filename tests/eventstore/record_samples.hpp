// Values for records of every type, made field by field from the records' own field lists.
#pragma once

#include "engine/events.hpp"
#include "engine/names.hpp"
#include "eventstore/codec.hpp"
#include "eventstore/codec_fields.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace buttonwood::eventstore::samples {

// Where the values come from: 64 bits at a time. Portable: the same numbers with every compiler.
class Source {
public:
    virtual ~Source() = default;
    virtual std::uint64_t next() = 0;
    // Text of at most `capacity` characters.
    virtual std::string text(std::size_t capacity) = 0;
};

class RandomSource final : public Source {
public:
    explicit RandomSource(std::uint64_t seed) : engine_(seed) {}
    std::uint64_t next() override { return engine_(); }
    std::string text(std::size_t capacity) override {
        std::string out(next() % (capacity + 1), '\0');
        for (char& c : out) c = static_cast<char>(next());
        return out;
    }

private:
    std::mt19937_64 engine_;
};

// Every number is the same one, every text as long as it can be (all bits set) or empty.
class BoundarySource final : public Source {
public:
    explicit BoundarySource(std::uint64_t value) : value_(value) {}
    std::uint64_t next() override { return value_; }
    std::string text(std::size_t capacity) override {
        return std::string(value_ == 0 ? 0 : capacity, static_cast<char>(value_));
    }

private:
    std::uint64_t value_;
};

// 1, 2, 3, ...: legible in a golden file.
class CountingSource final : public Source {
public:
    std::uint64_t next() override { return ++count_; }
    std::string text(std::size_t capacity) override {
        return std::string("T" + std::to_string(++count_)).substr(0, capacity);
    }

private:
    std::uint64_t count_{};
};

template <class T>
requires std::integral<T>
void fill(Source& source, T& value) { value = static_cast<T>(source.next()); }
inline void fill(Source& source, bool& value) { value = (source.next() & 1) != 0; }
template <class E>
requires std::is_enum_v<E>
void fill(Source& source, E& value) {
    if constexpr (codec::Worded<E>)
        value = words_of(E{})[source.next() % words_of(E{}).size()].value;
    else
        value = static_cast<E>(source.next());
}
inline void fill(Source& source, engine::RejectReason& value) {
    std::uint64_t count = 0;
    while (codec::is_enumerator(static_cast<engine::RejectReason>(count))) ++count;
    value = static_cast<engine::RejectReason>(source.next() % count);
}
template <class Tag>
void fill(Source& source, engine::Amount<Tag>& value) {
    fill(source, value.units);
}
inline void fill(Source& source, engine::Timestamp& value) { fill(source, value.us); }
inline void fill(Source& source, engine::Money& value) {
    const auto high = static_cast<std::int64_t>(source.next());
    value.units = engine::Int128{high} * (engine::Int128{1} << 32) + static_cast<std::int64_t>(source.next());
}
inline void fill(Source& source, engine::RoleSet& value) {
    value.bits = static_cast<std::uint8_t>(source.next() & engine::kAllRoles);
}
inline void fill(Source& source, engine::Sha256& value) {
    for (std::byte& byte : value) byte = static_cast<std::byte>(source.next());
}
template <std::size_t N>
void fill(Source& source, engine::FixedString<N>& value) {
    value = engine::FixedString<N>(std::string_view(source.text(N)));
}
template <class T>
void fill(Source& source, std::optional<T>& value) {
    value.reset();
    if ((source.next() & 1) != 0) fill(source, value.emplace());
}
template <codec::Record R>
void fill(Source& source, std::vector<R>& records);
template <codec::Record R>
void fill(Source& source, R& record) {
    R::visit(record, [&source](std::string_view, auto& field) { fill(source, field); });
}

template <codec::Record R>
void fill(Source& source, std::vector<R>& records) {
    records.assign(1 + source.next() % engine::kMaxGroupLegs, {});
    for (R& record : records) fill(source, record);
}

// The alternative of this index, filled.
template <class Variant>
Variant make(std::size_t index, Source& source) {
    Variant out;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        ((I == index ? fill(source, out.template emplace<I>()) : void()), ...);
    }
    (std::make_index_sequence<std::variant_size_v<Variant>>{});
    return out;
}

template <class T>
inline constexpr bool kIsList = false;
template <class T>
inline constexpr bool kIsList<std::vector<T>> = true;

template <class T>
bool same(const T& a, const T& b) {
    if constexpr (kIsList<T>) {
        return std::ranges::equal(a, b, [](const auto& x, const auto& y) { return same(x, y); });
    } else if constexpr (codec::Record<T>) {
        std::vector<const void*> left;
        T::visit(a, [&left](std::string_view, const auto& field) { left.push_back(&field); });
        bool equal = true;
        std::size_t next = 0;
        T::visit(b, [&](std::string_view, const auto& field) {
            using Field = std::remove_cvref_t<decltype(field)>;
            equal = same(*static_cast<const Field*>(left[next++]), field) && equal;
        });
        return equal;
    } else {
        return a == b;
    }
}
template <class... T>
bool same(const std::variant<T...>& a, const std::variant<T...>& b) {
    return a.index() == b.index() &&
           std::visit(
               [&b](const auto& value) { return same(value, std::get<std::remove_cvref_t<decltype(value)>>(b)); }, a);
}
inline bool same(const engine::Event& a, const engine::Event& b) {
    return a.seq == b.seq && a.command == b.command && a.time == b.time && same(a.body, b.body);
}
inline bool same(const CommandRecord& a, const CommandRecord& b) {
    return same(a.header, b.header) && same(a.command, b.command) && a.outcome == b.outcome &&
           a.first_seq == b.first_seq && a.event_count == b.event_count;
}
inline bool same(const Records& a, const Records& b) {
    const auto equal = [](const auto& x, const auto& y) { return same(x, y); };
    return std::ranges::equal(a.commands, b.commands, equal) && std::ranges::equal(a.events, b.events, equal) &&
           a.digests == b.digests;
}

// Appends a command of the given type with the given types of events, numbered on from what is there.
inline void append(Records& records, Source& source, engine::EventSeq first_seq, std::size_t command_type,
                   const std::vector<std::size_t>& event_types) {
    CommandRecord& record = records.commands.emplace_back();
    fill(source, record.header);
    fill(source, record.outcome);
    record.command = make<engine::Command>(command_type, source);
    record.first_seq = first_seq + records.events.size();
    record.event_count = static_cast<std::uint32_t>(event_types.size());
    for (const std::size_t type : event_types)
        records.events.push_back({first_seq + records.events.size(), record.header.seq, record.header.time,
                                  make<engine::EventBody>(type, source)});
}

// A digest of the newest events, as many as `length` but none that another digest covers.
inline void append_digest(Records& records, Source& source, std::uint64_t length) {
    const engine::EventSeq last = records.events.back().seq;
    const engine::EventSeq first = records.digests.empty() ? 1 : records.digests.back().last_seq + 1;
    StateDigest digest{last < first + length ? first : last - length, last, {}};
    fill(source, digest.hash.high);
    fill(source, digest.hash.low);
    records.digests.push_back(digest);
}

inline constexpr std::size_t kCommandTypes = std::variant_size_v<engine::Command>;
inline constexpr std::size_t kEventTypes = std::variant_size_v<engine::EventBody>;

// Every command type and every event type at least once.
inline Records all_types(Source& source, engine::EventSeq first_seq) {
    Records records;
    for (std::size_t type = 0; type < std::max(kCommandTypes, kEventTypes); ++type)
        append(records, source, first_seq, type % kCommandTypes, {type % kEventTypes});
    return records;
}

inline std::string encode_all(const Records& records) {
    std::string payload;
    encode(records, payload);
    return payload;
}

}  // namespace buttonwood::eventstore::samples
