#include "eventstore/history.hpp"

#include <algorithm>
#include <utility>

namespace buttonwood::eventstore {
namespace {

using engine::EventSeq;
using Kind = PastError::Kind;

constexpr const char* kNearestSnapshot =
    "SELECT coalesce(max(event_seq), 0) FROM eventstore.snapshots WHERE event_seq <= $1::bigint";

}  // namespace

struct History::Guest {
    explicit Guest(History& owner) : history(owner) {
        const std::lock_guard lock(history.mutex_);
        is_admitted = history.under_way_ < history.options_.max_concurrent;
        if (is_admitted) ++history.under_way_;
    }
    ~Guest() {
        if (!is_admitted) return;
        const std::lock_guard lock(history.mutex_);
        --history.under_way_;
    }
    Guest(const Guest&) = delete;
    Guest& operator=(const Guest&) = delete;

    History& history;
    bool is_admitted{};
};

OrPastError<void> History::show(Connection& connection, EventSeq seq,
                                const std::function<void(const PastState&)>& f) {
    const Guest guest(*this);
    if (!guest.is_admitted) return std::unexpected(PastError{Kind::Busy, "the past is being looked up already", 0});
    auto found = state(connection, seq);
    if (!found) return std::unexpected(std::move(found).error());
    f(*found);
    keep(*std::move(found));
    return {};
}

OrPastError<PastState> History::state(Connection& connection, EventSeq seq) {
    const ReplayOptions replay{options_.max_events, {}, stop_.get_token()};
    const auto end = last_event(connection);
    if (!end) return std::unexpected(end.error());
    if (seq > *end) return std::unexpected(beyond(*end));
    const auto nearest = connection.prepared(kNearestSnapshot, {seq});
    if (!nearest) return std::unexpected(PastError{Kind::Unavailable, nearest.error().message, 0});
    if (auto kept = take_kept(static_cast<EventSeq>(nearest->integer(0, 0)), seq)) {
        const EventSeq from = kept->event_seq();
        if (auto done = kept->advance(connection, seq, replay); !done) return std::unexpected(done.error());
        const std::lock_guard lock(mutex_);
        counts_.events_replayed += seq - from;
        return *std::move(kept);
    }
    EventSeq from = seq;
    PastOptions options{.make_parts = options_.make_parts, .replay = replay, .skipped = options_.alarm};
    options.began = [&from](EventSeq base) { from = base; };
    auto made = state_after(connection, seq, options);
    const std::lock_guard lock(mutex_);
    if (made) {
        ++counts_.states_made;
        counts_.events_replayed += seq - from;
    }
    return made;
}

// The nearest kept state that can become the one after `seq`, unless a snapshot is nearer.
std::optional<PastState> History::take_kept(EventSeq at_least, EventSeq seq) {
    const std::lock_guard lock(mutex_);
    auto best = kept_.end();
    for (auto it = kept_.begin(); it != kept_.end(); ++it) {
        const bool is_usable = it->reaches(seq) && it->event_seq() >= at_least &&
                               seq - it->event_seq() <= options_.max_events;
        if (is_usable && (best == kept_.end() || it->event_seq() > best->event_seq())) best = it;
    }
    if (best == kept_.end()) return std::nullopt;
    std::optional<PastState> taken(std::move(*best));
    kept_.erase(best);
    return taken;
}

void History::keep(PastState state) {
    std::list<PastState> dropped;  // destroyed after the lock is released
    const std::lock_guard lock(mutex_);
    ++counts_.answers;
    kept_.push_front(std::move(state));
    if (kept_.size() > options_.kept_states) dropped.splice(dropped.begin(), kept_, std::prev(kept_.end()));
}

HistoryCounts History::counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
}

}  // namespace buttonwood::eventstore
