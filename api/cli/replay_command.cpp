// buttonwood replay: applies the log once more and says what state it leads to, and how fast.
#include "api/cli/past_access.hpp"
#include "api/cli/progress_bar.hpp"
#include "api/json_writer.hpp"
#include "eventstore/record_json.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <memory>

namespace buttonwood::api::cli {
namespace {

struct ReplayArguments {
    DatabaseOptions database;
    std::string to = "end";
    std::string from = "genesis";
    std::string expected_hash;
};

struct Replayed {
    engine::EventSeq after{};  // the snapshot's event, or 0
    engine::EventSeq to{};
    engine::Timestamp time;
    std::string state_hash;
    double seconds{};

    [[nodiscard]] std::uint64_t events() const { return to - after; }
    [[nodiscard]] double rate() const { return seconds > 0 ? static_cast<double>(events()) / seconds : 0; }
};

std::expected<Replayed, Failure> replay_log(eventstore::Connection& connection, engine::EventSeq to, bool from_genesis,
                                            bool shows_progress) {
    ProgressBar bar("replaying", "events", shows_progress);
    Replayed done;
    auto started = std::chrono::steady_clock::now();
    eventstore::PastOptions options;
    options.from_genesis = from_genesis;
    options.skipped = [](const std::string& why) { std::fprintf(stderr, "buttonwood: skipped: %s\n", why.c_str()); };
    options.began = [&](engine::EventSeq base) {
        done.after = base;
        started = std::chrono::steady_clock::now();  // loading a snapshot is not replaying
    };
    options.replay.progress = [&](engine::EventSeq at, engine::EventSeq end) {
        bar.update(at - done.after, end - done.after);
    };
    const auto state = eventstore::state_after(connection, to, options);
    if (!state) return std::unexpected(failure_of(state.error()));
    done.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    done.to = to;
    done.time = state->time();
    done.state_hash = state->engine().state_hash().hex();
    return done;
}

void print_json(const Replayed& done, const std::optional<bool>& matches) {
    JsonWriter w;
    w.object([&] {
        w.member("from_seq", done.after);
        w.member("to_seq", done.to);
        w.member("time", done.to == 0 ? std::nullopt : std::optional(eventstore::to_rfc3339(done.time)));
        w.member("events", done.events());
        w.member("milliseconds", static_cast<std::int64_t>(done.seconds * 1'000));
        w.member("events_per_second", static_cast<std::int64_t>(done.rate()));
        w.member("state_hash", done.state_hash);
        w.member("hash_matches", matches);
    });
    std::printf("%s\n", w.text().c_str());
}

void print_line(const Replayed& done) {
    const std::string origin =
        done.after == 0 ? "from the first event" : "from the snapshot of event " + std::to_string(done.after);
    std::printf("replayed %llu events %s in %.1f s (%.0f events/s); state hash %s after event %llu\n",
                static_cast<unsigned long long>(done.events()), origin.c_str(), done.seconds, done.rate(),
                done.state_hash.c_str(), static_cast<unsigned long long>(done.to));
}

int replay(const ReplayArguments& arguments) {
    auto access = open_past(arguments.database);
    if (!access) return fail(access.error().code, access.error().message);
    const auto to = event_named(access->connection, arguments.to);
    if (!to) return fail(to.error().code, to.error().message);
    const auto done =
        replay_log(access->connection, *to, arguments.from == "genesis", !arguments.database.json);
    if (!done) return fail(done.error().code, done.error().message);
    std::optional<bool> matches;
    if (!arguments.expected_hash.empty()) matches = done->state_hash == arguments.expected_hash;
    arguments.database.json ? print_json(*done, matches) : print_line(*done);
    if (matches.value_or(true)) return kOk;
    return fail(kCorrupt, "the state hash is not " + arguments.expected_hash);
}

}  // namespace

void add_replay_command(CLI::App& app, int& code) {
    const auto arguments = std::make_shared<ReplayArguments>();
    CLI::App* command = app.add_subcommand(
        "replay", "Apply the log again and print the state hash that it leads to. Examples: buttonwood replay; "
                  "buttonwood replay --to 5512340 --from snapshot");
    add_database_options(*command, arguments->database);
    command->add_option("--to", arguments->to, "event_seq or time to stop at, or end")->capture_default_str();
    command->add_option("--from", arguments->from, "genesis, or the nearest snapshot at or before")
        ->check(CLI::IsMember({"genesis", "snapshot"}))
        ->capture_default_str();
    command->add_option("--verify-hash", arguments->expected_hash, "exit code 4 unless it ends in this state");
    command->callback([arguments, &code] { code = replay(*arguments); });
}

}  // namespace buttonwood::api::cli
