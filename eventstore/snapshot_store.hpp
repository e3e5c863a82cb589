// Snapshots in PostgreSQL: state at a place in the log, to start from (sql/022). Where another host finds them too.
//
// A snapshot is a cache of the journal, never the truth: it is checked from the first byte to the last before it is
// used, and one that fails is skipped for the one before it, down to the first event of the log.
//
//     snapshot ── stands on the journal's block that ends with event_seq (chain hash)
//        │        checksum: SHA-256 over its row and its sections' rows
//        ├─ section "engine"   engine::Engine, state hash compared after loading
//        └─ section "live"     what the doors answer from: SnapshotPart, implemented by the api
//               └─ chunk 0, 1, 2 ...   1 MiB each, a zstd frame with a CRC-32C; SHA-256 over all of a section
//
// Written in one transaction, while the log goes on. Only the layout of today is read: a snapshot of another format
// version is skipped like a damaged one, and the next one replaces it.
// Thread safety: functions are as thread-safe as their connection; a part belongs to one thread at a time.
#pragma once

#include "engine/archive.hpp"
#include "engine/engine.hpp"
#include "eventstore/database.hpp"
#include "eventstore/pipeline.hpp"
#include "eventstore/verify_block.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace buttonwood::eventstore {

// How snapshots are laid out. One more whenever a row's or chunk's meaning changes; Engine's own layout has its own.
inline constexpr int kSnapshotFormatVersion = 1;
inline constexpr std::size_t kSnapshotChunkBytes = std::size_t{1} << 20;

// State beside the engine that is folded from the log and saved with it.
class SnapshotPart {
public:
    virtual ~SnapshotPart() = default;
    [[nodiscard]] virtual std::string_view name() const = 0;  // of its section
    [[nodiscard]] virtual int version() const = 0;            // of its layout
    // The last event that it has folded.
    [[nodiscard]] virtual engine::EventSeq event_seq() const = 0;
    virtual void apply(const DurableBatch& batch) = 0;
    virtual void save(engine::ArchiveWriter& archive) const = 0;
    // Replaces the whole state; where it fails (archive.ok() is false then) reset() follows.
    virtual void load(engine::ArchiveReader& archive) = 0;
    // Back to the start of the log.
    virtual void reset() = 0;
};
using SnapshotParts = std::span<SnapshotPart* const>;

struct SnapshotSection {
    std::string name;
    int version{};
    int chunk_count{};
    std::uint64_t raw_bytes{};
    std::uint64_t stored_bytes{};
    Hash checksum{};
};

// A snapshot as its row tells; nothing of it has been checked.
struct SnapshotInfo {
    std::int64_t id{};
    int format_version{};
    engine::EventSeq event_seq{};
    engine::CommandSeq command_seq{};
    Hash chain_hash{};
    engine::StateHash state_hash;
    Hash checksum{};
    std::string created_at;  // RFC 3339
    std::string created_by;
    std::string build;
    std::vector<SnapshotSection> sections;

    [[nodiscard]] const SnapshotSection* section(std::string_view name) const;
    [[nodiscard]] std::uint64_t raw_bytes() const;
    [[nodiscard]] std::uint64_t stored_bytes() const;
};

// Why a snapshot is not used.
struct SnapshotProblem {
    enum class Kind : std::uint8_t {
        Unavailable,  // the database did not answer: nothing is known about the snapshot
        Unusable,     // damaged, of another log, of another version, newer than the log
    };
    Kind kind{};
    std::string what;  // one line, names the snapshot
};

// A snapshot that passed every check: the state after event `position.head.last_seq`.
struct LoadedSnapshot {
    SnapshotInfo info;
    engine::Engine engine;
    VerifiedUpTo position;  // where the log goes on: as after verifying the block that ends there
};

using SnapshotProgress = std::function<void(std::uint64_t done_bytes, std::uint64_t total_bytes)>;

// All of them, newest first.
[[nodiscard]] std::expected<std::vector<SnapshotInfo>, DbError> list_snapshots(Connection& connection);

// Reads a snapshot, the engine's section and those of `parts`, and checks all of it: format, checksums, that the
// journal's block with its last event has its chain hash, that it is not newer than the log, the state hash of what was
// loaded. On failure the parts are reset.
[[nodiscard]] std::expected<LoadedSnapshot, SnapshotProblem> load_snapshot(Connection& connection,
                                                                           const SnapshotInfo& info,
                                                                           SnapshotParts parts = {},
                                                                           const SnapshotProgress& progress = {});

// The newest one that is valid and covers no event after `at_or_before`; nullopt: there is none, start at the first
// event. skipped() is told about each one that is passed over, and why.
[[nodiscard]] std::expected<std::optional<LoadedSnapshot>, DbError> newest_valid(
    Connection& connection, engine::EventSeq at_or_before, SnapshotParts parts = {},
    const std::function<void(const std::string&)>& skipped = {}, const SnapshotProgress& progress = {});

// Writes one, in one transaction. The engine and the parts stand at the same event, which must end a block of the
// journal: chain_hash is that block's. Progress: bytes so far, of a total that is not known (0).
[[nodiscard]] std::expected<SnapshotInfo, DbError> write_snapshot(Connection& connection, const engine::Engine& engine,
                                                                  const Hash& chain_hash, SnapshotParts parts,
                                                                  const std::string& build,
                                                                  const SnapshotProgress& progress = {});

// Deletes all but the newest `keep` (at least 1), but never before a kept one was read and found intact: while there is
// none, older ones stay. Returns what was deleted.
[[nodiscard]] std::expected<std::vector<SnapshotInfo>, DbError> prune_snapshots(Connection& connection, int keep);

}  // namespace buttonwood::eventstore
