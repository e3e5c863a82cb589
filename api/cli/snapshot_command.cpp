// buttonwood snapshot take|list|verify|prune: the snapshots of a database, with a server running on it or not.
#include "api/cli/cli.hpp"
#include "api/cli/database_access.hpp"
#include "api/cli/progress_bar.hpp"
#include "api/json_writer.hpp"
#include "api/past_answers.hpp"
#include "api/server.hpp"
#include "eventstore/snapshot_take.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>

namespace buttonwood::api::cli {
namespace {

using eventstore::SnapshotInfo;

struct SnapshotArguments {
    DatabaseOptions database;
    std::int64_t id = 0;  // verify: this one alone; 0 = all
    int keep = 3;
};

// Runs f(connection) on the database that the arguments name.
template <class F> int with_database(const DatabaseOptions& options, F&& f) {
    const auto access = open_database(options.database_url, options.data_dir);
    if (!access) return fail(kCannotStart, access.error());
    auto connection = eventstore::Connection::open(access->conninfo, "buttonwood-snapshot");
    if (!connection) return fail(kCannotStart, "cannot reach the database: " + connection.error().message);
    return f(*connection);
}

int fail(const eventstore::DbError& error) { return cli::fail(kCannotStart, error.message); }

void write_members(JsonWriter& w, const SnapshotInfo& info) {
    w.member("id", info.id);
    w.member("event_seq", info.event_seq);
    w.member("command_seq", info.command_seq);
    w.member("created_at", info.created_at.empty() ? std::nullopt : std::optional(info.created_at));
    w.member("created_by", info.created_by);
    w.member("build", info.build);
    w.member("format_version", info.format_version);
    w.member("state_hash", info.state_hash.hex());
    w.member("chain_hash", eventstore::to_hex(info.chain_hash));
    w.member("raw_bytes", info.raw_bytes());
    w.member("stored_bytes", info.stored_bytes());
}

void print_json(const std::vector<SnapshotInfo>& all) {
    JsonWriter w;
    w.array([&] {
        for (const SnapshotInfo& info : all) w.object([&] { write_members(w, info); });
    });
    std::printf("%s\n", w.text().c_str());
}

int take(const SnapshotArguments& arguments) {
    return with_database(arguments.database, [&](eventstore::Connection& connection) {
        const auto owned = make_snapshot_parts();
        const auto parts = eventstore::pointers_to(owned);
        const auto taken = [&] {
            ProgressBar bar("replaying", "events", !arguments.database.json);
            return eventstore::take_snapshot(
                connection, parts, kVersion,
                [&bar](engine::EventSeq done, engine::EventSeq total) { bar.update(done, total); },
                [](const std::string& why) { std::fprintf(stderr, "buttonwood: skipped: %s\n", why.c_str()); });
        }();
        if (!taken) {
            const bool corrupt = taken.error().kind == eventstore::TakeFailure::Kind::Corrupt;
            return cli::fail(corrupt ? kCorrupt : kCannotStart, "no snapshot was taken: " + taken.error().what);
        }
        const SnapshotInfo& info = taken->info;
        if (arguments.database.json) {
            JsonWriter w;
            w.object([&] {
                w.member("is_new", taken->is_new);
                w.member("from_event_seq", taken->from_seq);
                write_members(w, info);
            });
            std::printf("%s\n", w.text().c_str());
        } else if (!taken->is_new) {
            std::printf("snapshot %lld covers the whole log, up to event %llu\n", static_cast<long long>(info.id),
                        static_cast<unsigned long long>(info.event_seq));
        } else {
            std::printf("snapshot %lld at event %llu: %llu bytes, state %s\n", static_cast<long long>(info.id),
                        static_cast<unsigned long long>(info.event_seq),
                        static_cast<unsigned long long>(info.stored_bytes()), info.state_hash.hex().c_str());
        }
        return static_cast<int>(kOk);
    });
}

int list(const SnapshotArguments& arguments) {
    return with_database(arguments.database, [&](eventstore::Connection& connection) {
        const auto all = eventstore::list_snapshots(connection);
        if (!all) return fail(all.error());
        if (arguments.database.json) {
            print_json(*all);
            return static_cast<int>(kOk);
        }
        std::printf("%6s %14s %14s  %-27s %12s %12s  %s\n", "ID", "EVENT", "COMMAND", "TAKEN AT", "BYTES", "STORED",
                    "STATE");
        for (const SnapshotInfo& info : *all)
            std::printf("%6lld %14llu %14llu  %-27s %12llu %12llu  %s\n", static_cast<long long>(info.id),
                        static_cast<unsigned long long>(info.event_seq),
                        static_cast<unsigned long long>(info.command_seq), info.created_at.c_str(),
                        static_cast<unsigned long long>(info.raw_bytes()),
                        static_cast<unsigned long long>(info.stored_bytes()), info.state_hash.hex().c_str());
        return static_cast<int>(kOk);
    });
}

// What is wrong with it; empty when a server can start from it. nullopt: the database did not answer.
std::optional<std::string> problem_of(eventstore::Connection& connection, const SnapshotInfo& info, bool quiet) {
    const auto owned = make_snapshot_parts();
    const auto parts = eventstore::pointers_to(owned);
    ProgressBar bar("checking", "bytes", !quiet);
    const auto loaded = eventstore::load_snapshot(
        connection, info, parts, [&bar](std::uint64_t done, std::uint64_t total) { bar.update(done, total); });
    if (!loaded) {
        if (loaded.error().kind == eventstore::SnapshotProblem::Kind::Unavailable) return std::nullopt;
        return loaded.error().what;
    }
    const auto broken = loaded->engine.check_invariants();
    return broken.empty() ? std::string() : "a rule of the state is broken: " + broken.front();
}

int verify(const SnapshotArguments& arguments) {
    return with_database(arguments.database, [&](eventstore::Connection& connection) {
        const auto all = eventstore::list_snapshots(connection);
        if (!all) return fail(all.error());
        const bool json = arguments.database.json;
        int checked = 0;
        int bad = 0;
        JsonWriter w;
        const auto check = [&](const SnapshotInfo& info) {
            const auto problem = problem_of(connection, info, json);
            if (!problem) return false;
            ++checked;
            if (!problem->empty()) ++bad;
            if (json)
                w.object([&] {
                    write_members(w, info);
                    w.member("ok", problem->empty());
                    w.member("problem", problem->empty() ? std::nullopt : problem);
                });
            else
                std::printf("%6lld  event %-14llu %s\n", static_cast<long long>(info.id),
                            static_cast<unsigned long long>(info.event_seq),
                            problem->empty() ? "ok" : ("BAD: " + *problem).c_str());
            return true;
        };
        bool answered = true;
        w.array([&] {
            for (const SnapshotInfo& info : *all)
                if (answered && (arguments.id == 0 || arguments.id == info.id)) answered = check(info);
        });
        if (!answered) return cli::fail(kCannotStart, "the database did not answer; try again");
        if (arguments.id != 0 && checked == 0)
            return cli::fail(kUsage, "there is no snapshot " + std::to_string(arguments.id));
        if (json) std::printf("%s\n", w.text().c_str());
        else std::printf("%d checked, %d bad\n", checked, bad);
        return static_cast<int>(bad == 0 ? kOk : kCorrupt);
    });
}

int prune(const SnapshotArguments& arguments) {
    return with_database(arguments.database, [&](eventstore::Connection& connection) {
        const auto deleted = eventstore::prune_snapshots(connection, arguments.keep);
        if (!deleted) return fail(deleted.error());
        if (arguments.database.json) print_json(*deleted);
        else std::printf("%zu deleted\n", deleted->size());
        return static_cast<int>(kOk);
    });
}

}  // namespace

void add_snapshot_command(CLI::App& app, int& code) {
    CLI::App* snapshot = app.add_subcommand(
        "snapshot", "State to start from, instead of the whole log. Example: buttonwood snapshot verify");
    snapshot->require_subcommand(1);
    const auto arguments = std::make_shared<SnapshotArguments>();
    const auto add = [&](const char* name, const char* help, int (*run)(const SnapshotArguments&)) {
        CLI::App* command = snapshot->add_subcommand(name, help);
        add_database_options(*command, arguments->database);
        command->callback([arguments, run, &code] { code = run(*arguments); });
        return command;
    };
    add("take", "replay what the newest one does not cover, and save the state; a running server goes on", take);
    add("list", "newest first", list);
    add("verify", "read each one whole, load it, compare hashes; exit code 4 when one is bad", verify)
        ->add_option("ID", arguments->id, "this one alone");
    add("prune", "delete all but the newest ones, never the last intact one", prune)
        ->add_option("--keep", arguments->keep, "how many stay")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
}

}  // namespace buttonwood::api::cli
