// Sub-commands that need only the database.
#include "api/cli/cli.hpp"
#include "api/cli/database_access.hpp"
#include "api/json_writer.hpp"
#include "eventstore/migrator.hpp"

#include <cstdio>

namespace buttonwood::api::cli {
namespace {

// Runs f with a connection to the database that the options name.
template <class F> int with_database(const DatabaseOptions& options, F&& f) {
    auto access = open_database(options.database_url, options.data_dir);
    if (!access) return fail(kCannotStart, access.error());
    auto connection = eventstore::Connection::open(access->conninfo, "buttonwood-cli");
    if (!connection) return fail(kCannotStart, "cannot reach the database: " + connection.error().message);
    return f(*connection);
}

int fail(const eventstore::DbError& error) { return cli::fail(kCannotStart, error.message); }

}  // namespace

int fail(int code, const std::string& message) {
    std::fprintf(stderr, "buttonwood: %s\n", message.c_str());
    return code;
}

int migrate_up(const DatabaseOptions& options) {
    return with_database(options, [&](eventstore::Connection& connection) {
        const auto applied = eventstore::migrate_up(connection, [&](const eventstore::MigrationState& m) {
            if (!options.json)
                std::printf("applied %03d %s in %.1f ms\n", m.version, m.name.c_str(),
                            static_cast<double>(m.duration_us) / 1000);
        });
        if (!applied) return fail(applied.error());
        std::printf(options.json ? "{\"applied\":%d}\n" : "%d applied; the schema is up to date\n", *applied);
        return static_cast<int>(kOk);
    });
}

int migrate_status(const DatabaseOptions& options) {
    return with_database(options, [&](eventstore::Connection& connection) {
        const auto states = eventstore::migration_status(connection);
        if (!states) return fail(states.error());
        JsonWriter w;
        w.array([&] {
            for (const eventstore::MigrationState& m : *states) {
                if (!options.json) {
                    std::printf("%03d  %-24s %s%s%s\n", m.version, m.name.c_str(), m.applied ? "applied " : "pending",
                                m.applied_at.c_str(), m.changed ? "  CHANGED since it was applied" : "");
                    continue;
                }
                w.object([&] {
                    w.member("version", m.version);
                    w.member("name", m.name);
                    w.member("applied", m.applied);
                    w.member("applied_at", m.applied ? std::optional(m.applied_at) : std::nullopt);
                    w.member("applied_by", m.applied ? std::optional(m.applied_by) : std::nullopt);
                    w.member("duration_us", m.duration_us);
                    w.member("changed", m.changed);
                });
            }
        });
        if (options.json) std::printf("%s\n", w.text().c_str());
        return static_cast<int>(kOk);
    });
}

}  // namespace buttonwood::api::cli
