// A PostgreSQL of our own: initdb (with data checksums) in a directory, unix socket only, started and stopped with us.
//
// Run by root, the cluster's processes run as the user `postgres`, who must be able to reach the directory.
// A crashed postmaster is started again with back-off (R8). Thread safety: start and stop from one thread.
#pragma once

#include <expected>
#include <filesystem>
#include <memory>
#include <string>

namespace buttonwood::eventstore {

class PrivateCluster {
public:
    struct Options {
        std::filesystem::path directory;   // created if absent; PGDATA
        bool supervise = true;             // restart the postmaster when it dies
        std::string extra_settings;        // lines for postgresql.conf, for tests
    };
    // Initialises if needed, starts, waits until it accepts connections, creates the database `buttonwood`.
    // The error is one line that says what to do.
    [[nodiscard]] static std::expected<std::unique_ptr<PrivateCluster>, std::string> start(Options options);
    // Fast shutdown; waits for it.
    ~PrivateCluster();

    [[nodiscard]] std::string conninfo(const std::string& database = "buttonwood") const;
    [[nodiscard]] int postmaster_pid() const;
    // For tests and drills: stop like a crash (-m immediate), and start again. Supervision pauses in between.
    [[nodiscard]] std::expected<void, std::string> stop_immediate();
    [[nodiscard]] std::expected<void, std::string> start_again();

private:
    struct Impl;
    explicit PrivateCluster(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace buttonwood::eventstore
