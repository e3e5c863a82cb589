// The state of the market as it was after any event of the log, built from the nearest snapshot at or before and the
// journal's blocks from there on, every one checked against the chain and applied by the engine's own apply().
//
//     snapshot, or the start ─▶ block ─▶ block ─▶ ... ─▶ the block that holds the event: up to it, no further
//
// Exact: the engine's state hash is that of an engine that stopped there, inside a command too. Cost: loading the
// snapshot, and replaying the events between it and the wanted one; `max_events` bounds the latter before any work is
// done. Reads only, each statement of its own: no lock and no transaction is held while it replays.
// Thread safety: one thread at a time per state and per connection.
#pragma once

#include "eventstore/pipeline.hpp"
#include "eventstore/snapshot_store.hpp"

#include <cstdint>
#include <expected>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace buttonwood::eventstore {

// Why the past cannot be shown.
struct PastError {
    enum class Kind : std::uint8_t {
        Unavailable,  // the database does not answer: retry
        Future,       // the log has not come that far; `limit` is its last event
        Archived,     // the blocks that it needs are in archived files; `limit` is the first event that can be shown
        TooFar,       // more events to replay than allowed; `limit` is how many that would have been
        Corrupt,      // the log contradicts itself; run verify
        Busy,         // too many look-ups under way: retry (History)
        Stopped,      // the caller asked to stop
    };
    Kind kind{};
    std::string what;  // one line
    std::uint64_t limit{};
};
// Future, for a log that ends there.
[[nodiscard]] PastError beyond(engine::EventSeq end);
template <class T> using OrPastError = std::expected<T, PastError>;

// What is folded from the log beside the engine, made empty for every state.
using SnapshotPartList = std::vector<std::unique_ptr<SnapshotPart>>;
[[nodiscard]] std::vector<SnapshotPart*> pointers_to(const SnapshotPartList& parts);
using MakeParts = std::function<SnapshotPartList()>;

struct ReplayOptions {
    std::uint64_t max_events = std::numeric_limits<std::uint64_t>::max();  // replayed by one call
    std::function<void(engine::EventSeq done, engine::EventSeq to)> progress = {};  // after each block
    std::stop_token stop = {};
};

class PastState {
public:
    // The start of the log; the parts are empty.
    explicit PastState(SnapshotPartList parts);
    // A snapshot, from which the parts were loaded as well.
    PastState(LoadedSnapshot snapshot, SnapshotPartList parts);

    [[nodiscard]] const engine::Engine& engine() const { return engine_; }
    [[nodiscard]] const SnapshotPartList& parts() const { return parts_; }
    [[nodiscard]] engine::EventSeq event_seq() const { return engine_.last_seq(); }
    // Of its last event; 0 before the first.
    [[nodiscard]] engine::Timestamp time() const { return engine_.last_time(); }

    // Can it become the state after that event? Not where that lies before, nor, for any later event, while it stands
    // inside a command: parts fold a command whole, or its beginning as the last thing they do.
    [[nodiscard]] bool reaches(engine::EventSeq seq) const {
        return seq == event_seq() || (seq > event_seq() && !inside_command_);
    }
    // Moves it forward. REQUIRES: reaches(to). After an error it must not be used any more.
    [[nodiscard]] OrPastError<void> advance(Connection& connection, engine::EventSeq to,
                                            const ReplayOptions& options = {});

private:
    void take(Records&& records, engine::EventSeq to);
    [[nodiscard]] Records cut(engine::EventSeq to);
    void apply(Records&& records);
    [[nodiscard]] PastError refused(Connection& connection, const std::string& what) const;

    engine::Engine engine_;
    SnapshotPartList parts_;
    VerifiedUpTo verified_;         // the newest block that was read
    std::optional<Records> ahead_;  // what of it lies after event_seq(), from the start of a command
    bool inside_command_{};
};

struct PastOptions {
    MakeParts make_parts = {};
    bool from_genesis = false;  // use no snapshot
    ReplayOptions replay = {};
    std::function<void(const std::string&)> skipped = {};   // a snapshot that was passed over, and why
    std::function<void(engine::EventSeq base)> began = {};  // where the replay begins: after this event
};

// The state after event `seq`; 0 = before the first event. Errors: all of PastError.
[[nodiscard]] OrPastError<PastState> state_after(Connection& connection, engine::EventSeq seq,
                                                 const PastOptions& options = {});

// The last event of the log.
[[nodiscard]] OrPastError<engine::EventSeq> last_event(Connection& connection);

// The last event with time <= `time`, 0 when there is none. Event times never go back, so that is a binary search:
// about log2(events) blocks are read. An instant before the newest event's is final; a later one may still get events.
// Errors: Archived, Unavailable, Corrupt.
[[nodiscard]] OrPastError<engine::EventSeq> event_at(Connection& connection, engine::Timestamp time);

}  // namespace buttonwood::eventstore
