#include "api/http/session.hpp"

#include "api/http/body_stream.hpp"
#include "api/http/policy.hpp"
#include "api/ws/session.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <spdlog/spdlog.h>

namespace buttonwood::api::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using Parser = beast::http::request_parser<beast::http::string_body>;

auto token(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

class Session {
public:
    Session(asio::ip::tcp::socket socket, Services& services, const Router& router)
        : stream_(std::move(socket)), services_(services), router_(router) {
        ++services_.connections;
    }
    ~Session() { --services_.connections; }
    Session(const Session&) = delete;

    asio::awaitable<void> run() {
        while (!services_.draining) {
            if (buffer_.size() == 0 && !co_await wait_for_bytes()) co_return;
            Parser parser;
            parser.header_limit(static_cast<std::uint32_t>(kMaxHeaderBytes + kMaxTargetBytes));
            parser.body_limit(kMaxBodyBytes);
            error_code error;
            stream_.expires_after(kHeaderTimeout);
            co_await beast::http::async_read_header(stream_, buffer_, parser, token(error));
            if (error) co_return co_await refuse_unreadable(error);
            auto examined = examine(parser.get());
            if (!examined) {
                const engine::RequestId id = request_id_of(parser.get());
                co_return co_await farewell(examined.error(), id);
            }
            Request request = std::move(*examined);
            request.keep_alive = parser.get().keep_alive();
            if (beast::websocket::is_upgrade(parser.get()) && request.path() == "/v1/ws")
                co_return co_await upgrade(parser);
            if (!co_await read_body(parser, error)) co_return co_await refuse_unreadable(error);
            request.body = std::move(parser.get().body());
            const Reply reply = co_await answer(request);
            const bool last = reply.close || !request.keep_alive || reply.body_stream;
            if (!co_await write(reply, request, last)) break;
            if (reply.body_stream && request.verb != Verb::head) co_await reply.body_stream->write_to(stream_);
            if (last) break;
        }
        error_code ignored;
        stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    }

private:
    asio::awaitable<bool> wait_for_bytes() {
        error_code error;
        stream_.expires_after(kIdleTimeout);
        const std::size_t size = co_await stream_.async_read_some(buffer_.prepare(4096), token(error));
        buffer_.commit(size);
        co_return !error;
    }

    asio::awaitable<bool> read_body(Parser& parser, error_code& error) {
        if (parser.is_done()) co_return true;
        if (parser.get().count(beast::http::field::expect) > 0) {
            static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
            co_await asio::async_write(stream_, asio::buffer(kContinue), token(error));
            if (error) co_return false;
        }
        stream_.expires_after(kBodyTimeout);
        co_await beast::http::async_read(stream_, buffer_, parser, token(error));
        co_return !error;
    }

    asio::awaitable<void> upgrade(Parser& parser) {
        stream_.expires_never();
        const auto request = parser.release();
        co_await ws::serve_websocket(stream_, request, services_);
    }

    // The bytes were no acceptable request: say so if it can be said, and close.
    asio::awaitable<void> refuse_unreadable(error_code error) {
        if (error == beast::http::error::end_of_stream || error == asio::error::eof ||
            error == asio::error::connection_reset || error == asio::error::operation_aborted)
            co_return;
        Problem p = problem("bad_request", "The request is not well-formed HTTP/1.1.");
        if (error == beast::error::timeout) p = problem("request_timeout", "The request took too long to arrive.");
        if (error == beast::http::error::header_limit) p = problem("header_too_large", "The header is too large.");
        if (error == beast::http::error::body_limit)
            p = problem("body_too_large", "The body is larger than " + std::to_string(kMaxBodyBytes) + " bytes.");
        if (error == beast::http::error::bad_version) p = problem("version_not_supported");
        if (error == beast::error::timeout) stream_.expires_after(std::chrono::seconds(1));
        const engine::RequestId id = request_id_of({});
        co_await farewell(p, id);
    }

    // The last answer on a connection that is not to be trusted: what it still sends is thrown away for a moment, so
    // that the answer is not lost in a reset.
    asio::awaitable<void> farewell(const Problem& p, const engine::RequestId& id) {
        Request unread;
        unread.target = "/";
        unread.path_size = 1;
        unread.request_id = id;
        const Reply reply = problem_reply(p, unread, services_.view.event_seq());
        if (!co_await write(reply, unread, true)) co_return;
        error_code error;
        stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, error);
        stream_.expires_after(std::chrono::seconds(1));
        char sink[4096];
        for (int reads = 0; reads < 64 && !error; ++reads)
            co_await stream_.async_read_some(asio::buffer(sink), token(error));
    }

    asio::awaitable<Reply> answer(Request& request) {
        const auto fail = [&](const Problem& p) { return problem_reply(p, request, services_.view.event_seq()); };
        try {
            auto route = router_.find(request);
            if (!route) co_return fail(route.error());
            if (auto denied = authorize(**route, request)) co_return fail(*denied);
            if ((*route)->immediate) co_return reply_of((*route)->immediate(request), request);
            Result result = co_await (*route)->handler(request);  // not in a conditional expression: GCC 12 breaks it
            co_return reply_of(std::move(result), request);
        } catch (const std::exception& e) {
            spdlog::error("request {} failed: {}", request.request_id.view(), e.what());
        }
        Problem broken = problem("internal");
        if (request.verb != Verb::get && request.verb != Verb::head) broken.execution = Execution::Unknown;
        co_return fail(broken);
    }

    Reply reply_of(Result result, const Request& request) const {
        if (result) return std::move(*result);
        return problem_reply(result.error(), request, services_.view.event_seq());
    }

    std::optional<Problem> authorize(const Route& route, Request& request) const {
        if (route.access == Access::Public) return std::nullopt;
        static constexpr std::string_view kScheme = "Bearer ";
        const std::string_view header = request.authorization;
        const auto who =
            header.starts_with(kScheme) ? identify(services_.view, header.substr(kScheme.size())) : std::nullopt;
        if (!who) return problem("unauthorized", "Send a valid API key: Authorization: Bearer bw_....");
        request.who = *who;
        if (route.access == Access::Trader && !who->may(engine::Role::Trader))
            return problem("scope_missing", "This needs a key with the role trader.");
        if (route.access == Access::Operator && !who->may(engine::Role::Operator))
            return problem("scope_missing", "This needs a key with the role operator.");
        return std::nullopt;
    }

    asio::awaitable<bool> write(const Reply& reply, const Request& request, bool last) {
        out_.clear();
        const auto line = [this](std::string_view name, std::string_view value) {
            ((out_ += name) += ": ") += value;
            out_ += "\r\n";
        };
        out_ += "HTTP/1.1 ";
        out_ += std::to_string(reply.status);
        out_ += ' ';
        const auto reason =
            beast::http::obsolete_reason(beast::http::int_to_status(static_cast<unsigned>(reply.status)));
        out_.append(reason.data(), reason.size());
        out_ += "\r\n";
        line("Content-Type", reply.content_type);
        if (!reply.body_stream) line("Content-Length", std::to_string(reply.body.size()));
        if (reply.event_seq) line("X-Event-Seq", std::to_string(*reply.event_seq));
        if (reply.event_seq && services_.store_is_away()) line("X-Store", "away");
        if (!request.request_id.empty()) line("X-Request-Id", request.request_id.view());
        line("X-Content-Type-Options", "nosniff");
        bool cached = false;
        for (const auto& [name, value] : reply.headers) {
            line(name, value);
            cached = cached || name == "Cache-Control";
        }
        if (!cached) line("Cache-Control", "no-store");
        line("Connection", last ? "close" : "keep-alive");
        out_ += "\r\n";
        if (request.verb != Verb::head) out_ += reply.body;
        error_code error;
        stream_.expires_after(kBodyTimeout);
        co_await asio::async_write(stream_, asio::buffer(out_), token(error));
        co_return !error;
    }

    beast::tcp_stream stream_;
    beast::flat_buffer buffer_{kMaxHeaderBytes + kMaxTargetBytes + kMaxBodyBytes};
    Services& services_;
    const Router& router_;
    std::string out_;
};

}  // namespace

asio::awaitable<void> serve_connection(asio::ip::tcp::socket socket, Services& services, const Router& router) {
    Session session(std::move(socket), services, router);
    co_await session.run();
}

}  // namespace buttonwood::api::http
