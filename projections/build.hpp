// A projection's tables built anew beside the serving ones, from the first event, and put in their place.
//
//   request_build()   a row in projections.builds and empty copies of the tables in a schema of their own
//   step()            a batch of the journal into the copy, committed with the copy's own checkpoint; repeated
//   step()            near the end: the indexes that were of no use until then, and the hand-over, in which the
//                     serving tables stand still (see build.cpp)
//
// Whoever builds holds an advisory lock, so one session at a time does; if it dies, another goes on from the last
// commit. Readers are answered from the serving tables all the time, and no snapshot of the database, however old,
// shows them rows of the copy from before the checkpoint that it shows.
// Thread safety: as the connection's.
#pragma once

#include "projections/advisory_lock.hpp"
#include "projections/projection.hpp"

#include <chrono>

namespace buttonwood::projections {

// Asks for a copy of this version; false: there is one already, and it goes on from where it is.
[[nodiscard]] std::expected<bool, eventstore::DbError> request_build(eventstore::Connection& connection,
                                                                     const Projection& projection);
// Gives the copy up; false: there was none. Waits for the batch that is being applied to it.
[[nodiscard]] std::expected<bool, eventstore::DbError> cancel_build(eventstore::Connection& connection,
                                                                    const Projection& projection);
// The schema of the copy: "trading_next_trades".
[[nodiscard]] std::string build_schema(const Projection& projection);

class Build {
public:
    enum class Step : std::uint8_t {
        Advanced,   // there is more
        Waiting,    // a reader's old snapshot or a worker is in the way: again in a moment
        Swapped,    // the copy serves
        Cancelled,  // there is no such copy any more
    };
    static constexpr engine::EventSeq kEventsPerStep = 100'000;

    // nullptr: there is no copy of this version to build, or another session builds it.
    [[nodiscard]] static std::expected<std::unique_ptr<Build>, eventstore::DbError> adopt(
        eventstore::Connection& connection, std::unique_ptr<Projection> projection,
        engine::EventSeq events_per_step = kEventsPerStep);

    // After an error the build can be adopted again. Constraint, Fault: an event that the projection cannot take; the
    // row of the build tells.
    [[nodiscard]] std::expected<Step, eventstore::DbError> step();
    [[nodiscard]] engine::EventSeq checkpoint() const { return checkpoint_; }

private:
    Build(eventstore::Connection& connection, std::unique_ptr<Projection> projection, AdvisoryLock lock,
          engine::EventSeq events_per_step);
    [[nodiscard]] std::expected<bool, eventstore::DbError> load();
    // One batch, if there is one; the number of its events. nullopt: cancelled.
    [[nodiscard]] std::expected<std::optional<engine::EventSeq>, eventstore::DbError> advance();
    [[nodiscard]] std::expected<bool, eventstore::DbError> move(engine::EventSeq to, double events_per_s);
    [[nodiscard]] std::expected<Step, eventstore::DbError> hand_over();
    [[nodiscard]] std::expected<Step, eventstore::DbError> swap();
    [[nodiscard]] std::expected<Step, eventstore::DbError> cancelled();
    void record(const eventstore::DbError& error);

    eventstore::Connection& connection_;
    std::unique_ptr<Projection> projection_;
    AdvisoryLock lock_;
    std::string schema_;
    engine::EventSeq events_per_step_;
    std::int64_t build_id_{};
    engine::EventSeq checkpoint_{};
    bool indexed_{};
    bool analyzed_{};
};

}  // namespace buttonwood::projections
