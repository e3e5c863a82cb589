// What operators do with projections, from any process: the acts are rows that survive every restart, workers see them
// within half a second (table projections.status of sql/030).
// Thread safety: as the connection's.
#pragma once

#include "projections/projection.hpp"

#include <optional>
#include <string>
#include <vector>

namespace buttonwood::projections {

enum class Desired : std::uint8_t {
    Running,
    Paused,   // its worker waits and goes on where it was
    Stopped,  // the same; said of one that is not meant to go on soon
};
// What its worker shall do from now on.
[[nodiscard]] Result set_desired(eventstore::Connection& connection, std::string_view projection, Desired desired);

struct Skip {
    engine::EventSeq event_seq{};
    std::string reason;
    std::string actor;  // who did it
};
// Lets the projection, in status `error` at this very event, pass over it; a row of projections.skips tells for ever.
// Copies that are built by the same version of the projection pass over it too. Fault, with a line that says what to
// do: another event or no error, no reason, a block that cannot be read at all.
[[nodiscard]] Result skip_event(eventstore::Connection& connection, const Projection& projection, const Skip& skip);

// What an operator had a projection do: a row of projections.acts.
struct Act {
    std::string projection;
    std::string act;  // pause, resume, stop, rebuild, cancel_rebuild, skip, verify
    std::optional<engine::EventSeq> event_seq;  // of skip
    std::string reason;
    std::string actor;  // login name and host, or user_id
    std::string at;     // RFC 3339; the database's clock, whatever is given
};
// For the audit, after it was done.
[[nodiscard]] Result record_act(eventstore::Connection& connection, const Act& act);
[[nodiscard]] std::expected<std::vector<Act>, eventstore::DbError> newest_acts(eventstore::Connection& connection,
                                                                               std::string_view projection,
                                                                               std::size_t limit);

}  // namespace buttonwood::projections
