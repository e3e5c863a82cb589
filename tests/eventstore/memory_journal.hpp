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
    void plan(const std::vector<AppendFault>& faults) {
        const std::lock_guard lock(mutex_);
        plan_.insert(plan_.end(), faults.begin(), faults.end());
    }
    // The next fences are written, but their answers are lost.
    void lose_fences(int count) { set(lost_fences_, count); }
    // Nothing can be reached until it is false again.
    void set_away(bool away) { set(away_, away); }
    // Appends wait inside the store until let_go().
    void hold() { set(held_, true); }
    void let_go() {
        set(held_, false);
        wakes_.notify_all();
    }
    // Half of all appends and fences fail from here on; with no seed none does.
    void fail_at_random(std::optional<std::uint64_t> seed) {
        const std::lock_guard lock(mutex_);
        random_.reset();
        if (seed) random_.emplace(*seed);
    }
    // Changes the log behind every writer's back.
    void set_blocks(std::vector<Block> blocks) { set(blocks_, std::move(blocks)); }

    [[nodiscard]] std::vector<Block> blocks() const { return get(blocks_); }
    [[nodiscard]] std::uint32_t epoch() const { return get(epoch_); }
    [[nodiscard]] int waiting_appends() const { return get(waiting_); }
    [[nodiscard]] int fences() const { return get(fences_); }
    // Broken promises of writers: a block that does not continue the log, or is not sealed on it.
    [[nodiscard]] std::vector<std::string> violations() const { return get(violations_); }
    [[nodiscard]] engine::EventSeq last_seq() const {
        const std::lock_guard lock(mutex_);
        return head().last_seq;
    }

private:
    friend class MemoryJournal;

    template <class T>
    T get(const T& member) const {
        const std::lock_guard lock(mutex_);
        return member;
    }
    template <class T>
    void set(T& member, T value) {
        const std::lock_guard lock(mutex_);
        member = std::move(value);
    }

    std::expected<Head, StoreError> fence(const void* writer, std::uint32_t& writer_epoch) {
        const std::lock_guard lock(mutex_);
        ++fences_;
        if (away_) return std::unexpected(StoreError::Unavailable);
        if (writer_epoch != 0 && holder_ != writer) return std::unexpected(StoreError::Fenced);
        const bool is_lost = lost_fences_ > 0 || is_unlucky();
        if (lost_fences_ > 0) --lost_fences_;
        holder_ = writer;
        ++epoch_;
        if (is_lost) return std::unexpected(StoreError::Unavailable);
        writer_epoch = epoch_;
        return head();
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

    std::expected<void, StoreError> check(const void* writer) {
        const std::lock_guard lock(mutex_);
        if (away_) return std::unexpected(StoreError::Unavailable);
        if (holder_ != writer) return std::unexpected(StoreError::Fenced);
        return {};
    }

    std::expected<void, StoreError> read(engine::EventSeq after, const Journal::Sink& sink) const {
        if (get(away_)) return std::unexpected(StoreError::Unavailable);
        for (const Block& block : blocks())
            if (block.header.last_seq > after && !sink(block)) break;
        return {};
    }

    [[nodiscard]] Head head() const {
        if (blocks_.empty()) return {epoch_, 0, {}};
        return {epoch_, blocks_.back().header.last_seq, blocks_.back().hash};
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
        const auto require = [this](bool kept, const char* promise) {
            if (!kept) violations_.emplace_back(promise);
        };
        require(block.header.first_seq == end.last_seq + 1, "a block follows the last one");
        require(block.header.epoch == writer_epoch, "a block names its writer's epoch");
        require(block.hash == seal(end.hash, block.header, block.payload), "a block is sealed on the last one");
    }

    mutable std::mutex mutex_;
    std::condition_variable wakes_;
    std::vector<Block> blocks_;
    std::uint32_t epoch_{};
    const void* holder_{};  // the writer of this epoch
    std::deque<AppendFault> plan_;
    std::optional<std::mt19937_64> random_;
    int lost_fences_{};
    bool away_{};
    bool held_{};
    int waiting_{};
    int fences_{};
    std::vector<std::string> violations_;
};

class MemoryJournal final : public Journal {
public:
    explicit MemoryJournal(std::shared_ptr<MemoryStore> store) : store_(std::move(store)) {}
    std::expected<Head, StoreError> fence() override { return store_->fence(this, epoch_); }
    std::expected<void, StoreError> append(const Block& block) override { return store_->append(block, epoch_); }
    std::expected<void, StoreError> check() override { return store_->check(this); }
    std::expected<void, StoreError> read(engine::EventSeq after, const Sink& sink) override {
        return store_->read(after, sink);
    }

private:
    std::shared_ptr<MemoryStore> store_;
    std::uint32_t epoch_{};
};

}  // namespace buttonwood::eventstore
