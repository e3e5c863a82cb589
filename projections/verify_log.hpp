// eventstore::verify(), and that log.events and log.commands say of each event and command what the journal says.
//
// A table is compared from its `complete_from` (log_retention.hpp) up to its checkpoint at the start; stream
// versions are counted anew where the first block of the log is looked at too. The server may run meanwhile. JSON is
// built on threads of its own and compared by PostgreSQL as jsonb. Memory: four bytes per order and other aggregate.
#pragma once

#include "eventstore/verify.hpp"

namespace buttonwood::projections {

// options.also must be empty. The finding is the one with the smaller event_seq of the journal's and the tables'; a row
// of log.commands is named by the first event of its command. The error is one line.
[[nodiscard]] std::expected<eventstore::VerifyReport, std::string> verify_log(eventstore::VerifyOptions options);

}  // namespace buttonwood::projections
