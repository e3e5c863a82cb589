#include "projections/projection_worker.hpp"

#include "projections/checkpoint.hpp"
#include "projections/replay.hpp"

#include <algorithm>
#include <limits>

namespace buttonwood::projections {

using engine::EventSeq;
using eventstore::Connection;
using eventstore::DbError;
using eventstore::DbErrorKind;

namespace {

constexpr auto kPollInterval = std::chrono::milliseconds(500);
// A worker under load is at work a fifth of the time, and never later than kLongestRest because of it.
constexpr int kRestFactor = 4;
constexpr auto kLongestRest = std::chrono::milliseconds(100);
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
                                   const RecentBatches& recent)
    : conninfo_(std::move(conninfo)),
      projection_(std::move(projection)),
      name_(projection_->name()),
      recent_(recent),
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
        const auto started = Clock::now();
        if (!connection_) {
            if (auto connected = connect(); !connected) {
                handle(connected.error());
                continue;
            }
        }
        const EventSeq known = durable_seq_.load();
        const auto round = apply_available();
        if (!round) {
            handle(round.error());
        } else if (*round == Round::Nothing) {
            wait_for(std::max(known, checkpoint()) + 1, started + kPollInterval);
        } else if (*round == Round::Applied) {
            pace(started);
        }
    }
    if (connection_ && !failing_)
        if (auto said = set_status(*connection_, name_, "stopped"); !said) forget_connection();
}

Result ProjectionWorker::connect() {
    projection_->reset();
    auto connection = Connection::open(conninfo_, "buttonwood-projection-" + name_);
    if (!connection) return std::unexpected(connection.error());
    connection->set_answer_timeout_ms(kAnswerTimeoutMs);
    if (auto set = connection->execute(kSession); !set) return set;
    for (const char* setting : kPlanSettings)
        if (auto set = connection->execute(std::string("SET ") + setting); !set) return set;
    const auto checkpoint = open_checkpoint(*connection, name_);
    if (!checkpoint) return std::unexpected(checkpoint.error());
    checkpoint_.store(*checkpoint, std::memory_order_relaxed);
    connection_ = std::move(*connection);
    reconnect_.reset();
    return {};
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
        projection_->reset();
        const auto checkpoint = open_checkpoint(*connection_, name_);
        if (!checkpoint) return std::unexpected(checkpoint.error());
        checkpoint_.store(*checkpoint, std::memory_order_relaxed);
        return Round::Lost;
    }
    checkpoint_.store(in_hand_.back()->header.last_seq, std::memory_order_relaxed);
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
    const auto moved = move_checkpoint(*connection_, name_, checkpoint(), to, to - checkpoint());
    if (!moved) return std::unexpected(moved.error());
    if (!*moved) return false;
    if (auto entered = enter_schema(*projection_, *connection_); !entered) return std::unexpected(entered.error());
    const auto applied = batches.size() == 1 ? projection_->apply(batches.front()->records, *connection_)
                                             : projection_->apply(joined(batches), *connection_);
    if (!applied) return std::unexpected(applied.error());
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
        if (connection_) report(checkpoint() + 1, error.message);
        return wait_for(kNever, Clock::now() + retry_.take());
    }
    if (in_hand_.size() == 1) return report(in_hand_.front()->header.first_seq, error.message);
    max_batches_ = in_hand_.size() / 2;
    suspect_until_ = in_hand_.back()->header.last_seq;
}

void ProjectionWorker::report(EventSeq seq, const std::string& reason) {
    failing_ = true;
    if (auto recorded = record_error(*connection_, name_, seq, reason); !recorded) forget_connection();
    wait_for(kNever, Clock::now() + retry_.take());
}

void ProjectionWorker::forget_connection() { connection_.reset(); }

void ProjectionWorker::pace(Clock::time_point started) {
    const auto finished = Clock::now();
    const auto rest = std::min<Clock::duration>(kRestFactor * (finished - started), kLongestRest);
    wait_for(checkpoint() + kFullEnough, finished + rest);
    // Nobody says what is durable (0) or another server writes: then only the journal knows whether there is more.
    if (durable_seq_.load() == checkpoint()) wait_for(checkpoint() + 1, finished + kPollInterval);
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
