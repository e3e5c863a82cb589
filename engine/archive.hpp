// Values as bytes and back, by one list of fields for both directions:
//
//     template <class Archive, class Value> void fields(Archive& archive, Value& value) { archive(value.a, value.b); }
//
// Little-endian: integers and enumerators at their size, bool u8, text u8 length + characters, optional u8 + value,
// records (fields.hpp) field by field, containers u64 count + elements (each). Bytes leave and come in pieces, so that
// nothing needs to hold a whole state twice.
// A reader trusts no byte: it never reads outside its pieces, refuses what is no value of its type, and what follows
// the first failure is ignored. How long a container may be is limited by its bytes alone.
// Thread safety: plain values.
#pragma once

#include "engine/names.hpp"
#include "engine/types.hpp"

#include <bit>
#include <concepts>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace buttonwood::engine {

static_assert(std::endian::native == std::endian::little, "archives hold values as they lie in memory: little-endian");

namespace archive {
template <class T>
concept Plain = std::integral<T> || std::is_enum_v<T> || std::same_as<T, Int128> || std::same_as<T, Sha256>;
template <class T>
concept Record = requires { T::kName; };
template <class T>
concept Worded = std::is_enum_v<T> && requires(T value) { words_of(value); };
}  // namespace archive

class ArchiveWriter {
public:
    static constexpr bool kLoads = false;
    // Gets the bytes in pieces of about kPiece; they are valid during the call.
    using Sink = std::function<void(std::string_view)>;
    explicit ArchiveWriter(Sink sink) : sink_(std::move(sink)) { buffer_.reserve(kPiece + kLargestValue); }
    ArchiveWriter(const ArchiveWriter&) = delete;
    ArchiveWriter& operator=(const ArchiveWriter&) = delete;

    template <class... T> void operator()(const T&... values) { (put(values), ...); }
    // f(element) for each of a container, after their number.
    template <class Container, class F> void each(const Container& container, F&& f) {
        put(static_cast<std::uint64_t>(container.size()));
        for (const auto& element : container) f(element);
    }
    // The last piece. Call it once, at the end.
    void finish() {
        if (!buffer_.empty()) sink_(buffer_);
        buffer_.clear();
    }

private:
    static constexpr std::size_t kPiece = 256 * 1024;
    static constexpr std::size_t kLargestValue = 256;

    void put(bool value) { put(static_cast<std::uint8_t>(value)); }
    template <archive::Plain T> void put(const T& value) { append(&value, sizeof value); }
    template <class Tag> void put(Amount<Tag> value) { put(value.units); }
    void put(Money value) { put(value.units); }
    void put(Timestamp value) { put(value.us); }
    void put(RoleSet value) { put(value.bits); }
    template <std::size_t N> void put(const FixedString<N>& text) {
        put(text.length);
        append(text.chars.data(), text.length);
    }
    template <class T> void put(const std::optional<T>& value) {
        put(value.has_value());
        if (value) put(*value);
    }
    template <archive::Record R> void put(const R& record) {
        R::visit(record, [this](std::string_view, const auto& field) { put(field); });
    }
    void append(const void* data, std::size_t size) {
        buffer_.append(static_cast<const char*>(data), size);
        if (buffer_.size() < kPiece) return;
        sink_(buffer_);
        buffer_.clear();
    }

    Sink sink_;
    std::string buffer_;
};

class ArchiveReader {
public:
    static constexpr bool kLoads = true;
    // The next piece, empty at the end; it must stay valid until the next call.
    using Source = std::function<std::string_view()>;
    explicit ArchiveReader(Source source) : source_(std::move(source)) {}
    ArchiveReader(const ArchiveReader&) = delete;
    ArchiveReader& operator=(const ArchiveReader&) = delete;

    // After a failure values are left alone.
    template <class... T> void operator()(T&... values) { (get(values), ...); }
    // f(element) for each of a container's new elements, until something fails.
    template <class Container, class F> void each(Container& container, F&& f) {
        std::uint64_t count{};
        get(count);
        for (; count > 0 && ok(); --count) {
            if constexpr (requires { container.emplace_back(); }) {
                f(container.emplace_back());
            } else {
                typename Container::value_type element{};
                f(element);
                container.insert(element);
            }
        }
    }

    // f(element) for each, one at a time, of a container that is not kept.
    template <class Element, class F> void each_of(F&& f) {
        std::uint64_t count{};
        get(count);
        for (; count > 0 && ok(); --count) {
            Element element{};
            f(element);
        }
    }

    [[nodiscard]] bool ok() const { return problem_.empty(); }
    // Why it failed; empty while it has not.
    [[nodiscard]] const std::string& problem() const { return problem_; }
    // The first reason stays.
    void fail(std::string problem) {
        if (problem_.empty()) problem_ = std::move(problem);
    }
    void require(bool kept, const char* rule) {
        if (!kept) fail(rule);
    }
    // Everything was read, and nothing is left.
    [[nodiscard]] bool at_end() {
        if (piece_.empty()) piece_ = source_();
        return ok() && piece_.empty();
    }

private:
    void get(bool& value) {
        std::uint8_t byte{};
        get(byte);
        require(byte <= 1, "a flag is neither 0 nor 1");
        value = byte == 1;
    }
    template <archive::Plain T> void get(T& value) {
        T read{};
        copy(&read, sizeof read);
        if constexpr (archive::Worded<T>) require(!ok() || is_word(read), "a value is no enumerator");
        if (ok()) value = read;
    }
    template <class Tag> void get(Amount<Tag>& value) { get(value.units); }
    void get(Money& value) { get(value.units); }
    void get(Timestamp& value) { get(value.us); }
    void get(RoleSet& value) {
        get(value.bits);
        require(value.bits <= kAllRoles, "a role is not known");
    }
    template <std::size_t N> void get(FixedString<N>& text) {
        std::uint8_t length{};
        get(length);
        require(length <= N, "a text is longer than its type");
        FixedString<N> read;
        if (ok()) copy(read.chars.data(), length);
        read.length = length;
        if (ok()) text = read;
    }
    template <class T> void get(std::optional<T>& value) {
        bool present{};
        get(present);
        value.reset();
        if (present && ok()) get(value.emplace());
    }
    template <archive::Record R> void get(R& record) {
        R::visit(record, [this](std::string_view, auto& field) { get(field); });
    }
    template <archive::Worded E> static bool is_word(E value) {
        for (const auto& entry : words_of(E{}))
            if (entry.value == value) return true;
        return false;
    }
    void copy(void* to, std::size_t size) {
        auto* out = static_cast<char*>(to);
        while (size > 0 && ok()) {
            if (piece_.empty()) piece_ = source_();
            if (piece_.empty()) return fail("the bytes end too early");
            const std::size_t part = std::min(size, piece_.size());
            std::memcpy(out, piece_.data(), part);
            piece_.remove_prefix(part);
            out += part;
            size -= part;
        }
    }

    Source source_;
    std::string_view piece_;
    std::string problem_;
};

}  // namespace buttonwood::engine
