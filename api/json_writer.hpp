// Writes JSON text straight into a string. Used for every answer: building a tree first cost half of the time of an
// order's answer (bench/README.md). Members appear in the order of the calls. Thread safety: one writer, one thread.
//
//     JsonWriter w;
//     w.object([&] { w.member("symbol", "ACME"); w.array("bids", [&] { w.element("25.50"); }); });
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>

namespace buttonwood::api {

class JsonWriter {
public:
    JsonWriter() { text_.reserve(512); }

    template <class F> void object(F&& content) { wrapped('{', '}', content); }
    template <class F> void object(std::string_view name, F&& content) { key(name); wrapped('{', '}', content); }
    template <class F> void array(F&& content) { wrapped('[', ']', content); }
    template <class F> void array(std::string_view name, F&& content) { key(name); wrapped('[', ']', content); }

    template <class T> void member(std::string_view name, const T& value) { key(name); write(value); comma_ = true; }
    template <class T> void element(const T& value) { separate(); write(value); comma_ = true; }
    // Text that is JSON already.
    void raw_member(std::string_view name, std::string_view json) { key(name); text_ += json; comma_ = true; }
    void raw_element(std::string_view json) { separate(); text_ += json; comma_ = true; }

    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    void separate() { if (comma_) text_ += ','; }
    void key(std::string_view name) {  // names are our own literals: nothing to escape
        separate();
        text_ += '"';
        text_ += name;
        text_ += "\":";
        comma_ = false;
    }
    template <class F> void wrapped(char open, char close, F&& content) {
        separate();
        text_ += open;
        comma_ = false;
        content();
        text_ += close;
        comma_ = true;
    }
    void write(std::nullptr_t) { text_ += "null"; }
    void write(bool value) { text_ += value ? "true" : "false"; }
    template <std::integral I> requires(!std::same_as<I, bool>) void write(I value) { text_ += std::to_string(value); }
    template <class T> requires std::convertible_to<const T&, std::string_view> void write(const T& value) {
        write_string(value);
    }
    template <class T> void write(const std::optional<T>& value) { value ? write(*value) : write(nullptr); }
    void write_string(std::string_view value);

    std::string text_;
    bool comma_ = false;
};

}  // namespace buttonwood::api
