// A PostgreSQL cluster of the test process's own, started when first needed and removed when the process ends.
//
// Databases are cheap (a copy of a migrated template) and never shared: each test case takes a fresh one.
// Thread safety: any thread. A cluster that cannot be started ends the test with its one-line reason (an exception).
#pragma once

#include "eventstore/private_cluster.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace buttonwood::test {

// The cluster shared by the process's tests. Its settings are those of production.
[[nodiscard]] eventstore::PrivateCluster& test_cluster();

// The conninfo of a new, migrated, otherwise empty database in test_cluster().
[[nodiscard]] std::string fresh_database();
// The same without the migrations.
[[nodiscard]] std::string empty_database();

// A directory that the cluster's user can enter, removed with everything in it at the end of the scope.
class TemporaryDirectory {
public:
    TemporaryDirectory();
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

// A cluster for tests that break it: its own directory, its own processes.
struct OwnCluster {
    TemporaryDirectory directory;
    std::unique_ptr<eventstore::PrivateCluster> cluster;

    explicit OwnCluster(std::string extra_settings = {});
    ~OwnCluster();  // without a last checkpoint: its data is thrown away
    // A new, migrated database in it.
    [[nodiscard]] std::string fresh_database();
};

}  // namespace buttonwood::test
