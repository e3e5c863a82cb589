// How much of log.events and log.commands is kept (table log.extent of sql/028), and their partitions.
//
// The journal keeps everything; the two tables may begin later. What goes are whole partitions, oldest first, and never
// an event that is among the newest `keep_events` or that a projection has yet to write. A rebuild writes no row before
// `complete_from`, so a rebuilt table still equals the live one.
// Thread safety: as the connection's; LogKeeper: any thread.
#pragma once

#include "engine/types.hpp"
#include "eventstore/database.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace buttonwood::projections {

// What the projection of a table of the log ("events", "commands") has to know of its partitions.
struct LogPartitions {
    std::uint64_t complete_from{};  // rows before it are not written
    std::uint64_t ask_again_at{};   // half-way to the end of what is made
};
// Makes partitions ahead, inside the caller's transaction: until `upto` has one, and the one after it.
[[nodiscard]] std::expected<LogPartitions, eventstore::DbError> ensure_log_partitions(
    eventstore::Connection& connection, std::string_view table, std::uint64_t upto);

// A row of log.extent, with the checkpoint of the projection that fills the table.
struct LogExtent {
    std::string table;
    std::uint64_t complete_from{};
    engine::EventSeq checkpoint{};
    std::optional<std::uint64_t> keep_events;  // of the policy, which is one for both; none: everything
    std::string dropped_at;                    // RFC 3339, empty: never
};
[[nodiscard]] std::expected<std::vector<LogExtent>, eventstore::DbError> read_log_extent(
    eventstore::Connection& connection);

// Sets the policy; nothing is dropped yet.
[[nodiscard]] std::expected<void, eventstore::DbError> keep_events(eventstore::Connection& connection,
                                                                   std::optional<std::uint64_t> newest);

struct DroppedPartition {
    std::string table;
    std::string partition;
    std::uint64_t complete_from{};  // from now on
};
// Drops what the policy lets go, in one transaction. Waits at most two seconds for readers, and not at all for a
// rebuild: Conflict, try again later.
[[nodiscard]] std::expected<std::vector<DroppedPartition>, eventstore::DbError> drop_old_log(
    eventstore::Connection& connection);

// Calls drop_old_log() on a thread of its own, at once and then again and again.
class LogKeeper {
public:
    // say(line) is called on that thread for what was dropped, and for errors other than Conflict.
    LogKeeper(std::string conninfo, std::chrono::milliseconds period, std::function<void(const std::string&)> say);
    ~LogKeeper();
    LogKeeper(const LogKeeper&) = delete;
    LogKeeper& operator=(const LogKeeper&) = delete;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace buttonwood::projections
