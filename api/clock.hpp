// The wall clock of the edges; the engine only ever sees the times inside commands. Thread safety: any thread.
#pragma once

#include "engine/types.hpp"

#include <chrono>

namespace buttonwood::api {

[[nodiscard]] inline std::int64_t wall_clock_us() {
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}
[[nodiscard]] inline engine::Timestamp wall_clock() { return {wall_clock_us()}; }

}  // namespace buttonwood::api
