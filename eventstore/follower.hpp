// The follower: a second engine that decides every durable command again, on a thread and a connection of its own.
//
//     pipeline ─ released ─▶ offer() ─▶ bounded queue ─┐
//                                        (too far behind: the journal) ─▶ decide again ─▶ same events? same digest?
//                                                                              │              no: alarm, and stop
//                                                                              └▶ snapshot, now and then; old ones go
//
// It finds a server whose memory went wrong, or a log that says what the rules do not lead to, and it takes the
// snapshots, so that the engine thread never waits for one. It never holds up anybody: batches that it has no room for
// are dropped and read from the journal later. Its copy of the state costs as much memory as the server's.
// Thread safety: offer() and status() from any thread. The callbacks run on the follower's thread.
#pragma once

#include "eventstore/snapshot_store.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace buttonwood::eventstore {

// When to take a snapshot: after so many events, and after so much time if there were any. 0 = not for this reason.
struct SnapshotPolicy {
    std::uint64_t every_events = 500'000;
    std::chrono::seconds every{300};
    int keep = 3;  // newest ones; at least 1
};

struct FollowerOptions {
    std::string conninfo;
    std::string build;  // named in the snapshots
    SnapshotPolicy policy;
    std::vector<std::unique_ptr<SnapshotPart>> parts;  // copies of the follower's own, saved with its engine
    std::function<void(const std::string&)> alarm;     // a divergence, a damaged log, a snapshot that failed
    std::function<void(const std::string&)> note;      // what is worth a line in the log; may be empty
};

enum class FollowerState : std::uint8_t {
    Starting,    // loads a snapshot
    CatchingUp,  // reads the journal
    Following,   // has decided again all that is durable
    Diverged,    // it and the log disagree: it stands still and takes no snapshots
};
[[nodiscard]] std::string_view name_of(FollowerState state);

struct FollowerStatus {
    FollowerState state{};
    engine::EventSeq event_seq{};     // decided again up to here
    engine::EventSeq snapshot_seq{};  // of the newest snapshot that it took or started from, 0 = none
    std::uint64_t snapshots_taken{};
    std::uint64_t digests_compared{};
};

class Follower {
public:
    // Starts from the newest valid snapshot and the journal; while the database is away it tries again.
    [[nodiscard]] static std::unique_ptr<Follower> start(FollowerOptions options);
    ~Follower();  // finishes the batch or the snapshot in hand

    // A batch became durable: in log order, from one thread at a time. Never blocks.
    void offer(std::shared_ptr<const DurableBatch> batch);
    [[nodiscard]] FollowerStatus status() const;

private:
    class Impl;
    explicit Follower(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace buttonwood::eventstore
