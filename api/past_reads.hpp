// Answers as of an earlier event or instant, off the I/O thread: one thread of low priority with a connection of its
// own, a short queue before it, and eventstore::History behind it. The engine is never asked.
//
// What one answer may cost is bounded by `max_events` replayed; what is beyond that, or archived, or not yet there, is
// refused. Thread safety: answer() from the I/O thread; queries run on the pool's thread.
#pragma once

#include "api/reads.hpp"
#include "api/read_models.hpp"
#include "eventstore/history.hpp"

namespace buttonwood::api {

inline constexpr std::size_t kPastQueueCapacity = 16;
inline constexpr int kPastTimeoutMs = 30'000;  // of one statement
inline constexpr std::uint64_t kPastMaxEvents = 2'000'000;

// Exactly one of the two.
struct AsOf {
    std::optional<engine::EventSeq> seq;
    std::optional<engine::Timestamp> time;
};

class PastReads {
public:
    // Reads the answer from a state and, for what no state holds, from the read models. Must not look at what belongs
    // to the I/O thread. found = false is answered by the caller.
    using Query = std::function<std::expected<ReadAnswer, Problem>(const eventstore::PastState&,
                                                                   eventstore::Connection&)>;
    using Answer = std::expected<ReadAnswer, Problem>;

    PastReads(boost::asio::io_context& io, const std::string& conninfo, std::uint64_t max_events);
    ~PastReads() { history_.stop(); }

    // Errors: 422 as_of_in_future, 410 as_of_archived, 422 as_of_too_far, 503 overloaded, read_only, draining, and what
    // the query answers. Both are copied; by reference because of GCC 12 (README, Decisions).
    boost::asio::awaitable<Answer> answer(const AsOf& as_of, const Query& query);

private:
    [[nodiscard]] Answer look_up(eventstore::Connection& connection, const AsOf& as_of, const Query& query);

    const std::uint64_t max_events_;
    eventstore::History history_;
    Reads pool_;  // its thread ends before the history
};

}  // namespace buttonwood::api
