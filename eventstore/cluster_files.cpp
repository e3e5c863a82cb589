#include "eventstore/cluster_files.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <thread>

namespace buttonwood::eventstore {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

constexpr const char* kSettingsFile = "buttonwood.conf";  // its presence says that initdb and what follows are complete
constexpr const char* kDefaultVersion = "15";
constexpr const char* kInstallPostgres = "PostgreSQL is not installed: apt-get install postgresql-15";
constexpr mode_t kPrivate = 0700;
constexpr seconds kLeftoverPatience{10};  // a postmaster whose server was killed is shutting down by itself
constexpr seconds kFastShutdownPatience{30};
constexpr seconds kImmediateShutdownPatience{10};
constexpr std::chrono::milliseconds kPollInterval{20};

// Durable above all; sized for one machine that also runs the server. ALTER SYSTEM overrides all of it.
constexpr const char* kSettings = R"(# Written by buttonwood at every start. Your own settings: ALTER SYSTEM.
listen_addresses = ''
port = 5432
unix_socket_permissions = 0700
max_connections = 50
shared_buffers = 128MB
fsync = on
full_page_writes = on
synchronous_commit = on
wal_level = replica
wal_buffers = 16MB
min_wal_size = 256MB
max_wal_size = 2GB
checkpoint_completion_target = 0.9
jit = off
restart_after_crash = on
recovery_init_sync_method = syncfs
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
log_destination = 'stderr'
logging_collector = off
log_line_prefix = '%m [%p] %a '
)";

std::string errno_text() { return std::strerror(errno); }

// A value in a settings file or a conninfo.
std::string setting_literal(std::string_view text) {
    std::string result = "'";
    for (const char c : text) result.append(c == '\'' ? "''" : std::string(1, c));
    return result + "'";
}

// Replaces a file as a whole, owned by the cluster's user.
std::expected<void, std::string> write_file(const fs::path& path, std::string_view content, const Account& account) {
    const fs::path temporary = path.string() + ".new";
    std::ofstream out(temporary, std::ios::trunc);
    out << content << std::flush;
    const bool written = out.good();
    out.close();
    if (!written || (account.is_other && ::lchown(temporary.c_str(), account.uid, account.gid) != 0) ||
        ::rename(temporary.c_str(), path.c_str()) != 0) {
        return std::unexpected("cannot write " + path.string() + ": " + errno_text());
    }
    return {};
}

std::string first_line(const fs::path& path) {
    std::ifstream in(path);
    std::string line;
    std::getline(in, line);
    return line;
}

bool has_programs(const fs::path& directory) {
    return ::access((directory / "initdb").c_str(), X_OK) == 0 && ::access((directory / "postgres").c_str(), X_OK) == 0;
}

// What pg_config says, for installations elsewhere than Debian's.
fs::path configured_programs() {
    FILE* pipe = ::popen("pg_config --bindir 2>/dev/null", "re");
    if (pipe == nullptr) return {};
    std::array<char, 4096> line{};
    const bool got = std::fgets(line.data(), static_cast<int>(line.size()), pipe) != nullptr;
    ::pclose(pipe);
    return got ? fs::path(last_line(line.data())) : fs::path();
}

bool wait_until_gone(const fs::path& directory, seconds patience) {
    const auto deadline = Clock::now() + patience;
    while (!processes_in(directory).empty()) {
        if (Clock::now() > deadline) return false;
        std::this_thread::sleep_for(kPollInterval);
    }
    return true;
}

void signal_all(const fs::path& directory, int signal) {
    for (const pid_t pid : processes_in(directory)) ::kill(pid, signal);
}

}  // namespace

std::vector<pid_t> processes_in(const fs::path& directory) {
    std::vector<pid_t> found;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/proc", error)) {
        const std::string name = entry.path().filename();
        pid_t pid = 0;
        const auto [end, parse] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (parse != std::errc{} || end != name.data() + name.size()) continue;
        std::error_code unreadable;  // gone meanwhile, or somebody else's: not ours
        if (fs::read_symlink(entry.path() / "cwd", unreadable) != directory || unreadable) continue;
        if (first_line(entry.path() / "comm") == "postgres") found.push_back(pid);
    }
    return found;
}

std::expected<Account, std::string> cluster_account() {
    if (::geteuid() != 0) return Account{::geteuid(), ::getegid(), false};
    std::array<char, 16'384> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    ::getpwnam_r("postgres", &entry, buffer.data(), buffer.size(), &found);
    if (found == nullptr) return std::unexpected("there is no user postgres: apt-get install postgresql-15");
    return Account{found->pw_uid, found->pw_gid, true};
}

std::expected<fs::path, std::string> find_programs(const fs::path& data_directory) {
    const std::string made_by = first_line(data_directory / "PG_VERSION");
    const std::string version = made_by.empty() ? kDefaultVersion : made_by;
    const fs::path debian = fs::path("/usr/lib/postgresql") / version / "bin";
    if (has_programs(debian)) return debian;
    if (!made_by.empty()) {
        return std::unexpected(data_directory.string() + " was made by PostgreSQL " + made_by +
                               ": apt-get install postgresql-" + made_by);
    }
    const fs::path configured = configured_programs();
    if (!configured.empty() && has_programs(configured)) return configured;
    return std::unexpected(kInstallPostgres);
}

std::expected<void, std::string> prepare_data_directory(const fs::path& directory, const Account& account) {
    std::error_code error;
    fs::create_directories(directory.parent_path(), error);
    if (error) return std::unexpected("cannot create " + directory.parent_path().string() + ": " + error.message());
    if (::mkdir(directory.c_str(), kPrivate) != 0 && errno != EEXIST) {
        return std::unexpected("cannot create " + directory.string() + ": " + errno_text());
    }
    const bool empty = fs::is_empty(directory, error);
    if (error) return std::unexpected("cannot read " + directory.string() + ": " + error.message());
    if (empty && account.is_other && ::lchown(directory.c_str(), account.uid, account.gid) != 0) {
        return std::unexpected("cannot give " + directory.string() + " to the user postgres: " + errno_text());
    }
    if (const fs::path closed = first_unreachable(account, directory); !closed.empty()) {
        return std::unexpected("the user postgres may not enter " + closed.string() +
                               ": choose another directory with --data-dir, or chmod o+x that one");
    }
    return {};
}

std::expected<void, std::string> initialise_if_empty(const fs::path& directory, const fs::path& programs,
                                                     const Account& account, bool sync_new_files) {
    if (fs::exists(directory / kSettingsFile)) return {};
    if (!fs::is_empty(directory)) {
        return std::unexpected(
            directory.string() +
            " is not empty and not a complete cluster of buttonwood: choose another with --data-dir");
    }
    std::vector<std::string> argv{programs / "initdb",
                                  "--pgdata",
                                  directory,
                                  "--data-checksums",
                                  "--encoding=UTF8",
                                  "--locale=C.UTF-8",
                                  std::string("--username=") + kClusterUser,
                                  "--auth-local=trust",
                                  "--auth-host=reject",
                                  "--no-instructions"};
    if (!sync_new_files) argv.emplace_back("--no-sync");
    const auto done = run(account, argv);
    if (!done) return std::unexpected("initdb failed in " + directory.string() + ": " + done.error());
    std::ofstream main_file(directory / "postgresql.conf", std::ios::app);
    main_file << "\ninclude '" << kSettingsFile << "'\n" << std::flush;
    if (!main_file.good()) return std::unexpected("cannot write " + (directory / "postgresql.conf").string());
    return {};
}

std::expected<void, std::string> write_settings(const fs::path& directory, const fs::path& socket_directory,
                                                const std::string& extra_settings, const Account& account) {
    const std::string content = std::string(kSettings) +
                                "unix_socket_directories = " + setting_literal(socket_directory.string()) + "\n" +
                                extra_settings + "\n";
    return write_file(directory / kSettingsFile, content, account);
}

std::expected<fs::path, std::string> make_socket_directory(const fs::path& data_directory, const Account& account) {
    std::array<unsigned char, 8> digest{};
    const std::string name = data_directory.string();
    static_assert(digest.size() <= crypto_hash_sha256_BYTES);
    std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(name.data()), name.size());
    std::copy_n(hash.begin(), digest.size(), digest.begin());
    std::array<char, 2 * digest.size() + 1> hex{};
    sodium_bin2hex(hex.data(), hex.size(), digest.data(), digest.size());
    const fs::path directory = fs::path("/tmp") / (std::string("buttonwood-") + hex.data());

    if (::mkdir(directory.c_str(), kPrivate) == 0) {
        if (!account.is_other || ::lchown(directory.c_str(), account.uid, account.gid) == 0) return directory;
    } else if (errno == EEXIST) {
        struct stat found {};  // anyone may create names under /tmp: trust it only if it is ours and closed
        if (::lstat(directory.c_str(), &found) == 0 && S_ISDIR(found.st_mode) && found.st_uid == account.uid &&
            (found.st_mode & 077U) == 0) {
            return directory;
        }
        return std::unexpected(directory.string() + " exists and belongs to somebody else: remove it");
    }
    return std::unexpected("cannot create " + directory.string() + ": " + errno_text());
}

bool is_ready(const fs::path& directory, pid_t pid) {
    constexpr int kStatusLine = 8;  // LOCK_FILE_LINE_PM_STATUS, what pg_ctl --wait reads
    std::ifstream in(directory / "postmaster.pid");
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
        if (number == 1 && line != std::to_string(pid)) return false;
        if (number == kStatusLine) return line.starts_with("ready");
    }
    return false;
}

std::expected<void, std::string> end_leftovers(const fs::path& directory) {
    if (!wait_until_gone(directory, kLeftoverPatience)) signal_all(directory, SIGINT);
    if (!wait_until_gone(directory, kFastShutdownPatience)) signal_all(directory, SIGQUIT);
    if (!wait_until_gone(directory, kImmediateShutdownPatience)) {
        return std::unexpected("another PostgreSQL server still runs in " + directory.string() + ": stop it first");
    }
    // Nobody works here: a lock file left behind could only name a process number that is somebody else's by now.
    std::error_code ignored;
    fs::remove(directory / "postmaster.pid", ignored);
    return {};
}

}  // namespace buttonwood::eventstore
