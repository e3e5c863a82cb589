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

// Journal::read() over `connection`: in chunks of bounded memory, each a statement of its own, so that a long replay
// keeps no snapshot open.
[[nodiscard]] std::expected<void, ReadFailure> read_blocks(Connection& connection, engine::EventSeq after,
                                                           const Journal::Sink& sink);

// The database reports that its own storage is damaged (XX001 data_corrupted, XX002 index_corrupted).
[[nodiscard]] bool is_damage(const DbError& error);

// False unless `bytes` has the length of a hash.
[[nodiscard]] bool to_hash(std::string_view bytes, Hash& hash);

}  // namespace buttonwood::eventstore
