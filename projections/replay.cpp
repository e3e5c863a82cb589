#include "projections/replay.hpp"

#include "projections/fault.hpp"
#include "projections/journal_reader.hpp"

namespace buttonwood::projections {

using engine::EventSeq;
using eventstore::Connection;

namespace {

// Larger than a worker's: fewer statements, and more rows that come and go without ever being written.
constexpr EventSeq kEventsPerBatch = 100'000;

}  // namespace

Result delete_rows(const Projection& projection, Connection& connection) {
    for (const std::string_view table : projection.tables())
        if (auto done = connection.execute("DELETE FROM " + qualified(projection, table)); !done) return done;
    return {};
}

Result replay(Projection& projection, Connection& connection, EventSeq upto,
              const std::function<void(EventSeq done, EventSeq total)>& progress) {
    projection.reset();
    if (auto entered = enter_schema(projection, connection); !entered) return entered;
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
        if (auto applied = projection.apply(joined(range->batches), connection); !applied) return applied;
        if (progress) progress(done, upto);
    }
    return {};
}

}  // namespace buttonwood::projections
