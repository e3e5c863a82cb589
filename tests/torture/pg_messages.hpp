// The frames of PostgreSQL's protocol 3.0, as far as the proxy looks into them. Thread safety: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace buttonwood::torture {

struct Message {
    char type = 0;      // 0 = the startup message, which has none
    std::string bytes;  // the whole frame

    // Parse: the statement's name and text. Bind: the name of the statement that is run. REQUIRES: of that type.
    [[nodiscard]] std::string_view parsed_name() const { return text_at(kBody); }
    [[nodiscard]] std::string_view query() const { return text_at(kBody + parsed_name().size() + 1); }
    [[nodiscard]] std::string_view statement() const { return text_at(kBody + text_at(kBody).size() + 1); }

private:
    static constexpr std::size_t kBody = 5;
    // Up to the next NUL.
    [[nodiscard]] std::string_view text_at(std::size_t offset) const {
        const std::string_view all(bytes);
        if (offset >= all.size()) return {};
        return all.substr(offset, all.find('\0', offset) - offset);
    }
};

// Cuts a stream of bytes into messages.
class MessageStream {
public:
    enum class Side : std::uint8_t { Frontend, Backend };  // who speaks: the frontend begins with a startup message
    explicit MessageStream(Side side) : startup_(side == Side::Frontend) {}

    void add(std::string_view bytes) { waiting_ += bytes; }

    // The next whole message, if it is there.
    [[nodiscard]] std::optional<Message> next() {
        const std::size_t type_size = startup_ ? 0 : 1;
        if (waiting_.size() < type_size + kLength) return std::nullopt;
        const std::size_t size = type_size + length_at(type_size);
        if (waiting_.size() < size) return std::nullopt;
        Message message{startup_ ? '\0' : waiting_[0], waiting_.substr(0, size)};
        waiting_.erase(0, size);
        startup_ = false;
        return message;
    }

private:
    static constexpr std::size_t kLength = 4;
    // Big-endian, itself included.
    [[nodiscard]] std::size_t length_at(std::size_t offset) const {
        std::size_t length = 0;
        for (std::size_t i = 0; i < kLength; ++i)
            length = length << 8U | static_cast<unsigned char>(waiting_[offset + i]);
        return length;
    }

    bool startup_;
    std::string waiting_;
};

}  // namespace buttonwood::torture
