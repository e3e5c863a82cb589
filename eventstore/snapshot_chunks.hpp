// The bytes of one section of a snapshot: cut into chunks, compressed and stored on the way out; read, checked and
// expanded on the way in. Internal to eventstore. Thread safety: as the connection's.
#pragma once

#include "engine/archive.hpp"
#include "eventstore/sha256.hpp"
#include "eventstore/snapshot_store.hpp"

#include <optional>

namespace buttonwood::eventstore {

[[nodiscard]] inline Param bytes_param(const Hash& hash) {
    return Param::bytea({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

// Inserts chunks as their bytes come. After the first error the rest is ignored.
class ChunkWriter {
public:
    ChunkWriter(Connection& connection, std::int64_t snapshot_id, std::string name, int version);

    void append(std::string_view bytes);
    // Stores what is left, then the section's row. Call it once.
    [[nodiscard]] std::expected<SnapshotSection, DbError> finish();
    [[nodiscard]] std::uint64_t raw_bytes() const { return section_.raw_bytes; }

private:
    void store_chunk();

    Connection& connection_;
    std::int64_t snapshot_id_;
    SnapshotSection section_;
    Sha256Stream checksum_;
    std::string pending_;
    std::string compressed_;
    std::optional<DbError> error_;
};

// Hands out a section's bytes chunk by chunk; never more than one chunk is in memory.
class ChunkReader {
public:
    ChunkReader(Connection& connection, std::int64_t snapshot_id, const SnapshotSection& section);

    // The next chunk's bytes, valid until the next call; empty at the end or once something is wrong.
    [[nodiscard]] std::string_view next();
    // Reads what is left. Nothing, when all chunks were there and their checksums are right.
    [[nodiscard]] std::optional<SnapshotProblem> finish();
    [[nodiscard]] std::uint64_t raw_bytes() const { return raw_bytes_; }  // so far

private:
    [[nodiscard]] bool expand(const Rows& rows);
    void fail(SnapshotProblem::Kind kind, std::string what);

    Connection& connection_;
    std::int64_t snapshot_id_;
    const SnapshotSection& section_;
    int next_chunk_{};
    std::uint64_t raw_bytes_{};
    std::uint64_t stored_bytes_{};
    Sha256Stream checksum_;
    std::string expanded_;
    std::optional<SnapshotProblem> problem_;
};

}  // namespace buttonwood::eventstore
