// How PostgreSQL stores the journal's payloads on disk. Readers, psql and the chain see the same bytes whatever it is:
// a row is compressed when it is written and expanded when it is read, by PostgreSQL itself (TOAST).
//
// Only blocks above some 2 kB are compressed, and only if it makes them smaller.
#pragma once

#include "eventstore/database.hpp"

#include <optional>
#include <string_view>

namespace buttonwood::eventstore {

enum class JournalCompression : std::uint8_t { None, Lz4, Pglz };

// "none", "lz4", "pglz".
[[nodiscard]] std::optional<JournalCompression> journal_compression(std::string_view word);

// For blocks that are written from now on, in every partition there is and will be. Does nothing when it is so already;
// otherwise waits at most five seconds for those who read the journal (Conflict).
[[nodiscard]] std::expected<void, DbError> set_journal_compression(Connection& connection, JournalCompression method);

}  // namespace buttonwood::eventstore
