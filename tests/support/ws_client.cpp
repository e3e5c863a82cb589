#include "tests/support/ws_client.hpp"

#include "tests/support/recorder.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>

#include <deque>

namespace buttonwood::test {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using Clock = std::chrono::steady_clock;

namespace {
// req_ids of call() start here, far from those that callers of send() choose.
constexpr std::uint64_t kFirstCallId = 1ULL << 40;
constexpr std::size_t kMaxMessageBytes = 64UL << 20;
}  // namespace

struct WsClient::Impl {
    asio::io_context io{1};
    websocket::stream<beast::tcp_stream> stream{io};
    beast::flat_buffer buffer;
    std::deque<std::string> unsent;
    std::deque<std::string> received;
    bool writing = false;
    bool closed = false;
    std::string error;
    std::uint64_t next_call = kFirstCallId;

    void fail(error_code why) {
        if (closed) return;
        closed = true;
        error = why.message();
    }

    void write_next() {
        if (writing || unsent.empty() || closed) return;
        writing = true;
        stream.async_write(asio::buffer(unsent.front()), [this](error_code why, std::size_t) {
            writing = false;
            if (why) return fail(why);
            unsent.pop_front();
            write_next();
        });
    }

    void read_next() {
        stream.async_read(buffer, [this](error_code why, std::size_t) {
            if (why) return fail(why);
            received.push_back(beast::buffers_to_string(buffer.data()));
            record_message(false, received.back());
            buffer.clear();
            read_next();
        });
    }
};

WsClient::WsClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WsClient::WsClient(WsClient&&) noexcept = default;
WsClient& WsClient::operator=(WsClient&&) noexcept = default;
WsClient::~WsClient() {
    if (!impl_) return;
    error_code ignored;
    beast::get_lowest_layer(impl_->stream).socket().close(ignored);
    impl_->io.restart();
    impl_->io.poll();  // the handlers of what was under way still refer to *impl_
}

std::expected<WsClient, std::string> WsClient::connect(std::string_view url, std::string_view target,
                                                       std::chrono::milliseconds timeout) {
    const auto endpoint = parse_url(url);
    if (!endpoint) return std::unexpected("not an http:// URL: " + std::string(url));
    auto impl = std::make_unique<Impl>();
    auto& transport = beast::get_lowest_layer(impl->stream);
    transport.expires_after(timeout);
    impl->stream.read_message_max(kMaxMessageBytes);

    error_code result;
    const std::string host = endpoint->host + ":" + std::to_string(endpoint->port);
    transport.async_connect(tcp::endpoint(asio::ip::make_address(endpoint->host), endpoint->port), [&](error_code why) {
        result = why;
        if (why) return;
        transport.socket().set_option(tcp::no_delay(true));
        impl->stream.async_handshake(host, beast::string_view(target.data(), target.size()),
                                     [&](error_code e) { result = e; });
    });
    impl->io.run();
    if (result) return std::unexpected("cannot open a WebSocket to " + host + ": " + result.message());
    transport.expires_never();
    impl->read_next();
    return WsClient(std::move(impl));
}

void WsClient::send(std::string text) {
    record_message(true, text);
    impl_->unsent.push_back(std::move(text));
    impl_->write_next();
}

std::optional<std::string> WsClient::receive(std::chrono::milliseconds timeout) {
    const auto deadline = Clock::now() + timeout;
    impl_->io.restart();
    while (impl_->received.empty() && !impl_->closed)
        if (impl_->io.run_one_until(deadline) == 0) break;
    if (impl_->received.empty()) return std::nullopt;
    std::string message = std::move(impl_->received.front());
    impl_->received.pop_front();
    return message;
}

std::optional<nlohmann::json> WsClient::answer(std::uint64_t req_id, std::chrono::milliseconds timeout,
                                               std::vector<nlohmann::json>* others) {
    const auto deadline = Clock::now() + timeout;
    while (true) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
        const auto text = receive(std::max(left, std::chrono::milliseconds(0)));
        if (!text) return std::nullopt;
        auto message = nlohmann::json::parse(*text, nullptr, false);
        if (const auto id = message.find("req_id"); id != message.end() && *id == req_id) return message;
        if (others) others->push_back(std::move(message));
    }
}

std::optional<nlohmann::json> WsClient::call(std::string_view method, const nlohmann::json& params,
                                             std::vector<nlohmann::json>* others) {
    const std::uint64_t id = impl_->next_call++;
    send(nlohmann::json{{"method", method}, {"params", params}, {"req_id", id}});
    return answer(id, std::chrono::seconds(30), others);
}

bool WsClient::closed() const { return impl_->closed; }
int WsClient::close_code() const { return impl_->closed ? static_cast<int>(impl_->stream.reason().code) : 0; }
std::string WsClient::close_reason() const {
    const auto& reason = impl_->stream.reason().reason;
    return reason.empty() ? impl_->error : std::string(reason.data(), reason.size());
}

}  // namespace buttonwood::test
