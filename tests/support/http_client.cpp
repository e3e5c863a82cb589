#include "tests/support/http_client.hpp"

#include "tests/support/recorder.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace buttonwood::test {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace {

// Far above any answer of the server; a runaway body is an error, not a full memory.
constexpr std::uint64_t kMaxBodyBytes = 256ULL << 20;

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

// Is one whole response with a Content-Length in `bytes`?
bool is_complete_response(const std::string& bytes) {
    const auto end = bytes.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const std::string head = lower(std::string_view(bytes).substr(0, end));
    const auto at = head.find("content-length:");
    if (at == std::string::npos) return false;
    const auto digits = head.find_first_of("0123456789", at);
    if (digits == std::string::npos) return false;
    std::size_t length = 0;
    std::from_chars(head.data() + digits, head.data() + head.size(), length);
    return bytes.size() >= end + 4 + length;
}

}  // namespace

std::optional<Endpoint> parse_url(std::string_view url) {
    constexpr std::string_view scheme = "http://";
    if (!url.starts_with(scheme)) return std::nullopt;
    url.remove_prefix(scheme.size());
    if (url.ends_with('/')) url.remove_suffix(1);
    const auto colon = url.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    Endpoint endpoint{std::string(url.substr(0, colon)), 0};
    const std::string_view port = url.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
    if (error != std::errc{} || end != port.data() + port.size()) return std::nullopt;
    return endpoint;
}

struct HttpClient::Impl {
    Endpoint endpoint;
    std::string token;
    std::chrono::milliseconds timeout = std::chrono::seconds(30);
    asio::io_context io{1};
    std::optional<beast::tcp_stream> stream;
    beast::flat_buffer buffer;

    // Runs one asynchronous operation to its end; the stream's deadline bounds it.
    template <class Start>
    error_code run(Start&& start) {
        error_code result = asio::error::would_block;
        start([&result](error_code error, auto&&...) { result = error; });
        io.restart();
        io.run();
        return result;
    }

    error_code connect() {
        error_code error;
        const auto address = asio::ip::make_address(endpoint.host == "localhost" ? "127.0.0.1" : endpoint.host, error);
        if (error) return error;
        stream.emplace(io);
        buffer.clear();
        stream->expires_after(timeout);
        error = run([&](auto done) { stream->async_connect(tcp::endpoint(address, endpoint.port), done); });
        if (error)
            stream.reset();
        else
            stream->socket().set_option(tcp::no_delay(true));
        return error;
    }

    http::request<http::string_body> form(std::string_view method, std::string_view target, std::string_view body,
                                          const Headers& headers) const {
        http::request<http::string_body> request;
        request.version(11);
        request.method_string(beast::string_view(method.data(), method.size()));
        request.target(beast::string_view(target.data(), target.size()));
        request.set(http::field::host, endpoint.host + ":" + std::to_string(endpoint.port));
        if (!token.empty()) request.set(http::field::authorization, "Bearer " + token);
        if (!body.empty()) request.set(http::field::content_type, "application/json");
        for (const auto& [name, value] : headers) request.set(name, value);
        request.body() = std::string(body);
        // prepare_payload() would leave out the length of an empty POST, which the server rightly asks for.
        if (!body.empty() || method == "POST" || method == "PATCH") request.content_length(body.size());
        return request;
    }
};

HttpClient::HttpClient(std::string_view url, std::string token) : impl_(std::make_unique<Impl>()) {
    impl_->endpoint = parse_url(url).value();
    impl_->token = std::move(token);
}
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

void HttpClient::set_timeout(std::chrono::milliseconds timeout) { impl_->timeout = timeout; }

HttpClient::Result HttpClient::request(std::string_view method, std::string_view target, std::string_view body,
                                       const Headers& headers) {
    Impl& c = *impl_;
    if (!c.stream)
        if (const error_code error = c.connect())
            return std::unexpected(HttpError{false, "cannot connect: " + error.message()});

    auto fail = [&c](const char* what, error_code error) {
        c.stream.reset();
        return std::unexpected(HttpError{true, std::string(what) + ": " + error.message()});
    };
    c.stream->expires_after(c.timeout);
    const auto request = c.form(method, target, body, headers);
    if (const auto error = c.run([&](auto done) { http::async_write(*c.stream, request, done); }))
        return fail("sending", error);

    http::response_parser<http::string_body> parser;
    parser.body_limit(kMaxBodyBytes);
    if (method == "HEAD") parser.skip(true);
    if (const auto error = c.run([&](auto done) { http::async_read(*c.stream, c.buffer, parser, done); }))
        return fail("receiving", error);

    HttpResponse response;
    response.status = static_cast<int>(parser.get().result_int());
    for (const auto& field : parser.get()) {
        const auto name = field.name_string();
        response.headers[lower({name.data(), name.size()})] = std::string(field.value());
    }
    response.body = std::move(parser.get().body());
    if (!parser.get().keep_alive()) c.stream.reset();
    record_exchange(method, target, body, response.status, response.header("content-type"), response.body);
    return response;
}

std::expected<std::string, std::string> raw_exchange(const Endpoint& endpoint, std::string_view bytes,
                                                     std::chrono::milliseconds timeout) {
    asio::io_context io{1};
    beast::tcp_stream stream(io);
    stream.expires_after(timeout);
    std::string received;
    std::string problem;
    std::array<char, 16384> chunk{};

    std::function<void()> read_more = [&] {
        stream.async_read_some(asio::buffer(chunk), [&](error_code error, std::size_t n) {
            received.append(chunk.data(), n);
            if (!error && !is_complete_response(received)) read_more();
        });
    };
    stream.async_connect(tcp::endpoint(asio::ip::make_address(endpoint.host), endpoint.port), [&](error_code error) {
        if (error) {
            problem = "cannot connect: " + error.message();
            return;
        }
        // A server that has read enough may answer and close while we still write: read in any case.
        asio::async_write(stream, asio::buffer(bytes.data(), bytes.size()), [](error_code, std::size_t) {});
        read_more();
    });
    io.run();
    if (!problem.empty()) return std::unexpected(problem);
    return received;
}

}  // namespace buttonwood::test
