#include "api/ws/connection.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace buttonwood::api::ws {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::system::error_code;

Connection::Connection(beast::tcp_stream stream, Services& services)
    : services_(services), socket_(std::move(stream)), close_timer_(services.io) {
    services_.hub.attach(*this);
}

Connection::~Connection() {
    services_.hub.unsubscribe_all(*this);
}

void Connection::hang_up_later() {
    close_timer_.expires_after(kCloseTimeout);
    close_timer_.async_wait([self = shared_from_this()](error_code error) {
        if (!error) beast::get_lowest_layer(self->socket_).close();
    });
}

asio::awaitable<void> Connection::run(const UpgradeRequest& request,
                                       const std::function<void(std::string_view)>& on_message) {
    const auto self = shared_from_this();
    websocket::stream_base::timeout timeouts = websocket::stream_base::timeout::suggested(beast::role_type::server);
    timeouts.idle_timeout = std::chrono::seconds(40);  // a ping after half of it, the end after the whole
    timeouts.keep_alive_pings = true;
    beast::get_lowest_layer(socket_).expires_never();
    socket_.set_option(timeouts);
    socket_.read_message_max(kMaxMessageBytes);
    socket_.text(true);
    error_code error;
    co_await socket_.async_accept(request, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    open_ = true;
    beast::flat_buffer buffer;
    while (!error && !closing_) {
        buffer.clear();
        co_await socket_.async_read(buffer, asio::redirect_error(asio::use_awaitable, error));
        if (error) break;
        if (!socket_.got_text()) {
            close(websocket::close_code::unknown_data, "text only");
            break;
        }
        const auto data = buffer.cdata();
        on_message({static_cast<const char*>(data.data()), data.size()});
    }
    // After our own close: read on until the peer's close frame ends the stream.
    while (!error) {
        buffer.clear();
        co_await socket_.async_read(buffer, asio::redirect_error(asio::use_awaitable, error));
    }
    open_ = false;
    close_timer_.cancel();
    services_.hub.unsubscribe_all(*this);
}

void Connection::send(Message message) {
    if (!open_ || closing_) return;
    queued_bytes_ += message->size();
    queue_.push_back(std::move(message));
    if (queued_bytes_ > kMaxQueuedBytes) {
        const Message being_written = writing_ ? queue_.front() : nullptr;
        queue_.clear();
        queued_bytes_ = 0;
        if (being_written) {
            queue_.push_back(being_written);
            queued_bytes_ = being_written->size();
        }
        close(4008, "slow_consumer");
        return;
    }
    if (writing_) return;
    writing_ = true;
    asio::co_spawn(services_.io, write_queued(), asio::detached);
}

asio::awaitable<void> Connection::write_queued() {
    const auto self = shared_from_this();
    error_code error;
    while (!queue_.empty() && !error) {
        const Message message = queue_.front();
        co_await socket_.async_write(asio::buffer(*message), asio::redirect_error(asio::use_awaitable, error));
        ++sent_count_;
        if (queue_.empty()) break;
        queued_bytes_ -= message->size();
        queue_.pop_front();
    }
    if (error) {
        open_ = false;
        queue_.clear();
    }
    if (closing_ && !error)
        co_await socket_.async_close(*closing_, asio::redirect_error(asio::use_awaitable, error));
    writing_ = false;
}

void Connection::close(std::uint16_t code, std::string_view reason) {
    if (closing_ || !open_) return;
    // Still subscribed, as the hub may be in the middle of a round: send() ignores what comes, run() unsubscribes.
    closing_.emplace(static_cast<websocket::close_code>(code), beast::string_view(reason.data(), reason.size()));
    hang_up_later();
    if (writing_) return;
    writing_ = true;
    asio::co_spawn(services_.io, write_queued(), asio::detached);
}

void Connection::go_away() { close(websocket::close_code::going_away, "going_away"); }

}  // namespace buttonwood::api::ws
