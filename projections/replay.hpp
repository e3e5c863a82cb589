// Filling a projection's tables from the first event, inside the caller's transaction.
#pragma once

#include "projections/projection.hpp"

#include <functional>

namespace buttonwood::projections {

// Session settings, after "SET " or "SET LOCAL ", one each. Every statement of a projection finds rows by their keys and
// is planned once; without them a plan made while a table was empty reads it whole for every row when it is large.
inline constexpr const char* kPlanSettings[] = {"plan_cache_mode = force_generic_plan", "enable_seqscan = off",
                                                "enable_hashjoin = off", "enable_mergejoin = off"};

// Empties the tables: readers of other transactions go on seeing what was there.
[[nodiscard]] Result delete_rows(const Projection& projection, eventstore::Connection& connection);

// Applies the events 1..upto, upto being the end of a block. progress(done, upto) is called after each batch.
[[nodiscard]] Result replay(Projection& projection, eventstore::Connection& connection, engine::EventSeq upto,
                            const std::function<void(engine::EventSeq done, engine::EventSeq total)>& progress = {});

}  // namespace buttonwood::projections
