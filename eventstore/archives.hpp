// Taking old partitions of the journal out of the database, and back (T19).
//
//     detach: copy to FILE.partial ▶ seal ▶ sync ▶ rename ▶ read all of it again ▶ one transaction: row in
//             eventstore.archives, partition dropped
//     attach: read and check all of the file ▶ one transaction: table, COPY, compared with the row, attached
//
// Only the beginning of the log is ever archived: partitions go oldest first and come back newest first. A crash at any
// point leaves the events in the database, in a complete file, or both. Needs the owner of the schema (or a superuser);
// nobody else can remove a block. Thread safety: as the connection's.
#pragma once

#include "eventstore/archive_file.hpp"
#include "eventstore/database.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace buttonwood::eventstore {

// A partition of the journal: in the database, in a file, or archived once and attached again.
struct JournalPartition {
    ArchiveHeader range;            // counts and hashes are set for archived ones only
    std::string file_name;          // empty: never archived
    std::uint64_t file_bytes{};
    Hash seal{};
    std::string detached_at;        // RFC 3339; empty: it is in the database
    bool is_full{};                 // the log has gone past it: it can be detached
};

// Oldest first. The error is one line.
[[nodiscard]] std::expected<std::vector<JournalPartition>, std::string> list_partitions(Connection& connection);

using ArchiveProgress = std::function<void(std::uint64_t blocks_done, std::uint64_t blocks_total)>;

// Moves the oldest partition into a file in `directory`, which is made if missing. The error is one line that says why
// nothing was removed: the partition is still written to, a projection or the newest snapshot has not passed it, the
// file cannot be written or read back.
[[nodiscard]] std::expected<JournalPartition, std::string> detach_oldest(Connection& connection,
                                                                         const std::filesystem::path& directory,
                                                                         const ArchiveProgress& progress = {});

// Takes a file's blocks back. The error is one line that says why nothing was changed.
[[nodiscard]] std::expected<JournalPartition, std::string> attach(Connection& connection,
                                                                  const std::filesystem::path& file,
                                                                  const ArchiveProgress& progress = {});

}  // namespace buttonwood::eventstore
