// Compares log.events and log.commands with the journal's records, batch by batch, on connections of its own.
#pragma once

#include "eventstore/database.hpp"
#include "eventstore/verify_block.hpp"

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace buttonwood::projections {

// Counts the events of each stream. Ids are dense, so an array per kind of stream holds them.
class StreamVersions {
public:
    // The version of this event in its stream; nullopt: it names an id that the log cannot have reached.
    [[nodiscard]] std::optional<std::uint32_t> next(const engine::Event& event);

private:
    std::map<std::string_view, std::vector<std::uint32_t>> versions_;
};

// Thread safety: add() and finish() from one thread.
class LogComparer {
public:
    using Examined = std::shared_ptr<const eventstore::ExaminedBlock>;

    // The error is one line.
    [[nodiscard]] static std::expected<std::unique_ptr<LogComparer>, std::string> start(const std::string& conninfo);
    ~LogComparer();

    // The next block; stream versions are compared when the first one is the log's. Once something was found: the first
    // of it, and there is no need to go on. Errors wait for finish().
    [[nodiscard]] std::optional<eventstore::Finding> add(const Examined& block);
    // Waits for everything.
    [[nodiscard]] std::expected<std::optional<eventstore::Finding>, std::string> finish();

private:
    static constexpr std::size_t kThreads = 2;
    static constexpr std::size_t kEventsPerBatch = 4'000;
    static constexpr std::size_t kMostWaiting = 2 * kThreads;

    struct Batch {
        std::vector<Examined> blocks;
        std::vector<std::optional<std::uint32_t>> versions;  // one per event; none: not compared
        std::size_t events{};
    };
    // What of a table is compared: rows from `from` (event_seq, command_seq) up to event `checkpoint`.
    struct Extent {
        std::uint64_t from{};
        engine::EventSeq checkpoint{};
    };
    struct Extents {
        Extent events;
        Extent commands;
    };
    using Outcome = std::expected<std::optional<eventstore::Finding>, eventstore::DbError>;

    LogComparer() = default;
    [[nodiscard]] static std::expected<Extents, eventstore::DbError> read_extents(eventstore::Connection& connection);
    void send();
    void work(eventstore::Connection connection);
    [[nodiscard]] Outcome compare(eventstore::Connection& connection, const Batch& batch) const;
    [[nodiscard]] static Outcome compare(eventstore::Connection& connection, const Batch& batch,
                                         const Extents& extents);
    [[nodiscard]] static Outcome compare_events(eventstore::Connection& connection, const Batch& batch,
                                                const Extent& extent);
    [[nodiscard]] static Outcome compare_commands(eventstore::Connection& connection, const Batch& batch,
                                                  const Extent& extent);

    Extents extents_;
    std::optional<bool> from_genesis_;
    StreamVersions versions_;
    Batch batch_;

    std::mutex mutex_;  // of everything below
    std::condition_variable changed_;
    std::deque<Batch> waiting_;
    std::size_t busy_{};
    bool stopping_ = false;
    std::optional<eventstore::Finding> finding_;
    std::string error_;
    std::vector<std::jthread> threads_;  // last: they use all of the above
};

}  // namespace buttonwood::projections
