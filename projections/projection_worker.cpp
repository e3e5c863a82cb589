#include "projections/projection_worker.hpp"

#include "projections/build.hpp"
#include "projections/replay.hpp"

#include <algorithm>
#include <limits>

namespace buttonwood::projections {

using engine::EventSeq;
using eventstore::Connection;
using eventstore::DbError;
using eventstore::DbErrorKind;

namespace {

// A worker under load is at work a fifth of the time, and never later than kLongestRest because of it. A round that
// took as long as kRound has a batch that is large enough: after it there is no rest.
constexpr int kRestFactor = 4;
constexpr std::chrono::steady_clock::duration kLongestRest = std::chrono::milliseconds(100);
constexpr std::chrono::steady_clock::duration kRound = std::chrono::milliseconds(200);
constexpr auto kAfterConflict = std::chrono::milliseconds(10);
// So many events are worth a commit at once.
constexpr EventSeq kFullEnough = 5'000;
constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();
constexpr EventSeq kNever = std::numeric_limits<EventSeq>::max();
// Far above the time of the largest batch: a server that is silent for so long is gone.
constexpr int kAnswerTimeoutMs = 120'000;

// A read model that loses its last commits in a crash of the server applies them again: rows and checkpoint go
// together. A rebuild holds the row of its checkpoint for long; waiting for it in pieces keeps the worker able to stop.
constexpr const char* kSession = "SET synchronous_commit = off; SET lock_timeout = '500ms'";

}  // namespace

ProjectionWorker::ProjectionWorker(std::string conninfo, std::unique_ptr<Projection> projection,
                                   const RecentBatches& recent, std::chrono::milliseconds poll)
    : conninfo_(std::move(conninfo)),
      projection_(std::move(projection)),
      name_(projection_->name()),
      recent_(recent),
      poll_(poll),
      max_batches_(kNoLimit),
      thread_([this] { run(); }) {}

ProjectionWorker::~ProjectionWorker() {
    {
        const std::scoped_lock lock(mutex_);
        stop_ = true;
    }
    condition_.notify_all();
    thread_.join();
}

void ProjectionWorker::wake(EventSeq durable_seq) {
    EventSeq known = durable_seq_.load(std::memory_order_relaxed);
    while (known < durable_seq && !durable_seq_.compare_exchange_weak(known, durable_seq)) {
    }
    if (durable_seq < awaited_seq_.load()) return;
    { const std::scoped_lock lock(mutex_); }  // not between the waiter's look at durable_seq_ and its sleep
    condition_.notify_all();
}

void ProjectionWorker::run() {
    while (!stopping()) {
        Result ready = connection_ ? look_at_control() : connect();
        if (!ready) handle(ready.error());
        else if (held()) wait_for(kNever, Clock::now() + poll_);
        else round();
    }
    if (connection_ && !failing_)
        if (auto said = say_stopped(*connection_, name_); !said) forget_connection();
}

void ProjectionWorker::round() {
    const auto started = Clock::now();
    const EventSeq known = durable_seq_.load();
    const auto round = apply_available();
    if (!round) return handle(round.error());
    switch (*round) {
        case Round::Nothing: return wait_for(std::max(known, checkpoint()) + 1, started + poll_);
        case Round::Applied: return pace(started);
        case Round::Lost: return wait_for(kNever, Clock::now() + kAfterConflict);
    }
}

Result ProjectionWorker::connect() {
    auto connection = Connection::open(conninfo_, "buttonwood-projection-" + name_);
    if (!connection) return std::unexpected(connection.error());
    connection->set_answer_timeout_ms(kAnswerTimeoutMs);
    if (auto set = connection->execute(kSession); !set) return set;
    for (const char* setting : kPlanSettings)
        if (auto set = connection->execute(std::string("SET ") + setting); !set) return set;
    connection_ = std::move(*connection);
    if (auto opened = open(); !opened) {
        forget_connection();
        return opened;
    }
    reconnect_.reset();
    return {};
}

Result ProjectionWorker::open() {
    projection_->reset();
    auto standing = open_checkpoint(*connection_, *projection_);
    if (!standing) return std::unexpected(standing.error());
    standing_ = std::move(*standing);
    located_ = {};
    looked_ = Clock::now();
    checkpoint_.store(standing_.checkpoint, std::memory_order_relaxed);
    if (standing_.wanted && !standing_.current)
        if (auto asked = request_build(*connection_, *projection_); !asked) return std::unexpected(asked.error());
    return {};
}

Result ProjectionWorker::look_at_control() {
    if (Clock::now() < looked_ + poll_) return {};
    looked_ = Clock::now();
    const auto now = control_seq(*connection_, name_);
    if (!now) return std::unexpected(now.error());
    return *now == standing_.control_seq ? Result{} : open();
}

std::expected<ProjectionWorker::Round, DbError> ProjectionWorker::apply_available() {
    in_hand_ = recent_.after(checkpoint(), kMaxEventsPerBatch);
    if (in_hand_.empty()) {
        auto range = read_journal(*connection_, checkpoint(), kMaxEventsPerBatch);
        if (!range) return std::unexpected(range.error());
        if (range->batches.empty() && range->bad) {
            report(range->bad->seq, range->bad->what);
            return Round::Lost;
        }
        in_hand_ = std::move(range->batches);
    }
    if (in_hand_.empty()) return Round::Nothing;
    in_hand_.resize(std::min(in_hand_.size(), max_batches_));

    const auto committed = commit(in_hand_);
    if (!committed) return std::unexpected(committed.error());
    if (!*committed) {
        if (auto opened = open(); !opened) return std::unexpected(opened.error());
        return Round::Lost;
    }
    standing_.checkpoint = in_hand_.back()->header.last_seq;
    checkpoint_.store(standing_.checkpoint, std::memory_order_relaxed);
    in_hand_.clear();
    if (checkpoint() >= suspect_until_) max_batches_ = kNoLimit;
    retry_.reset();
    failing_ = false;
    return Round::Applied;
}

std::expected<bool, DbError> ProjectionWorker::commit(std::span<const Batch> batches) {
    auto transaction = eventstore::Transaction::begin(*connection_);
    if (!transaction) return std::unexpected(transaction.error());
    const EventSeq to = batches.back()->header.last_seq;
    const auto moved = move_checkpoint(*connection_, name_, standing_, to, rate(to - checkpoint()));
    if (!moved) return std::unexpected(moved.error());
    if (!*moved) return false;
    if (auto entered = enter_schema(*projection_, *connection_); !entered) return std::unexpected(entered.error());
    const bool as_it_is = batches.size() == 1 && standing_.skipped.empty();
    const eventstore::Records made = as_it_is ? eventstore::Records{} : without(joined(batches), standing_.skipped);
    const eventstore::Records& records = as_it_is ? batches.front()->records : made;
    if (!records.events.empty())
        if (auto applied = projection_->apply(records, *connection_); !applied)
            return std::unexpected(applied.error());
    if (auto done = transaction->commit(); !done) return std::unexpected(done.error());
    return true;
}

void ProjectionWorker::handle(const DbError& error) {
    projection_->reset();
    if (error.kind == DbErrorKind::Unavailable || (connection_ && !connection_->healthy())) {
        forget_connection();
        return wait_for(kNever, Clock::now() + reconnect_.take());
    }
    if (error.kind == DbErrorKind::Conflict) return wait_for(kNever, Clock::now() + kAfterConflict);
    if (!connection_ || in_hand_.empty()) {  // not a matter of what is applied: a missing schema, a refused login
        if (connection_) return report(checkpoint() + 1, error.message);
        return back_off(Clock::now() + retry_.take());
    }
    if (in_hand_.size() == 1) return report(failing_event(in_hand_.front()), error.message);
    max_batches_ = in_hand_.size() / 2;
    suspect_until_ = in_hand_.back()->header.last_seq;
}

void ProjectionWorker::report(EventSeq seq, const std::string& reason) {
    failing_ = true;
    if (connection_)
        if (auto recorded = record_error(*connection_, name_, seq, reason); !recorded) forget_connection();
    back_off(Clock::now() + retry_.take());
}

EventSeq ProjectionWorker::failing_event(const Batch& batch) {
    const EventSeq first = batch->header.first_seq;
    if (located_.first == first) return located_.second;
    const eventstore::Records records = without(batch->records, standing_.skipped);
    if (records.events.empty()) return first;
    std::size_t good = 0, bad = records.events.size();  // so many events, from the first, do and do not
    while (bad - good > 1) {
        const std::size_t middle = good + (bad - good) / 2;
        const auto does = applies(first_events(records, middle));
        if (!does) return first;
        (*does ? good : bad) = middle;
    }
    located_ = {first, records.events[bad - 1].seq};
    return located_.second;
}

std::expected<bool, DbError> ProjectionWorker::applies(const eventstore::Records& records) {
    projection_->reset();
    auto transaction = eventstore::Transaction::begin(*connection_);
    if (!transaction) return std::unexpected(transaction.error());
    if (auto entered = enter_schema(*projection_, *connection_); !entered) return std::unexpected(entered.error());
    const auto applied = projection_->apply(records, *connection_);
    projection_->reset();
    if (applied) return true;
    if (applied.error().kind == DbErrorKind::Constraint || applied.error().kind == DbErrorKind::Fault) return false;
    return std::unexpected(applied.error());
}

double ProjectionWorker::rate(EventSeq applied) {
    const auto now = Clock::now();
    rate_events_ += applied;
    const double seconds = std::chrono::duration<double>(now - rate_since_).count();
    if (seconds >= 1) {
        if (seconds < 10) events_per_s_ = static_cast<double>(rate_events_) / seconds;  // else there was a pause
        rate_since_ = now;
        rate_events_ = 0;
    }
    return events_per_s_;
}

void ProjectionWorker::back_off(Clock::time_point until) {
    const std::int64_t before = standing_.control_seq;
    while (!stopping() && Clock::now() < until) {
        wait_for(kNever, std::min(until, Clock::now() + poll_));
        if (!connection_) continue;
        if (auto looked = look_at_control(); !looked) return forget_connection();
        if (standing_.control_seq != before) return retry_.reset();
    }
}

void ProjectionWorker::forget_connection() { connection_.reset(); }

void ProjectionWorker::pace(Clock::time_point started) {
    const auto finished = Clock::now();
    const auto took = finished - started;
    const auto rest = std::min({kRestFactor * took, kLongestRest, std::max(kRound - took, Clock::duration::zero())});
    wait_for(checkpoint() + kFullEnough, finished + rest);
    // Nobody says what is durable (0) or another server writes: then only the journal knows whether there is more.
    if (durable_seq_.load() == checkpoint()) wait_for(checkpoint() + 1, finished + poll_);
}

void ProjectionWorker::wait_for(EventSeq seq, Clock::time_point until) {
    std::unique_lock lock(mutex_);
    awaited_seq_.store(seq);
    condition_.wait_until(lock, until, [&] { return stop_ || durable_seq_.load() >= seq; });
    awaited_seq_.store(kNever);
}

bool ProjectionWorker::stopping() {
    const std::scoped_lock lock(mutex_);
    return stop_;
}

}  // namespace buttonwood::projections
