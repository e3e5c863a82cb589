// Which events a command is about, as the command line says it. Thread safety: plain values.
#pragma once

#include "api/event_log.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace buttonwood::api::cli {

// Empty and 0: not asked for.
struct Selection {
    std::vector<std::string> types;
    std::string stream, actor, account, order, since, until, text;
    engine::EventSeq from = 0;
    engine::EventSeq to = 0;
};
void add_filters(CLI::App& command, Selection& selection);
void add_range(CLI::App& command, Selection& selection);

// The error is a line about the option that does not fit.
[[nodiscard]] std::expected<EventFilter, std::string> filter_of(const Selection& selection);

// after < event_seq <= upto.
struct EventRange {
    engine::EventSeq after{};
    engine::EventSeq upto{};
};
// What the selection's numbers, times and order leave of the log.
[[nodiscard]] LogResult<EventRange> range_of(EventLog& log, const Selection& selection);

// A number and nothing else.
[[nodiscard]] std::optional<std::uint64_t> number_of(std::string_view text);

}  // namespace buttonwood::api::cli
