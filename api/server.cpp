#include "api/server.hpp"

#include "api/http/session.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

namespace buttonwood::api {

namespace asio = boost::asio;
using asio::ip::tcp;

Listener::Listener(Services& services, const http::Router& router, const std::string& host, std::uint16_t port)
    : services_(services), router_(router), acceptor_(services.io) {
    const tcp::endpoint endpoint(asio::ip::make_address(host), port);
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(asio::socket_base::reuse_address(true));
    acceptor_.bind(endpoint);
    acceptor_.listen(asio::socket_base::max_listen_connections);
}

std::string Listener::url() const {
    const tcp::endpoint local = acceptor_.local_endpoint();
    const std::string host =
        local.address().is_v6() ? "[" + local.address().to_string() + "]" : local.address().to_string();
    return "http://" + host + ":" + std::to_string(local.port());
}

void Listener::start() { asio::co_spawn(services_.io, accept(), asio::detached); }

void Listener::stop() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
}

asio::awaitable<void> Listener::accept() {
    while (true) {
        boost::system::error_code error;
        tcp::socket socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
        if (error == asio::error::operation_aborted) co_return;
        if (error) {  // out of descriptors, most likely: let some connections end
            spdlog::warn("accept failed: {}", error.message());
            asio::steady_timer pause(services_.io, std::chrono::milliseconds(50));
            co_await pause.async_wait(asio::use_awaitable);
            continue;
        }
        if (services_.connections >= kMaxConnections) continue;  // closed by its destructor
        boost::system::error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        asio::co_spawn(services_.io, http::serve_connection(std::move(socket), services_, router_), asio::detached);
    }
}

}  // namespace buttonwood::api
