#include "bench/load_client.hpp"
#include "bench/load_orders.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <charconv>

namespace buttonwood::bench {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t kReadChunk = 16'384;

struct Run {
    const LoadTarget& target;
    OrderStream orders;
    Clock::time_point end;
    std::uint64_t next_number = 1;
    Latencies latencies;
    LoadReport report;
};

void form_request(std::string& out, std::string& body, Run& run) {
    body.clear();
    append_order_json(body, run.target, run.orders.next(), run.next_number++);
    out.assign("POST /v1/orders HTTP/1.1\r\nHost: ");
    out += run.target.endpoint.host;
    out += "\r\nAuthorization: Bearer ";
    out += run.target.token;
    out += "\r\nContent-Type: application/json\r\nContent-Length: ";
    out += std::to_string(body.size());
    out += "\r\n\r\n";
    out += body;
}

struct ResponseView {
    int status{};
    std::size_t size{};  // of head and body; 0 = not complete yet
};

// Reads status and length of the first response in `bytes`. REQUIRES a Content-Length, as the server always sends.
ResponseView look_at(std::string_view bytes) {
    const auto head_end = bytes.find("\r\n\r\n");
    if (head_end == std::string_view::npos || bytes.size() < 12) return {};
    const std::string_view head = bytes.substr(0, head_end);
    auto at = head.find("Content-Length: ");
    if (at == std::string_view::npos) at = head.find("content-length: ");
    std::size_t length = 0;
    if (at != std::string_view::npos) std::from_chars(head.data() + at + 16, head.data() + head.size(), length);
    ResponseView view;
    std::from_chars(bytes.data() + 9, bytes.data() + 12, view.status);
    if (bytes.size() >= head_end + 4 + length) view.size = head_end + 4 + length;
    return view;
}

asio::awaitable<void> post_orders(tcp::socket socket, Run& run) {
    std::string request;
    std::string body;
    std::string received;
    std::array<char, kReadChunk> chunk{};
    while (Clock::now() < run.end) {
        form_request(request, body, run);
        const auto sent = Clock::now();
        co_await asio::async_write(socket, asio::buffer(request), asio::use_awaitable);
        received.clear();
        ResponseView response;
        while (response.size == 0) {
            const std::size_t n = co_await socket.async_read_some(asio::buffer(chunk), asio::use_awaitable);
            received.append(chunk.data(), n);
            response = look_at(received);
        }
        run.latencies.add(Clock::now() - sent);
        ++(response.status / 100 == 2 ? run.report.acknowledged : run.report.refused);
    }
}

}  // namespace

LoadReport load_http(const LoadTarget& target, const LoadShape& shape) {
    asio::io_context io{1};
    Run run{target, OrderStream(shape.seed), {}, 1, {}, {}};
    run.report.name = "REST POST /v1/orders, " + std::to_string(shape.connections) + " connections";
    const tcp::endpoint peer(asio::ip::make_address(target.endpoint.host), target.endpoint.port);
    std::vector<tcp::socket> sockets;
    for (std::size_t i = 0; i < shape.connections; ++i) {
        sockets.emplace_back(io);
        boost::system::error_code error;
        sockets.back().connect(peer, error);
        if (error) {
            run.report.problem = "cannot connect: " + error.message();
            return run.report;
        }
        sockets.back().set_option(tcp::no_delay(true));
    }
    const auto begin = Clock::now();
    run.end = begin + shape.duration;
    for (tcp::socket& socket : sockets)
        asio::co_spawn(io, post_orders(std::move(socket), run), [&run](std::exception_ptr failure) {
            try {
                if (failure) std::rethrow_exception(failure);
            } catch (const std::exception& e) {
                run.report.problem = e.what();
            }
        });
    io.run();
    run.report.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    run.report.take(run.latencies);
    return run.report;
}

}  // namespace buttonwood::bench
