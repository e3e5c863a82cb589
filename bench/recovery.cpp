#include "bench/recovery.hpp"

#include "eventstore/pg_journal.hpp"
#include "eventstore/pipeline.hpp"
#include "eventstore/snapshot_take.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>
#include <optional>
#include <utility>

namespace buttonwood::bench {
namespace {

using namespace eventstore;
using Clock = std::chrono::steady_clock;

template <class F> double seconds_of(F&& f) {
    const auto begin = Clock::now();
    f();
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

// Starts a pipeline and returns the state in which it opens; empty when it does not.
std::optional<engine::StateHash> start(const std::string& conninfo,
                                       std::function<std::optional<RestoredState>()> restore) {
    Pipeline::Callbacks callbacks;
    callbacks.wall_clock_us = [] { return std::int64_t{0}; };
    callbacks.restore = std::move(restore);
    auto pipeline = Pipeline::start(make_pg_journal({.conninfo = conninfo}), std::move(callbacks));
    if (!pipeline) return std::nullopt;
    engine::StateHash hash;
    (*pipeline)->inspect([&hash](const engine::Engine& engine) { hash = engine.state_hash(); });
    return hash;
}

// What the engine thread does with these commands, without digests and with them.
void time_engine(const std::vector<CommandRecord>& commands, RecoveryReport& report) {
    std::vector<engine::Event> out;
    const auto run = [&](bool with_digests) {
        engine::Engine engine;
        engine::NamedByEvents named;
        std::uint64_t low = 0;
        engine::EventSeq digested = 0;
        const double seconds = seconds_of([&] {
            for (const CommandRecord& command : commands) {
                out.clear();
                engine.decide(command.header, command.command, out);
                if (!with_digests || engine.last_seq() < digested + kEventsPerDigest - kEventsDigested) continue;
                named.add(out);
                if (engine.last_seq() < digested + kEventsPerDigest) continue;
                low += engine.digest(named).low;
                named.clear();
                digested = engine.last_seq();
            }
        });
        return (seconds + (low == 1 ? 1e-12 : 0)) * 1e9 / static_cast<double>(engine.last_seq());
    };
    report.decide_ns = run(false);
    const double both = run(true);
    report.decide_ns = std::min(report.decide_ns, run(false));
    report.digest_ns = std::min(both, run(true)) - report.decide_ns;
}

}  // namespace

nlohmann::json RecoveryReport::to_json() const {
    return {{"name", "recovery"},
            {"events", events},
            {"read_seconds", read_seconds},
            {"replay_seconds", replay_seconds},
            {"replay_events_per_second", static_cast<double>(events) / replay_seconds},
            {"replay_to_read", ratio()},
            {"take_seconds", take_seconds},
            {"restore_seconds", restore_seconds},
            {"snapshot_bytes", snapshot_bytes},
            {"engine_decide_ns_per_event", decide_ns},
            {"engine_digest_ns_per_event", digest_ns},
            {"same_state", same_state}};
}

std::string RecoveryReport::lines() const {
    const auto per_second = [this](double seconds) { return static_cast<double>(events) / seconds; };
    std::array<char, 600> text{};
    std::snprintf(text.data(), text.size(),
                  "recovery, %llu events: read %.0f events/s, replay %.0f events/s (%.2fx, mark %.2fx: %s)\n"
                  "snapshot: decided again and saved in %.2f s (%llu bytes), start from it in %.3f s, state %s\n"
                  "engine thread: %.0f ns per event to decide, %.0f ns for digests; snapshots are the follower's work",
                  static_cast<unsigned long long>(events), per_second(read_seconds), per_second(replay_seconds),
                  ratio(), kRecoveryMark, ratio() >= kRecoveryMark ? "reached" : "MISSED", take_seconds,
                  static_cast<unsigned long long>(snapshot_bytes), restore_seconds, same_state ? "same" : "OTHER",
                  decide_ns, digest_ns);
    return text.data();
}

std::expected<RecoveryReport, std::string> run_recovery(StoreBench& store, std::size_t commands) {
    const auto conninfo = store.write_log(commands);
    if (!conninfo) return std::unexpected(conninfo.error());
    RecoveryReport report;
    std::vector<CommandRecord> log;
    const auto journal = make_pg_journal({.conninfo = *conninfo});
    bool read = false;
    report.read_seconds = seconds_of([&] {
        read = journal->read(0, [&](const Block& block) {
            report.events = block.header.last_seq;
            return true;
        }).has_value();
    });
    const auto collect = [&log](const Block& block) {
        auto records = decode(block.payload, block.header.first_seq);
        if (records) std::ranges::move(records->commands, std::back_inserter(log));
        return records.has_value();
    };
    if (!read || !journal->read(0, collect)) return std::unexpected("the log cannot be read");
    time_engine(log, report);

    std::optional<engine::StateHash> replayed;
    report.replay_seconds = seconds_of([&] { replayed = start(*conninfo, nullptr); });
    auto connection = Connection::open(*conninfo, "bench");
    if (!connection) return std::unexpected(connection.error().message);
    std::expected<TakenSnapshot, TakeFailure> taken;
    report.take_seconds = seconds_of([&] { taken = take_snapshot(*connection, {}, "bench"); });
    if (!taken) return std::unexpected(taken.error().what);
    report.snapshot_bytes = taken->info.stored_bytes();
    const auto restore = [&]() -> std::optional<RestoredState> {
        auto loaded = newest_valid(*connection, report.events);
        if (!loaded || !*loaded) return std::nullopt;
        return RestoredState{std::move((*loaded)->engine), (*loaded)->position};
    };
    std::optional<engine::StateHash> restored;
    report.restore_seconds = seconds_of([&] { restored = start(*conninfo, restore); });
    report.same_state = replayed && replayed == restored && *replayed == taken->info.state_hash;
    return report;
}

}  // namespace buttonwood::bench
