// Reads the journal for projections: decoded blocks after a checkpoint, as many as make a batch.
#pragma once

#include "eventstore/database.hpp"
#include "eventstore/pipeline.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace buttonwood::projections {

using Batch = std::shared_ptr<const eventstore::DurableBatch>;

// A block that cannot be applied: its bytes are damaged, or it is missing.
struct BadBlock {
    engine::EventSeq seq{};  // its first event
    std::string what;
};

struct JournalRange {
    std::vector<Batch> batches;   // contiguous from the event after the checkpoint; empty at the end of the journal
    std::optional<BadBlock> bad;  // what follows them
};

// Blocks after `after`, which ends a block, until at least max_events events are read or the journal ends.
[[nodiscard]] std::expected<JournalRange, eventstore::DbError> read_journal(eventstore::Connection& connection,
                                                                            engine::EventSeq after,
                                                                            engine::EventSeq max_events);

// The records of several batches as those of one.
[[nodiscard]] eventstore::Records joined(std::span<const Batch> batches);

}  // namespace buttonwood::projections
