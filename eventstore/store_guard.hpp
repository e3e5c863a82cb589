// Would this server keep an acknowledged commit, and is it still the one we connected to first (R5)?
//
// What a commit rests on can change while the server runs: a setting is reloaded, a proxy leads to another cluster, a
// standby is dropped from the list of those that a commit waits for. So the questions are asked again and again.
// Thread safety: one thread at a time. Internal to eventstore.
#pragma once

#include "eventstore/database.hpp"

#include <optional>
#include <string>

namespace buttonwood::eventstore {

// The oldest major version of PostgreSQL that the journal is used with.
inline constexpr int kOldestPostgres = 15;

class StoreGuard {
public:
    // Asks once. What is wrong, in words; empty = all is well. The first server with which all is well becomes the one
    // that later ones are compared with.
    [[nodiscard]] std::expected<std::string, DbError> complaint(Connection& connection);

private:
    struct Identity {
        std::string cluster;   // system identifier of initdb
        std::string standbys;  // synchronous_standby_names
        std::int64_t major_version{};
    };
    [[nodiscard]] std::string difference(const Identity& now) const;

    std::optional<Identity> known_;
};

}  // namespace buttonwood::eventstore
