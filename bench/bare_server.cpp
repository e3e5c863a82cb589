#include "bench/bare_server.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <nlohmann/json.hpp>

namespace buttonwood::bench {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using nlohmann::json;
using tcp = asio::ip::tcp;

namespace {

std::string answer_to(const std::string& body, std::uint64_t number) {
    const json order = json::parse(body);
    return json{{"id", "ord_" + std::to_string(number)},
                {"client_order_id", order.value("client_order_id", "")},
                {"account_id", order.value("account", "")},
                {"symbol", order.at("symbol")},
                {"side", order.at("side")},
                {"type", order.value("type", "limit")},
                {"time_in_force", order.value("time_in_force", "gtc")},
                {"post_only", false},
                {"price", order.at("price")},
                {"quantity", order.at("quantity")},
                {"filled_quantity", "0"},
                {"remaining_quantity", order.at("quantity")},
                {"average_price", nullptr},
                {"status", "new"},
                {"reason", nullptr},
                {"created_at", "2026-11-20T17:25:49.348123Z"},
                {"updated_at", "2026-11-20T17:25:49.348123Z"},
                {"event_seq", number},
                {"fills", json::array()}}
        .dump();
}

asio::awaitable<void> serve(tcp::socket socket, std::uint64_t& number) {
    socket.set_option(tcp::no_delay(true));
    beast::tcp_stream stream(std::move(socket));
    beast::flat_buffer buffer;
    bool is_open = true;
    while (is_open) {
        http::request<http::string_body> request;
        co_await http::async_read(stream, buffer, request, asio::use_awaitable);
        http::response<http::string_body> response(http::status::ok, request.version());
        response.set(http::field::content_type, "application/json");
        response.keep_alive(request.keep_alive());
        if (request.method() == http::verb::post) {
            response.result(http::status::created);
            response.body() = answer_to(request.body(), ++number);
        } else {
            response.body() = R"({"status":"ok"})";
        }
        response.prepare_payload();
        is_open = response.keep_alive();
        co_await http::async_write(stream, response, asio::use_awaitable);
    }
}

asio::awaitable<void> accept_all(tcp::acceptor& acceptor, std::uint64_t& number) {
    while (true) {
        tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
        const auto executor = socket.get_executor();
        asio::co_spawn(executor, serve(std::move(socket), number), asio::detached);
    }
}

}  // namespace

struct BareServer::Impl {
    explicit Impl(std::uint16_t port) : acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), port)) {}
    asio::io_context io{1};
    tcp::acceptor acceptor;
    std::uint64_t number = 0;
};

BareServer::BareServer(std::uint16_t port) : impl_(std::make_unique<Impl>(port)) {}
BareServer::~BareServer() = default;
std::uint16_t BareServer::port() const { return impl_->acceptor.local_endpoint().port(); }

void BareServer::run() {
    asio::co_spawn(impl_->io, accept_all(impl_->acceptor, impl_->number), asio::detached);
    impl_->io.run();
}

}  // namespace buttonwood::bench
