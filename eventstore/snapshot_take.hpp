// Taking a snapshot without a server: the newest valid one and the log behind it, decided again, then saved.
//
// Beside a running server it does no harm: the log is only read, and each snapshot is a transaction of its own.
// Thread safety: as the connection's.
#pragma once

#include "eventstore/snapshot_store.hpp"

namespace buttonwood::eventstore {

struct TakenSnapshot {
    SnapshotInfo info;
    bool is_new = true;           // false: this one covers the whole log already
    engine::EventSeq from_seq{};  // of the snapshot it went on from, 0 = the first event
};

struct TakeFailure {
    enum class Kind : std::uint8_t {
        Unavailable,  // the database does not answer
        Empty,        // the log has no events
        Corrupt,      // the log contradicts itself, or what its commands lead to
    };
    Kind kind{};
    std::string what;  // one line
};

// parts: at the start of the log; saved with the engine. Progress: events decided again, of those of the log.
[[nodiscard]] std::expected<TakenSnapshot, TakeFailure> take_snapshot(
    Connection& connection, SnapshotParts parts, const std::string& build,
    const std::function<void(engine::EventSeq done, engine::EventSeq total)>& progress = {},
    const std::function<void(const std::string&)>& skipped = {});

}  // namespace buttonwood::eventstore
