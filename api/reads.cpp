#include "api/reads.hpp"

#include <algorithm>
#include <spdlog/spdlog.h>

namespace buttonwood::api {

using namespace std::chrono_literals;

Reads::Reads(boost::asio::io_context& io, std::string conninfo, Checkpoint checkpoint)
    : io_(io), conninfo_(std::move(conninfo)), checkpoint_(std::move(checkpoint)) {
    for (std::size_t i = 0; i < kReadThreads; ++i) threads_.emplace_back([this] { work(); });
}

Reads::~Reads() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

bool Reads::push(Job job) {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_ || jobs_.size() == kReadQueueCapacity) return false;
        jobs_.push_back(std::move(job));
    }
    wake_.notify_one();
    return true;
}

void Reads::work() {
    std::optional<eventstore::Connection> connection;
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
        if (!connection)
            if (auto opened = eventstore::Connection::open(conninfo_, "buttonwood-reads"))
                connection = std::move(*opened);
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
    const auto reached = [&] {
        return std::ranges::all_of(projections, [&](std::string_view p) { return checkpoint_(p) >= min_event_seq; });
    };
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms);
    boost::asio::steady_timer timer(io_);
    while (!reached()) {
        if (std::chrono::steady_clock::now() >= deadline)
            co_return std::unexpected(problem("read_lag", "The read model has not reached event " +
                                                              std::to_string(min_event_seq) + " yet."));
        timer.expires_after(2ms);
        co_await timer.async_wait(boost::asio::use_awaitable);
    }
    co_return std::expected<void, Problem>{};
}

}  // namespace buttonwood::api
