// Filling a projection's tables from the journal, inside the caller's transaction.
#pragma once

#include "projections/projection.hpp"

#include <functional>
#include <span>

namespace buttonwood::projections {

// Session settings, after "SET " or "SET LOCAL ", one each. A plan is made for the batch at hand, every time: one kept
// from when the tables were small, or for the ten rows that an array is guessed to hold, reads all of a large table for
// each row of a large batch.
inline constexpr const char* kPlanSettings[] = {"plan_cache_mode = force_custom_plan", "jit = off"};

struct ReplayOptions {
    std::string_view schema{};  // of the copy to fill; empty: the serving tables
    std::span<const engine::EventSeq> skipped{};
    // progress(done, upto) is called after each batch.
    std::function<void(engine::EventSeq done, engine::EventSeq total)> progress{};
};
// Applies the events 1..upto, upto being the end of a block, to empty tables.
[[nodiscard]] Result replay(Projection& projection, eventstore::Connection& connection, engine::EventSeq upto,
                            const ReplayOptions& options = {});

// The records without these events, in ascending order, and without the commands that have no event left.
[[nodiscard]] eventstore::Records without(eventstore::Records records, std::span<const engine::EventSeq> skipped);
// The first so many events, with their commands.
[[nodiscard]] eventstore::Records first_events(const eventstore::Records& records, std::size_t count);

}  // namespace buttonwood::projections
