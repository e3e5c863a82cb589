#include "api/reads.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <spdlog/spdlog.h>

namespace buttonwood::api {

using namespace std::chrono_literals;

Reads::Reads(boost::asio::io_context& io, std::string conninfo, Checkpoint checkpoint, ReadsOptions options)
    : io_(io), conninfo_(std::move(conninfo)), checkpoint_(std::move(checkpoint)), options_(std::move(options)) {
    for (std::size_t i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { work(); });
}

Reads::~Reads() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        jobs_.clear();  // nobody waits for them any more: the loop has stopped
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

bool Reads::push(Job job) {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_ || jobs_.size() == options_.queue_capacity) return false;
        jobs_.push_back(std::move(job));
    }
    wake_.notify_one();
    return true;
}

std::optional<eventstore::Connection> Reads::connect() const {
    auto opened = eventstore::Connection::open(conninfo_, options_.name, kReadConnectMs);
    if (!opened) return std::nullopt;
    opened->set_answer_timeout_ms(options_.timeout_ms);
    if (options_.read_only && !opened->execute("SET default_transaction_read_only = on")) return std::nullopt;
    return std::move(*opened);
}

void Reads::work() {
    if (options_.niceness != 0) setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), options_.niceness);
    std::optional<eventstore::Connection> connection;
    auto next_attempt = std::chrono::steady_clock::now();
    while (true) {
        Job job;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
            if (jobs_.empty()) return;
            job = std::move(jobs_.front());
            jobs_.pop_front();
        }
        if (connection && !connection->healthy()) connection.reset();
        if (!connection && std::chrono::steady_clock::now() >= next_attempt) {
            connection = connect();
            // Those who wait behind this one are told at once: a database that swallows packets costs a timeout once.
            if (!connection) next_attempt = std::chrono::steady_clock::now() + kReconnectPause;
        }
        job(connection ? &*connection : nullptr);
    }
}

Problem Reads::to_problem(const eventstore::DbError& error) {
    if (error.kind == eventstore::DbErrorKind::Unavailable || error.kind == eventstore::DbErrorKind::Conflict)
        return problem("read_only", "The read models cannot be reached.");
    spdlog::error("read failed: {} {}", error.sqlstate, error.message);
    return problem("internal");
}

boost::asio::awaitable<std::expected<void, Problem>> Reads::reach(const std::vector<std::string_view>& projections,
                                                                  engine::EventSeq min_event_seq, int wait_ms) {
    const std::function<bool()> reached = [&] {
        return std::ranges::all_of(projections, [&](std::string_view p) { return checkpoint_(p) >= min_event_seq; });
    };
    co_return co_await reach(reached, min_event_seq, wait_ms);
}

boost::asio::awaitable<std::expected<void, Problem>> Reads::reach(const std::function<bool()>& reached,
                                                                  engine::EventSeq min_event_seq, int wait_ms) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms);
    boost::asio::steady_timer timer(io_);
    while (!reached()) {
        if (std::chrono::steady_clock::now() >= deadline)
            co_return std::unexpected(
                problem("read_lag", "Event " + std::to_string(min_event_seq) + " cannot be read yet."));
        timer.expires_after(2ms);
        co_await timer.async_wait(boost::asio::use_awaitable);
    }
    co_return std::expected<void, Problem>{};
}

}  // namespace buttonwood::api
