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

#include <functional>
#include <memory>
#include <string>

namespace buttonwood::projections {

// One row of projections.status.
struct ProjectionStatus {
    std::string name;
    std::string status;  // running, rebuilding, stopped, error
    engine::EventSeq checkpoint{};
    engine::EventSeq log_seq{};  // last event of the journal: lag = log_seq - checkpoint
    std::int64_t error_count{};
    std::string last_error;  // empty = none
    std::string updated_at;  // RFC 3339
};

class Workers {
public:
    // Starts one worker per projection. Database trouble is retried with back-off, never fatal.
    [[nodiscard]] static std::unique_ptr<Workers> start(std::string conninfo);
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

// Rebuilds one projection from the first event in one transaction: readers see the old tables until it commits, a
// running worker waits and goes on after it. progress(done, total) is called after each batch.
[[nodiscard]] std::expected<engine::EventSeq, eventstore::DbError> rebuild(
    eventstore::Connection& connection, std::string_view projection,
    const std::function<void(engine::EventSeq done, engine::EventSeq total)>& progress = {});

}  // namespace buttonwood::projections
