#include "eventstore/pg_journal_reader.hpp"

#include <cstring>
#include <utility>

namespace buttonwood::eventstore {
namespace {

// A chunk ends with the block that reaches either limit; the answer is held in memory once.
constexpr std::int64_t kChunkBytes = 16 << 20;
constexpr std::int64_t kChunkBlocks = 1'000;

// The first block that holds an event after $1.
constexpr const char* kFirstBlock = R"(
SELECT coalesce((SELECT max(first_seq) FROM eventstore.journal WHERE first_seq <= $1::bigint + 1), 1)::bigint)";

// Sizes come from the TOAST pointers: payloads are fetched only for the rows that are sent.
const std::string kChunk = "SELECT " + std::string(kBlockColumns) + R"(
  FROM (SELECT *, sum(octet_length(payload)) OVER (ORDER BY first_seq ROWS UNBOUNDED PRECEDING)
                  - octet_length(payload) AS bytes_before
          FROM eventstore.journal
         WHERE first_seq BETWEEN $1::bigint AND $4::bigint
         ORDER BY first_seq
         LIMIT $2::bigint) chunk
 WHERE bytes_before < $3::bigint
 ORDER BY first_seq)";

ReadFailure failure(const DbError& error) {
    return {is_damage(error) ? StoreError::Corrupt : StoreError::Unavailable, error};
}

}  // namespace

bool is_damage(const DbError& error) { return error.sqlstate == "XX001" || error.sqlstate == "XX002"; }

bool to_hash(std::string_view bytes, Hash& hash) {
    if (bytes.size() != hash.size()) return false;
    std::memcpy(hash.data(), bytes.data(), hash.size());
    return true;
}

std::expected<Block, ReadFailure> block_at(const Rows& rows, int row) {
    Block block;
    BlockHeader& h = block.header;
    h.first_seq = static_cast<engine::EventSeq>(rows.integer(row, 0));
    h.last_seq = static_cast<engine::EventSeq>(rows.integer(row, 1));
    h.epoch = static_cast<std::uint32_t>(rows.integer(row, 2));
    h.committed_at.us = rows.integer(row, 3);
    h.event_count = static_cast<std::uint32_t>(rows.integer(row, 4));
    h.command_count = static_cast<std::uint32_t>(rows.integer(row, 5));
    h.format_version = static_cast<std::uint16_t>(rows.integer(row, 6));
    block.payload = rows.bytes(row, 7);
    if (!to_hash(rows.text(row, 8), block.hash)) {
        return std::unexpected(
            ReadFailure{StoreError::Corrupt, {DbErrorKind::Fault, "", "", "a stored hash is not 32 bytes long"}});
    }
    return block;
}

std::string where_archived(Connection& connection, engine::EventSeq seq) {
    const auto rows = connection.prepared("SELECT eventstore.archived_in($1)", {seq});
    if (!rows || rows->is_null(0, 0)) return {};
    return std::string(rows->text(0, 0)) + ": attach that file (buttonwood archive attach) to read them";
}

std::expected<void, ReadFailure> read_blocks(Connection& connection, engine::EventSeq after,
                                             const Journal::Sink& sink, engine::EventSeq until) {
    auto first = connection.prepared(kFirstBlock, {after});
    if (!first) return std::unexpected(failure(first.error()));
    std::int64_t from = first->integer(0, 0);
    bool is_first_chunk = true;
    for (;;) {
        const Param params[] = {from, kChunkBlocks, kChunkBytes, until};
        auto rows = connection.prepared_binary(kChunk, params);
        if (!rows) return std::unexpected(failure(rows.error()));
        if (rows->size() == 0) return {};
        if (std::exchange(is_first_chunk, false) && rows->integer(0, 0) > static_cast<std::int64_t>(after) + 1) {
            if (std::string where = where_archived(connection, after + 1); !where.empty())
                return std::unexpected(
                    ReadFailure{StoreError::Corrupt, {DbErrorKind::Fault, "", "", std::move(where)}});
        }
        for (int row = 0; row < rows->size(); ++row) {
            auto block = block_at(*rows, row);
            if (!block) return std::unexpected(std::move(block).error());
            if (block->header.last_seq <= after) continue;
            if (!sink(*block)) return {};
        }
        from = rows->integer(rows->size() - 1, 1) + 1;
    }
}

}  // namespace buttonwood::eventstore
