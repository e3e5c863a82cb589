// How fast a server is back: reading blocks alone, the whole log through apply, a snapshot; and what the digests of the
// log cost the engine thread. In process, on the private cluster of StoreBench.
#pragma once

#include "bench/raw_append.hpp"

#include <expected>
#include <string>

namespace buttonwood::bench {

// Mark: the replay reaches a fifth of the rate of reading alone.
inline constexpr double kRecoveryMark = 0.2;

struct RecoveryReport {
    std::uint64_t events{};
    double read_seconds{};      // every block, and nothing done with it
    double replay_seconds{};    // start of a pipeline: chain, records, apply
    double take_seconds{};      // follower's work offline: decide again, compare, save
    double restore_seconds{};   // start of a pipeline from that snapshot, which covers the whole log
    std::uint64_t snapshot_bytes{};
    double decide_ns{};         // engine thread, per event: deciding ...
    double digest_ns{};         // ... and digests
    bool same_state = false;    // replayed and restored

    [[nodiscard]] double ratio() const { return replay_seconds > 0 ? read_seconds / replay_seconds : 0; }
    [[nodiscard]] nlohmann::json to_json() const;
    [[nodiscard]] std::string lines() const;
};

// On a log of about so many commands. The error is one line.
[[nodiscard]] std::expected<RecoveryReport, std::string> run_recovery(StoreBench& store, std::size_t commands);

}  // namespace buttonwood::bench
