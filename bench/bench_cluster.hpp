// A private PostgreSQL cluster in a directory of its own, and databases in it. Errors are one line.
// Thread safety: one thread.
#pragma once

#include "eventstore/private_cluster.hpp"
#include "tests/support/server_process.hpp"

#include <expected>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

namespace buttonwood::bench {

class BenchCluster {
public:
    [[nodiscard]] static std::expected<std::unique_ptr<BenchCluster>, std::string> start();

    // The conninfo of a new database: migrated and empty, or with everything that another holds, to which nobody is
    // connected.
    [[nodiscard]] std::expected<std::string, std::string> fresh_database();
    [[nodiscard]] std::expected<std::string, std::string> copy_of(const std::string& conninfo);
    // Whoever is connected is thrown out. REQUIRES: a database made here.
    [[nodiscard]] std::expected<void, std::string> drop(const std::string& conninfo);
    // Where PostgreSQL itself may write files.
    [[nodiscard]] std::filesystem::path data_directory() const { return directory_.path() / "pg"; }

private:
    BenchCluster() = default;
    [[nodiscard]] std::expected<std::string, std::string> create(const std::string& how);
    [[nodiscard]] std::expected<void, std::string> administer(const std::string& statement) const;

    test::ScratchDirectory directory_;
    std::unique_ptr<eventstore::PrivateCluster> cluster_;
    std::map<std::string, std::string> names_;  // of the databases, by conninfo
    int databases_ = 0;
};

}  // namespace buttonwood::bench
