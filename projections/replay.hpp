// Filling a projection's tables from the first event, inside the caller's transaction: settings made here end with it.
#pragma once

#include "projections/projection.hpp"

#include <functional>

namespace buttonwood::projections {

// Session settings, after "SET " or "SET LOCAL ", one each. A plan is made for the batch at hand, every time: one kept
// from when the tables were small, or for the ten rows that an array is guessed to hold, reads all of a large table for
// each row of a large batch.
inline constexpr const char* kPlanSettings[] = {"plan_cache_mode = force_custom_plan", "jit = off"};

// Empties the tables: readers of other transactions go on seeing what was there.
[[nodiscard]] Result delete_rows(const Projection& projection, eventstore::Connection& connection);

// Applies the events 1..upto, upto being the end of a block. progress(done, upto) is called after each batch.
[[nodiscard]] Result replay(Projection& projection, eventstore::Connection& connection, engine::EventSeq upto,
                            const std::function<void(engine::EventSeq done, engine::EventSeq total)>& progress = {});

}  // namespace buttonwood::projections
