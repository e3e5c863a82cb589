// The transport half of a WebSocket session: reads text messages, writes queued ones in order, never buffers without
// bound. Thread safety: I/O thread; kept alive by shared_ptr while writes or answers are under way.
#pragma once

#include "api/ws/hub.hpp"
#include "api/ws/session.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <functional>
#include <memory>

namespace buttonwood::api::ws {

class Connection : public Subscriber, public std::enable_shared_from_this<Connection> {
public:
    Connection(boost::beast::tcp_stream stream, Services& services);
    ~Connection() override;

    using UpgradeRequest = boost::beast::http::request<boost::beast::http::string_body>;
    // Accepts the upgrade and calls on_message for each text message until the connection ends.
    boost::asio::awaitable<void> run(const UpgradeRequest& request,
                                      const std::function<void(std::string_view)>& on_message);

    void send(Message message) override;
    void send(std::string text) { send(std::make_shared<const std::string>(std::move(text))); }
    void go_away() override;
    // Sends what is queued, then closes with this code. 4008: throws the queue away first.
    void close(std::uint16_t code, std::string_view reason);
    [[nodiscard]] bool is_open() const { return open_; }
    [[nodiscard]] std::uint64_t sent_count() const { return sent_count_; }

private:
    boost::asio::awaitable<void> write_queued();
    void hang_up_later();  // a peer that does not read cannot hold a closing connection open

    Services& services_;
    boost::beast::websocket::stream<boost::beast::tcp_stream> socket_;
    std::deque<Message> queue_;
    std::size_t queued_bytes_ = 0;
    std::uint64_t sent_count_ = 0;
    boost::asio::steady_timer close_timer_;
    bool writing_ = false;
    bool open_ = false;
    std::optional<boost::beast::websocket::close_reason> closing_;
};

}  // namespace buttonwood::api::ws
