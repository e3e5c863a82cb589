// What operators do with projections over the API. Acts run on a thread with its own connection, because a rebuild's
// start and end may wait for locks; verifying runs on another one. The I/O thread waits for neither.
// Thread safety: I/O thread.
#pragma once

#include "api/reads.hpp"
#include "api/verifications.hpp"
#include "projections/control.hpp"

namespace buttonwood::api {

inline constexpr std::size_t kActQueueCapacity = 16;
inline constexpr int kActTimeoutMs = 30'000;  // of one statement

class ProjectionControl {
public:
    ProjectionControl(boost::asio::io_context& io, const std::string& conninfo);

    // Does it and records it. Errors: 409 status_unchanged, projection_conflict (the detail says what it is instead);
    // 503 overloaded, read_only. REQUIRES: projections::make(act.projection).
    // `act` outlives the call; by reference because of GCC 12 (README, Decisions).
    boost::asio::awaitable<std::expected<void, Problem>> perform(const projections::Act& act);

    [[nodiscard]] std::optional<Verification> verification(std::string_view projection) const {
        return verifications_.newest(projection);
    }

private:
    Verifications verifications_;
    Reads pool_;
};

}  // namespace buttonwood::api
