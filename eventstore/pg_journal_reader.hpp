// The reader's side of the journal in PostgreSQL, on a connection of the caller's. Internal to eventstore.
//
// Thread safety: as the connection's.
#pragma once

#include "eventstore/database.hpp"
#include "eventstore/journal.hpp"

namespace buttonwood::eventstore {

struct ReadFailure {
    StoreError kind{};
    DbError cause;
};

// Journal::read() over `connection`, up to the block that holds event `until`: in chunks of bounded memory, each a
// statement of its own, so that a long replay keeps no snapshot open. Corrupt where the event after `after` is
// archived: the cause names the file.
[[nodiscard]] std::expected<void, ReadFailure> read_blocks(Connection& connection, engine::EventSeq after,
                                                           const Journal::Sink& sink,
                                                           engine::EventSeq until = INT64_MAX);

// Where an event is that the journal begins behind, and what to do about it, in one line; empty unless it is archived.
[[nodiscard]] std::string where_archived(Connection& connection, engine::EventSeq seq);

// The columns of a block, as block_at() takes them from a row of prepared_binary(). A stored hash that is not 32 bytes
// long is corruption.
inline constexpr std::string_view kBlockColumns =
    "first_seq, last_seq, epoch, (extract(epoch FROM committed_at) * 1000000)::bigint, event_count, command_count, "
    "format_version, payload, hash";
[[nodiscard]] std::expected<Block, ReadFailure> block_at(const Rows& rows, int row);

// The database reports that its own storage is damaged (XX001 data_corrupted, XX002 index_corrupted).
[[nodiscard]] bool is_damage(const DbError& error);

// False unless `bytes` has the length of a hash.
[[nodiscard]] bool to_hash(std::string_view bytes, Hash& hash);

}  // namespace buttonwood::eventstore
