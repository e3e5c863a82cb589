// A pipeline over a MemoryStore, and a recorder of everything it lets out.
#pragma once

#include "eventstore/pipeline.hpp"
#include "memory_journal.hpp"
#include "tests/support/eventually.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <random>

namespace buttonwood::eventstore {

using test::eventually;

// Commands as a market sends them: users, cash, shares, and orders that meet. The same seed, the same commands.
class Traffic {
public:
    explicit Traffic(std::uint64_t seed) : random_(seed) {}

    engine::Command next() {
        using namespace engine;
        const std::uint64_t n = count_++;
        if (n < kUsers) return RegisterUser{"user", RoleSet{}.add(Role::Trader)};
        if (n == kUsers) return CreateSecurity{"ACME", "Acme", "USD", 2, 0, {1}, {1}};
        if (n <= 2 * kUsers) return DepositCash{account(n), "USD", {Int128{1'000'000} * 100'000'000}};
        if (n <= 3 * kUsers) return IssueHoldings{account(n), SecurityId{1}, {100'000}};
        const AccountId who = account(random_());
        if (random_() % 4 == 0) return CancelOrder{who, {OrderId{1 + random_() % n}, {}}, {}};
        return PlaceOrder{who,
                          SecurityId{1},
                          random_() % 2 == 0 ? Side::Buy : Side::Sell,
                          OrderType::Limit,
                          TimeInForce::Gtc,
                          false,
                          Quantity{static_cast<std::int64_t>(1 + random_() % 50)},
                          Price{static_cast<std::int64_t>(990 + random_() % 20)},
                          {}};
    }

private:
    static constexpr std::uint64_t kUsers = 4;
    static engine::AccountId account(std::uint64_t n) { return static_cast<engine::AccountId>(1 + n % kUsers); }
    std::mt19937_64 random_;
    std::uint64_t count_{};
};

class Market {
public:
    explicit Market(std::shared_ptr<MemoryStore> store = std::make_shared<MemoryStore>()) : store_(std::move(store)) {}

    std::expected<void, StoreError> start() {
        auto started = Pipeline::start(std::make_unique<MemoryJournal>(store_), callbacks());
        if (!started) return std::unexpected(started.error());
        pipeline_ = std::move(*started);
        return {};
    }
    void stop() { pipeline_.reset(); }

    std::expected<void, SubmitError> submit(engine::Command command, Ticket ticket) {
        return pipeline_->submit(engine::UserId::None, "req", std::move(command), ticket);
    }
    // Sends `count` commands with the tickets after the last one; tries again while the pipeline refuses.
    void send(Traffic& traffic, std::size_t count) {
        for (; count > 0; --count) {
            const engine::Command command = traffic.next();
            const Ticket ticket = ++last_ticket_;
            REQUIRE(eventually([&] {
                const auto sent = submit(command, ticket);
                if (!sent) REQUIRE(sent.error() != SubmitError::Stopped);
                return sent.has_value();
            }));
        }
    }

    Pipeline& pipeline() { return *pipeline_; }
    MemoryStore& store() { return *store_; }
    [[nodiscard]] std::shared_ptr<MemoryStore> shared_store() const { return store_; }
    [[nodiscard]] PipelineState state() const { return pipeline_->status().state; }
    engine::StateHash state_hash() {
        engine::StateHash hash;
        pipeline_->inspect([&hash](const engine::Engine& engine) { hash = engine.state_hash(); });
        return hash;
    }

    // What came out, in order.
    [[nodiscard]] std::vector<Ticket> tickets() const {
        return with_lock([&] { return tickets_; });
    }
    [[nodiscard]] std::vector<std::shared_ptr<const DurableBatch>> batches() const {
        return with_lock([&] { return batches_; });
    }
    [[nodiscard]] std::vector<StoreError> stops() const {
        return with_lock([&] { return stops_; });
    }
    [[nodiscard]] std::vector<std::string> alarms() const {
        return with_lock([&] { return alarms_; });
    }
    [[nodiscard]] std::vector<std::pair<engine::EventSeq, engine::EventSeq>> progress() const {
        return with_lock([&] { return progress_; });
    }
    // Releases of what was not stored at that time, or did not follow the release before it.
    [[nodiscard]] std::vector<std::string> violations() const {
        return with_lock([&] { return violations_; });
    }
    bool wait_for_tickets(std::size_t count) {
        return eventually([&] { return tickets().size() >= count; });
    }

    std::atomic<std::int64_t> clock_us{1'000'000};
    std::atomic<std::int64_t> clock_step_us{0};  // the clock moves by it whenever somebody looks

private:
    template <class F>
    std::invoke_result_t<F&> with_lock(F&& f) const {
        const std::lock_guard lock(mutex_);
        return f();
    }

    Pipeline::Callbacks callbacks() {
        Pipeline::Callbacks callbacks;
        callbacks.released = [this](std::shared_ptr<const DurableBatch> batch) { on_released(std::move(batch)); };
        callbacks.stopped = [this](StoreError error) { with_lock([&] { stops_.push_back(error); }); };
        callbacks.wall_clock_us = [this] { return clock_us.fetch_add(clock_step_us.load()); };
        callbacks.alarm = [this](const std::string& text) { with_lock([&] { alarms_.push_back(text); }); };
        callbacks.replay_progress = [this](engine::EventSeq done, engine::EventSeq total) {
            with_lock([&] { progress_.emplace_back(done, total); });
        };
        return callbacks;
    }
    void on_released(std::shared_ptr<const DurableBatch> batch) {
        const engine::EventSeq stored = store_->last_seq();
        const std::lock_guard lock(mutex_);
        if (batch->header.last_seq > stored) violations_.emplace_back("released before it was durable");
        if (batch->header.first_seq != released_seq_ + 1) violations_.emplace_back("released out of order");
        if (batch->tickets.size() != batch->records.commands.size())
            violations_.emplace_back("not one ticket per command");
        released_seq_ = batch->header.last_seq;
        tickets_.insert(tickets_.end(), batch->tickets.begin(), batch->tickets.end());
        batches_.push_back(std::move(batch));
    }

    std::shared_ptr<MemoryStore> store_;
    mutable std::mutex mutex_;
    std::vector<Ticket> tickets_;
    std::vector<std::shared_ptr<const DurableBatch>> batches_;
    std::vector<StoreError> stops_;
    std::vector<std::string> alarms_;
    std::vector<std::pair<engine::EventSeq, engine::EventSeq>> progress_;
    std::vector<std::string> violations_;
    engine::EventSeq released_seq_{};
    Ticket last_ticket_{};
    std::unique_ptr<Pipeline> pipeline_;  // last: its threads use all of the above
};

// 1, 2, ..., count.
inline std::vector<Ticket> tickets_up_to(std::size_t count) {
    std::vector<Ticket> out(count);
    for (std::size_t i = 0; i < count; ++i) out[i] = i + 1;
    return out;
}

// The state that a new pipeline finds in this store.
inline engine::StateHash replayed_hash(const std::shared_ptr<MemoryStore>& store) {
    Market restarted(store);
    REQUIRE(restarted.start());
    REQUIRE(restarted.violations().empty());
    return restarted.state_hash();
}

}  // namespace buttonwood::eventstore
