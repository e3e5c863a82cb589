#include "bench/bench_cluster.hpp"

#include "eventstore/database.hpp"
#include "eventstore/migrator.hpp"

namespace buttonwood::bench {

using eventstore::Connection;
using eventstore::PrivateCluster;

std::expected<std::unique_ptr<BenchCluster>, std::string> BenchCluster::start() {
    std::unique_ptr<BenchCluster> made(new BenchCluster);
    auto cluster = PrivateCluster::start({.directory = made->data_directory(), .supervise = true});
    if (!cluster) return std::unexpected(cluster.error());
    made->cluster_ = std::move(*cluster);
    return made;
}

std::expected<std::string, std::string> BenchCluster::fresh_database() {
    auto conninfo = create("");
    if (!conninfo) return conninfo;
    auto connection = Connection::open(*conninfo, "bench");
    if (!connection) return std::unexpected(connection.error().message);
    if (auto migrated = eventstore::migrate_up(*connection); !migrated)
        return std::unexpected(migrated.error().message);
    return conninfo;
}

std::expected<std::string, std::string> BenchCluster::copy_of(const std::string& conninfo) {
    return create(" TEMPLATE " + names_.at(conninfo));
}

std::expected<void, std::string> BenchCluster::drop(const std::string& conninfo) {
    const auto dropped = administer("DROP DATABASE " + names_.at(conninfo) + " WITH (FORCE)");
    if (dropped) names_.erase(conninfo);
    return dropped;
}

std::expected<std::string, std::string> BenchCluster::create(const std::string& how) {
    const std::string name = "bench_" + std::to_string(++databases_);
    if (auto made = administer("CREATE DATABASE " + name + how); !made) return std::unexpected(made.error());
    std::string conninfo = cluster_->conninfo(name);
    names_[conninfo] = name;
    return conninfo;
}

std::expected<void, std::string> BenchCluster::administer(const std::string& statement) const {
    auto admin = Connection::open(cluster_->conninfo("postgres"), "bench");
    if (!admin) return std::unexpected(admin.error().message);
    if (auto done = admin->execute(statement); !done) return std::unexpected(done.error().message);
    return {};
}

}  // namespace buttonwood::bench
