// `buttonwood events tail|show|search|export|retention`: the log for operators. Read-only but for retention --keep.
#include "api/cli/cli.hpp"
#include "api/cli/database_access.hpp"
#include "api/event_format.hpp"
#include "api/cli/event_selection.hpp"
#include "api/cli/progress_bar.hpp"
#include "projections/log_retention.hpp"

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fmt/format.h>
#include <functional>
#include <memory>
#include <thread>

namespace buttonwood::api::cli {
namespace {

using engine::EventSeq;

constexpr std::size_t kPage = 1'000;
constexpr auto kFollowInterval = std::chrono::milliseconds(200);
// No statement of the log needs as long.
constexpr const char* kSession = R"(
SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY;
SET statement_timeout = '60s';
SET jit = off)";

struct EventsOptions {
    DatabaseOptions database;
    Selection selection;
    std::size_t count = 10;   // tail -n
    bool no_follow = false;
    EventSeq seq = 0;         // show
    std::size_t limit = 100;  // search
    std::string format = "jsonl";
    std::string output;
    std::string keep;
};

int fail(const EventLogError& error) {
    switch (error.kind) {
        case EventLogError::Kind::Damaged: return cli::fail(kCorrupt, error.message);
        case EventLogError::Kind::BadQuestion: return cli::fail(kUsage, error.message);
        case EventLogError::Kind::Unavailable:
        case EventLogError::Kind::NotThere: break;
    }
    return cli::fail(kCannotStart, error.message);
}

std::atomic<bool> interrupted = false;
void catch_interrupts() {
    const auto note = [](int) { interrupted = true; };
    std::signal(SIGINT, note);
    std::signal(SIGTERM, note);
    std::signal(SIGPIPE, SIG_IGN);  // `| head`: seen as a failing write
}

// Calls sink(event) for what matches in the range until it returns false; progress(looked_until) after each page.
// Returns where it stopped looking.
LogResult<EventSeq> each_event(EventLog& log, EventRange range, const EventFilter& filter,
                               const std::function<bool(const LogEvent&)>& sink,
                               const std::function<void(EventSeq)>& progress = {}) {
    while (range.after < range.upto && !interrupted) {
        const auto page = log.page(range.after, range.upto, filter, kPage);
        if (!page) return std::unexpected(page.error());
        for (const LogEvent& event : page->events) {
            if (!sink(event)) return event.event_seq;
            range.after = event.event_seq;
        }
        range.after = page->looked_until;
        if (progress) progress(range.after);
    }
    return range.after;
}

bool print(const std::string& line) { return std::puts(line.c_str()) >= 0; }

bool print_event(const LogEvent& event, bool json) { return print(json ? json_of(event) : line_of(event)); }

int tail(EventLog& log, const EventsOptions& options, const EventFilter& filter) {
    auto last = log.last_seq();
    if (!last) return fail(last.error());
    const EventSeq back = std::min<EventSeq>(*last, options.count);
    EventSeq after = options.selection.from != 0 ? options.selection.from - 1 : *last - back;
    bool written = true;
    for (;;) {
        const auto looked = each_event(log, {after, *last}, filter, [&](const LogEvent& event) {
            return written = print_event(event, options.database.json);
        });
        if (!looked) return fail(looked.error());
        after = std::max(after, *looked);
        written = written && std::fflush(stdout) == 0;
        if (options.no_follow || !written || interrupted) return kOk;
        do {
            std::this_thread::sleep_for(kFollowInterval);
            last = log.last_seq();
            if (!last) return fail(last.error());
        } while (*last <= after && !interrupted);
    }
}

int show(EventLog& log, const EventsOptions& options, const EventFilter&) {
    const auto context = log.context_of(options.seq);
    if (!context) return fail(context.error());
    if (!options.database.json) {
        print(line_of(context->command));
        for (const LogEvent& event : context->events)
            print((event.event_seq == options.seq ? "> " : "  ") + line_of(event));
        return kOk;
    }
    JsonWriter writer;
    writer.object([&] {
        writer.member("event_seq", options.seq);
        writer.raw_member("command", [&] {
            JsonWriter command;
            put(command, context->command);
            return command.take();
        }());
        writer.array("events", [&] {
            for (const LogEvent& event : context->events) writer.raw_element(json_of(event));
        });
    });
    print(writer.text());
    return kOk;
}

int search(EventLog& log, const EventsOptions& options, const EventFilter& filter) {
    const auto range = range_of(log, options.selection);
    if (!range) return fail(range.error());
    JsonWriter writer;
    std::size_t found = 0;
    EventSeq next = 0;  // where the next page begins
    bool more = false;
    const auto take = [&](const LogEvent& event) {
        if (found == options.limit) {
            more = true;
            next = event.event_seq;
            return false;
        }
        ++found;
        if (options.database.json) writer.raw_element(json_of(event));
        else print_event(event, false);
        return true;
    };
    LogResult<EventSeq> looked = range->after;
    const auto run = [&] { looked = each_event(log, *range, filter, take); };
    if (!options.database.json) {
        run();
    } else {
        writer.object([&] {
            writer.array("data", run);
            writer.member("has_more", more);
            writer.member("next_from", more ? std::optional(next) : std::nullopt);
        });
    }
    if (!looked) return fail(looked.error());
    if (options.database.json) print(writer.text());
    else if (more) fmt::print(stderr, "more: add --from {}\n", next);
    return kOk;
}

int export_to(std::FILE* out, EventLog& log, const EventsOptions& options, const EventFilter& filter) {
    const auto range = range_of(log, options.selection);
    if (!range) return fail(range.error());
    const bool csv = options.format == "csv";
    const auto write = [out](const std::string& text) { return std::fwrite(text.data(), 1, text.size(), out) != 0; };
    bool written = !csv || write(csv_header());
    ProgressBar progress("exporting", "events");
    const auto looked = each_event(
        log, *range, filter, [&](const LogEvent& event) {
            return written = write(csv ? csv_of(event) : json_of(event) + '\n');
        },
        [&](EventSeq at) { progress.update(at - range->after, range->upto - range->after); });
    if (!looked) return fail(looked.error());
    if (!written || std::fflush(out) != 0) return cli::fail(kCannotStart, "cannot write the export: is the disk full?");
    if (interrupted) return cli::fail(kCannotStart, "interrupted: exported up to event " + std::to_string(*looked));
    return kOk;
}

int export_events(EventLog& log, const EventsOptions& options, const EventFilter& filter) {
    if (options.output.empty()) return export_to(stdout, log, options, filter);
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(options.output.c_str(), "we"), &std::fclose);
    if (!file) return cli::fail(kCannotStart, "cannot write " + options.output + "; choose another --output");
    return export_to(file.get(), log, options, filter);
}

using Command = int (*)(EventLog&, const EventsOptions&, const EventFilter&);

int run(const EventsOptions& options, Command command) {
    const auto filter = filter_of(options.selection);
    if (!filter) return cli::fail(kUsage, filter.error());
    const auto access = open_database(options.database.database_url, options.database.data_dir);
    if (!access) return cli::fail(kCannotStart, access.error());
    catch_interrupts();
    auto connection = eventstore::Connection::open(access->conninfo, "buttonwood-events");
    if (!connection) return cli::fail(kCannotStart, connection.error().message);
    if (const auto set = connection->execute(kSession); !set) return cli::fail(kCannotStart, set.error().message);
    EventLog log(*connection);
    return command(log, options, *filter);
}

void print_extent(const std::vector<projections::LogExtent>& extent, bool json) {
    JsonWriter writer;
    writer.array([&] {
        for (const projections::LogExtent& table : extent) {
            if (!json)
                fmt::print("log.{:<9} complete from {} up to event {}; keeps {}\n", table.table, table.complete_from,
                           table.checkpoint,
                           table.keep_events ? fmt::format("the newest {} events", *table.keep_events) : "everything");
            writer.object([&] {
                writer.member("table", table.table);
                writer.member("complete_from", table.complete_from);
                writer.member("checkpoint", table.checkpoint);
                writer.member("keep_events", table.keep_events);
                writer.member("dropped_at", table.dropped_at.empty() ? std::nullopt : std::optional(table.dropped_at));
            });
        }
    });
    if (json) print(writer.text());
}

int retention(const EventsOptions& options) {
    const auto newest = number_of(options.keep);
    if (!options.keep.empty() && options.keep != "all" && !newest)
        return cli::fail(kUsage, "--keep takes a number of events, or all; got " + options.keep);
    const auto access = open_database(options.database.database_url, options.database.data_dir);
    if (!access) return cli::fail(kCannotStart, access.error());
    auto connection = eventstore::Connection::open(access->conninfo, "buttonwood-cli");
    if (!connection) return cli::fail(kCannotStart, connection.error().message);
    if (!options.keep.empty()) {
        if (auto set = projections::keep_events(*connection, newest); !set)
            return cli::fail(kCannotStart, set.error().message);
        const auto dropped = projections::drop_old_log(*connection);
        if (!dropped && dropped.error().kind != eventstore::DbErrorKind::Conflict)
            return cli::fail(kCannotStart, dropped.error().message);
        if (!dropped) fmt::print(stderr, "the log is in use: the server drops old partitions within a minute\n");
    }
    const auto extent = projections::read_log_extent(*connection);
    if (!extent) return cli::fail(kCannotStart, extent.error().message);
    print_extent(*extent, options.database.json);
    return kOk;
}

}  // namespace

void add_events_command(CLI::App& app, int& code) {
    const auto options = std::make_shared<EventsOptions>();
    CLI::App* events = app.add_subcommand("events", "The log, event by event. Example: buttonwood events tail");
    events->require_subcommand(1);
    const auto add = [&](const char* name, const char* what, Command command) {
        CLI::App* added = events->add_subcommand(name, what);
        add_database_options(*added, options->database);
        added->callback([options, command, &code] { code = run(*options, command); });
        return added;
    };

    CLI::App* tail_command = add(
        "tail", "print the newest events and follow. Example: buttonwood events tail -n 20 --type TradeExecuted", tail);
    tail_command->add_option("-n,--count", options->count, "how many of the newest to look at first")
        ->capture_default_str();
    tail_command->add_option("--from", options->selection.from, "instead: from this event_seq on");
    tail_command->add_flag("--no-follow", options->no_follow, "stop at the end of the log");
    add_filters(*tail_command, options->selection);

    CLI::App* show_command =
        add("show", "one event with its command and the command's other events. Example: buttonwood events show 1234",
            show);
    show_command->add_option("SEQ", options->seq, "event_seq")->required()->check(CLI::PositiveNumber);

    CLI::App* search_command = add(
        "search",
        "find events, oldest first. Examples:\n  buttonwood events search --order ord_12\n"
        "  buttonwood events search --type CommandRejected --since 2026-11-20T00:00:00Z --limit 20",
        search);
    search_command->add_option("--limit", options->limit, "how many; --from continues after them")
        ->capture_default_str()
        ->check(CLI::Range(1, 10'000));
    add_filters(*search_command, options->selection);
    add_range(*search_command, options->selection);

    CLI::App* export_command = add(
        "export", "write events to a file or a pipe. Example: buttonwood events export --format csv -o day.csv",
        export_events);
    export_command->add_option("--format", options->format, "jsonl or csv")
        ->capture_default_str()
        ->check(CLI::IsMember({"jsonl", "csv"}));
    export_command->add_option("-o,--output", options->output, "file; without it standard output");
    add_filters(*export_command, options->selection);
    add_range(*export_command, options->selection);

    CLI::App* retention_command = events->add_subcommand(
        "retention", "what log.events and log.commands hold, and how much they keep; the journal keeps everything. "
                     "Example: buttonwood events retention --keep 10000000");
    add_database_options(*retention_command, options->database);
    retention_command->add_option("--keep", options->keep, "keep at least so many of the newest events, or: all");
    retention_command->callback([options, &code] { code = retention(*options); });
}

}  // namespace buttonwood::api::cli
