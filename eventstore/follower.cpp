#include "eventstore/follower.hpp"

#include "eventstore/follower_copy.hpp"
#include "eventstore/pg_journal_reader.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <limits>
#include <mutex>
#include <thread>
#include <utility>

namespace buttonwood::eventstore {
namespace {

using Clock = std::chrono::steady_clock;

// Most events that wait in memory; beyond it the oldest batches go, and are read from the journal.
constexpr std::size_t kMaxQueuedEvents = 200'000;
// After a failure of the database, and while nothing is offered.
constexpr std::chrono::seconds kRetryDelay{1};
constexpr std::chrono::seconds kSnapshotRetryDelay{30};
// Far behind, what is missing comes first; but a follower that never catches up takes snapshots all the same.
constexpr std::uint64_t kPatience = 10;
// Of the machine's cores the engine, the journal and the doors come first (nice(2); per thread on Linux).
constexpr int kNiceness = 10;

}  // namespace

std::string_view name_of(FollowerState state) {
    switch (state) {
        case FollowerState::Starting: return "starting";
        case FollowerState::CatchingUp: return "catching_up";
        case FollowerState::Following: return "following";
        case FollowerState::Diverged: return "diverged";
    }
    return "unknown";
}

class Follower::Impl {
public:
    explicit Impl(FollowerOptions options) : options_(std::move(options)) {
        for (const auto& part : options_.parts) parts_.push_back(part.get());
        thread_ = std::thread([this] { run(); });
    }
    ~Impl() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        wakes_.notify_one();
        thread_.join();
    }

    void offer(std::shared_ptr<const DurableBatch> batch) {
        {
            const std::lock_guard lock(mutex_);
            if (status_.state == FollowerState::Diverged) return;
            durable_seq_ = batch->header.last_seq;
            queued_events_ += batch->records.events.size();
            queue_.push_back(std::move(batch));
            while (queued_events_ > kMaxQueuedEvents) drop_oldest();
        }
        wakes_.notify_one();
    }
    FollowerStatus status() const {
        const std::lock_guard lock(mutex_);
        return status_;
    }

private:
    using Batch = std::shared_ptr<const DurableBatch>;

    void run();
    bool connect();
    bool load();
    bool catch_up(engine::EventSeq until);
    std::optional<Batch> next_batch();
    bool follow(const DurableBatch& batch);
    bool accept(const std::optional<Finding>& parted);
    void take_snapshot_if_due();
    void take_snapshot();
    [[nodiscard]] bool is_due() const;
    void set_state(FollowerState state);
    // Waits; false = the end.
    bool pause(std::chrono::seconds duration);
    void lost_database(const std::string& what);

    void drop_oldest() {
        queued_events_ -= queue_.front()->records.events.size();
        queue_.pop_front();
    }
    [[nodiscard]] bool is_stopping() const {
        const std::lock_guard lock(mutex_);
        return stopping_;
    }
    [[nodiscard]] engine::EventSeq durable_seq() const {
        const std::lock_guard lock(mutex_);
        return durable_seq_;
    }
    void alarm(const std::string& text) const {
        if (options_.alarm) options_.alarm(text);
    }
    void note(const std::string& text) const {
        if (options_.note) options_.note(text);
    }

    const FollowerOptions options_;
    std::vector<SnapshotPart*> parts_;

    // Follower's thread.
    std::optional<Connection> connection_;
    std::optional<FollowerCopy> copy_;
    engine::EventSeq last_snapshot_{};
    Clock::time_point last_snapshot_at_ = Clock::now();
    Clock::time_point no_snapshot_before_ = Clock::now();
    bool away_{};
    bool diverged_{};  // the copy is of no use any more

    mutable std::mutex mutex_;  // guards all below
    std::condition_variable wakes_;
    std::deque<Batch> queue_;
    std::size_t queued_events_{};
    engine::EventSeq durable_seq_{};
    FollowerStatus status_;
    bool stopping_{};

    std::thread thread_;
};

void Follower::Impl::run() {
    setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceness);
    while (!is_stopping()) {
        if (!connect() || !load()) {
            if (!pause(kRetryDelay)) return;
            continue;
        }
        const auto batch = next_batch();
        if (!batch) return;
        if (*batch && !follow(**batch) && !pause(kRetryDelay)) return;
        take_snapshot_if_due();
    }
}

// False when the database is away.
bool Follower::Impl::follow(const DurableBatch& batch) {
    if (batch.header.last_seq <= copy_->event_seq()) return true;  // read from the journal before
    if (batch.header.first_seq == copy_->event_seq() + 1) {
        accept(copy_->follow(batch));
        return true;
    }
    set_state(FollowerState::CatchingUp);
    return catch_up(batch.header.last_seq);
}

bool Follower::Impl::connect() {
    if (connection_ && connection_->healthy()) return true;
    auto opened = Connection::open(options_.conninfo, "buttonwood-follower");
    if (!opened) {
        lost_database(opened.error().message);
        return false;
    }
    connection_ = std::move(*opened);
    away_ = false;
    return true;
}

// The first time: the newest valid snapshot, or the start of the log.
bool Follower::Impl::load() {
    if (copy_) return true;
    auto loaded = newest_valid(*connection_, std::numeric_limits<engine::EventSeq>::max(), parts_);
    if (!loaded) {
        lost_database(loaded.error().message);
        return false;
    }
    if (*loaded) {
        last_snapshot_ = (*loaded)->info.event_seq;
        copy_.emplace(std::move((*loaded)->engine), (*loaded)->position, parts_);
    } else {
        copy_.emplace(parts_);
    }
    {
        const std::lock_guard lock(mutex_);
        status_.snapshot_seq = last_snapshot_;
    }
    set_state(FollowerState::CatchingUp);
    return catch_up(std::numeric_limits<engine::EventSeq>::max());
}

// Reads the journal up to this event, or to its end.
bool Follower::Impl::catch_up(engine::EventSeq until) {
    const auto sink = [&](const Block& block) {
        if (!accept(copy_->follow(block))) return false;
        take_snapshot_if_due();
        return copy_->event_seq() < until && !is_stopping();
    };
    if (const auto read = read_blocks(*connection_, copy_->event_seq(), sink); !read) {
        lost_database(read.error().cause.message);
        return false;
    }
    return true;
}

// The next one offered, a null pointer when it is time for a snapshot; none = the end.
std::optional<Follower::Impl::Batch> Follower::Impl::next_batch() {
    std::unique_lock lock(mutex_);
    if (status_.state == FollowerState::Diverged) return std::nullopt;
    if (queue_.empty() && status_.event_seq >= durable_seq_) status_.state = FollowerState::Following;
    const auto something = [this] { return stopping_ || !queue_.empty(); };
    const bool by_time = options_.policy.every.count() != 0 && last_snapshot_ < status_.event_seq;
    const auto due_at = std::max(last_snapshot_at_ + options_.policy.every, no_snapshot_before_);
    const bool woken = by_time ? wakes_.wait_until(lock, due_at, something) : (wakes_.wait(lock, something), true);
    if (stopping_) return std::nullopt;
    if (!woken) return Batch();
    Batch batch = queue_.front();
    drop_oldest();
    return batch;
}

// Notes how far the copy is; false when it and the log have parted.
bool Follower::Impl::accept(const std::optional<Finding>& parted) {
    {
        const std::lock_guard lock(mutex_);
        status_.event_seq = copy_->event_seq();
        status_.digests_compared = copy_->digests_compared();
        if (!parted) return true;
        diverged_ = true;
        status_.state = FollowerState::Diverged;
        queue_.clear();
        queued_events_ = 0;
    }
    alarm("the follower and the log part at event " + std::to_string(parted->event_seq) + ": " + parted->what +
          "; no more snapshots are taken. Run `buttonwood verify`");
    return false;
}

void Follower::Impl::take_snapshot_if_due() {
    if (connection_ && is_due()) take_snapshot();
}

bool Follower::Impl::is_due() const {
    const SnapshotPolicy& policy = options_.policy;
    const engine::EventSeq behind = std::max(durable_seq(), copy_->event_seq()) - copy_->event_seq();
    const std::uint64_t since = copy_->event_seq() - last_snapshot_;
    const auto now = Clock::now();
    if (since == 0 || now < no_snapshot_before_ || diverged_) return false;
    const bool enough = policy.every_events != 0 && since >= policy.every_events &&
                        (behind <= policy.every_events || since >= kPatience * policy.every_events);
    const bool long_ago = policy.every.count() != 0 && now - last_snapshot_at_ >= policy.every;
    return enough || long_ago;
}

void Follower::Impl::take_snapshot() {
    const auto start = Clock::now();
    const auto written =
        write_snapshot(*connection_, copy_->engine(), copy_->at().head.hash, copy_->parts(), options_.build);
    if (!written) {
        no_snapshot_before_ = Clock::now() + kSnapshotRetryDelay;
        return alarm("a snapshot could not be written: " + written.error().message);
    }
    last_snapshot_ = written->event_seq;
    last_snapshot_at_ = Clock::now();
    {
        const std::lock_guard lock(mutex_);
        status_.snapshot_seq = last_snapshot_;
        ++status_.snapshots_taken;
    }
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(last_snapshot_at_ - start).count();
    note("snapshot " + std::to_string(written->id) + " at event " + std::to_string(written->event_seq) + ": " +
         std::to_string(written->stored_bytes()) + " bytes in " + std::to_string(ms) + " ms");
    const auto pruned = prune_snapshots(*connection_, options_.policy.keep);
    if (!pruned) alarm("old snapshots could not be deleted: " + pruned.error().message);
}

void Follower::Impl::set_state(FollowerState state) {
    const std::lock_guard lock(mutex_);
    if (status_.state != FollowerState::Diverged) status_.state = state;
}

bool Follower::Impl::pause(std::chrono::seconds duration) {
    std::unique_lock lock(mutex_);
    return !wakes_.wait_for(lock, duration, [this] { return stopping_; });
}

// Once per outage: the pipeline tells about it as well.
void Follower::Impl::lost_database(const std::string& what) {
    connection_.reset();
    if (!std::exchange(away_, true)) note("the follower lost its database: " + what);
}

std::unique_ptr<Follower> Follower::start(FollowerOptions options) {
    return std::unique_ptr<Follower>(new Follower(std::make_unique<Impl>(std::move(options))));
}

Follower::Follower(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Follower::~Follower() = default;
void Follower::offer(std::shared_ptr<const DurableBatch> batch) { impl_->offer(std::move(batch)); }
FollowerStatus Follower::status() const { return impl_->status(); }

}  // namespace buttonwood::eventstore
