// `buttonwood projections`: where the read models stand, and what operators do with them.
#include "api/cli/cli.hpp"
#include "api/cli/database_access.hpp"
#include "api/cli/progress_bar.hpp"
#include "api/json_writer.hpp"
#include "api/projection_json.hpp"
#include "projections/build.hpp"
#include "projections/control.hpp"
#include "projections/verify.hpp"
#include "projections/worker.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <unistd.h>

namespace buttonwood::api::cli {
namespace {

using eventstore::Connection;
using projections::Desired;
using projections::ProjectionStatus;

struct ProjectionArguments {
    DatabaseOptions database;
    std::vector<std::string> names;
    bool all = false;
    bool watch = false;
    bool cancel = false;
    std::uint64_t seq = 0;
    std::string reason;
};
using Action = int (*)(Connection&, const ProjectionArguments&);

int fail(const eventstore::DbError& error) { return cli::fail(kCannotStart, error.message); }

std::vector<std::string> known_names() {
    std::vector<std::string> names;
    for (const auto& projection : projections::make_all()) names.emplace_back(projection->name());
    return names;
}

int run(const ProjectionArguments& arguments, Action action) {
    for (const std::string& name : arguments.names)
        if (!projections::make(name))
            return cli::fail(kUsage, "no projection is called '" + name +
                                         "'; `buttonwood projections status` lists them");
    auto access = open_database(arguments.database.database_url, arguments.database.data_dir);
    if (!access) return cli::fail(kCannotStart, access.error());
    auto connection = Connection::open(access->conninfo, "buttonwood-cli");
    if (!connection) return cli::fail(kCannotStart, "cannot reach the database: " + connection.error().message);
    return action(*connection, arguments);
}

// Those that were named, or all; nothing when neither was said.
std::vector<std::string> chosen(const ProjectionArguments& arguments) {
    return arguments.all ? known_names() : arguments.names;
}

int name_some() { return cli::fail(kUsage, "name the projections, or say --all"); }

std::string lag_text(const ProjectionStatus& p) {
    const std::uint64_t events = p.log_seq > p.checkpoint ? p.log_seq - p.checkpoint : 0;
    if (events == 0) return "0";
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, " (%.1f s)", static_cast<double>(p.lag_ms) / 1000);
    return std::to_string(events) + seconds;
}

std::string note_on(const ProjectionStatus& p) {
    if (p.build) {
        if (!p.build->last_error.empty()) return "rebuild fails: " + p.build->last_error;
        const double left = seconds_left(p);
        char text[96];
        std::snprintf(text, sizeof text, "rebuilding: %.0f %%, %lld events/s, %.0f s left", progress_percent(p),
                      static_cast<long long>(p.build->events_per_s), left);
        return text;
    }
    if (p.status == "error")
        return "event " + std::to_string(p.error_seq.value_or(0)) + ", attempt " + std::to_string(p.attempts) + ": " +
               p.last_error;
    return p.last_error.empty() ? "" : "was: " + p.last_error;
}

int print_status(Connection& connection, const ProjectionArguments& arguments) {
    const auto rows = projections::read_status(connection);
    if (!rows) return fail(rows.error());
    const auto wanted = [&](const ProjectionStatus& p) {
        return arguments.names.empty() || std::ranges::find(arguments.names, p.name) != arguments.names.end();
    };
    if (arguments.database.json) {
        JsonWriter w;
        w.array([&] {
            for (const ProjectionStatus& p : *rows)
                if (wanted(p)) write_projection(w, p);
        });
        std::printf("%s\n", w.text().c_str());
        return kOk;
    }
    std::printf("%-12s %-10s %12s %18s %10s %7s  %s\n", "NAME", "STATUS", "CHECKPOINT", "LAG", "EVENTS/S", "ERRORS",
                "NOTE");
    for (const ProjectionStatus& p : *rows)
        if (wanted(p))
            std::printf("%-12s %-10s %12llu %18s %10lld %7lld  %s\n", p.name.c_str(), p.status.c_str(),
                        static_cast<unsigned long long>(p.checkpoint), lag_text(p).c_str(),
                        static_cast<long long>(p.events_per_s), static_cast<long long>(p.error_count),
                        note_on(p).c_str());
    return kOk;
}

int status(Connection& connection, const ProjectionArguments& arguments) {
    constexpr auto kBetweenLooks = std::chrono::seconds(1);
    constexpr const char* kHomeAndClear = "\x1b[H\x1b[2J";
    for (;;) {
        if (arguments.watch && !arguments.database.json && isatty(STDOUT_FILENO) != 0) std::printf("%s", kHomeAndClear);
        const int code = print_status(connection, arguments);
        std::fflush(stdout);
        if (code != kOk || !arguments.watch) return code;
        std::this_thread::sleep_for(kBetweenLooks);
    }
}

std::string actor() {
    char host[256] = "";
    static_cast<void>(gethostname(host, sizeof host - 1));
    const char* user = std::getenv("USER");
    return std::string(user && *user ? user : "uid " + std::to_string(getuid())) + '@' + host;
}

// The audit of what was just done. False after a line about what went wrong.
bool record(Connection& connection, const ProjectionArguments& arguments, const std::string& name, const char* act) {
    projections::Act done{name, act, std::nullopt, arguments.reason, actor(), ""};
    if (done.act == "skip") done.event_seq = arguments.seq;
    const auto recorded = projections::record_act(connection, done);
    if (!recorded) fail(recorded.error());
    return recorded.has_value();
}

int want(Connection& connection, const ProjectionArguments& arguments, Desired desired, const char* act,
         const char* done) {
    const auto names = chosen(arguments);
    if (names.empty()) return name_some();
    JsonWriter w;
    bool failed = false;
    w.array([&] {
        for (const std::string& name : names) {
            if (const auto set = projections::set_desired(connection, name, desired); !set) {
                failed = true;
                fail(set.error());
                continue;
            }
            failed = !record(connection, arguments, name, act) || failed;
            if (!arguments.database.json) std::printf("%s %s\n", name.c_str(), done);
            w.object([&] {
                w.member("name", name);
                w.member("desired", desired == Desired::Running ? "running"
                                    : desired == Desired::Paused ? "paused" : "stopped");
            });
        }
    });
    if (arguments.database.json) std::printf("%s\n", w.text().c_str());
    return failed ? kCannotStart : kOk;
}

int pause(Connection& c, const ProjectionArguments& a) { return want(c, a, Desired::Paused, "pause", "is to pause"); }
int resume(Connection& c, const ProjectionArguments& a) { return want(c, a, Desired::Running, "resume", "is to run"); }
int stop(Connection& c, const ProjectionArguments& a) { return want(c, a, Desired::Stopped, "stop", "is to stop"); }

int cancel(Connection& connection, const ProjectionArguments& arguments) {
    for (const std::string& name : chosen(arguments)) {
        const auto gone = projections::cancel_build(connection, *projections::make(name));
        if (!gone) return fail(gone.error());
        if (*gone && !record(connection, arguments, name, "cancel_rebuild")) return kCannotStart;
        if (arguments.database.json)
            std::printf("{\"projection\":\"%s\",\"cancelled\":%s}\n", name.c_str(), *gone ? "true" : "false");
        else
            std::printf(*gone ? "the rebuild of %s is cancelled\n" : "%s is not being rebuilt\n", name.c_str());
    }
    return kOk;
}

int rebuild(Connection& connection, const ProjectionArguments& arguments) {
    if (chosen(arguments).empty()) return name_some();
    if (arguments.cancel) return cancel(connection, arguments);
    for (const std::string& name : chosen(arguments)) {
        std::expected<engine::EventSeq, eventstore::DbError> built;
        {
            ProgressBar bar("rebuilding " + name, "events", !arguments.database.json);
            built = projections::rebuild(connection, name,
                                         [&bar](std::uint64_t done, std::uint64_t total) { bar.update(done, total); });
        }
        if (!built) return fail(built.error());
        if (!record(connection, arguments, name, "rebuild")) return kCannotStart;
        const auto seq = static_cast<unsigned long long>(*built);
        if (arguments.database.json) std::printf("{\"projection\":\"%s\",\"event_seq\":%llu}\n", name.c_str(), seq);
        else std::printf("%s rebuilt up to event %llu\n", name.c_str(), seq);
    }
    return kOk;
}

int skip(Connection& connection, const ProjectionArguments& arguments) {
    const std::string& name = arguments.names.front();
    const auto skipped = projections::skip_event(connection, *projections::make(name),
                                                 {arguments.seq, arguments.reason, actor()});
    if (!skipped) return cli::fail(kUsage, skipped.error().message);
    if (!record(connection, arguments, name, "skip")) return kCannotStart;
    const auto seq = static_cast<unsigned long long>(arguments.seq);
    if (arguments.database.json) std::printf("{\"projection\":\"%s\",\"skipped\":%llu}\n", name.c_str(), seq);
    else std::printf("%s passes over event %llu; projections.skips says who allowed it, and why\n", name.c_str(), seq);
    return kOk;
}

int verify(Connection& connection, const ProjectionArguments& arguments) {
    if (chosen(arguments).empty()) return name_some();
    bool equal = true;
    JsonWriter w;
    std::optional<eventstore::DbError> error;
    w.array([&] {
        for (const std::string& name : chosen(arguments)) {
            std::expected<std::vector<std::string>, eventstore::DbError> differences;
            {
                ProgressBar bar("verifying " + name, "events", !arguments.database.json);
                differences = projections::differences_after_rebuild(
                    connection, name, [&bar](std::uint64_t done, std::uint64_t total) { bar.update(done, total); });
            }
            if (!differences) {
                error = differences.error();
                return;
            }
            equal = equal && differences->empty();
            if (!arguments.database.json) {
                std::printf("%-12s %s\n", name.c_str(), differences->empty() ? "equals the log" : "DIFFERS");
                for (const std::string& line : *differences) std::printf("  %s\n", line.c_str());
            }
            w.object([&] {
                w.member("name", name);
                w.member("equal", differences->empty());
                w.array("differences", [&] {
                    for (const std::string& line : *differences) w.element(line);
                });
            });
        }
    });
    if (error) return fail(*error);
    if (arguments.database.json) std::printf("%s\n", w.text().c_str());
    return equal ? kOk : kCorrupt;
}

}  // namespace

void add_projections_command(CLI::App& app, int& code) {
    CLI::App* group =
        app.add_subcommand("projections", "The read models. Example: buttonwood projections status --watch");
    group->require_subcommand(1);
    const auto arguments = std::make_shared<ProjectionArguments>();
    const auto add = [&](const char* name, const char* help, Action action) {
        CLI::App* command = group->add_subcommand(name, help);
        add_database_options(*command, arguments->database);
        command->callback([arguments, action, &code] { code = run(*arguments, action); });
        return command;
    };
    const auto some = [&](CLI::App* command) {
        command->add_option("NAME", arguments->names,
                            "events commands users securities listings bids trades portfolio market_data");
        command->add_flag("--all", arguments->all, "every one");
        return command;
    };
    CLI::App* list =
        add("status", "where each one stands in the log. Example: projections status trades --json", status);
    list->add_option("NAME", arguments->names, "these alone");
    list->add_flag("--watch", arguments->watch, "again every second, until interrupted");
    const auto why = [&](CLI::App* command) {
        command->add_option("--reason", arguments->reason, "why, for the audit");
        return command;
    };
    why(some(add("pause", "hold workers where they are, over restarts too. Example: projections pause portfolio",
                 pause)));
    why(some(add("resume", "let them go on. Example: projections resume --all", resume)));
    why(some(add("stop", "as pause, for longer. Example: projections stop market_data", stop)));
    why(some(add("rebuild",
                 "build the tables anew beside the serving ones, then swap. Example: projections rebuild trades",
                 rebuild)))
        ->add_flag("--cancel", arguments->cancel, "give up the one under way; the serving tables stay");
    some(add("verify", "compare with tables built anew from the log; exit code 4 when they differ. Example: "
             "projections verify --all", verify));
    CLI::App* pass = add("skip", "let one pass over the event at which it is in error. Example: projections skip "
                         "trades --seq 4711 --reason 'ticket 12: a note that is no text'", skip);
    pass->add_option("NAME", arguments->names, "the projection")->required()->expected(1);
    pass->add_option("--seq", arguments->seq, "the event, as its status names it")->required();
    pass->add_option("--reason", arguments->reason, "why, for the audit")->required();
}

}  // namespace buttonwood::api::cli
