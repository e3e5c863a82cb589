// buttonwood archive: old partitions of the journal out of the database into sealed files, and back.
#include "api/cli/cli.hpp"
#include "api/cli/database_access.hpp"
#include "api/cli/progress_bar.hpp"
#include "api/json_writer.hpp"
#include "eventstore/archives.hpp"
#include "eventstore/verify_block.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>

namespace buttonwood::api::cli {
namespace {

using eventstore::JournalPartition;

struct ArchiveArguments {
    DatabaseOptions database;
    std::string directory;
    std::uint64_t upto = 0;
    std::vector<std::string> files;
};

template <class F>
int with_connection(const DatabaseOptions& options, F&& f) {
    const auto access = open_database(options.database_url, options.data_dir);
    if (!access) return fail(kCannotStart, access.error());
    auto connection = eventstore::Connection::open(access->conninfo, "buttonwood-archive");
    if (!connection) return fail(kCannotStart, "cannot reach the database: " + connection.error().message);
    return f(*connection);
}

const char* place_of(const JournalPartition& p) {
    if (!p.detached_at.empty()) return "file";
    return p.is_full ? "database, full" : "database";
}

void write_partition(JsonWriter& w, const JournalPartition& p) {
    const bool archived = !p.file_name.empty();
    w.object([&] {
        w.member("lower_bound", p.range.lower_bound);
        w.member("upper_bound", p.range.upper_bound);
        w.member("in_database", p.detached_at.empty());
        w.member("full", p.is_full);
        w.member("file", archived ? std::optional(p.file_name) : std::nullopt);
        if (!archived) return;
        w.member("first_event_seq", p.range.first_seq);
        w.member("last_event_seq", p.range.last_seq);
        w.member("blocks", p.range.block_count);
        w.member("commands", p.range.command_count);
        w.member("file_bytes", p.file_bytes);
        w.member("sha256", eventstore::to_hex(p.seal));
        w.member("last_hash", eventstore::to_hex(p.range.last_hash));
        w.member("detached_at", p.detached_at.empty() ? std::nullopt : std::optional(p.detached_at));
    });
}

int list(const ArchiveArguments& arguments) {
    return with_connection(arguments.database, [&](eventstore::Connection& connection) {
        const auto partitions = eventstore::list_partitions(connection);
        if (!partitions) return fail(kCannotStart, partitions.error());
        JsonWriter w;
        w.array([&] {
            for (const JournalPartition& p : *partitions) write_partition(w, p);
        });
        if (arguments.database.json) {
            std::printf("%s\n", w.text().c_str());
            return static_cast<int>(kOk);
        }
        std::printf("%14s %14s  %-14s  %s\n", "FROM", "TO BELOW", "IN", "FILE");
        for (const JournalPartition& p : *partitions)
            std::printf("%14llu %14llu  %-14s  %s\n", static_cast<unsigned long long>(p.range.lower_bound),
                        static_cast<unsigned long long>(p.range.upper_bound), place_of(p), p.file_name.c_str());
        return static_cast<int>(kOk);
    });
}

void print_moved(const ArchiveArguments& arguments, const char* what, const JournalPartition& p) {
    if (arguments.database.json) {
        JsonWriter w;
        write_partition(w, p);
        std::printf("%s\n", w.text().c_str());
        return;
    }
    std::printf("%s %s: %llu blocks, %.1f MB, %s\n", what,
                eventstore::events_in_words(p.range.first_seq, p.range.last_seq).c_str(),
                static_cast<unsigned long long>(p.range.block_count), static_cast<double>(p.file_bytes) / 1e6,
                p.file_name.c_str());
}

int detach(const ArchiveArguments& arguments) {
    return with_connection(arguments.database, [&](eventstore::Connection& connection) {
        for (;;) {
            ProgressBar bar("archiving", "blocks", !arguments.database.json);
            const auto moved =
                eventstore::detach_oldest(connection, arguments.directory,
                                          [&bar](std::uint64_t done, std::uint64_t total) { bar.update(done, total); });
            if (!moved) return fail(kCannotStart, moved.error());
            print_moved(arguments, "detached", *moved);
            if (moved->range.upper_bound > arguments.upto) return static_cast<int>(kOk);
        }
    });
}

int attach(const ArchiveArguments& arguments) {
    return with_connection(arguments.database, [&](eventstore::Connection& connection) {
        for (const std::string& file : arguments.files) {
            ProgressBar bar("attaching", "blocks", !arguments.database.json);
            const auto moved =
                eventstore::attach(connection, file,
                                   [&bar](std::uint64_t done, std::uint64_t total) { bar.update(done, total); });
            if (!moved) return fail(kCannotStart, moved.error());
            print_moved(arguments, "attached", *moved);
        }
        return static_cast<int>(kOk);
    });
}

// Needs no database: a file proves itself, and its hashes say where it belongs.
int verify_files(const ArchiveArguments& arguments) {
    int code = kOk;
    for (const std::string& file : arguments.files) {
        const auto header = eventstore::check_archive_file(file);
        if (!header) {
            code = fail(kCorrupt, header.error());
            continue;
        }
        std::printf("ok: %s, %llu blocks; from hash %s@%llu to %s@%llu\n",
                    eventstore::events_in_words(header->first_seq, header->last_seq).c_str(),
                    static_cast<unsigned long long>(header->block_count),
                    eventstore::to_hex(header->previous_hash).c_str(),
                    static_cast<unsigned long long>(header->first_seq - 1),
                    eventstore::to_hex(header->last_hash).c_str(), static_cast<unsigned long long>(header->last_seq));
    }
    return code;
}

}  // namespace

void add_archive_command(CLI::App& app, int& code) {
    const auto arguments = std::make_shared<ArchiveArguments>();
    CLI::App* archive = app.add_subcommand(
        "archive", "Old partitions of the journal in sealed files. Example: buttonwood archive detach --archive DIR");
    archive->require_subcommand(1);

    CLI::App* command = archive->add_subcommand("list", "every partition of the journal and where it is");
    add_database_options(*command, arguments->database);
    command->callback([arguments, &code] { code = list(*arguments); });

    command = archive->add_subcommand("detach", "move the oldest partition into a file, then drop it");
    add_database_options(*command, arguments->database);
    command->add_option("--archive", arguments->directory, "directory for the file")->required();
    command->add_option("--upto", arguments->upto, "go on until events below this one are archived");
    command->callback([arguments, &code] { code = detach(*arguments); });

    command = archive->add_subcommand("attach", "take partitions back from files, newest first");
    add_database_options(*command, arguments->database);
    command->add_option("FILE", arguments->files, "archives")->required();
    command->callback([arguments, &code] { code = attach(*arguments); });

    command = archive->add_subcommand("verify", "check files alone: seal, records, chain");
    command->add_option("FILE", arguments->files, "archives")->required();
    command->callback([arguments, &code] { code = verify_files(*arguments); });
}

}  // namespace buttonwood::api::cli
