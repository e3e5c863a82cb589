#include "tests/support/server_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace buttonwood::test {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

namespace {

constexpr auto kPollInterval = 5ms;
constexpr auto kStopPatience = 30s;
constexpr std::size_t kLogTailBytes = 4096;

std::string read_file(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

std::string trimmed(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
    return text;
}

int exit_code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

// Forks and executes; both output streams go to `output`. -1 when fork fails.
pid_t spawn(const std::vector<std::string>& arguments, int output, bool dies_with_parent) {
    std::vector<char*> argv;
    for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid != 0) return pid;
    if (dies_with_parent) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent) _exit(127);
    }
    const int null = open("/dev/null", O_RDONLY);
    if (null >= 0) dup2(null, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    execvp(argv[0], argv.data());
    const std::string_view message = "cannot execute the program\n";
    [[maybe_unused]] const auto written = write(STDERR_FILENO, message.data(), message.size());
    _exit(127);
}

}  // namespace

ScratchDirectory::ScratchDirectory(const std::string& prefix) {
    std::string name = (fs::temp_directory_path() / (prefix + ".XXXXXX")).string();
    if (!mkdtemp(name.data())) throw std::runtime_error("cannot create a temporary directory: " + name);
    path_ = name;
    chmod(name.c_str(), 0755);
}

ScratchDirectory::~ScratchDirectory() {
    // A PostgreSQL whose server was killed is about to end, and may still write while its directory is removed.
    std::error_code failure;
    const auto deadline = Clock::now() + kStopPatience;
    do {
        fs::remove_all(path_, failure);
        if (!failure) return;
        std::this_thread::sleep_for(kPollInterval);
    } while (Clock::now() < deadline);
}

CommandOutcome run_command(const std::vector<std::string>& arguments) {
    std::array<int, 2> pipe_ends{};
    if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("cannot open a pipe");
    const pid_t pid = spawn(arguments, pipe_ends[1], false);
    close(pipe_ends[1]);
    CommandOutcome outcome;
    std::array<char, 4096> chunk{};
    for (ssize_t n = 0; (n = read(pipe_ends[0], chunk.data(), chunk.size())) > 0;)
        outcome.output.append(chunk.data(), static_cast<std::size_t>(n));
    close(pipe_ends[0]);
    int status = 0;
    waitpid(pid, &status, 0);
    outcome.exit_code = exit_code_of(status);
    return outcome;
}

std::expected<std::unique_ptr<ServerProcess>, std::string> ServerProcess::start(Options options) {
    std::unique_ptr<ServerProcess> server(new ServerProcess(std::move(options)));
    if (auto launched = server->launch(); !launched) return std::unexpected(launched.error());
    return server;
}

ServerProcess::~ServerProcess() {
    if (running()) terminate();
}

fs::path ServerProcess::log_path() const { return options_.data_dir.string() + ".log"; }

std::string ServerProcess::operator_key() const { return trimmed(read_file(options_.data_dir / "operator.key")); }

std::string ServerProcess::log_tail() const {
    std::string log = read_file(log_path());
    return log.size() > kLogTailBytes ? log.substr(log.size() - kLogTailBytes) : log;
}

std::expected<void, std::string> ServerProcess::launch() {
    const fs::path ready = options_.data_dir.string() + ".ready";
    std::error_code ignored;
    fs::remove(ready, ignored);
    std::vector<std::string> arguments{options_.binary, "serve",       "--data-dir",   options_.data_dir,
                                       "--listen",      "127.0.0.1:0", "--ready-file", ready};
    arguments.insert(arguments.end(), options_.arguments.begin(), options_.arguments.end());

    const int log = open(log_path().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (log < 0) return std::unexpected("cannot write " + log_path().string());
    pid_ = spawn(arguments, log, true);
    close(log);
    if (pid_ < 0) return std::unexpected("cannot start a process: " + std::string(std::strerror(errno)));

    const auto deadline = Clock::now() + options_.start_timeout;
    // Ready is a file that no longer changes: it may be seen half written.
    std::string previous;
    while ((url_ = trimmed(read_file(ready))).empty() || url_ != previous) {
        previous = url_;
        if (!running())
            return std::unexpected("the server ended with code " + std::to_string(exit_code_) + "; it printed:\n" +
                                   log_tail());
        if (Clock::now() > deadline) {
            kill9();
            return std::unexpected("the server was not ready in time; it printed:\n" + log_tail());
        }
        std::this_thread::sleep_for(kPollInterval);
    }
    return {};
}

bool ServerProcess::running() {
    if (pid_ < 0) return false;
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) != pid_) return true;
    exit_code_ = exit_code_of(status);
    pid_ = -1;
    return false;
}

int ServerProcess::reap(std::chrono::seconds patience) {
    const auto deadline = Clock::now() + patience;
    while (running()) {
        if (Clock::now() > deadline) {
            kill(pid_, SIGKILL);
            int status = 0;
            waitpid(pid_, &status, 0);
            pid_ = -1;
            return -1;
        }
        std::this_thread::sleep_for(kPollInterval);
    }
    return exit_code_;
}

void ServerProcess::kill9() {
    if (!running()) return;
    kill(pid_, SIGKILL);
    static_cast<void>(reap(kStopPatience));
}

int ServerProcess::terminate() {
    if (!running()) return exit_code_;
    kill(pid_, SIGTERM);
    return reap(kStopPatience);
}

std::expected<void, std::string> ServerProcess::restart() { return launch(); }

}  // namespace buttonwood::test
