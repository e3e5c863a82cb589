// The log as server-sent events (WHATWG HTML, section 9.2): every durable event that matches, once, in order, for ever.
//
//     id: 1234                     event_seq; a client that comes back sends the last one as Last-Event-ID
//     event: TradeExecuted
//     data: {"event_seq":1234,...}
//
// Nothing is queued for a reader: a stream knows its place in the log and reads one page after the other, the next one
// when the peer has taken the last. So a slow reader is simply further back, over reconnects and restarts too, and one
// that takes nothing for kStallTimeout is let go. A place without an event to show is told by an id alone, which moves
// a client's Last-Event-ID and nothing else.
#pragma once

#include "api/event_reads.hpp"
#include "api/http/body_stream.hpp"
#include "api/identity.hpp"
#include "api/server.hpp"

namespace buttonwood::api::http {

inline constexpr std::size_t kEventsPerWrite = 256;
inline constexpr std::chrono::milliseconds kLookInterval{20};  // between two looks at the end of the log
inline constexpr std::chrono::seconds kHeartbeatInterval{15};
inline constexpr std::chrono::seconds kStallTimeout{30};
// An event is shown once log.events has it, which knows its stream_version; where that table stands still for so long,
// from the journal, which does not.
inline constexpr std::chrono::seconds kTablePatience{1};

// Thread safety: I/O thread.
class EventStream final : public BodyStream {
public:
    // place: of EventReads::take_place(). REQUIRES: after <= the last durable event.
    EventStream(Services& services, const Identity& who, EventFilter filter, engine::EventSeq after,
                std::shared_ptr<void> place);
    boost::asio::awaitable<void> write_to(boost::beast::tcp_stream& stream) override;

private:
    using Clock = std::chrono::steady_clock;

    // The last event that may be shown now.
    [[nodiscard]] engine::EventSeq readable();
    // The server ends, the key is revoked, or the peer is gone.
    [[nodiscard]] bool over(boost::beast::tcp_stream& stream) const;
    boost::asio::awaitable<bool> send(boost::beast::tcp_stream& stream, const std::string& text) const;
    boost::asio::awaitable<void> rest(std::chrono::milliseconds time) const;

    Services& services_;
    const Identity who_;
    const EventFilter filter_;
    const std::shared_ptr<void> place_;
    engine::EventSeq position_;  // all up to here was looked at
    engine::EventSeq told_;      // the last id that the client knows
    engine::EventSeq table_ = 0;
    Clock::time_point table_moved_ = Clock::now();
};

}  // namespace buttonwood::api::http
