#include "eventstore/private_cluster.hpp"

#include "eventstore/cluster_files.hpp"
#include "eventstore/database.hpp"
#include "eventstore/postmaster.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <thread>

namespace buttonwood::eventstore {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

constexpr const char* kDatabase = "buttonwood";
constexpr const char* kLogFile = "postgres.log";
constexpr seconds kStartPatience{600};  // recovery after a crash may be long
constexpr seconds kCrashPatience{30};
constexpr int kMostFailedStarts = 8;  // about 15 s of back-off: backends of a killed postmaster need a moment to go
constexpr std::chrono::milliseconds kPollInterval{20};

// The lock on a data directory: one server at a time. The kernel drops it when the process ends, however it ends.
class DirectoryLock {
public:
    DirectoryLock() = default;
    DirectoryLock(const DirectoryLock&) = delete;
    DirectoryLock& operator=(const DirectoryLock&) = delete;
    ~DirectoryLock() {
        if (fd_ >= 0) ::close(fd_);
    }

    [[nodiscard]] std::expected<void, std::string> take(const fs::path& directory) {
        fd_ = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd_ < 0) return std::unexpected("cannot open " + directory.string() + ": " + std::strerror(errno));
        if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return {};
        return std::unexpected(directory.string() +
                               " is in use by another running buttonwood: stop it, or choose another with --data-dir");
    }

private:
    int fd_ = -1;
};

// Why the server did not come up: its last word in the log.
std::string last_words(const fs::path& log_file) {
    std::ifstream in(log_file);
    std::string reason;
    for (std::string line; std::getline(in, line);) {
        const auto at = std::min(line.find("FATAL: "), line.find("PANIC: "));
        if (at != std::string::npos) reason = line.substr(at);
    }
    return reason.empty() ? "see " + log_file.string() : reason;
}

std::string conninfo_literal(std::string_view text) {
    std::string result = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') result += '\\';
        result += c;
    }
    return result + "'";
}

}  // namespace

struct PrivateCluster::Impl {
    Options options;
    DirectoryLock lock;
    fs::path socket_directory;
    std::optional<Postmaster> postmaster;

    ~Impl() {
        postmaster.reset();
        std::error_code ignored;  // removed only when empty
        if (!socket_directory.empty()) fs::remove(socket_directory, ignored);
    }

    [[nodiscard]] std::string conninfo(const std::string& database) const {
        return "host=" + conninfo_literal(socket_directory.string()) + " port=" + kClusterPort +
               " user=" + kClusterUser + " dbname=" + conninfo_literal(database);
    }

    [[nodiscard]] std::expected<void, std::string> prepare() {
        const auto account = cluster_account();
        if (!account) return std::unexpected(account.error());
        options.directory = fs::weakly_canonical(fs::absolute(options.directory));
        const fs::path& directory = options.directory;
        if (auto done = prepare_data_directory(directory, *account); !done) return done;
        if (auto done = lock.take(directory); !done) return done;
        const auto programs = find_programs(directory);
        if (!programs) return std::unexpected(programs.error());
        if (auto done = initialise_if_empty(directory, *programs, *account, options.sync_new_files); !done) return done;
        auto sockets = make_socket_directory(directory, *account);
        if (!sockets) return std::unexpected(std::move(sockets).error());
        socket_directory = *std::move(sockets);
        if (auto done = write_settings(directory, socket_directory, options.extra_settings, *account); !done)
            return done;
        if (auto done = end_leftovers(directory); !done) return done;
        postmaster.emplace(Postmaster::Options{.account = *account,
                                               .argv = {*programs / "postgres", "-D", directory},
                                               .log_file = directory / kLogFile,
                                               .supervise = options.supervise,
                                               .on_trouble = options.on_trouble});
        return {};
    }

    // Starts the postmaster and waits until it lets us in.
    [[nodiscard]] std::expected<Connection, std::string> run() {
        postmaster->start();
        const auto deadline = Clock::now() + kStartPatience;
        const int most_failures = options.supervise ? kMostFailedStarts : 1;
        for (;;) {
            if (is_ready(options.directory, postmaster->pid())) {
                auto connection = Connection::open(conninfo("postgres"), "buttonwood-setup");
                if (connection) return *std::move(connection);
                if (connection.error().kind == DbErrorKind::Fault) return std::unexpected(connection.error().message);
            }
            if (postmaster->exits() >= most_failures || Clock::now() > deadline) {
                return std::unexpected("PostgreSQL does not start in " + options.directory.string() + ": " +
                                       last_words(options.directory / kLogFile));
            }
            std::this_thread::sleep_for(kPollInterval);
        }
    }

    [[nodiscard]] std::expected<void, std::string> start() {
        if (auto done = prepare(); !done) return done;
        auto connection = run();
        if (!connection) return std::unexpected(std::move(connection).error());
        auto known = connection->query("SELECT FROM pg_database WHERE datname = $1", {kDatabase});
        if (!known) return std::unexpected(known.error().message);
        if (known->size() == 1) return {};
        if (auto made = connection->execute(std::string("CREATE DATABASE ") + kDatabase); !made) {
            return std::unexpected("cannot create the database: " + made.error().message);
        }
        return {};
    }
};

PrivateCluster::PrivateCluster(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PrivateCluster::~PrivateCluster() = default;

std::expected<std::unique_ptr<PrivateCluster>, std::string> PrivateCluster::start(Options options) {
    auto impl = std::make_unique<Impl>();
    impl->options = std::move(options);
    if (auto done = impl->start(); !done) return std::unexpected(std::move(done).error());
    return std::unique_ptr<PrivateCluster>(new PrivateCluster(std::move(impl)));
}

std::string PrivateCluster::conninfo(const std::string& database) const { return impl_->conninfo(database); }
int PrivateCluster::postmaster_pid() const { return impl_->postmaster->pid(); }

std::expected<void, std::string> PrivateCluster::stop_immediate() {
    if (impl_->postmaster->stop(SIGQUIT, kCrashPatience)) return {};
    return std::unexpected("the postmaster did not stop");
}

std::expected<void, std::string> PrivateCluster::start_again() {
    if (auto connection = impl_->run(); !connection) return std::unexpected(std::move(connection).error());
    return {};
}

}  // namespace buttonwood::eventstore
