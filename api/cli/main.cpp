#include "api/cli/cli.hpp"
#include "api/server.hpp"

#include <CLI/CLI.hpp>
#include <sodium.h>

namespace buttonwood::api::cli {

void add_database_options(CLI::App& command, DatabaseOptions& options) {
    command.add_option("--database-url", options.database_url, "PostgreSQL to use, as libpq takes it")
        ->envname("BUTTONWOOD_DATABASE_URL");
    command.add_option("--data-dir", options.data_dir, "data directory of a server with a private cluster")
        ->capture_default_str()
        ->envname("BUTTONWOOD_DATA_DIR");
    command.add_flag("--json", options.json, "print JSON");
}

}  // namespace buttonwood::api::cli

namespace {

using namespace buttonwood::api::cli;

void add_follower_options(CLI::App& command, ServeOptions& options) {
    command.add_flag("--follower,!--no-follower", options.follower,
                     "decide every command again on a second copy of the state, compare, and take the snapshots; "
                     "without it memory is halved, and starting takes ever longer (default: with it)");
    command
        .add_option("--snapshot-every-events", options.snapshot_every_events,
                    "a snapshot after so many events; 0 = not for this reason")
        ->capture_default_str();
    command
        .add_option("--snapshot-every", options.snapshot_every_s,
                    "a snapshot after so many seconds, if anything happened; 0 = not for this reason")
        ->capture_default_str();
    command.add_option("--snapshot-keep", options.snapshot_keep, "how many snapshots stay")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
}

int run(int argc, char** argv) {
    CLI::App app{"Buttonwood: an event-sourced order-matching server for securities"};
    app.set_version_flag("--version", std::string("buttonwood ") + buttonwood::api::kVersion);
    app.require_subcommand(1);
    int code = kOk;

    ServeOptions serve_options;
    CLI::App* serve_command = app.add_subcommand(
        "serve", "Run the server. Example: buttonwood serve --demo --data-dir ./data --listen 127.0.0.1:8080");
    serve_command->add_option("--listen", serve_options.listen, "address:port; port 0 picks a free one")
        ->capture_default_str()
        ->envname("BUTTONWOOD_LISTEN");
    serve_command
        ->add_option("--data-dir", serve_options.data_dir, "keys, and the private cluster without --database-url")
        ->capture_default_str()
        ->envname("BUTTONWOOD_DATA_DIR");
    serve_command
        ->add_option("--database-url", serve_options.database_url, "use this PostgreSQL instead of a private one")
        ->envname("BUTTONWOOD_DATABASE_URL");
    serve_command->add_option("--ready-file", serve_options.ready_file, "gets the base URL once the server accepts");
    serve_command->add_option("--log-format", serve_options.log_format, "text or json")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
    serve_command
        ->add_option("--journal-compression", serve_options.journal_compression,
                     "how PostgreSQL stores new blocks: none, lz4 or pglz; all stay readable")
        ->check(CLI::IsMember({"none", "lz4", "pglz"}))
        ->capture_default_str();
    serve_command->add_option("--events-keep", serve_options.events_keep,
                              "drop old partitions of log.events beyond so many events; all: none. Default: as it was");
    serve_command
        ->add_option("--past-events", serve_options.past_events,
                     "most events that one answer with as_of_seq or as_of may replay")
        ->capture_default_str()
        ->envname("BUTTONWOOD_PAST_EVENTS");
    serve_command
        ->add_option("--linger", serve_options.linger_us,
                     "microseconds for which the order path stays awake after its last work; 300 pays where it has two "
                     "processors to itself")
        ->check(CLI::Range(0, 1'000'000))
        ->capture_default_str();
    serve_command->add_flag("--demo", serve_options.demo, "seed a small market once, print personas and curl lines");
    serve_command->add_flag("--bench", serve_options.bench, "declare the bench profile in /v1/info");
    add_follower_options(*serve_command, serve_options);
    serve_command->callback([&] { code = serve(serve_options); });

    DatabaseOptions database;
    CLI::App* migrate =
        app.add_subcommand("migrate", "Bring the database to this binary's schema. Example: buttonwood migrate status");
    migrate->require_subcommand(1);
    CLI::App* up = migrate->add_subcommand("up", "apply what is pending");
    add_database_options(*up, database);
    up->callback([&] { code = migrate_up(database); });
    CLI::App* status = migrate->add_subcommand("status", "list what is applied and what is pending");
    add_database_options(*status, database);
    status->callback([&] { code = migrate_status(database); });

    add_projections_command(app, code);
    add_project_command(app, code);
    add_at_command(app, code);
    add_replay_command(app, code);
    add_verify_command(app, code);
    add_archive_command(app, code);
    add_events_command(app, code);
    add_snapshot_command(app, code);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        const int shown = app.exit(e);
        return shown == 0 ? kOk : kUsage;
    }
    return code;
}

}  // namespace

int main(int argc, char** argv) {
    if (sodium_init() < 0) return fail(kCannotStart, "libsodium cannot start");
    try {
        return run(argc, argv);
    } catch (const std::exception& e) {
        return fail(kCannotStart, e.what());
    }
}
