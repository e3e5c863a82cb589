// Queries of the read models, off the I/O thread: a few threads, each with its own read-only connection.
// Thread safety: run() from the I/O thread; jobs run on the pool's threads.
#pragma once

#include "api/problem.hpp"
#include "eventstore/database.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace buttonwood::api {

inline constexpr std::size_t kReadThreads = 2;
inline constexpr std::size_t kReadQueueCapacity = 512;
inline constexpr int kDefaultWaitMs = 1'000;
inline constexpr int kMaxWaitMs = 10'000;
inline constexpr int kReadTimeoutMs = 5'000;  // of one query; then its connection is given up
inline constexpr int kReadConnectMs = 2'000;
inline constexpr std::chrono::milliseconds kReconnectPause{500};

struct ReadsOptions {
    std::size_t threads = kReadThreads;
    std::size_t queue_capacity = kReadQueueCapacity;
    int timeout_ms = kReadTimeoutMs;
    std::string name = "buttonwood-reads";  // of its sessions
    bool in_snapshot = true;                // a query sees one snapshot of the database; else each statement its own
    bool read_only = true;                  // else its queries may write: operators' acts
    int niceness = 0;                       // of its threads, nice(2)
};

class Reads {
public:
    template <class T> using Answer = std::expected<T, Problem>;
    template <class T> using Query = std::function<std::expected<T, eventstore::DbError>(eventstore::Connection&)>;
    // The last event a read model has applied; the worker's own count.
    using Checkpoint = std::function<engine::EventSeq(std::string_view projection)>;

    Reads(boost::asio::io_context& io, std::string conninfo, Checkpoint checkpoint, ReadsOptions options = {});
    ~Reads();

    // Runs the query on a pool thread, reading only, and resumes on the I/O thread.
    // Errors: 503 overloaded when too many wait; 503 read_only while the database is away.
    // `query` is copied; by reference because of GCC 12 (README, Decisions).
    template <class T> boost::asio::awaitable<Answer<T>> run(const Query<T>& query) {
        auto answer = std::make_shared<std::optional<std::expected<T, eventstore::DbError>>>();
        auto done = std::make_shared<boost::asio::steady_timer>(io_, boost::asio::steady_timer::time_point::max());
        const bool queued = push([this, answer, done, q = query](eventstore::Connection* connection) {
            *answer = connection
                          ? perform<T>(*connection, q)
                          : std::unexpected(eventstore::DbError{eventstore::DbErrorKind::Unavailable, "", "", ""});
            boost::asio::post(io_, [done] { done->cancel(); });
        });
        if (!queued) co_return std::unexpected(problem("overloaded", "Too many reads are waiting."));
        boost::system::error_code ignored;
        co_await done->async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
        if (!**answer) co_return std::unexpected(to_problem((*answer)->error()));
        co_return std::move(***answer);
    }

    // Waits until all these projections have applied min_event_seq. Errors: 503 read_lag after wait_ms.
    boost::asio::awaitable<std::expected<void, Problem>> reach(const std::vector<std::string_view>& projections,
                                                               engine::EventSeq min_event_seq, int wait_ms);

    // The same for a condition of the I/O thread's own.
    boost::asio::awaitable<std::expected<void, Problem>> reach(const std::function<bool()>& reached,
                                                               engine::EventSeq min_event_seq, int wait_ms);

private:
    using Job = std::function<void(eventstore::Connection*)>;
    template <class T>
    std::expected<T, eventstore::DbError> perform(eventstore::Connection& connection, const Query<T>& query) const {
        if (!options_.in_snapshot) return query(connection);
        auto transaction =
            eventstore::Transaction::begin(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        if (!transaction) return std::unexpected(transaction.error());
        auto result = query(connection);
        if (auto committed = transaction->commit(); result && !committed) return std::unexpected(committed.error());
        return result;
    }
    static Problem to_problem(const eventstore::DbError& error);
    bool push(Job job);
    [[nodiscard]] std::optional<eventstore::Connection> connect() const;
    void work();

    boost::asio::io_context& io_;
    const std::string conninfo_;
    const Checkpoint checkpoint_;
    const ReadsOptions options_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Job> jobs_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace buttonwood::api
