// One postmaster process and the thread that watches it. Internal to eventstore.
//
// The supervisor thread forks every postmaster itself and lives as long as this object: PR_SET_PDEATHSIG follows the
// forking thread, so a postmaster forked from a passing thread would be stopped when that thread ends.
//
// Thread safety: all members from any thread.
#pragma once

#include "eventstore/child_process.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string_view>
#include <thread>

namespace buttonwood::eventstore {

class Postmaster {
public:
    struct Options {
        Account account;
        std::vector<std::string> argv;
        std::filesystem::path log_file;
        bool supervise = true;                             // start it again when it dies, after 100 ms doubling to 5 s
        std::function<void(std::string_view)> on_trouble;  // one line, on the supervisor thread
    };

    explicit Postmaster(Options options);
    // Fast shutdown; harder ones when it does not end.
    ~Postmaster();
    Postmaster(const Postmaster&) = delete;
    Postmaster& operator=(const Postmaster&) = delete;

    // Wants it running. Returns at once.
    void start();
    // Wants it stopped, sends `signal`, waits. True = it has ended and was reaped.
    [[nodiscard]] bool stop(int signal, std::chrono::seconds patience);
    // 0 while none runs.
    [[nodiscard]] pid_t pid() const;
    // How often it ended by itself since start().
    [[nodiscard]] int exits() const;

private:
    void supervise();
    void run_once(std::unique_lock<std::mutex>& lock);
    void report(std::string_view what) const;

    const Options options_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool wanted_ = false;
    bool quitting_ = false;
    pid_t pid_ = 0;
    int exits_ = 0;
    std::thread supervisor_;
};

}  // namespace buttonwood::eventstore
