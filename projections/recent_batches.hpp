// The newest durable batches, decoded once and shared by all workers, so that a worker that keeps up never reads the
// journal. A cache: what it has dropped, or never had, is in the journal.
//
// Bounded by kMaxEvents: when full, the oldest go; a batch that does not continue the newest replaces them all.
// Thread safety: any thread; nothing blocks for longer than a copy of pointers.
#pragma once

#include "projections/journal_reader.hpp"

#include <deque>
#include <mutex>

namespace buttonwood::projections {

class RecentBatches {
public:
    static constexpr std::size_t kMaxEvents = 100'000;

    // consumed: every worker has applied the events up to it, their batches can go.
    void add(Batch batch, engine::EventSeq consumed);
    // The batches after `after`, which ends a batch, up to at least max_events events; empty: read the journal.
    [[nodiscard]] std::vector<Batch> after(engine::EventSeq after, engine::EventSeq max_events) const;

private:
    void drop_oldest();

    mutable std::mutex mutex_;
    std::deque<Batch> batches_;  // contiguous
    std::size_t events_{};       // in batches_
};

}  // namespace buttonwood::projections
