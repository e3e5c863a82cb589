// A projection's status as the command line and the operator's routes print it.
#pragma once

#include "api/json_writer.hpp"
#include "projections/worker.hpp"

namespace buttonwood::api {

// One JSON object.
void write_projection(JsonWriter& w, const projections::ProjectionStatus& status);
// Its members alone: callers add their own.
void write_projection_members(JsonWriter& w, const projections::ProjectionStatus& status);
// Of the copy that is built; REQUIRES: there is one. Seconds: 0 while nothing is known of its rate.
[[nodiscard]] double progress_percent(const projections::ProjectionStatus& status);
[[nodiscard]] double seconds_left(const projections::ProjectionStatus& status);

}  // namespace buttonwood::api
