#include "projections/replay.hpp"

#include "projections/fault.hpp"
#include "projections/journal_reader.hpp"

#include <algorithm>

namespace buttonwood::projections {

using engine::EventSeq;
using eventstore::CommandRecord;
using eventstore::Connection;
using eventstore::Records;

namespace {

// Larger than a worker's: fewer statements, and more rows that come and go without ever being written.
constexpr EventSeq kEventsPerBatch = 100'000;

}  // namespace

Result replay(Projection& projection, Connection& connection, EventSeq upto, const ReplayOptions& options) {
    projection.reset();
    const std::string_view schema = options.schema.empty() ? projection.schema() : options.schema;
    if (auto entered = enter_schema(schema, connection); !entered) return entered;
    for (const char* setting : kPlanSettings)
        if (auto set = connection.execute(std::string("SET LOCAL ") + setting); !set) return set;
    for (EventSeq done = 0; done < upto;) {
        auto range = read_journal(connection, done, kEventsPerBatch);
        if (!range) return std::unexpected(range.error());
        while (!range->batches.empty() && range->batches.back()->header.last_seq > upto) range->batches.pop_back();
        if (range->batches.empty())
            return fault(range->bad ? "event " + std::to_string(range->bad->seq) + ": " + range->bad->what
                                    : "the journal ends before event " + std::to_string(upto));
        done = range->batches.back()->header.last_seq;
        if (const Records records = without(joined(range->batches), options.skipped); !records.events.empty())
            if (auto applied = projection.apply(records, connection); !applied) return applied;
        if (options.progress) options.progress(done, upto);
    }
    return {};
}

Records without(Records records, std::span<const EventSeq> skipped) {
    if (records.events.empty()) return records;
    const auto first = std::ranges::lower_bound(skipped, records.events.front().seq);
    if (first == skipped.end() || *first > records.events.back().seq) return records;
    const auto is_skipped = [&](EventSeq seq) { return std::ranges::binary_search(skipped, seq); };
    for (CommandRecord& command : records.commands) {
        const EventSeq begin = command.first_seq, end = begin + command.event_count;
        for (EventSeq seq = begin; seq < end; ++seq)
            if (is_skipped(seq)) --command.event_count;
    }
    std::erase_if(records.commands, [](const CommandRecord& command) { return command.event_count == 0; });
    std::erase_if(records.events, [&](const engine::Event& event) { return is_skipped(event.seq); });
    return records;
}

Records first_events(const Records& records, std::size_t count) {
    Records part;
    for (const CommandRecord& command : records.commands) {
        if (part.events.size() >= count) break;
        const std::size_t events = std::min<std::size_t>(command.event_count, count - part.events.size());
        const auto begin = records.events.begin() + static_cast<std::ptrdiff_t>(part.events.size());
        part.commands.push_back(command);
        part.commands.back().event_count = static_cast<std::uint32_t>(events);
        part.events.insert(part.events.end(), begin, begin + static_cast<std::ptrdiff_t>(events));
    }
    return part;
}

}  // namespace buttonwood::projections
