#include "eventstore/past_state.hpp"

#include "engine/assert.hpp"
#include "eventstore/pg_journal_reader.hpp"
#include "eventstore/pipeline_replay.hpp"

#include <algorithm>
#include <utility>

namespace buttonwood::eventstore {
namespace {

using engine::EventSeq;
using Kind = PastError::Kind;

constexpr const char* kLast = "SELECT last_seq FROM eventstore.head";
constexpr const char* kFirst = "SELECT coalesce(min(first_seq), 1) FROM eventstore.journal";
const std::string kBlockOf = "SELECT " + std::string(kBlockColumns) +
                             " FROM eventstore.journal WHERE first_seq <= $1::bigint ORDER BY first_seq DESC LIMIT 1";

PastError unavailable(const DbError& error) { return {Kind::Unavailable, error.message, 0}; }

PastError failure(const ReadFailure& failure) {
    return {failure.kind == StoreError::Corrupt ? Kind::Corrupt : Kind::Unavailable, failure.cause.message, 0};
}

OrPastError<EventSeq> one_number(Connection& connection, const char* sql) {
    const auto rows = connection.prepared(sql, {});
    if (!rows) return std::unexpected(unavailable(rows.error()));
    return rows->size() == 0 ? 0 : static_cast<EventSeq>(rows->integer(0, 0));
}

PastError archived(EventSeq first_here) {
    return {Kind::Archived,
            "what it needs of the log is archived; the first event in the database is event " +
                std::to_string(first_here),
            first_here};
}

PastError too_far(std::uint64_t events, std::uint64_t allowed) {
    return {Kind::TooFar,
            "it lies " + std::to_string(events) + " events after the nearest snapshot; at most " +
                std::to_string(allowed) + " are replayed",
            events};
}

// The first `count` of a vector, which loses them.
template <class T> std::vector<T> take_front(std::vector<T>& all, std::size_t count) {
    const auto end = all.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<T> front(std::make_move_iterator(all.begin()), std::make_move_iterator(end));
    all.erase(all.begin(), end);
    return front;
}

}  // namespace

std::vector<SnapshotPart*> pointers_to(const SnapshotPartList& parts) {
    std::vector<SnapshotPart*> pointers;
    for (const auto& part : parts) pointers.push_back(part.get());
    return pointers;
}

PastState::PastState(SnapshotPartList parts) : parts_(std::move(parts)) {}

PastState::PastState(LoadedSnapshot snapshot, SnapshotPartList parts)
    : engine_(std::move(snapshot.engine)), parts_(std::move(parts)), verified_(snapshot.position) {}

OrPastError<void> PastState::advance(Connection& connection, EventSeq to, const ReplayOptions& options) {
    BUTTONWOOD_ASSERT(reaches(to));
    if (to - event_seq() > options.max_events) return std::unexpected(too_far(to - event_seq(), options.max_events));
    if (auto rest = std::exchange(ahead_, std::nullopt)) take(*std::move(rest), to);
    if (event_seq() == to) return {};
    ChainChecker chain(verified_);
    std::string refusal;
    bool stopped = false;
    const auto sink = [&](const Block& block) {
        auto records = chain.check(block);
        if (!records) {
            refusal = std::move(records).error();
            return false;
        }
        verified_ = chain.at();
        take(*std::move(records), to);
        if (options.progress) options.progress(event_seq(), to);
        stopped = options.stop.stop_requested();
        return event_seq() < to && !stopped;
    };
    if (const auto read = read_blocks(connection, verified_.head.last_seq, sink, to); !read)
        return std::unexpected(failure(read.error()));
    if (!refusal.empty()) return std::unexpected(refused(connection, refusal));
    if (event_seq() == to) return {};
    if (stopped) return std::unexpected(PastError{Kind::Stopped, "stopped", 0});
    return std::unexpected(beyond(event_seq()));
}

// Applies what lies up to `to` and keeps the rest of the block for the next time.
void PastState::take(Records&& records, EventSeq to) {
    if (records.events.back().seq <= to) return apply(std::move(records));
    ahead_ = std::move(records);
    apply(cut(to));
    if (inside_command_) ahead_.reset();
}

// The beginning of what is ahead: whole commands, and of the one that `to` lies inside, if any, the events up to it.
Records PastState::cut(EventSeq to) {
    const auto ends_by_then = [to](const CommandRecord& c) { return c.first_seq + c.event_count - 1 <= to; };
    const auto whole = std::ranges::find_if_not(ahead_->commands, ends_by_then) - ahead_->commands.begin();
    const EventSeq first = ahead_->events.front().seq;
    Records part;
    part.commands = take_front(ahead_->commands, static_cast<std::size_t>(whole));
    if (const CommandRecord& next = ahead_->commands.front(); next.first_seq <= to) {
        part.commands.push_back(next);
        part.commands.back().event_count = static_cast<std::uint32_t>(to - next.first_seq + 1);
        inside_command_ = true;
    }
    part.events = take_front(ahead_->events, static_cast<std::size_t>(to + 1 - first));
    return part;
}

void PastState::apply(Records&& records) {
    for (const engine::Event& event : records.events) engine_.apply(event);
    if (parts_.empty() || records.commands.empty()) return;
    const DurableBatch batch{std::move(records), {}, {}, {}};
    for (const auto& part : parts_) part->apply(batch);
}

// A block that does not continue the chain: damage, or blocks that were archived meanwhile.
PastError PastState::refused(Connection& connection, const std::string& what) const {
    const auto first = one_number(connection, kFirst);
    if (!first) return first.error();
    if (*first > verified_.head.last_seq + 1) return archived(*first);
    return {Kind::Corrupt, "the journal is corrupt: " + what, 0};
}

namespace {

// The nearest usable snapshot at or before seq, or the start of the log.
OrPastError<PastState> base_of(Connection& connection, EventSeq seq, const PastOptions& options) {
    const auto make_parts = [&] { return options.make_parts ? options.make_parts() : SnapshotPartList(); };
    const auto affordable = [&](EventSeq from) { return seq - from <= options.replay.max_events; };
    std::vector<SnapshotInfo> snapshots;
    if (!options.from_genesis) {
        auto listed = list_snapshots(connection);
        if (!listed) return std::unexpected(unavailable(listed.error()));
        snapshots = *std::move(listed);
    }
    for (const SnapshotInfo& info : snapshots) {  // newest first
        if (info.event_seq > seq) continue;
        if (!affordable(info.event_seq))
            return std::unexpected(too_far(seq - info.event_seq, options.replay.max_events));
        SnapshotPartList parts = make_parts();
        auto loaded = load_snapshot(connection, info, pointers_to(parts));
        if (loaded) return PastState(*std::move(loaded), std::move(parts));
        if (loaded.error().kind == SnapshotProblem::Kind::Unavailable)
            return std::unexpected(PastError{Kind::Unavailable, loaded.error().what, 0});
        if (options.skipped) options.skipped(loaded.error().what);
    }
    const auto first = one_number(connection, kFirst);
    if (!first) return std::unexpected(first.error());
    if (*first > 1) return std::unexpected(archived(*first));
    if (!affordable(0)) return std::unexpected(too_far(seq, options.replay.max_events));
    return PastState(make_parts());
}

// The last command with time <= `time` in a block; its last event, or nullopt.
std::optional<EventSeq> last_event_by(const Records& records, engine::Timestamp time) {
    std::optional<EventSeq> last;
    for (const CommandRecord& command : records.commands)
        if (command.header.time <= time) last = command.first_seq + command.event_count - 1;
    return last;
}

}  // namespace

OrPastError<PastState> state_after(Connection& connection, EventSeq seq, const PastOptions& options) {
    const auto end = last_event(connection);
    if (!end) return std::unexpected(end.error());
    if (seq > *end) return std::unexpected(beyond(*end));
    auto state = base_of(connection, seq, options);
    if (!state) return state;
    if (options.began) options.began(state->event_seq());
    if (auto done = state->advance(connection, seq, options.replay); !done) return std::unexpected(done.error());
    return state;
}

PastError beyond(EventSeq end) { return {Kind::Future, "the log ends at event " + std::to_string(end), end}; }

OrPastError<EventSeq> last_event(Connection& connection) { return one_number(connection, kLast); }

OrPastError<EventSeq> event_at(Connection& connection, engine::Timestamp time) {
    const auto first = one_number(connection, kFirst);
    if (!first) return std::unexpected(first.error());
    const auto end = last_event(connection);
    if (!end) return std::unexpected(end.error());
    EventSeq found = 0;
    // Blocks that begin below `low` have an event by then, those that begin above `high` have none.
    for (EventSeq low = *first, high = *end; low <= high;) {
        const auto rows = connection.prepared_binary(kBlockOf, std::vector<Param>{low + (high - low) / 2});
        if (!rows) return std::unexpected(unavailable(rows.error()));
        if (rows->size() == 0) return std::unexpected(archived(*first));
        const auto block = block_at(*rows, 0);
        if (!block) return std::unexpected(failure(block.error()));
        const BlockHeader& header = block->header;
        const auto records = decode(block->payload, header.first_seq);
        if (!records || records->events.empty())
            return std::unexpected(PastError{
                Kind::Corrupt, "the block of event " + std::to_string(header.first_seq) + " cannot be read", 0});
        if (const auto last = last_event_by(*records, time)) {
            found = *last;
            if (found < records->events.back().seq) return found;  // the time passes inside this block
            low = header.last_seq + 1;
        } else {
            high = header.first_seq - 1;
        }
    }
    if (found == 0 && *first > 1) return std::unexpected(archived(*first));
    return found;
}

}  // namespace buttonwood::eventstore
