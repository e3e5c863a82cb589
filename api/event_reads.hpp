// The log for the doors: pages of events as JSON, read and written out off the I/O thread, on one thread of low
// priority. The engine is never asked. Thread safety: I/O thread; the pages are made on the pool's thread.
#pragma once

#include "api/event_log.hpp"
#include "api/reads.hpp"

namespace buttonwood::api {

inline constexpr std::size_t kMaxEventStreams = 32;
inline constexpr std::size_t kEventQueueCapacity = 2 * kMaxEventStreams;
inline constexpr int kEventTimeoutMs = 30'000;  // of one statement

// Events with after < event_seq <= upto that match, at most `limit`. REQUIRES: upto is durable, after < upto.
struct EventQuery {
    engine::EventSeq after{};
    engine::EventSeq upto{};
    EventFilter filter;
    std::size_t limit{};
};

struct EventLine {
    engine::EventSeq seq{};
    std::string type;
    std::string json;  // as `buttonwood events --json` prints it
};

struct EventPage {
    std::vector<EventLine> lines;     // oldest first
    engine::EventSeq looked_until{};  // all that match up to here are in it
};

class EventReads {
public:
    EventReads(boost::asio::io_context& io, const std::string& conninfo);

    // Looks for half a second at most, and then says how far it came. Errors: 410 as_of_archived, 503 read_only,
    // overloaded, 500 when the log contradicts itself.
    // `query` is copied; by reference because of GCC 12 (README, Decisions).
    boost::asio::awaitable<std::expected<EventPage, Problem>> page(const EventQuery& query);

    // Held by each stream as long as it goes on; empty: there are kMaxEventStreams already.
    [[nodiscard]] std::shared_ptr<void> take_place();

private:
    std::shared_ptr<std::size_t> streams_ = std::make_shared<std::size_t>(0);
    Reads pool_;
};

}  // namespace buttonwood::api
