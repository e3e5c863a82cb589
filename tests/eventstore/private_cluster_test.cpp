// A cluster of our own: it starts, keeps its data, comes back when killed, and leaves nothing behind.
#include "eventstore/private_cluster.hpp"

#include "eventstore/database.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/test_cluster.hpp"

#include <catch2/catch.hpp>

#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

using namespace buttonwood;
using namespace buttonwood::eventstore;
using Catch::Matchers::Contains;
using test::eventually;
using test::TemporaryDirectory;

#if defined(__SANITIZE_THREAD__)
// A test here forks a server out of a process with threads, on purpose.
extern "C" const char* __tsan_default_options() { return "die_after_fork=0"; }
#endif

namespace {

namespace fs = std::filesystem;

PrivateCluster::Options in(const fs::path& directory) { return {.directory = directory, .sync_new_files = false}; }

std::unique_ptr<PrivateCluster> start(const fs::path& directory) {
    auto started = PrivateCluster::start(in(directory));
    if (!started) FAIL(started.error());
    return *std::move(started);
}

std::string refusal(const fs::path& directory) {
    const auto refused = PrivateCluster::start(in(directory));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().find('\n') == std::string::npos);
    return refused.error();
}

std::string ask(const std::string& conninfo, const std::string& sql) {
    auto connection = Connection::open(conninfo, "private_cluster_test");
    if (!connection) FAIL(connection.error().message);
    const auto rows = connection->query(sql);
    if (!rows) FAIL(rows.error().message);
    return rows->size() == 0 ? "" : std::string(rows->text(0, 0));
}

bool answers(const std::string& conninfo) { return Connection::open(conninfo, "private_cluster_test").has_value(); }

// The postgres processes that work in this directory.
int processes_in(const fs::path& directory) {
    int count = 0;
    for (const auto& entry : fs::directory_iterator("/proc")) {
        std::error_code error;
        if (fs::read_symlink(entry.path() / "cwd", error) == directory && !error) ++count;
    }
    return count;
}

}  // namespace

TEST_CASE("a cluster has checksums, real fsync and no door but its socket", "[postgres]") {
    PrivateCluster& cluster = test::test_cluster();
    const auto setting = [&](const std::string& name) { return ask(cluster.conninfo(), "SHOW " + name); };
    CHECK(setting("data_checksums") == "on");
    CHECK(setting("fsync") == "on");
    CHECK(setting("full_page_writes") == "on");
    CHECK(setting("synchronous_commit") == "on");
    CHECK(setting("listen_addresses").empty());
    CHECK(setting("server_encoding") == "UTF8");
    struct stat status {};
    REQUIRE(::stat(setting("unix_socket_directories").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0700);
    CHECK(ask(cluster.conninfo(), "SELECT current_database()") == "buttonwood");
}

TEST_CASE("a cluster is out of reach of our terminal and holds none of our files", "[postgres]") {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);  // inherited by every child that does not close it
    {
        const TemporaryDirectory temporary;
        const auto cluster = start(temporary.path() / "data");
        const pid_t postmaster = cluster->postmaster_pid();
        CHECK(::getsid(postmaster) == postmaster);
        ::close(ends[1]);
        pollfd end_of_file{ends[0], POLLIN, 0};
        CHECK(::poll(&end_of_file, 1, 10'000) == 1);  // nobody else has the other end open
    }
    ::close(ends[0]);
}

TEST_CASE("a cluster keeps its data over a stop, and leaves no process and no socket", "[postgres]") {
    const TemporaryDirectory temporary;
    const fs::path directory = temporary.path() / "deeper" / "data";
    std::string sockets;
    {
        const auto cluster = start(directory);
        ask(cluster->conninfo(), "CREATE TABLE kept AS SELECT 42 AS answer");
        sockets = ask(cluster->conninfo(), "SHOW unix_socket_directories");
    }
    CHECK(processes_in(directory) == 0);
    CHECK_FALSE(fs::exists(sockets));
    CHECK(ask(start(directory)->conninfo(), "SELECT answer FROM kept") == "42");
}

TEST_CASE("a killed postmaster is started again", "[postgres]") {
    const TemporaryDirectory temporary;
    const auto cluster = start(temporary.path() / "data");
    for (int round = 0; round < 2; ++round) {
        const int killed = cluster->postmaster_pid();
        REQUIRE(killed > 0);
        REQUIRE(::kill(killed, SIGKILL) == 0);
        CHECK(eventually([&] { return cluster->postmaster_pid() != killed && answers(cluster->conninfo()); }));
    }
}

TEST_CASE("an immediate stop stays stopped until it is started again", "[postgres]") {
    const TemporaryDirectory temporary;
    const auto cluster = start(temporary.path() / "data");
    REQUIRE(cluster->stop_immediate());
    CHECK(cluster->postmaster_pid() == 0);
    CHECK_FALSE(answers(cluster->conninfo()));
    REQUIRE(cluster->start_again());
    CHECK(answers(cluster->conninfo()));
}

TEST_CASE("a cluster whose server was killed stops by itself and starts again with the next server", "[postgres]") {
    const TemporaryDirectory temporary;
    const fs::path directory = temporary.path() / "data";
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    const pid_t server = ::fork();
    if (server == 0) {
        const auto cluster = PrivateCluster::start(in(directory));
        const char answer = cluster ? 'y' : 'n';
        if (::write(ready[1], &answer, 1) == 1) ::pause();
        ::_exit(0);
    }
    ::close(ready[1]);
    char answer = 0;
    const bool told = ::read(ready[0], &answer, 1) == 1;
    ::close(ready[0]);
    ::kill(server, SIGKILL);
    ::waitpid(server, nullptr, 0);
    REQUIRE(told);
    REQUIRE(answer == 'y');
    const bool wait_for_the_kernel = GENERATE(true, false);  // the next server may come before or after they are gone
    if (wait_for_the_kernel) CHECK(eventually([&] { return processes_in(directory) == 0; }));
    const auto cluster = start(directory);
    CHECK(answers(cluster->conninfo()));
}

TEST_CASE("one directory serves one server at a time", "[postgres]") {
    const TemporaryDirectory temporary;
    const auto cluster = start(temporary.path() / "data");
    CHECK_THAT(refusal(temporary.path() / "data"), Contains("in use by another running buttonwood"));
    CHECK(answers(cluster->conninfo()));
}

TEST_CASE("a directory with other files in it is left alone", "[postgres]") {
    const TemporaryDirectory temporary;
    std::ofstream(temporary.path() / "thesis.txt") << "precious";
    CHECK_THAT(refusal(temporary.path()), Contains("not empty") && Contains("--data-dir"));
    CHECK(fs::exists(temporary.path() / "thesis.txt"));
    CHECK_FALSE(fs::exists(temporary.path() / "PG_VERSION"));
}

TEST_CASE("a directory of another PostgreSQL version names the package to install", "[postgres]") {
    const TemporaryDirectory temporary;
    std::ofstream(temporary.path() / "PG_VERSION") << "8.4\n";
    CHECK_THAT(refusal(temporary.path()), Contains("apt-get install postgresql-8.4"));
}

TEST_CASE("a directory that the user postgres cannot reach is named", "[postgres]") {
    if (::geteuid() != 0) return;  // the cluster runs as ourselves then
    const TemporaryDirectory temporary;
    const fs::path closed = temporary.path() / "closed";
    fs::create_directory(closed);
    fs::permissions(closed, fs::perms::owner_all);
    CHECK_THAT(refusal(closed / "data"), Contains("may not enter " + closed.string() + ":") && Contains("--data-dir"));
}

TEST_CASE("settings that PostgreSQL refuses are reported with its own words", "[postgres]") {
    const TemporaryDirectory temporary;
    auto options = in(temporary.path() / "data");
    options.extra_settings = "no_such_setting = 1";
    options.supervise = false;
    const auto refused = PrivateCluster::start(std::move(options));
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error(), Contains("does not start") && Contains("FATAL"));
}
