// Child processes under another user: the one place that forks. Internal to eventstore.
//
// Thread safety: any thread; but a child dies with the THREAD that spawned it, see spawn().
#pragma once

#include <sys/types.h>

#include <expected>
#include <filesystem>
#include <string>
#include <vector>

namespace buttonwood::eventstore {

// Who a child runs as.
struct Account {
    uid_t uid{};
    gid_t gid{};
    bool is_other{};  // not the user this process runs as
};

// Starts argv[0] (an absolute path) as `account`, in a session of its own (a Ctrl-C on our terminal does not reach it),
// with no file descriptors of ours, output to `output_fd` and a clean signal state. It is sent SIGINT when the calling
// thread ends, so that it never outlives a killed server: call from a thread that lives as long as the child should.
// A program that cannot be executed exits with 127.
[[nodiscard]] std::expected<pid_t, std::string> spawn(const Account& account, const std::vector<std::string>& argv,
                                                      int output_fd);

// Runs it to its end. The error is its last line of output.
[[nodiscard]] std::expected<void, std::string> run(const Account& account, const std::vector<std::string>& argv);

// The first directory on the way to `path`, itself included, that `account` may not enter; empty = all can be.
[[nodiscard]] std::filesystem::path first_unreachable(const Account& account, const std::filesystem::path& path);

// The last line of `text` that is not blank.
[[nodiscard]] std::string last_line(std::string_view text);

}  // namespace buttonwood::eventstore
