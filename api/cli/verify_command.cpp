// buttonwood verify: one line that says whether the log is what it claims to be, and an exit code.
#include "api/cli/cli.hpp"
#include "api/cli/database_access.hpp"
#include "api/cli/progress_bar.hpp"
#include "api/json_writer.hpp"
#include "eventstore/verify.hpp"
#include "projections/verify_log.hpp"

#include <CLI/CLI.hpp>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string_view>

namespace buttonwood::api::cli {
namespace {

struct VerifyArguments {
    DatabaseOptions database;
    std::string archives;
    std::string state_file;
    std::uint64_t from = 1;
    std::uint64_t to = 0;
    int jobs = 0;
    bool skip_redecide = false;
    bool journal_only = false;
    std::vector<std::string> expected;
};

std::optional<unsigned> hex_digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    return std::nullopt;
}

// "HEX@SEQ", as verify prints it.
std::optional<eventstore::Anchor> anchor_from(std::string_view text) {
    eventstore::Anchor anchor;
    const std::size_t digits = 2 * anchor.hash.size();
    if (text.size() < digits + 2 || text[digits] != '@') return std::nullopt;
    for (std::size_t i = 0; i < anchor.hash.size(); ++i) {
        const auto high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
        if (!high || !low) return std::nullopt;
        anchor.hash[i] = static_cast<std::byte>(*high * 16 + *low);
    }
    const char* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data() + digits + 1, end, anchor.seq);
    if (error != std::errc{} || at != end || anchor.seq == 0) return std::nullopt;
    return anchor;
}

void print_json(const eventstore::VerifyReport& report, double seconds) {
    JsonWriter w;
    w.object([&] {
        w.member("ok", !report.finding.has_value());
        if (report.finding)
            w.object("finding", [&] {
                w.member("event_seq", report.finding->event_seq);
                w.member("what", report.finding->what);
            });
        w.member("first_event_seq", report.first_seq);
        w.member("last_event_seq", report.at.head.last_seq);
        w.member("hash", eventstore::to_hex(report.at.head.hash));
        w.member("epoch", report.at.head.epoch);
        w.member("blocks", report.blocks);
        w.member("commands", report.commands);
        w.member("events", report.events);
        w.member("payload_bytes", report.payload_bytes);
        w.member("decided_again", report.state_hash.has_value());
        w.member("state_hash", report.state_hash ? std::optional(report.state_hash->hex()) : std::nullopt);
        w.member("left_out", report.left_out.empty() ? std::nullopt : std::optional(report.left_out));
        w.member("milliseconds", static_cast<std::int64_t>(seconds * 1'000));
    });
    std::printf("%s\n", w.text().c_str());
}

void print_line(const eventstore::VerifyReport& report, double seconds) {
    if (report.finding) {
        std::printf("BAD at event %llu: %s\n", static_cast<unsigned long long>(report.finding->event_seq),
                    report.finding->what.c_str());
        return;
    }
    const engine::EventSeq last = report.at.head.last_seq;
    const std::string range =
        report.events == 0 ? "no events" : eventstore::events_in_words(report.first_seq, last);
    std::printf("ok: %s, %llu commands, %llu blocks in %.1f s; %s%s%s; hash %s@%llu\n", range.c_str(),
                static_cast<unsigned long long>(report.commands), static_cast<unsigned long long>(report.blocks),
                seconds, report.state_hash ? "every command decided again" : "commands not decided again",
                report.left_out.empty() ? "" : "; left out: ", report.left_out.c_str(),
                eventstore::to_hex(report.at.head.hash).c_str(),
                static_cast<unsigned long long>(last));
}

int verify(const VerifyArguments& arguments) {
    eventstore::VerifyOptions options;
    options.from = arguments.from;
    if (arguments.to != 0) options.to = arguments.to;
    options.archives = arguments.archives;
    options.jobs = arguments.jobs;
    options.state_file = arguments.state_file;
    options.redecide = !arguments.skip_redecide;
    for (const std::string& text : arguments.expected) {
        const auto anchor = anchor_from(text);
        if (!anchor) return fail(kUsage, "--expect-hash wants HASH@SEQ as verify prints it, not '" + text + "'");
        options.anchors.push_back(*anchor);
    }
    const auto access = open_database(arguments.database.database_url, arguments.database.data_dir);
    if (!access) return fail(kCannotStart, access.error());
    options.conninfo = access->conninfo;

    const auto started = std::chrono::steady_clock::now();
    auto report = [&] {
        ProgressBar bar("verifying", "events", !arguments.database.json);
        options.progress = [&bar](engine::EventSeq done, engine::EventSeq total) { bar.update(done, total); };
        return arguments.journal_only ? eventstore::verify(options) : projections::verify_log(options);
    }();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    if (!report) return fail(kCannotStart, "cannot verify: " + report.error());
    arguments.database.json ? print_json(*report, seconds) : print_line(*report, seconds);
    return report->finding ? kCorrupt : kOk;
}

}  // namespace

void add_verify_command(CLI::App& app, int& code) {
    const auto arguments = std::make_shared<VerifyArguments>();
    CLI::App* command = app.add_subcommand(
        "verify", "Check that the log is whole, unaltered, and what its commands lead to. Example: buttonwood verify");
    add_database_options(*command, arguments->database);
    CLI::Option* const resume = command->add_option(
        "--resume", arguments->state_file, "FILE: go on where the last verification with it ended, then write it anew");
    command->add_option("--from", arguments->from, "start with the block of this event (nothing is decided again)")
        ->check(CLI::PositiveNumber)
        ->excludes(resume);
    command->add_option("--to", arguments->to, "end with the block of this event")->check(CLI::PositiveNumber);
    command->add_option("--jobs", arguments->jobs, "threads that read and check (default: one per processor)")
        ->check(CLI::Range(1, 256));
    command->add_option("--archive", arguments->archives, "directory of archived partitions, checked as well");
    command->add_option("--expect-hash", arguments->expected,
                        "HASH@SEQ, as verify printed it earlier: the log must still go through it");
    command->add_flag("--no-decide", arguments->skip_redecide, "do not decide the commands again");
    command->add_flag("--journal-only", arguments->journal_only, "do not compare log.events and log.commands");
    command->callback([arguments, &code] { code = verify(*arguments); });
}

}  // namespace buttonwood::api::cli
