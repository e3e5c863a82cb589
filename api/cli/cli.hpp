// The command line: one function per sub-command, each returning the process's exit code.
#pragma once

#include <cstdint>
#include <string>

namespace CLI {
class App;
}

namespace buttonwood::api::cli {

// Exit codes, documented in README.md: scripts rely on them.
enum ExitCode : int {
    kOk = 0,
    kCannotStart = 1,   // the one line on stderr says what to do
    kUsage = 2,
    kFenced = 3,        // another server took the log over
    kCorrupt = 4,       // the log contradicts itself: call an operator
};

struct ServeOptions {
    std::string listen = "127.0.0.1:8080";
    std::string data_dir = "data";
    std::string database_url;  // empty: a private cluster in data_dir
    std::string ready_file;
    std::string log_format = "text";
    std::string journal_compression = "lz4";
    std::string events_keep;  // a number of events, or "all"; empty: the policy stays
    std::uint64_t past_events = 2'000'000;  // replayed for one answer about the past
    std::uint32_t linger_us = 0;            // how long the pipeline's threads stay awake
    bool demo = false;
    bool bench = false;
    bool follower = true;
    std::uint64_t snapshot_every_events = 500'000;
    std::uint32_t snapshot_every_s = 300;
    int snapshot_keep = 3;
};
[[nodiscard]] int serve(const ServeOptions& options);

// Where an offline command finds its database: a URL, or the data directory of a server (running or not).
struct DatabaseOptions {
    std::string database_url;
    std::string data_dir = "data";
    bool json = false;
};
void add_database_options(CLI::App& command, DatabaseOptions& options);

[[nodiscard]] int migrate_up(const DatabaseOptions& options);
[[nodiscard]] int migrate_status(const DatabaseOptions& options);

// Each adds a sub-command that runs when it is given, and sets the exit code.
void add_at_command(CLI::App& app, int& code);
void add_replay_command(CLI::App& app, int& code);
void add_verify_command(CLI::App& app, int& code);
void add_archive_command(CLI::App& app, int& code);
void add_events_command(CLI::App& app, int& code);
void add_snapshot_command(CLI::App& app, int& code);
void add_projections_command(CLI::App& app, int& code);
void add_project_command(CLI::App& app, int& code);

// Prints "buttonwood: message" on stderr and returns the code.
int fail(int code, const std::string& message);

}  // namespace buttonwood::api::cli
