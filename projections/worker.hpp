// Workers keep the read models up to date: one thread, one connection and one checkpoint per projection.
//
// A worker reads the journal after its checkpoint in batches and applies each batch and the new checkpoint in one
// transaction; the checkpoint moves by compare-and-set, so two workers of one projection never apply twice. It is woken
// by wake() and polls as a net. A failing batch stops that projection only: status `error`, the event and the reason
// recorded, retried with back-off. The engine never waits for a worker.
#pragma once

#include "eventstore/database.hpp"
#include "eventstore/pipeline.hpp"
#include "projections/projection.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace buttonwood::projections {

// The copy that is built beside the serving tables (build.hpp).
struct BuildStatus {
    engine::EventSeq checkpoint{};  // of log_seq
    std::int64_t events_per_s{};
    std::string last_error;  // empty = none
    std::string started_at;  // RFC 3339
};

// One row of projections.status.
struct ProjectionStatus {
    std::string name;
    std::string status;   // running, paused, rebuilding, stopped, error
    std::string desired;  // running, paused, stopped
    int version{};        // of its tables
    engine::EventSeq checkpoint{};
    engine::EventSeq log_seq{};   // last event of the journal: lag = log_seq - checkpoint
    std::int64_t lag_ms{};        // age of the oldest block that is not applied; 0 = everything is
    std::int64_t events_per_s{};  // 0 = it did nothing lately
    std::int64_t error_count{};
    std::int64_t attempts{};  // at error_seq
    std::optional<engine::EventSeq> error_seq;
    std::string last_error;  // empty = none
    std::string updated_at;  // RFC 3339
    std::optional<BuildStatus> build;
};

inline constexpr std::chrono::milliseconds kPollInterval{500};

struct WorkersOptions {
    std::chrono::milliseconds poll = kPollInterval;  // how long a worker waits when nobody wakes it
    bool listen = false;                             // woken by the notices of the server, wherever it is
};

class Workers {
public:
    // Starts one worker for each of these projections, or for all, and the thread that builds copies beside them. Names
    // that make() does not know are left out. Database trouble is retried with back-off, never fatal.
    [[nodiscard]] static std::unique_ptr<Workers> start(std::string conninfo,
                                                        const std::vector<std::string>& names = {},
                                                        const WorkersOptions& options = {});
    ~Workers();  // finishes the batch in hand, joins

    // Something became durable up to this event. Any thread, never blocks.
    void wake(engine::EventSeq durable_seq);
    // The same, with what became durable: workers that keep up take it from here instead of reading the journal and
    // decoding it again. Batches in log order, from one thread at a time; never blocks.
    void offer(std::shared_ptr<const eventstore::DurableBatch> batch);
    // The last event that the projection has committed; 0 = unknown name or nothing yet. Any thread.
    [[nodiscard]] engine::EventSeq checkpoint(std::string_view projection) const;

private:
    class Impl;
    explicit Workers(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

[[nodiscard]] std::expected<std::vector<ProjectionStatus>, eventstore::DbError> read_status(
    eventstore::Connection& connection);

// Builds one projection's tables anew from the first event beside the serving ones and puts them in their place, here
// or by waiting for whoever builds them already; readers and its worker go on meanwhile. progress(done, total) is
// called after each batch. Returns the checkpoint. Fault: unknown name, cancelled, an event that it cannot take.
[[nodiscard]] std::expected<engine::EventSeq, eventstore::DbError> rebuild(
    eventstore::Connection& connection, std::string_view projection,
    const std::function<void(engine::EventSeq done, engine::EventSeq total)>& progress = {});

}  // namespace buttonwood::projections
