// A failure of a projection that no retry cures: what the log says and what the tables hold do not fit.
#pragma once

#include "projections/projection.hpp"

#include <string>

namespace buttonwood::projections {

[[nodiscard]] inline std::unexpected<eventstore::DbError> fault(std::string message) {
    return std::unexpected(eventstore::DbError{eventstore::DbErrorKind::Fault, "", "", std::move(message)});
}

// A later event names an order that no earlier one accepted.
[[nodiscard]] inline std::unexpected<eventstore::DbError> unknown_order(engine::OrderId order, engine::EventSeq seq) {
    return fault("event " + std::to_string(seq) + " names order " + std::to_string(static_cast<std::uint64_t>(order)) +
                 ", which is not open");
}

}  // namespace buttonwood::projections
