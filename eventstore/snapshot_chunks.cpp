#include "eventstore/snapshot_chunks.hpp"

#include "engine/assert.hpp"
#include "eventstore/codec.hpp"
#include "eventstore/pg_journal_reader.hpp"

#include <zstd.h>

#include <utility>

namespace buttonwood::eventstore {
namespace {

// The fastest level of zstd that still halves the state: the follower shares the machine with the engine.
constexpr int kCompressionLevel = 1;

constexpr const char* kInsertChunk =
    "INSERT INTO eventstore.snapshot_chunks (snapshot_id, section, chunk, raw_bytes, crc32c, data) "
    "VALUES ($1::bigint, $2, $3::integer, $4::integer, $5::bigint, $6)";
constexpr const char* kInsertSection =
    "INSERT INTO eventstore.snapshot_sections "
    "(snapshot_id, section, version, chunk_count, raw_bytes, stored_bytes, checksum) "
    "VALUES ($1::bigint, $2, $3::smallint, $4::integer, $5::bigint, $6::bigint, $7)";
constexpr const char* kSelectChunk =
    "SELECT raw_bytes, crc32c, data FROM eventstore.snapshot_chunks "
    "WHERE snapshot_id = $1::bigint AND section = $2::text AND chunk = $3::integer";

}  // namespace

ChunkWriter::ChunkWriter(Connection& connection, std::int64_t snapshot_id, std::string name, int version)
    : connection_(connection), snapshot_id_(snapshot_id) {
    section_.name = std::move(name);
    section_.version = version;
    pending_.reserve(kSnapshotChunkBytes);
}

void ChunkWriter::append(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::string_view part = bytes.substr(0, kSnapshotChunkBytes - pending_.size());
        pending_ += part;
        bytes.remove_prefix(part.size());
        if (pending_.size() == kSnapshotChunkBytes) store_chunk();
    }
}

void ChunkWriter::store_chunk() {
    section_.raw_bytes += pending_.size();
    if (!error_) {
        compressed_.resize(ZSTD_compressBound(pending_.size()));
        const std::size_t size = ZSTD_compress(compressed_.data(), compressed_.size(), pending_.data(),
                                               pending_.size(), kCompressionLevel);
        BUTTONWOOD_ASSERT(ZSTD_isError(size) == 0);
        compressed_.resize(size);
        const Param params[] = {snapshot_id_,    section_.name,       section_.chunk_count,
                                pending_.size(), crc32c(compressed_), Param::bytea(compressed_)};
        if (const auto stored = connection_.prepared(kInsertChunk, params); !stored) error_ = stored.error();
        checksum_.absorb(compressed_);
        section_.stored_bytes += size;
        ++section_.chunk_count;
    }
    pending_.clear();
}

std::expected<SnapshotSection, DbError> ChunkWriter::finish() {
    if (!pending_.empty()) store_chunk();
    if (error_) return std::unexpected(*error_);
    section_.checksum = checksum_.finish();
    const Param params[] = {snapshot_id_,       section_.name,         section_.version,
                            section_.chunk_count, section_.raw_bytes, section_.stored_bytes,
                            bytes_param(section_.checksum)};
    if (const auto stored = connection_.query(kInsertSection, params); !stored) return std::unexpected(stored.error());
    return section_;
}

ChunkReader::ChunkReader(Connection& connection, std::int64_t snapshot_id, const SnapshotSection& section)
    : connection_(connection), snapshot_id_(snapshot_id), section_(section) {}

std::string_view ChunkReader::next() {
    if (problem_ || next_chunk_ == section_.chunk_count) return {};
    const Param params[] = {snapshot_id_, section_.name, next_chunk_};
    const auto rows = connection_.prepared_binary(kSelectChunk, params);
    if (!rows) {
        const bool damaged = is_damage(rows.error());
        fail(damaged ? SnapshotProblem::Kind::Unusable : SnapshotProblem::Kind::Unavailable, rows.error().message);
        return {};
    }
    if (!expand(*rows)) return {};
    ++next_chunk_;
    return expanded_;
}

bool ChunkReader::expand(const Rows& rows) {
    const auto refuse = [this](const char* what) {
        fail(SnapshotProblem::Kind::Unusable, "chunk " + std::to_string(next_chunk_) + ' ' + what);
        return false;
    };
    if (rows.size() != 1) return refuse("is missing");
    const std::int64_t raw_bytes = rows.integer(0, 0);
    const std::string data = rows.bytes(0, 2);
    if (rows.integer(0, 1) != crc32c(data)) return refuse("is damaged: its CRC-32C differs");
    if (raw_bytes < 1 || raw_bytes > static_cast<std::int64_t>(kSnapshotChunkBytes)) return refuse("has a wrong size");
    expanded_.resize(static_cast<std::size_t>(raw_bytes));
    const std::size_t size = ZSTD_decompress(expanded_.data(), expanded_.size(), data.data(), data.size());
    if (ZSTD_isError(size) != 0 || size != expanded_.size()) return refuse("cannot be expanded");
    checksum_.absorb(data);
    raw_bytes_ += size;
    stored_bytes_ += data.size();
    return true;
}

std::optional<SnapshotProblem> ChunkReader::finish() {
    while (!next().empty()) continue;
    if (!problem_ && (raw_bytes_ != section_.raw_bytes || stored_bytes_ != section_.stored_bytes ||
                      checksum_.finish() != section_.checksum))
        fail(SnapshotProblem::Kind::Unusable, "its checksum differs");
    return problem_;
}

void ChunkReader::fail(SnapshotProblem::Kind kind, std::string what) {
    problem_ = SnapshotProblem{kind, "section " + section_.name + ": " + std::move(what)};
}

}  // namespace buttonwood::eventstore
