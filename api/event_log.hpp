// The log as an operator reads it: from log.events where that is complete, else from the journal's blocks.
//
//     1 ......... complete_from ............ checkpoint ...... head
//       journal                 log.events              journal
//
// Reads only, and every statement is short: a page looks at a bounded range of events, whatever the filter.
// Thread safety: as the connection's.
#pragma once

#include "eventstore/database.hpp"
#include "projections/journal_reader.hpp"

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace buttonwood::api {

// One event as a row of log.events shows it. JSON texts are compact, members in alphabetical order.
struct LogEvent {
    engine::EventSeq event_seq{};
    std::string stream_type;
    std::uint64_t stream_id{};
    std::optional<std::int64_t> stream_version;  // the journal alone does not know it
    std::string event_type;
    std::int64_t schema_version{};
    std::string payload;
    std::string command_type;
    engine::CommandSeq command_id{};
    std::optional<std::string> correlation_id;
    std::uint64_t actor{};
    std::string occurred_at;  // RFC 3339
};

struct LogCommand {
    engine::CommandSeq command_seq{};
    std::string command_type;
    std::string payload;
    std::uint64_t actor{};
    std::optional<std::string> request_id;
    std::string occurred_at;
    std::string outcome;
    engine::EventSeq first_event_seq{};
    std::uint32_t event_count{};
};

// "order/12", or "order": all of that type.
struct StreamName {
    std::string type;
    std::optional<std::uint64_t> id;
};
[[nodiscard]] std::optional<StreamName> parse_stream(std::string_view text);

// All of what is set must hold; of a list, one.
struct EventFilter {
    std::vector<std::string> types;
    std::vector<StreamName> streams;
    std::vector<std::string> accounts;  // "acc_3": named by the payload, as maker or taker too
    std::optional<std::uint64_t> actor;
    std::optional<std::string> order;    // "ord_12": the same
    std::string text;                    // a part of a value in the payload, in any case
    [[nodiscard]] bool matches(const LogEvent& event) const;
};

struct EventLogError {
    enum class Kind : std::uint8_t {
        Unavailable,  // the database cannot be read now
        Damaged,      // the log contradicts itself
        NotThere,     // archived, or beyond its end
        BadQuestion,  // nothing that can be looked for
    };
    Kind kind{};
    std::string message;
};
template <class T> using LogResult = std::expected<T, EventLogError>;

class EventLog {
public:
    // The connection outlives the log; its sessions may be read-only.
    explicit EventLog(eventstore::Connection& connection) : connection_(connection) {}

    // The last event of the journal; 0: it is empty.
    [[nodiscard]] LogResult<engine::EventSeq> last_seq();

    struct Page {
        std::vector<LogEvent> events;
        engine::EventSeq looked_until{};  // all that match up to here are in it
    };
    // Events with after < event_seq <= upto that match, oldest first, at most `limit`; REQUIRES: upto <= last_seq(),
    // after < upto. Looks at a part of the range: go on after looked_until.
    [[nodiscard]] LogResult<Page> page(engine::EventSeq after, engine::EventSeq upto, const EventFilter& filter,
                                       std::size_t limit);

    // The first event that is not before this time; last_seq() + 1: there is none. Time never goes back in the log.
    [[nodiscard]] LogResult<engine::EventSeq> first_since(engine::Timestamp time);
    // Where the order's events begin, at the latest: 1 when the table does not know.
    [[nodiscard]] LogResult<engine::EventSeq> first_of_order(std::uint64_t order);

    struct Context {
        LogCommand command;
        std::vector<LogEvent> events;  // of the command
    };
    // The command that caused the event, with all its events; from the journal, the truth.
    [[nodiscard]] LogResult<Context> context_of(engine::EventSeq seq);

private:
    struct Extent {
        engine::EventSeq last{};
        engine::EventSeq table_from{};  // log.events holds table_from .. table_to
        engine::EventSeq table_to{};
    };
    [[nodiscard]] LogResult<Extent> extent();
    [[nodiscard]] LogResult<Page> page_of_table(engine::EventSeq after, engine::EventSeq upto,
                                                const EventFilter& filter, std::size_t limit);
    [[nodiscard]] LogResult<Page> page_of_journal(engine::EventSeq after, engine::EventSeq upto,
                                                  const EventFilter& filter, std::size_t limit);
    // Blocks from the one that holds `seq` on.
    [[nodiscard]] LogResult<std::vector<projections::Batch>> blocks_at(engine::EventSeq seq, engine::EventSeq events);
    [[nodiscard]] LogResult<engine::Timestamp> time_of(engine::EventSeq seq);

    eventstore::Connection& connection_;
};

}  // namespace buttonwood::api
