#include "tests/support/test_cluster.hpp"

#include "eventstore/database.hpp"
#include "eventstore/migrator.hpp"

#include <unistd.h>

#include <atomic>
#include <mutex>
#include <stdexcept>

namespace buttonwood::test {
namespace {

using eventstore::Connection;
using eventstore::PrivateCluster;

constexpr const char* kTemplate = "migrated_template";

template <class T>
T must(std::expected<T, eventstore::DbError> outcome) {
    if (!outcome) throw std::runtime_error("test cluster: " + outcome.error().message);
    if constexpr (!std::is_void_v<T>) return *std::move(outcome);
}

void migrate(const std::string& conninfo) {
    Connection connection = must(Connection::open(conninfo, "buttonwood-tests"));
    must(eventstore::migrate_up(connection));
}

std::string create_database(PrivateCluster& cluster, const std::string& clause) {
    static std::atomic<int> count{0};
    const std::string name = "test_" + std::to_string(++count);
    Connection connection = must(Connection::open(cluster.conninfo("postgres"), "buttonwood-tests"));
    must(connection.execute("CREATE DATABASE " + name + clause));
    return cluster.conninfo(name);
}

void create_template(PrivateCluster& cluster) {
    Connection connection = must(Connection::open(cluster.conninfo("postgres"), "buttonwood-tests"));
    must(connection.execute(std::string("CREATE DATABASE ") + kTemplate));
    migrate(cluster.conninfo(kTemplate));
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "buttonwood-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a temporary directory");
    path_ = name;
    // Passable but not readable: the cluster's user works in a directory below.
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all | std::filesystem::perms::others_exec);
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

OwnCluster::OwnCluster(std::string extra_settings) {
    auto started = PrivateCluster::start({.directory = directory.path() / "data",
                                          .supervise = true,
                                          .sync_new_files = false,
                                          .extra_settings = std::move(extra_settings)});
    if (!started) throw std::runtime_error(started.error());
    cluster = *std::move(started);
}

OwnCluster::~OwnCluster() { static_cast<void>(cluster->stop_immediate()); }

std::string OwnCluster::fresh_database() {
    const std::string conninfo = create_database(*cluster, "");
    migrate(conninfo);
    return conninfo;
}

PrivateCluster& test_cluster() {
    static OwnCluster own;
    return *own.cluster;
}

std::string fresh_database() {
    static std::once_flag made;
    std::call_once(made, [] { create_template(test_cluster()); });
    return create_database(test_cluster(), std::string(" TEMPLATE ") + kTemplate);
}

std::string empty_database() { return create_database(test_cluster(), ""); }

}  // namespace buttonwood::test
