#include "tests/support/event_source.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace buttonwood::test {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kAnswerPatience = std::chrono::seconds(30);

}  // namespace

struct EventSource::Impl {
    int fd = -1;
    std::string received;
    std::string last_id;
    Headers headers;

    Impl() = default;
    Impl(const Impl&) = delete;
    ~Impl() {
        if (fd >= 0) ::close(fd);
    }

    // The text up to `end`, which is dropped; nullopt when it did not come.
    std::optional<std::string> until(std::string_view end, Clock::time_point deadline) {
        for (;;) {
            if (const auto at = received.find(end); at != std::string::npos) {
                std::string text = received.substr(0, at);
                received.erase(0, at + end.size());
                return text;
            }
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
            pollfd waits{fd, POLLIN, 0};
            if (left <= 0 || ::poll(&waits, 1, static_cast<int>(left)) <= 0) return std::nullopt;
            std::array<char, 16384> chunk{};
            const auto got = ::recv(fd, chunk.data(), chunk.size(), 0);
            if (got <= 0) return std::nullopt;
            received.append(chunk.data(), static_cast<std::size_t>(got));
        }
    }

    bool connect(const Endpoint& to) {
        fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(to.port);
        ::inet_pton(AF_INET, to.host.c_str(), &address.sin_addr);
        return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }

    std::expected<void, std::string> ask(const std::string& request) {
        if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
            return std::unexpected("cannot send");
        const auto head = until("\r\n\r\n", Clock::now() + kAnswerPatience);
        if (!head) return std::unexpected("no answer");
        if (!head->starts_with("HTTP/1.1 200 ")) return std::unexpected(*head);
        for (std::size_t at = head->find("\r\n"); at != std::string::npos;) {
            const std::size_t end = head->find("\r\n", at + 2);
            const std::string line = head->substr(at + 2, end == std::string::npos ? end : end - at - 2);
            const std::size_t colon = line.find(": ");
            std::string name = line.substr(0, colon);
            std::ranges::transform(name, name.begin(),
                                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
            if (colon != std::string::npos) headers[name] = line.substr(colon + 2);
            at = end;
        }
        return {};
    }
};

EventSource::EventSource(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EventSource::EventSource(EventSource&&) noexcept = default;
EventSource::~EventSource() = default;

const std::string& EventSource::last_id() const { return impl_->last_id; }
const Headers& EventSource::headers() const { return impl_->headers; }

std::expected<EventSource, std::string> EventSource::open(std::string_view url, const std::string& token,
                                                          const std::string& target, const std::string& last_id) {
    const auto endpoint = parse_url(url);
    auto impl = std::make_unique<Impl>();
    impl->last_id = last_id;
    if (!endpoint || !impl->connect(*endpoint)) return std::unexpected("cannot connect");
    std::string request = "GET " + target + " HTTP/1.1\r\nHost: " + endpoint->host + "\r\n";
    request += "Accept: text/event-stream\r\n";
    if (!token.empty()) request += "Authorization: Bearer " + token + "\r\n";
    if (!last_id.empty()) request += "Last-Event-ID: " + last_id + "\r\n";
    if (auto asked = impl->ask(request + "\r\n"); !asked) return std::unexpected(asked.error());
    return EventSource(std::move(impl));
}

std::optional<ServerEvent> EventSource::next(std::chrono::milliseconds patience) {
    const auto deadline = Clock::now() + patience;
    while (const auto block = impl_->until("\n\n", deadline)) {
        ServerEvent event;
        for (std::size_t at = 0; at <= block->size();) {
            const std::size_t end = std::min(block->find('\n', at), block->size());
            const std::string line = block->substr(at, end - at);
            if (line.starts_with("id: ")) impl_->last_id = line.substr(4);
            if (line.starts_with("event: ")) event.event = line.substr(7);
            if (line.starts_with("data: ")) event.data += line.substr(6);
            at = end + 1;
        }
        if (event.data.empty()) continue;
        event.id = std::stoull(impl_->last_id);
        return event;
    }
    return std::nullopt;
}

}  // namespace buttonwood::test
