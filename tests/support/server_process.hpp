// The real binary as a child process: started on a free port, killed, stopped and started again.
//
// The child is told to stop when its parent dies, so an aborted test leaves no server behind.
// Thread safety: one thread at a time; the thread that starts a server must outlive it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace buttonwood::test {

// A fresh directory that other users may enter (a private PostgreSQL runs as another user than root); removed with its
// owner.
class ScratchDirectory {
public:
    explicit ScratchDirectory(const std::string& prefix = "bw");
    ScratchDirectory(const ScratchDirectory&) = delete;
    ScratchDirectory& operator=(const ScratchDirectory&) = delete;
    ~ScratchDirectory();
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

// Runs a program to its end. What it printed on both streams, and its exit code (128 + signal when one ended it).
struct CommandOutcome {
    int exit_code{};
    std::string output;
};
[[nodiscard]] CommandOutcome run_command(const std::vector<std::string>& arguments);

class ServerProcess {
public:
    struct Options {
        std::filesystem::path binary;
        std::filesystem::path data_dir;
        std::vector<std::string> arguments;  // after serve --data-dir --listen --ready-file
        std::chrono::seconds start_timeout{120};
    };
    // Returns once the server accepts requests. The error carries the end of what it printed.
    [[nodiscard]] static std::expected<std::unique_ptr<ServerProcess>, std::string> start(Options options);
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;
    ~ServerProcess();  // stops the server

    // "http://127.0.0.1:40123"; another one after restart().
    [[nodiscard]] const std::string& url() const { return url_; }
    [[nodiscard]] std::string operator_key() const;  // what the server wrote to operator.key
    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] bool running();
    // The last lines that the server printed.
    [[nodiscard]] std::string log_tail() const;

    void kill9();     // SIGKILL, and waits until it is gone
    int terminate();  // SIGTERM, and waits: its exit code, or -1 when it had to be killed
    // Starts it again on the same data directory. REQUIRES: !running().
    [[nodiscard]] std::expected<void, std::string> restart();

private:
    explicit ServerProcess(Options options) : options_(std::move(options)) {}
    [[nodiscard]] std::expected<void, std::string> launch();
    [[nodiscard]] std::filesystem::path log_path() const;
    [[nodiscard]] int reap(std::chrono::seconds patience);

    Options options_;
    std::string url_;
    pid_t pid_ = -1;
    int exit_code_ = -1;
};

}  // namespace buttonwood::test
