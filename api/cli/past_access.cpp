#include "api/cli/past_access.hpp"

#include "api/clock.hpp"
#include "api/rfc3339.hpp"

#include <charconv>

namespace buttonwood::api::cli {

std::expected<PastAccess, Failure> open_past(const DatabaseOptions& options) {
    auto access = open_database(options.database_url, options.data_dir);
    if (!access) return std::unexpected(Failure{kCannotStart, access.error()});
    auto connection = eventstore::Connection::open(access->conninfo, "buttonwood-past");
    if (!connection)
        return std::unexpected(Failure{kCannotStart, "cannot reach the database: " + connection.error().message});
    if (const auto set = connection->execute("SET default_transaction_read_only = on"); !set)
        return std::unexpected(Failure{kCannotStart, set.error().message});
    return PastAccess{*std::move(access), *std::move(connection)};
}

std::expected<engine::EventSeq, Failure> event_named(eventstore::Connection& connection, const std::string& when) {
    engine::EventSeq seq = 0;
    const char* const end = when.data() + when.size();
    if (const auto [at, error] = std::from_chars(when.data(), end, seq); error == std::errc{} && at == end) return seq;
    eventstore::OrPastError<engine::EventSeq> found;
    if (when == "end") {
        found = eventstore::last_event(connection);
    } else {
        const auto time = parse_rfc3339(when);
        if (!time)
            return std::unexpected(Failure{
                kUsage, "'" + when + "' is no event_seq, no time such as 2026-11-20T17:25:49Z, and not 'end'"});
        if (*time > wall_clock()) return std::unexpected(Failure{kUsage, when + " lies in the future"});
        found = eventstore::event_at(connection, *time);
    }
    if (!found) return std::unexpected(failure_of(found.error()));
    return *found;
}

Failure failure_of(const eventstore::PastError& error) {
    switch (error.kind) {
        case eventstore::PastError::Kind::Future: return {kUsage, error.what};
        case eventstore::PastError::Kind::Archived:
            return {kCannotStart, error.what + "; bring it back with `buttonwood archive attach`"};
        case eventstore::PastError::Kind::Corrupt: return {kCorrupt, error.what + "; run `buttonwood verify`"};
        case eventstore::PastError::Kind::Unavailable:
        case eventstore::PastError::Kind::TooFar:
        case eventstore::PastError::Kind::Busy:
        case eventstore::PastError::Kind::Stopped: break;
    }
    return {kCannotStart, error.what};
}

}  // namespace buttonwood::api::cli
