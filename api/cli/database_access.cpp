#include "api/cli/database_access.hpp"

#include "eventstore/database.hpp"

#include <filesystem>
#include <fstream>
#include <spdlog/spdlog.h>

namespace buttonwood::api::cli {
namespace {

namespace fs = std::filesystem;

// Written by the server that runs the cluster: how to reach it.
fs::path address_file(const std::string& data_dir) { return fs::path(data_dir) / "database.conninfo"; }

}  // namespace

std::expected<DatabaseAccess, std::string> start_database(const std::string& data_dir) {
    std::error_code error;
    fs::create_directories(data_dir, error);
    if (error)
        return std::unexpected("cannot create " + data_dir + ": " + error.message() + "; choose another --data-dir");
    auto cluster = eventstore::PrivateCluster::start(
        {.directory = fs::absolute(data_dir) / "pg",
         .on_trouble = [](std::string_view line) { spdlog::error("postgres: {}", line); }});
    if (!cluster) return std::unexpected(cluster.error());
    DatabaseAccess access{(*cluster)->conninfo(), std::move(*cluster)};
    std::ofstream(address_file(data_dir)) << access.conninfo << '\n';
    return access;
}

std::expected<DatabaseAccess, std::string> open_database(const std::string& database_url, const std::string& data_dir) {
    if (!database_url.empty()) return DatabaseAccess{database_url, nullptr};
    std::string conninfo;
    if (std::ifstream file(address_file(data_dir)); std::getline(file, conninfo) &&
                                                    eventstore::Connection::open(conninfo, "buttonwood-cli"))
        return DatabaseAccess{conninfo, nullptr};
    if (!fs::exists(fs::path(data_dir) / "pg"))
        return std::unexpected("no database in " + data_dir + "; name one with --data-dir or --database-url");
    return start_database(data_dir);
}

}  // namespace buttonwood::api::cli
