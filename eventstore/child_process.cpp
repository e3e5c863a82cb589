#include "eventstore/child_process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX declares it nowhere

namespace buttonwood::eventstore {
namespace {

constexpr int kCannotExecute = 127;

// Our environment without what would steer PostgreSQL or translate its messages.
std::vector<std::string> clean_environment() {
    std::vector<std::string> kept;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view variable(*entry);
        if (variable.starts_with("PG") || variable.starts_with("LC_") || variable.starts_with("LANG")) continue;
        kept.emplace_back(variable);
    }
    kept.emplace_back("LC_ALL=C.UTF-8");
    return kept;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
    std::vector<char*> result;
    for (std::string& s : strings) result.push_back(s.data());
    result.push_back(nullptr);
    return result;
}

// Between fork and exec only async-signal-safe calls: another thread may have held the allocator's lock.
bool become(const Account& account) {
    if (!account.is_other) return true;
    return ::setgroups(1, &account.gid) == 0 && ::setgid(account.gid) == 0 && ::setuid(account.uid) == 0;
}

void reset_signals() {
    for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void become_program(const Account& account, pid_t parent, int null_fd, int output_fd, char* const* argv,
                                 char* const* environment) {
    reset_signals();
    ::setsid();
    ::dup2(null_fd, STDIN_FILENO);
    ::dup2(output_fd, STDOUT_FILENO);
    ::dup2(output_fd, STDERR_FILENO);
    ::syscall(SYS_close_range, 3U, ~0U, 0U);  // a listening socket of ours must not live on in PostgreSQL
    if (::chdir("/") != 0 || !become(account)) ::_exit(kCannotExecute);
    ::prctl(PR_SET_PDEATHSIG, SIGINT);                   // after become(): a change of user clears it
    if (::getppid() != parent) ::_exit(kCannotExecute);  // died before the line above took effect
    ::execve(argv[0], argv, environment);
    ::_exit(kCannotExecute);
}

std::string errno_text(std::string_view what) { return std::string(what) + ": " + std::strerror(errno); }

int wait_for_end(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string read_all(int fd) {
    std::string text;
    std::array<char, 4096> buffer{};
    for (;;) {
        const ssize_t got = ::read(fd, buffer.data(), buffer.size());
        if (got > 0) text.append(buffer.data(), static_cast<std::size_t>(got));
        if (got == 0 || (got < 0 && errno != EINTR)) return text;
    }
}

}  // namespace

std::expected<pid_t, std::string> spawn(const Account& account, const std::vector<std::string>& argv, int output_fd) {
    std::vector<std::string> arguments = argv;
    std::vector<std::string> environment = clean_environment();
    const std::vector<char*> argument_pointers = pointers(arguments);
    const std::vector<char*> environment_pointers = pointers(environment);
    const int null_fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null_fd < 0) return std::unexpected(errno_text("cannot open /dev/null"));
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0) {
        become_program(account, parent, null_fd, output_fd, argument_pointers.data(), environment_pointers.data());
    }
    const std::string trouble = errno_text("cannot start " + argv.front());
    ::close(null_fd);
    if (pid < 0) return std::unexpected(trouble);
    return pid;
}

std::expected<void, std::string> run(const Account& account, const std::vector<std::string>& argv) {
    std::array<int, 2> pipe_ends{};
    if (::pipe2(pipe_ends.data(), O_CLOEXEC) != 0) return std::unexpected(errno_text("cannot make a pipe"));
    const auto pid = spawn(account, argv, pipe_ends[1]);
    ::close(pipe_ends[1]);
    const std::string output = pid ? read_all(pipe_ends[0]) : std::string();
    ::close(pipe_ends[0]);
    if (!pid) return std::unexpected(pid.error());
    const int code = wait_for_end(*pid);
    if (code == 0) return {};
    const std::string reason = last_line(output);
    return std::unexpected(reason.empty() ? "exit code " + std::to_string(code) : reason);
}

std::filesystem::path first_unreachable(const Account& account, const std::filesystem::path& path) {
    std::vector<std::filesystem::path> prefixes;
    std::filesystem::path prefix;
    for (const auto& part : path) {
        prefix /= part;
        prefixes.push_back(prefix);
    }
    const pid_t pid = ::fork();
    if (pid == 0) {
        if (!become(account)) ::_exit(0);
        for (std::size_t i = 0; i < prefixes.size() && i < kCannotExecute; ++i) {
            if (::access(prefixes[i].c_str(), X_OK) != 0) ::_exit(static_cast<int>(i) + 1);
        }
        ::_exit(0);
    }
    const int code = pid > 0 ? wait_for_end(pid) : 0;
    if (code <= 0 || static_cast<std::size_t>(code) > prefixes.size()) return {};
    return prefixes[static_cast<std::size_t>(code) - 1];
}

std::string last_line(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
    const auto newline = text.rfind('\n');
    return std::string(newline == std::string_view::npos ? text : text.substr(newline + 1));
}

}  // namespace buttonwood::eventstore
