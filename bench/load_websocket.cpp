#include "bench/load_client.hpp"
#include "bench/load_orders.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <charconv>

namespace buttonwood::bench {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t kReadChunk = 65'536;
// req_ids of the orders count from here; smaller ones belong to the log-in.
constexpr std::uint64_t kFirstOrder = 1000;

// RFC 6455, 5.2: the opcodes that matter here.
constexpr unsigned kText = 1, kClose = 8, kPing = 9, kPong = 10;

// A client masks its frames; the mask 0 is as valid as any other and leaves the payload as it is.
void append_frame(std::string& out, unsigned opcode, std::string_view payload) {
    out.push_back(static_cast<char>(0x80U | opcode));
    if (payload.size() < 126) {
        out.push_back(static_cast<char>(0x80U | payload.size()));
    } else {
        out.push_back(static_cast<char>(0x80U | 126U));
        out.push_back(static_cast<char>(payload.size() >> 8));
        out.push_back(static_cast<char>(payload.size() & 0xFF));
    }
    out.append(4, '\0');
    out += payload;
}

struct Frame {
    unsigned opcode{};
    std::string_view payload;
    std::size_t size{};  // header included; 0 = not complete yet
};

Frame first_frame(std::string_view bytes) {
    if (bytes.size() < 2) return {};
    const auto byte = [&](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])); };
    std::uint64_t length = byte(1) & 0x7F;
    std::size_t head = 2;
    const std::size_t extra = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (extra != 0) {
        if (bytes.size() < head + extra) return {};
        length = 0;
        for (std::size_t i = 0; i < extra; ++i) length = length << 8 | byte(head + i);
        head += extra;
    }
    if (bytes.size() < head + length) return {};
    return {static_cast<unsigned>(byte(0) & 0x0F), bytes.substr(head, length), head + length};
}

struct Run {
    const LoadTarget& target;
    const LoadShape& shape;
    OrderStream orders;
    Clock::time_point end;
    std::uint64_t next_number = 1;
    Latencies latencies;
    LoadReport report;
};

class Session {
public:
    Session(tcp::socket socket, Run& run) : socket_(std::move(socket)), run_(run), sent_at_(ring_size(run.shape)) {}

    asio::awaitable<void> log_in() {
        const std::string request = "GET /v1/ws HTTP/1.1\r\nHost: " + run_.target.endpoint.host +
                                    "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        co_await asio::async_write(socket_, asio::buffer(request), asio::use_awaitable);
        const std::size_t head =
            co_await asio::async_read_until(socket_, asio::dynamic_buffer(received_), "\r\n\r\n", asio::use_awaitable);
        if (!received_.starts_with("HTTP/1.1 101"))
            throw std::runtime_error("no WebSocket: " + received_.substr(0, 80));
        received_.erase(0, head);
        out_.clear();
        append_frame(out_, kText, R"({"method":"auth","params":{"token":")" + run_.target.token + R"("},"req_id":1})");
        co_await asio::async_write(socket_, asio::buffer(out_), asio::use_awaitable);
        while (!is_logged_in_) co_await read_some();
    }

    asio::awaitable<void> trade() {
        while (true) {
            out_.swap(control_);
            control_.clear();
            if (Clock::now() < run_.end)
                while (outstanding_ < run_.shape.in_flight) append_order();
            if (!out_.empty()) co_await asio::async_write(socket_, asio::buffer(out_), asio::use_awaitable);
            if (outstanding_ == 0) co_return;
            co_await read_some();
        }
    }

private:
    static std::size_t ring_size(const LoadShape& shape) {
        std::size_t size = 1024;  // answers come nearly in order; the ring is wider than any reordering
        while (size < 4 * shape.in_flight) size *= 2;
        return size;
    }

    void append_order() {
        const std::uint64_t id = next_id_++;
        message_.assign(R"({"method":"add_order","params":)");
        append_order_json(message_, run_.target, run_.orders.next(), run_.next_number++);
        message_ += R"(,"req_id":)";
        message_ += std::to_string(id);
        message_ += '}';
        append_frame(out_, kText, message_);
        sent_at_[id % sent_at_.size()] = Clock::now();
        ++outstanding_;
    }

    asio::awaitable<void> read_some() {
        const std::size_t n = co_await socket_.async_read_some(asio::buffer(chunk_), asio::use_awaitable);
        received_.append(chunk_.data(), n);
        const auto now = Clock::now();
        std::size_t done = 0;
        while (true) {
            const Frame frame = first_frame(std::string_view(received_).substr(done));
            if (frame.size == 0) break;
            take(frame, now);
            done += frame.size;
        }
        received_.erase(0, done);
    }

    void take(const Frame& frame, Clock::time_point now) {
        if (frame.opcode == kPing) append_frame(control_, kPong, frame.payload);
        if (frame.opcode == kClose) throw std::runtime_error("the server closed the connection");
        if (frame.opcode != kText) return;
        constexpr std::string_view key = R"("req_id":)";
        const auto at = frame.payload.find(key);
        if (at == std::string_view::npos) return;
        std::uint64_t id = 0;
        std::from_chars(frame.payload.data() + at + key.size(), frame.payload.data() + frame.payload.size(), id);
        const bool success = frame.payload.find(R"("success":true)") != std::string_view::npos;
        if (id < kFirstOrder) {
            if (!success) throw std::runtime_error("log-in refused: " + std::string(frame.payload));
            is_logged_in_ = true;
            return;
        }
        ++(success ? run_.report.acknowledged : run_.report.refused);
        run_.latencies.add(now - sent_at_[id % sent_at_.size()]);
        --outstanding_;
    }

    tcp::socket socket_;
    Run& run_;
    std::vector<Clock::time_point> sent_at_;
    std::array<char, kReadChunk> chunk_{};
    std::string received_;
    std::string out_;
    std::string control_;  // pongs, sent with the next orders
    std::string message_;
    std::uint64_t next_id_ = kFirstOrder;
    std::size_t outstanding_ = 0;
    bool is_logged_in_ = false;
};

void run_all(asio::io_context& io, std::vector<std::unique_ptr<Session>>& sessions,
             asio::awaitable<void> (Session::*step)(), LoadReport& report) {
    for (auto& session : sessions)
        asio::co_spawn(io, ((*session).*step)(), [&report](std::exception_ptr failure) {
            try {
                if (failure) std::rethrow_exception(failure);
            } catch (const std::exception& e) {
                report.problem = e.what();
            }
        });
    io.restart();
    io.run();
}

}  // namespace

LoadReport load_websocket(const LoadTarget& target, const LoadShape& shape) {
    asio::io_context io{1};
    Run run{target, shape, OrderStream(shape.seed), {}, 1, {}, {}};
    run.report.name = "WebSocket add_order, " + std::to_string(shape.connections) + " x " +
                      std::to_string(shape.in_flight) + " in flight";
    const tcp::endpoint peer(asio::ip::make_address(target.endpoint.host), target.endpoint.port);
    std::vector<std::unique_ptr<Session>> sessions;
    for (std::size_t i = 0; i < shape.connections; ++i) {
        tcp::socket socket(io);
        boost::system::error_code error;
        socket.connect(peer, error);
        if (error) {
            run.report.problem = "cannot connect: " + error.message();
            return run.report;
        }
        socket.set_option(tcp::no_delay(true));
        sessions.push_back(std::make_unique<Session>(std::move(socket), run));
    }
    run_all(io, sessions, &Session::log_in, run.report);
    if (!run.report.problem.empty()) return run.report;
    const auto begin = Clock::now();
    run.end = begin + shape.duration;
    run_all(io, sessions, &Session::trade, run.report);
    run.report.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    run.report.take(run.latencies);
    return run.report;
}

}  // namespace buttonwood::bench
