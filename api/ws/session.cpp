#include "api/ws/session.hpp"

#include "api/clock.hpp"
#include "api/orders.hpp"
#include "api/ws/connection.hpp"
#include "api/ws/methods.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/write.hpp>

namespace buttonwood::api::ws {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using UpgradeRequest = beast::http::request<beast::http::string_body>;

// A page of another site must not use a visitor's browser against this server.
bool foreign_origin(const UpgradeRequest& request) {
    const auto origin = request[beast::http::field::origin];
    if (origin.empty()) return false;
    const std::string host(request[beast::http::field::host]);
    return origin != "http://" + host && origin != "https://" + host;
}

// Why the upgrade is refused; takes the identity from an Authorization header where there is one.
std::optional<Problem> examine(const UpgradeRequest& request, const LiveView& view, std::optional<Identity>& who) {
    if (request[beast::http::field::sec_websocket_version] != "13") return problem("upgrade_required");
    if (foreign_origin(request)) return problem("scope_missing", "This origin may not open a socket here.");
    const auto header = request[beast::http::field::authorization];
    if (header.empty()) return std::nullopt;
    const std::string_view text(header.data(), header.size());
    who = text.starts_with("Bearer ") ? identify(view, text.substr(7)) : std::nullopt;
    return who ? std::nullopt : std::optional(problem("unauthorized"));
}

asio::awaitable<void> refuse(beast::tcp_stream& stream, const UpgradeRequest& request, const Problem& p,
                             engine::EventSeq seq) {
    beast::http::response<beast::http::string_body> response(
        beast::http::int_to_status(static_cast<unsigned>(p.status)), request.version());
    response.set(beast::http::field::content_type, "application/problem+json");
    if (p.status == 426) response.set(beast::http::field::sec_websocket_version, "13");
    if (p.status == 401) response.set(beast::http::field::www_authenticate, "Bearer realm=\"buttonwood\"");
    response.keep_alive(false);
    response.body() = to_json(p, {"/v1/ws", "", seq});
    response.prepare_payload();
    boost::system::error_code ignored;
    co_await beast::http::async_write(stream, response, asio::redirect_error(asio::use_awaitable, ignored));
}

}  // namespace

asio::awaitable<void> serve_websocket(beast::tcp_stream& stream, const UpgradeRequest& request, Services& services) {
    const engine::EventSeq seq = services.view.event_seq();
    std::optional<Identity> who;
    if (const auto problem = examine(request, services.view, who))
        co_return co_await refuse(stream, request, *problem, seq);
    const auto connection = std::make_shared<Connection>(std::move(stream), services);
    Methods methods(*connection, services, who);
    const std::function<void(std::string_view)> on_message = [&](std::string_view text) { methods.handle(text); };
    co_await connection->run(request, on_message);
    methods.end();
}

}  // namespace buttonwood::api::ws
