// A PostgreSQL of our own: initdb (with data checksums) in a directory, unix socket only, started and stopped with us.
//
// Run by root, the cluster's processes run as the user `postgres`, who must be able to reach the directory.
// A crashed postmaster is started again with back-off (R8); one whose server was killed is stopped by the kernel, and
// what is left of it is waited for at the next start. One running server per directory: the directory is locked.
//
// Local connections are trusted: the only door is a unix socket in a directory of mode 0700 that belongs to the
// cluster's user, so the file system has authenticated everyone who can knock. (peer would refuse us when root
// connects, and a password in a file beside the data would be readable by exactly the same users.)
//
// PostgreSQL writes its log to postgres.log in the directory. Thread safety: start and stop from one thread.
#pragma once

#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace buttonwood::eventstore {

class PrivateCluster {
public:
    struct Options {
        std::filesystem::path directory;  // created if absent; PGDATA
        bool supervise = true;            // restart the postmaster when it dies
        bool sync_new_files = true;       // false: initdb does not wait for the disk, for clusters that are thrown away
        std::string extra_settings = {};  // lines for postgresql.conf, for tests
        // One line about a postmaster that died and is started again. Called on a thread of the cluster's.
        std::function<void(std::string_view)> on_trouble = {};
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
