// `buttonwood project`: workers alone, on whatever host reaches the database.
#include "api/cli/cli.hpp"
#include "api/cli/database_access.hpp"
#include "projections/worker.hpp"

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>

namespace buttonwood::api::cli {
namespace {

struct ProjectArguments {
    std::string database_url;
    std::vector<std::string> names;
};

int project(const ProjectArguments& arguments) {
    for (const std::string& name : arguments.names)
        if (!projections::make(name))
            return fail(kUsage, "no projection is called '" + name + "'; `buttonwood projections status` lists them");
    if (const auto reached = eventstore::Connection::open(arguments.database_url, "buttonwood-project"); !reached)
        return fail(kCannotStart, "cannot reach the database: " + reached.error().message + "; check --database-url");
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before the workers' threads: they inherit it
    const auto workers = projections::Workers::start(arguments.database_url, arguments.names, {.listen = true});
    std::fprintf(stderr, "buttonwood: projecting; a signal ends it after the batches in hand\n");
    int received = 0;
    sigwait(&signals, &received);
    return kOk;
}

}  // namespace

void add_project_command(CLI::App& app, int& code) {
    const auto arguments = std::make_shared<ProjectArguments>();
    CLI::App* command = app.add_subcommand(
        "project", "Keep read models up to date without a server, beside its workers or instead of them. "
                   "Example: buttonwood project trades portfolio --database-url postgresql://db/buttonwood");
    command->add_option("NAME", arguments->names, "these alone; default: every one");
    command->add_option("--database-url", arguments->database_url, "PostgreSQL to use, as libpq takes it")
        ->required()
        ->envname("BUTTONWOOD_DATABASE_URL");
    command->callback([arguments, &code] { code = project(*arguments); });
}

}  // namespace buttonwood::api::cli
