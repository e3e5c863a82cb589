// Which database a command works on: the one it was given, the private cluster of a running server, or that cluster
// started for the moment.
#pragma once

#include "eventstore/private_cluster.hpp"

#include <expected>
#include <memory>
#include <string>

namespace buttonwood::api::cli {

struct DatabaseAccess {
    std::string conninfo;
    std::unique_ptr<eventstore::PrivateCluster> cluster;  // ours while this lives; null when somebody else runs it
};

// The error is one line that says what to do.
[[nodiscard]] std::expected<DatabaseAccess, std::string> open_database(const std::string& database_url,
                                                                       const std::string& data_dir);
// Starts the private cluster of a data directory, for the server.
[[nodiscard]] std::expected<DatabaseAccess, std::string> start_database(const std::string& data_dir);

}  // namespace buttonwood::api::cli
