// Filling a projection's tables from the first event, inside the caller's transaction.
#pragma once

#include "projections/projection.hpp"

#include <functional>

namespace buttonwood::projections {

// Empties the tables: readers of other transactions go on seeing what was there.
[[nodiscard]] Result delete_rows(const Projection& projection, eventstore::Connection& connection);

// Applies the events 1..upto, upto being the end of a block. progress(done, upto) is called after each batch.
[[nodiscard]] Result replay(Projection& projection, eventstore::Connection& connection, engine::EventSeq upto,
                            const std::function<void(engine::EventSeq done, engine::EventSeq total)>& progress = {});

}  // namespace buttonwood::projections
