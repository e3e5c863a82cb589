// A projection's status as the command line and the operator's routes print it.
#pragma once

#include "api/json_writer.hpp"
#include "projections/worker.hpp"

namespace buttonwood::api {

// The members of one JSON object.
void write_projection(JsonWriter& w, const projections::ProjectionStatus& status);
// Of the copy that is built; REQUIRES: there is one. Seconds: 0 while nothing is known of its rate.
[[nodiscard]] double progress_percent(const projections::ProjectionStatus& status);
[[nodiscard]] double seconds_left(const projections::ProjectionStatus& status);

}  // namespace buttonwood::api
