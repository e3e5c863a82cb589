// An empty copy of a projection's tables in a schema of its own, to be filled from the first event: without the indexes
// that filling it does not use, until it is full. Thread safety: as the connection's.
#pragma once

#include "projections/projection.hpp"

namespace buttonwood::projections {

// "{cash,holdings}", as a text[] takes it.
[[nodiscard]] std::string tables_array(const Projection& projection);

// Makes the schema anew, in the caller's transaction.
[[nodiscard]] Result make_copy(eventstore::Connection& connection, const Projection& projection,
                               const std::string& schema);
// Gives it the indexes that it lacks, in a transaction per table: then it is as a fresh migration would make it.
// Nothing is lacking: nothing happens.
[[nodiscard]] Result complete_copy(eventstore::Connection& connection, const Projection& projection,
                                   const std::string& schema);

}  // namespace buttonwood::projections
