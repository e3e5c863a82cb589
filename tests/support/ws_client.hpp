// A WebSocket client for one thread: send() queues, receive() drives the connection and hands over one text message.
//
// Nothing moves while the caller is outside receive(). Thread safety: one thread at a time.
#pragma once

#include "tests/support/http_client.hpp"

#include <cstddef>
#include <vector>

namespace buttonwood::test {

class WsClient {
public:
    // Connects and shakes hands. The error is one line.
    [[nodiscard]] static std::expected<WsClient, std::string> connect(
        std::string_view url, std::string_view target = "/v1/ws",
        std::chrono::milliseconds timeout = std::chrono::seconds(10));
    WsClient(WsClient&&) noexcept;
    WsClient& operator=(WsClient&&) noexcept;
    ~WsClient();  // closes the socket without a closing handshake

    // Queues one text message. The caller bounds the queue: it is empty once an answer to the last message came.
    void send(std::string text);
    void send(const nlohmann::json& message) { send(message.dump()); }

    // The next message; nothing when the timeout passes first or the connection is closed (closed() tells).
    [[nodiscard]] std::optional<std::string> receive(std::chrono::milliseconds timeout);
    // Receives until the answer with this req_id comes; other messages go to `others` when given, else are dropped.
    [[nodiscard]] std::optional<nlohmann::json> answer(std::uint64_t req_id, std::chrono::milliseconds timeout,
                                                       std::vector<nlohmann::json>* others = nullptr);
    // send() with a fresh req_id, then answer(). The whole answer object.
    [[nodiscard]] std::optional<nlohmann::json> call(std::string_view method, const nlohmann::json& params,
                                                     std::vector<nlohmann::json>* others = nullptr);

    [[nodiscard]] bool closed() const;
    [[nodiscard]] int close_code() const;            // 0 until a close frame came
    [[nodiscard]] std::string close_reason() const;  // or the error that ended the connection

private:
    struct Impl;
    explicit WsClient(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace buttonwood::test
