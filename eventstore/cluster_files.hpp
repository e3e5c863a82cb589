// The files around a private cluster: programs, user, data directory, socket directory, settings. Internal to
// eventstore.
//
// Every error is one line that says what to do. Thread safety: one cluster's files from one thread.
#pragma once

#include "eventstore/child_process.hpp"

namespace buttonwood::eventstore {

inline constexpr const char* kClusterUser = "buttonwood";  // the superuser initdb makes
inline constexpr const char* kClusterPort = "5432";        // only names the socket: nothing listens on TCP

// Run by root: the user `postgres`. Otherwise ourselves.
[[nodiscard]] std::expected<Account, std::string> cluster_account();

// The directory of initdb and postgres, of the version that made `data_directory` if it holds a cluster.
[[nodiscard]] std::expected<std::filesystem::path, std::string> find_programs(
    const std::filesystem::path& data_directory);

// Creates the data directory if needed, hands an empty one to `account`, checks that it can get there.
[[nodiscard]] std::expected<void, std::string> prepare_data_directory(const std::filesystem::path& directory,
                                                                      const Account& account);

// Runs initdb in an empty directory; accepts one that an earlier run completed; refuses anything else.
[[nodiscard]] std::expected<void, std::string> initialise_if_empty(const std::filesystem::path& directory,
                                                                   const std::filesystem::path& programs,
                                                                   const Account& account, bool sync_new_files);

// Writes the settings file that postgresql.conf includes.
[[nodiscard]] std::expected<void, std::string> write_settings(const std::filesystem::path& directory,
                                                              const std::filesystem::path& socket_directory,
                                                              const std::string& extra_settings,
                                                              const Account& account);

// A directory under /tmp, named after the data directory: a socket's path may have 107 characters at most.
[[nodiscard]] std::expected<std::filesystem::path, std::string> make_socket_directory(
    const std::filesystem::path& data_directory, const Account& account);

// The postgres processes that work in this directory, backends that outlived their postmaster included.
// REQUIRES: the path is canonical.
[[nodiscard]] std::vector<pid_t> processes_in(const std::filesystem::path& directory);

// Waits for the processes of an earlier cluster in this directory to end, and stops them if they do not.
// REQUIRES: no other server of ours uses the directory (it is locked).
[[nodiscard]] std::expected<void, std::string> end_leftovers(const std::filesystem::path& directory);

// The postmaster `pid` accepts connections: it says so in its lock file. (Knocking instead would fill its log.)
[[nodiscard]] bool is_ready(const std::filesystem::path& directory, pid_t pid);

}  // namespace buttonwood::eventstore
