// A Journal in memory that fails on demand. MemoryStore is the database, MemoryJournal one writer's connection to it.
#pragma once

#include "eventstore/journal.hpp"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

namespace buttonwood::eventstore {

// What one call of append() does.
enum class AppendFault : std::uint8_t {
    None,
    Unavailable,    // nothing is written, and the writer knows
    InDoubtStored,  // written, but the answer is lost
    InDoubtLost,    // not written, and the writer cannot know
};

// Thread safety: everything from any thread.
class MemoryStore {
public:
    // The next appends do these, in order; later ones succeed.
    void plan(std::initializer_list<AppendFault> faults) { with_lock([&] { plan_.insert(plan_.end(), faults); }); }
    // The next fences answer Unavailable.
    void fail_fences(int count) { with_lock([&] { failing_fences_ = count; }); }
    // Nothing can be reached until it is false again.
    void set_away(bool away) { with_lock([&] { away_ = away; }); }
    // Appends wait inside the store until let_go().
    void hold() { with_lock([&] { held_ = true; }); }
    void let_go() {
        with_lock([&] { held_ = false; });
        wakes_.notify_all();
    }
    // Half of all appends and fences fail at random from now on.
    void fail_at_random(std::uint64_t seed) { with_lock([&] { random_.emplace(seed); }); }
    void stop_failing() { with_lock([&] { random_.reset(); }); }

    // Writes a block behind every writer's back.
    void put(const Block& block) { with_lock([&] { blocks_.push_back(block); }); }
    void set_blocks(std::vector<Block> blocks) { with_lock([&] { blocks_ = std::move(blocks); }); }

    [[nodiscard]] std::vector<Block> blocks() const { return with_lock([&] { return blocks_; }); }
    [[nodiscard]] engine::EventSeq last_seq() const { return with_lock([&] { return head().last_seq; }); }
    [[nodiscard]] std::uint32_t epoch() const { return with_lock([&] { return epoch_; }); }
    [[nodiscard]] int waiting_appends() const { return with_lock([&] { return waiting_; }); }
    [[nodiscard]] int fences() const { return with_lock([&] { return fences_; }); }
    // Broken promises of writers: a block that does not continue the log, or is not sealed on it.
    [[nodiscard]] std::vector<std::string> violations() const { return with_lock([&] { return violations_; }); }

    std::expected<Head, StoreError> fence(std::uint32_t& writer_epoch) {
        return with_lock([&]() -> std::expected<Head, StoreError> {
            ++fences_;
            if (away_ || is_unlucky()) return std::unexpected(StoreError::Unavailable);
            if (failing_fences_ > 0) {
                --failing_fences_;
                return std::unexpected(StoreError::Unavailable);
            }
            writer_epoch = ++epoch_;
            return head();
        });
    }

    std::expected<void, StoreError> append(const Block& block, std::uint32_t writer_epoch) {
        std::unique_lock lock(mutex_);
        ++waiting_;
        wakes_.wait(lock, [this] { return !held_; });
        --waiting_;
        const AppendFault fault = next_fault();
        if (fault == AppendFault::Unavailable) return std::unexpected(StoreError::Unavailable);
        if (fault == AppendFault::InDoubtLost) return std::unexpected(StoreError::InDoubt);
        if (writer_epoch != epoch_) return std::unexpected(StoreError::Fenced);
        check(block, writer_epoch);
        blocks_.push_back(block);
        if (fault == AppendFault::InDoubtStored) return std::unexpected(StoreError::InDoubt);
        return {};
    }

    std::expected<void, StoreError> read(engine::EventSeq after, const Journal::Sink& sink) const {
        if (with_lock([&] { return away_; })) return std::unexpected(StoreError::Unavailable);
        for (const Block& block : blocks())
            if (block.header.last_seq > after && !sink(block)) break;
        return {};
    }

private:
    template <class F> std::invoke_result_t<F&> with_lock(F&& f) const {
        const std::lock_guard lock(mutex_);
        return f();
    }
    [[nodiscard]] Head head() const {
        return blocks_.empty() ? Head{epoch_, 0, {}} : Head{epoch_, blocks_.back().header.last_seq, blocks_.back().hash};
    }
    bool is_unlucky() { return random_ && (*random_)() % 2 == 0; }
    AppendFault next_fault() {
        if (away_) return AppendFault::Unavailable;
        if (is_unlucky()) return static_cast<AppendFault>(1 + (*random_)() % 3);
        if (plan_.empty()) return AppendFault::None;
        const AppendFault fault = plan_.front();
        plan_.pop_front();
        return fault;
    }
    void check(const Block& block, std::uint32_t writer_epoch) {
        const Head end = head();
        if (block.header.first_seq != end.last_seq + 1) violations_.emplace_back("a block does not follow the last one");
        if (block.header.epoch != writer_epoch) violations_.emplace_back("a block names another epoch than its writer's");
        if (seal(end.hash, block.header, block.payload) != block.hash) violations_.emplace_back("a block is not sealed");
    }

    mutable std::mutex mutex_;
    std::condition_variable wakes_;
    std::vector<Block> blocks_;
    std::uint32_t epoch_{};
    std::deque<AppendFault> plan_;
    std::optional<std::mt19937_64> random_;
    int failing_fences_{};
    bool away_{};
    bool held_{};
    int waiting_{};
    int fences_{};
    std::vector<std::string> violations_;
};

class MemoryJournal final : public Journal {
public:
    explicit MemoryJournal(std::shared_ptr<MemoryStore> store) : store_(std::move(store)) {}
    std::expected<Head, StoreError> fence() override { return store_->fence(epoch_); }
    std::expected<void, StoreError> append(const Block& block) override { return store_->append(block, epoch_); }
    std::expected<void, StoreError> read(engine::EventSeq after, const Sink& sink) override {
        return store_->read(after, sink);
    }

private:
    std::shared_ptr<MemoryStore> store_;
    std::uint32_t epoch_{};
};

}  // namespace buttonwood::eventstore
