// The past of the market on request: states after any event, with a few recent ones kept to move forward from.
//
// Cost of an answer, besides reading the answer from the state: nothing where that very state is kept; else replaying
// the events since the nearest kept state or snapshot, at most `max_events`, and loading that snapshot. With snapshots
// every n events that is less than n events. Memory: at most `kept_states` + `max_concurrent` copies of the market.
// Thread safety: any thread, each with a connection of its own; a state is shown to one at a time.
#pragma once

#include "eventstore/past_state.hpp"

#include <list>
#include <mutex>

namespace buttonwood::eventstore {

struct HistoryOptions {
    MakeParts make_parts = {};
    std::size_t kept_states = 2;
    std::size_t max_concurrent = 1;          // answers under way; one more is Busy
    std::uint64_t max_events = 2'000'000;    // replayed for one answer
    std::function<void(const std::string&)> alarm = {};  // a snapshot that was passed over, and why
};

struct HistoryCounts {
    std::uint64_t answers{};
    std::uint64_t states_made{};  // states made anew, from a snapshot or the start of the log
    std::uint64_t events_replayed{};
};

class History {
public:
    explicit History(HistoryOptions options) : options_(std::move(options)) {}

    // Calls f with the state after event `seq` (0: before the first), which is valid during the call. Errors: all of
    // PastError; f is then not called.
    [[nodiscard]] OrPastError<void> show(Connection& connection, engine::EventSeq seq,
                                         const std::function<void(const PastState&)>& f);
    // Ends replays under way; from now on everything is Stopped.
    void stop() { stop_.request_stop(); }

    [[nodiscard]] HistoryCounts counts() const;

private:
    struct Guest;  // counts an answer under way
    [[nodiscard]] OrPastError<PastState> state(Connection& connection, engine::EventSeq seq);
    [[nodiscard]] std::optional<PastState> take_kept(engine::EventSeq at_least, engine::EventSeq seq);
    void keep(PastState state);

    const HistoryOptions options_;
    std::stop_source stop_;
    mutable std::mutex mutex_;
    std::list<PastState> kept_;  // the last used first
    std::size_t under_way_{};
    HistoryCounts counts_;
};

}  // namespace buttonwood::eventstore
