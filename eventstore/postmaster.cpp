#include "eventstore/postmaster.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace buttonwood::eventstore {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kFirstDelay{100};
constexpr milliseconds kLongestDelay{5'000};
constexpr seconds kStableAfter{30};  // one that ran this long starts again without a long delay

constexpr seconds kFastShutdownPatience{30};
constexpr seconds kImmediateShutdownPatience{10};
constexpr mode_t kLogMode = 0600;

std::string describe(const siginfo_t& info) {
    if (info.si_code == CLD_EXITED) return "ended with exit code " + std::to_string(info.si_status);
    return "was killed by signal " + std::to_string(info.si_status);
}

}  // namespace

Postmaster::Postmaster(Options options) : options_(std::move(options)), supervisor_([this] { supervise(); }) {}

Postmaster::~Postmaster() {
    if (!stop(SIGINT, kFastShutdownPatience) && !stop(SIGQUIT, kImmediateShutdownPatience)) {
        static_cast<void>(stop(SIGKILL, kImmediateShutdownPatience));
    }
    {
        const std::lock_guard lock(mutex_);
        quitting_ = true;
    }
    changed_.notify_all();
    supervisor_.join();
}

void Postmaster::start() {
    {
        const std::lock_guard lock(mutex_);
        wanted_ = true;
        exits_ = 0;
    }
    changed_.notify_all();
}

bool Postmaster::stop(int signal, seconds patience) {
    std::unique_lock lock(mutex_);
    wanted_ = false;
    changed_.notify_all();
    // The supervisor reaps only under the lock: pid_ is never the number of somebody else's process.
    if (pid_ != 0) ::kill(pid_, signal);
    return changed_.wait_for(lock, patience, [this] { return pid_ == 0; });
}

pid_t Postmaster::pid() const {
    const std::lock_guard lock(mutex_);
    return pid_;
}

int Postmaster::exits() const {
    const std::lock_guard lock(mutex_);
    return exits_;
}

void Postmaster::report(std::string_view what) const {
    if (options_.on_trouble) options_.on_trouble(what);
}

void Postmaster::supervise() {
    std::unique_lock lock(mutex_);
    milliseconds delay = kFirstDelay;
    while (!quitting_) {
        if (!wanted_) {
            delay = kFirstDelay;
            changed_.wait(lock, [this] { return wanted_ || quitting_; });
            continue;
        }
        const auto begun = std::chrono::steady_clock::now();
        run_once(lock);
        if (!options_.supervise) wanted_ = false;
        if (std::chrono::steady_clock::now() - begun > kStableAfter) delay = kFirstDelay;
        changed_.wait_for(lock, delay, [this] { return !wanted_ || quitting_; });
        delay = std::min(delay * 2, kLongestDelay);
    }
}

// Starts one postmaster and stays with it to its end.
void Postmaster::run_once(std::unique_lock<std::mutex>& lock) {
    const int log = ::open(options_.log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, kLogMode);
    if (log < 0) {
        ++exits_;
        report("cannot write " + options_.log_file.string() + ": " + std::strerror(errno));
        return;
    }
    if (options_.account.is_other && ::fchown(log, options_.account.uid, options_.account.gid) != 0) {
        report("cannot give " + options_.log_file.string() + " to its user: " + std::strerror(errno));
    }
    const auto pid = spawn(options_.account, options_.argv, log);
    ::close(log);
    if (!pid) {
        ++exits_;
        report(pid.error());
        return;
    }
    pid_ = *pid;
    changed_.notify_all();

    siginfo_t info{};
    lock.unlock();
    while (::waitid(P_PID, static_cast<id_t>(*pid), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
    }
    lock.lock();
    ::waitpid(*pid, nullptr, 0);
    pid_ = 0;
    if (wanted_) {
        ++exits_;
        report("PostgreSQL " + describe(info) + (options_.supervise ? "; starting it again" : ""));
    }
    changed_.notify_all();
}

}  // namespace buttonwood::eventstore
