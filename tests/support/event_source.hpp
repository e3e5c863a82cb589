// A client of server-sent events: one connection, which its owner cuts and opens again where it was.
// Thread safety: one thread at a time.
#pragma once

#include "tests/support/http_client.hpp"

#include <functional>
#include <vector>

namespace buttonwood::test {

struct ServerEvent {
    std::uint64_t id{};
    std::string event;
    std::string data;
};

class EventSource {
public:
    // Connects; the last id, unless empty, goes out as Last-Event-ID. Fails with what the server said instead of 200.
    [[nodiscard]] static std::expected<EventSource, std::string> open(std::string_view url, const std::string& token,
                                                                      const std::string& target,
                                                                      const std::string& last_id = {});
    EventSource(EventSource&&) noexcept;
    ~EventSource();  // cuts the connection

    // The next event; nullopt when the connection ended or none came in time. Ids without an event move last_id().
    std::optional<ServerEvent> next(std::chrono::milliseconds patience = std::chrono::seconds(30));
    // What a browser would send as Last-Event-ID; "" before the first id.
    [[nodiscard]] const std::string& last_id() const;
    [[nodiscard]] const Headers& headers() const;

private:
    struct Impl;
    explicit EventSource(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace buttonwood::test
