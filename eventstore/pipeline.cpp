#include "eventstore/pipeline.hpp"

#include "engine/assert.hpp"
#include "eventstore/bell.hpp"
#include "eventstore/pipeline_replay.hpp"
#include "eventstore/pipeline_writer.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <utility>

namespace buttonwood::eventstore {
namespace {

// Most commands that are decided and not yet durable; then the engine waits, and the queue fills.
constexpr std::size_t kMaxUndurableCommands = 4 * kMaxCommandsPerBlock;
// A block with this many events takes no further commands: one command may emit thousands.
constexpr std::size_t kEnoughEventsPerBlock = 8 * kMaxCommandsPerBlock;
// The engine thread looks up from deciding this often: to pass on what it has, and to answer inspect().
constexpr std::size_t kCommandsPerTurn = 32;
// An idle engine thread looks at the clock this often while something is set to fall due: the wall clock may jump.
constexpr std::chrono::microseconds kClockLook{100'000};
// ... and looks around this often while nothing is.
constexpr std::chrono::microseconds kIdleLook{1'000'000};
// With so many blocks decided and not yet on their way (one about to leave, one full, one that grows), work that can
// wait does.
constexpr std::size_t kEnoughReadyBlocks = 3;
// How long the end of the process waits for a store that is away.
constexpr std::chrono::seconds kShutdownPatience{2};
// A journal thread with nothing to write looks after the store this often.
constexpr std::chrono::milliseconds kStoreLook{1'000};

struct Submitted {
    engine::UserId actor{};
    engine::RequestId request_id;
    engine::Command command;
    Ticket ticket{};
};

struct Inspection {
    const std::function<void(const engine::Engine&)>& look;
    bool done = false;
    std::exception_ptr error;
};

using Batch = std::unique_ptr<DurableBatch>;

bool has_room(const DurableBatch& batch) {
    return batch.records.commands.size() < kMaxCommandsPerBlock && batch.records.events.size() < kEnoughEventsPerBlock;
}

void encode_batch(const Records& records, Block& block) {
    block.payload.clear();
    encode(records, block.payload);
    block.header = {};
    block.header.event_count = static_cast<std::uint32_t>(records.events.size());
    block.header.command_count = static_cast<std::uint32_t>(records.commands.size());
}

}  // namespace

std::string_view name_of(PipelineState state) {
    switch (state) {
        case PipelineState::Replaying: return "replaying";
        case PipelineState::Running: return "running";
        case PipelineState::StoreAway: return "store_away";
        case PipelineState::Fenced: return "fenced";
        case PipelineState::Stopped: return "stopped";
    }
    return "unknown";
}

// Two threads and one mutex. What is decided travels in batches:
//
//     queue_ ─▶ turn_ ─▶ the engine thread's open batch ⇄ ready_ ─▶ the journal thread's block
//
// Between two turns the open batch lies in ready_, where the journal thread may take it; while the journal thread is
// busy with a block, the engine takes the batch back and lets it grow.
//
// The clock's commands are the engine thread's own. A turn begins with one while the engine wants any: so work that
// earlier commands left goes on at one bounded command per turn, whether the queue is busy or empty. Within a turn one
// comes before a command where something fell due since the last one: it trades no more.
class Pipeline::Impl {
public:
    Impl(Callbacks callbacks, const Options& options)
        : callbacks_(std::move(callbacks)), engine_wakes_(options.linger), journal_wakes_(options.linger) {
        BUTTONWOOD_ASSERT(callbacks_.wall_clock_us);
    }
    ~Impl();

    std::expected<void, StoreError> open(std::unique_ptr<Journal> journal);
    std::expected<void, SubmitError> submit(Submitted submitted);
    void inspect(const std::function<void(const engine::Engine&)>& look);
    PipelineStatus status() const;

private:
    using Lock = std::unique_lock<std::mutex>;

    // Engine thread.
    void run_engine();
    // What the engine thread does between two looks at the queue.
    struct Turn {
        std::span<Submitted> commands;
        std::size_t room{};  // for commands in the batch, the clock's included
        bool clock{};        // begins with AdvanceClock
    };
    std::optional<Turn> next_turn(Batch& open);
    Turn begin_turn(Batch& open, bool clock);
    void pass_on(Batch& open);
    bool clock_may_run() const;
    void rest(Lock& lock);
    void run_inspection(Lock& lock);
    void finish_engine();
    void decide(const Turn& turn, DurableBatch& batch);
    void decide(engine::Timestamp time, Submitted& submitted, DurableBatch& batch);
    void advance_clock(engine::Timestamp time, DurableBatch& batch);
    void digest(std::span<const engine::Event> events, Records& records);
    bool falls_due(engine::Timestamp time) const;

    // Journal thread.
    void run_journal();
    Batch next_batch();
    bool look_after_store();
    bool note_store_is_back();
    void release(Batch batch, const Block& block);
    void stop(StoreError error);
    void on_store_away(StoreError error);
    bool wait_to_retry(std::chrono::milliseconds delay);

    void alarm(const std::string& text) const {
        if (callbacks_.alarm) callbacks_.alarm(text);
    }
    engine::Timestamp now() const { return {callbacks_.wall_clock_us()}; }
    // Of the next command: never before the last one's.
    engine::Timestamp command_time() const { return std::max(engine_.last_time(), now()); }

    const Callbacks callbacks_;
    engine::Engine engine_;            // engine thread
    std::vector<Submitted> turn_;      // engine thread: popped from queue_ ...
    std::size_t next_{};               // ... and decided up to here
    std::size_t turn_commands_{};      // engine thread: decided in this turn, without the clock's ...
    std::size_t turn_records_{};       // ... and with them
    engine::NamedByEvents named_;      // engine thread: by the events ...
    engine::EventSeq digest_from_{};   // ... from this one on, 0 = none yet
    engine::EventSeq digested_{};      // engine thread: where the newest digest ends
    std::optional<LogWriter> writer_;  // journal thread

    mutable std::mutex mutex_;  // guards all below
    Bell engine_wakes_;
    Bell journal_wakes_;
    std::condition_variable inspected_;
    std::vector<Submitted> queue_;
    std::size_t undecided_{};  // in queue_ and turn_
    std::size_t undurable_{};  // decided, not yet durable
    std::deque<Batch> ready_;  // oldest first; the last one may still grow
    std::deque<Inspection*> inspections_;
    PipelineStatus status_{PipelineState::Replaying, 0, 0, 0, 0, 0};
    bool journal_waits_{};
    bool stopping_{};     // the destructor runs
    bool broken_{};       // nothing will become durable any more
    bool engine_ended_{};
    std::chrono::steady_clock::time_point give_up_at_;

    std::thread engine_thread_;
    std::thread journal_thread_;
};

std::expected<void, StoreError> Pipeline::Impl::open(std::unique_ptr<Journal> journal) {
    const auto head = journal->fence();
    if (!head) return std::unexpected(head.error());
    const auto committed_at = replay(*journal, *head, engine_, callbacks_);
    if (!committed_at) return std::unexpected(committed_at.error());
    writer_.emplace(std::move(journal), *head, *committed_at,
                    LogWriter::Hooks{[this] { return now(); }, [this](StoreError error) { on_store_away(error); },
                                     [this](std::chrono::milliseconds delay) { return wait_to_retry(delay); }});
    status_.state = PipelineState::Running;
    status_.epoch = head->epoch;
    status_.durable_seq = head->last_seq;
    digested_ = engine_.last_seq();
    engine_thread_ = std::thread([this] { run_engine(); });
    journal_thread_ = std::thread([this] { run_journal(); });
    return {};
}

Pipeline::Impl::~Impl() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        give_up_at_ = std::chrono::steady_clock::now() + kShutdownPatience;
    }
    engine_wakes_.ring();
    journal_wakes_.ring();
    if (engine_thread_.joinable()) engine_thread_.join();
    if (journal_thread_.joinable()) journal_thread_.join();
}

std::expected<void, SubmitError> Pipeline::Impl::submit(Submitted submitted) {
    bool was_empty{};
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) return std::unexpected(SubmitError::Stopped);
        switch (status_.state) {
            case PipelineState::Running: break;
            case PipelineState::StoreAway: return std::unexpected(SubmitError::StoreAway);
            case PipelineState::Replaying:
            case PipelineState::Fenced:
            case PipelineState::Stopped: return std::unexpected(SubmitError::Stopped);
        }
        if (undecided_ >= kCommandQueueCapacity) return std::unexpected(SubmitError::Full);
        was_empty = queue_.empty();
        queue_.push_back(std::move(submitted));
        ++undecided_;
    }
    // A queue that was not empty has woken the engine before, or the engine waits for the store.
    if (was_empty) engine_wakes_.ring();
    return {};
}

void Pipeline::Impl::inspect(const std::function<void(const engine::Engine&)>& look) {
    Inspection inspection{look, false, nullptr};
    {
        Lock lock(mutex_);
        if (broken_ || engine_ended_) return;
        inspections_.push_back(&inspection);
        engine_wakes_.ring();
        inspected_.wait(lock, [&inspection] { return inspection.done; });
    }
    if (inspection.error) std::rethrow_exception(inspection.error);
}

PipelineStatus Pipeline::Impl::status() const {
    const std::lock_guard lock(mutex_);
    PipelineStatus status = status_;
    status.queued_commands = undecided_;
    return status;
}

void Pipeline::Impl::run_engine() {
    Batch open;
    while (const auto turn = next_turn(open)) decide(*turn, *open);
    finish_engine();
}

// Passes on what the last turn decided and waits for something to do. Returns the next turn, and the batch that takes
// it; none = the end.
std::optional<Pipeline::Impl::Turn> Pipeline::Impl::next_turn(Batch& open) {
    Lock lock(mutex_);
    if (open) pass_on(open);
    for (; !broken_; rest(lock)) {
        while (!inspections_.empty()) run_inspection(lock);
        if (undurable_ >= kMaxUndurableCommands) continue;
        if (next_ == turn_.size()) {
            turn_.clear();
            next_ = 0;
            turn_.swap(queue_);
        }
        const bool clock = clock_may_run() && engine_.wants_clock(command_time());
        if (clock || !turn_.empty()) return begin_turn(open, clock);
        if (stopping_) break;
    }
    return std::nullopt;
}

// REQUIRES: the lock is held, there is something to decide, and room for another undurable command.
Pipeline::Impl::Turn Pipeline::Impl::begin_turn(Batch& open, bool clock) {
    const std::size_t awaited = journal_waits_ ? 1 : 0;  // the journal thread is about to take the first one
    if (ready_.size() > awaited && has_room(*ready_.back())) {
        open = std::move(ready_.back());
        ready_.pop_back();
    } else {
        open = std::make_unique<DurableBatch>();
    }
    turn_commands_ = turn_records_ = 0;
    return {std::span(turn_).subspan(next_, std::min(kCommandsPerTurn, turn_.size() - next_)),
            std::min(kMaxUndurableCommands - undurable_, kMaxCommandsPerBlock - open->records.commands.size()), clock};
}

// REQUIRES: the lock is held.
void Pipeline::Impl::pass_on(Batch& open) {
    next_ += turn_commands_;
    undecided_ -= turn_commands_;
    undurable_ += turn_records_;
    ready_.push_back(std::move(open));
    journal_wakes_.ring();
}

// REQUIRES: the lock is held.
bool Pipeline::Impl::clock_may_run() const {
    return !stopping_ && status_.state == PipelineState::Running && ready_.size() < kEnoughReadyBlocks &&
           undurable_ < kMaxUndurableCommands;
}

// Waits for a command, an inspection, the store or the end; at most until the engine wants the clock.
// REQUIRES: the lock is held.
void Pipeline::Impl::rest(Lock& lock) {
    std::chrono::microseconds left = kIdleLook;
    if (const auto deadline = engine_.next_deadline(); deadline && clock_may_run())
        left = std::clamp<std::chrono::microseconds>(std::chrono::microseconds(deadline->us - command_time().us), {},
                                                    kClockLook);
    engine_wakes_.wait_until(lock, std::chrono::steady_clock::now() + left);
}

void Pipeline::Impl::run_inspection(Lock& lock) {
    Inspection* const inspection = inspections_.front();
    inspections_.pop_front();
    lock.unlock();
    try {
        inspection->look(engine_);
    } catch (...) {
        inspection->error = std::current_exception();
    }
    lock.lock();
    inspection->done = true;
    inspected_.notify_all();
}

void Pipeline::Impl::finish_engine() {
    const std::lock_guard lock(mutex_);
    engine_ended_ = true;
    for (Inspection* inspection : inspections_) inspection->done = true;
    inspections_.clear();
    inspected_.notify_all();
    journal_wakes_.ring();
}

// As many of the turn's commands as there is room for; the others wait for the next turn.
void Pipeline::Impl::decide(const Turn& turn, DurableBatch& batch) {
    if (turn.clock) advance_clock(command_time(), batch);
    for (Submitted& submitted : turn.commands) {
        const engine::Timestamp time = command_time();
        if (turn_records_ < turn.room && falls_due(time)) advance_clock(time, batch);
        if (turn_records_ >= turn.room) return;
        decide(time, submitted, batch);
        ++turn_commands_;
    }
}

void Pipeline::Impl::decide(engine::Timestamp time, Submitted& submitted, DurableBatch& batch) {
    Records& records = batch.records;
    CommandRecord& record = records.commands.emplace_back();
    record.header = {engine_.last_command() + 1, time, submitted.actor, submitted.request_id};
    record.command = std::move(submitted.command);
    record.first_seq = engine_.last_seq() + 1;
    const std::size_t before = records.events.size();
    record.outcome = engine_.decide(record.header, record.command, records.events);
    record.event_count = static_cast<std::uint32_t>(records.events.size() - before);
    batch.tickets.push_back(submitted.ticket);
    ++turn_records_;
    digest(std::span(records.events).subspan(before), records);
}

// Every so often what the newest events name goes into the log as well, for whoever applies it to compare.
void Pipeline::Impl::digest(std::span<const engine::Event> events, Records& records) {
    const engine::EventSeq last_seq = engine_.last_seq();
    if (last_seq < digested_ + kEventsPerDigest - kEventsDigested) return;
    if (events.size() > kEventsDigested) {  // without a hole: what came before is out
        events = events.last(kEventsDigested);
        named_.clear();
        digest_from_ = 0;
    }
    if (digest_from_ == 0) digest_from_ = events.front().seq;
    named_.add(events);
    if (last_seq < digested_ + kEventsPerDigest) return;
    records.digests.push_back({digest_from_, last_seq, engine_.digest(named_)});
    named_.clear();
    digest_from_ = 0;
    digested_ = last_seq;
}

void Pipeline::Impl::advance_clock(engine::Timestamp time, DurableBatch& batch) {
    Submitted clock{engine::UserId::None, {}, engine::AdvanceClock{}, Ticket{0}};
    decide(time, clock, batch);
}

// Is something due at this time that was not at the last command's? What was due then and is not finished goes on with
// the next turn.
bool Pipeline::Impl::falls_due(engine::Timestamp time) const {
    const auto deadline = engine_.next_deadline();
    return deadline && *deadline <= time && *deadline > engine_.last_time();
}

void Pipeline::Impl::run_journal() {
    Block block;
    while (Batch batch = next_batch()) {
        encode_batch(batch->records, block);
        if (const auto written = writer_->write(block); !written) return stop(written.error());
        BUTTONWOOD_ASSERT(block.header.last_seq == batch->records.events.back().seq);
        release(std::move(batch), block);
    }
}

// The oldest batch, as soon as there is one; none when there will be none. Looks after the store while it waits.
Batch Pipeline::Impl::next_batch() {
    Lock lock(mutex_);
    for (;;) {
        journal_waits_ = true;
        const bool woken =
            journal_wakes_.wait_until(lock, std::chrono::steady_clock::now() + kStoreLook,
                                      [this] { return !ready_.empty() || engine_ended_; });
        journal_waits_ = false;
        if (woken) break;
        lock.unlock();
        if (!look_after_store()) return nullptr;
        lock.lock();
    }
    if (ready_.empty()) return nullptr;
    Batch batch = std::move(ready_.front());
    ready_.pop_front();
    if (ready_.size() == kEnoughReadyBlocks - 1) engine_wakes_.ring();
    return batch;
}

// False = the writer is at its end.
bool Pipeline::Impl::look_after_store() {
    if (const auto checked = writer_->check(); !checked) {
        stop(checked.error());
        return false;
    }
    bool was_away{};
    {
        const std::lock_guard lock(mutex_);
        was_away = note_store_is_back();
    }
    if (!was_away) return true;
    engine_wakes_.ring();
    alarm("the store is back: epoch " + std::to_string(writer_->head().epoch));
    return true;
}

// True when it had been away. REQUIRES: the lock is held.
bool Pipeline::Impl::note_store_is_back() {
    status_.epoch = writer_->head().epoch;
    return std::exchange(status_.state, PipelineState::Running) == PipelineState::StoreAway;
}

void Pipeline::Impl::release(Batch batch, const Block& block) {
    const std::size_t count = batch->records.commands.size();
    bool was_away{};
    bool was_at_bound{};
    {
        const std::lock_guard lock(mutex_);
        was_away = note_store_is_back();
        was_at_bound = undurable_ >= kMaxUndurableCommands;
        undurable_ -= count;
        status_.durable_seq = block.header.last_seq;
        ++status_.blocks;
    }
    if (was_at_bound || was_away) engine_wakes_.ring();
    if (was_away) alarm("the store is back: epoch " + std::to_string(writer_->head().epoch));
    if (!callbacks_.released) return;
    batch->header = block.header;
    batch->hash = block.hash;
    callbacks_.released(std::shared_ptr<const DurableBatch>(std::move(batch)));
}

// Nothing more is released; what is decided and not durable stays unknown to its senders.
void Pipeline::Impl::stop(StoreError error) {
    {
        const std::lock_guard lock(mutex_);
        broken_ = true;
        status_.state = error == StoreError::Fenced ? PipelineState::Fenced : PipelineState::Stopped;
    }
    engine_wakes_.ring();
    if (error == StoreError::Unavailable) return alarm("stopped while the store was away");
    alarm("the writer stops: " + std::string(name_of(error)));
    if (callbacks_.stopped) callbacks_.stopped(error);
}

void Pipeline::Impl::on_store_away(StoreError error) {
    {
        const std::lock_guard lock(mutex_);
        status_.state = PipelineState::StoreAway;
        ++status_.store_outages;
    }
    alarm("the store is away: " + std::string(name_of(error)));
}

bool Pipeline::Impl::wait_to_retry(std::chrono::milliseconds delay) {
    Lock lock(mutex_);
    const auto until = std::chrono::steady_clock::now() + delay;
    if (!journal_wakes_.wait_until(lock, until, [this] { return stopping_; })) return true;
    while (std::chrono::steady_clock::now() < std::min(until, give_up_at_))
        journal_wakes_.wait_until(lock, std::min(until, give_up_at_));
    return std::chrono::steady_clock::now() < give_up_at_;
}

std::expected<std::unique_ptr<Pipeline>, StoreError> Pipeline::start(std::unique_ptr<Journal> journal,
                                                                     Callbacks callbacks, Options options) {
    auto impl = std::make_unique<Impl>(std::move(callbacks), options);
    if (const auto opened = impl->open(std::move(journal)); !opened) return std::unexpected(opened.error());
    return std::unique_ptr<Pipeline>(new Pipeline(std::move(impl)));
}

Pipeline::Pipeline(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Pipeline::~Pipeline() = default;

std::expected<void, SubmitError> Pipeline::submit(engine::UserId actor, const engine::RequestId& request_id,
                                                  engine::Command command, Ticket ticket) {
    return impl_->submit({actor, request_id, std::move(command), ticket});
}

void Pipeline::inspect(const std::function<void(const engine::Engine&)>& f) { impl_->inspect(f); }

PipelineStatus Pipeline::status() const { return impl_->status(); }

}  // namespace buttonwood::eventstore
