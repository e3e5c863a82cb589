// The thread of one projection: takes what became durable, applies it, moves the checkpoint, and copes with trouble.
//
// Each round applies everything available, up to kMaxEventsPerBatch. It starts at once after a quiet moment; under load
// it rests between two rounds, a multiple of the time that a round takes, so that batches grow instead of their number.
// Trouble, by kind:
// - Unavailable: reconnect, back-off 50 ms .. 2 s; nothing is counted, the rows and the checkpoint are as before.
// - Conflict, or somebody else moved the checkpoint: read it again and go on.
// - Constraint, Fault, a damaged block: halve the batch until one block fails alone, then that block, to find the
//   event; status `error` with the event and the reason, and again after a back-off of 100 ms .. 30 s. Nothing is
//   skipped but what an operator allowed (control.hpp).
// What operators want (paused, stopped, running) is in projections.status; the worker looks there twice a second.
// Tables of another version of the projection it leaves alone and asks for new ones (build.hpp).
//
// Thread safety: any thread.
#pragma once

#include "projections/checkpoint.hpp"
#include "projections/projection.hpp"
#include "projections/recent_batches.hpp"
#include "projections/worker.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <thread>

namespace buttonwood::projections {

inline constexpr engine::EventSeq kMaxEventsPerBatch = 50'000;

class ProjectionWorker {
public:
    // recent outlives the worker. poll: how long it waits when nobody wakes it, and between two looks at control.
    ProjectionWorker(std::string conninfo, std::unique_ptr<Projection> projection, const RecentBatches& recent,
                     std::chrono::milliseconds poll = kPollInterval);
    ~ProjectionWorker();  // finishes the batch in hand, joins

    // Events up to this one are durable.
    void wake(engine::EventSeq durable_seq);
    [[nodiscard]] std::string_view name() const { return name_; }
    // The last event committed; 0 = not known yet. Falls back when the database lost the end of what it had.
    [[nodiscard]] engine::EventSeq checkpoint() const { return checkpoint_.load(std::memory_order_relaxed); }

private:
    using Clock = std::chrono::steady_clock;
    using Millis = std::chrono::milliseconds;
    // A delay that doubles from first to most.
    struct BackOff {
        Millis first, most, next = first;
        Millis take() { return std::exchange(next, std::min(next * 2, most)); }
        void reset() { next = first; }
    };
    enum class Round : std::uint8_t { Applied, Nothing, Lost };

    void run();
    [[nodiscard]] Result connect();
    // Reads from where, and whether, to go on.
    [[nodiscard]] Result open();
    // Has an operator done something? Looks twice a second at most.
    [[nodiscard]] Result look_at_control();
    [[nodiscard]] bool held() const { return !standing_.wanted || !standing_.current; }
    void round();
    [[nodiscard]] std::expected<Round, eventstore::DbError> apply_available();
    [[nodiscard]] std::expected<bool, eventstore::DbError> commit(std::span<const Batch> batches);
    void handle(const eventstore::DbError& error);
    void report(engine::EventSeq seq, const std::string& reason);
    // The first event of the block without which the rest before it would do; the block's first where that is unsure.
    [[nodiscard]] engine::EventSeq failing_event(const Batch& batch);
    [[nodiscard]] std::expected<bool, eventstore::DbError> applies(const eventstore::Records& records);
    [[nodiscard]] double rate(engine::EventSeq applied);
    // Waits, but not longer than until an operator does something.
    void back_off(Clock::time_point until);
    void forget_connection();
    // Between two rounds: rests, then waits for more.
    void pace(Clock::time_point started);
    // Waits until events up to seq are durable, the time comes or the worker stops.
    void wait_for(engine::EventSeq seq, Clock::time_point until);
    [[nodiscard]] bool stopping();

    const std::string conninfo_;
    const std::unique_ptr<Projection> projection_;
    const std::string name_;
    const RecentBatches& recent_;
    const std::chrono::milliseconds poll_;

    std::atomic<engine::EventSeq> checkpoint_{};
    std::atomic<engine::EventSeq> durable_seq_{};
    std::atomic<engine::EventSeq> awaited_seq_{};  // wake() notifies from here on
    std::mutex mutex_;
    std::condition_variable condition_;
    bool stop_{};  // under mutex_

    // The thread's own.
    std::optional<eventstore::Connection> connection_;
    Standing standing_;
    Clock::time_point looked_{};           // at what operators want
    Clock::time_point rate_since_{};       // of the events in rate_events_
    engine::EventSeq rate_events_{};
    double events_per_s_{};
    std::pair<engine::EventSeq, engine::EventSeq> located_{};  // the block that failed, and its event
    BackOff reconnect_{Millis(50), Millis(2'000)};
    BackOff retry_{Millis(100), Millis(30'000)};
    std::vector<Batch> in_hand_;        // what the last round tried to apply
    std::size_t max_batches_;           // halved while a failing block is looked for
    engine::EventSeq suspect_until_{};  // the failing block is not after this event
    bool failing_{};
    std::thread thread_;
};

}  // namespace buttonwood::projections
