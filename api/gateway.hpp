// Between the doors and the pipeline: hands commands over and brings outcomes back, in log order.
//
// A durable batch is folded command by command on the I/O thread: LiveView::apply, then the streams, then the one who
// waits for it. So an answer shows the state right after its own command, and no stream is ahead of an answer.
// Thread safety: everything runs on the I/O thread except released(), which any thread may call.
#pragma once

#include "api/live/live_view.hpp"
#include "eventstore/pipeline.hpp"

#include <atomic>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <unordered_map>

namespace buttonwood::api {

// How long a client waits for durability before it is told that the outcome is unknown.
inline constexpr std::chrono::milliseconds kAnswerDeadline{5'000};

// What became of a command. `record` and `events` are valid only inside the completion; nullptr unless Durable.
struct Outcome {
    enum class Kind : unsigned char { Durable, Full, StoreAway, Stopped, DeadlinePassed };
    Kind kind = Kind::Stopped;
    const eventstore::CommandRecord* record = nullptr;
    std::span<const engine::Event> events;

    // The reason of a refusal by the market, None when accepted. REQUIRES: kind == Durable.
    [[nodiscard]] engine::RejectReason refused() const { return record->outcome; }
    // The command's first event of a type, or nullptr.
    template <class E> [[nodiscard]] const E* find() const {
        for (const engine::Event& event : events)
            if (const E* body = std::get_if<E>(&event.body)) return body;
        return nullptr;
    }
    // What of this kind of work the command left to later ones, or nullptr when it is done.
    [[nodiscard]] const engine::WorkDeferred* deferred(engine::WorkKind work) const {
        for (const engine::Event& event : events)
            if (const auto* left = std::get_if<engine::WorkDeferred>(&event.body); left && left->kind == work)
                return left;
        return nullptr;
    }
};

class Gateway {
public:
    using Completion = std::move_only_function<void(const Outcome&)>;
    // Told about every command after it was folded, before its submitter: the streams.
    using Listener = std::function<void(const LiveView&, const Changes&)>;

    Gateway(boost::asio::io_context& io, LiveView& view);

    // Where commands go; until then they are answered Stopped. From here on released() goes through the I/O thread.
    void open(eventstore::Pipeline& pipeline);
    void close() { pipeline_ = nullptr; }
    void listen(Listener listener) { listener_ = std::move(listener); }
    // Called after each durable batch: the streams flush.
    void after_batch(std::function<void()> f) { after_batch_ = std::move(f); }

    // The completion is called exactly once, never from inside submit().
    void submit(engine::UserId actor, const engine::RequestId& request_id, engine::Command command,
                Completion completion);

    // The same for coroutines: co_await gateway.execute(..., boost::asio::use_awaitable) resumes in place. The command
    // is moved from; by reference to a named object because of GCC 12 (README, Decisions).
    template <class Token>
    auto execute(engine::UserId actor, const engine::RequestId& request_id, engine::Command& command, Token&& token) {
        return boost::asio::async_initiate<Token, void(Outcome)>(
            [this, actor, &request_id, &command](auto handler) {
                submit(actor, request_id, std::move(command),
                       [h = std::move(handler)](const Outcome& outcome) mutable { std::move(h)(outcome); });
            },
            token);
    }

    // A batch became durable. Before open(): folds at once (replay). After: on the I/O thread, in order.
    void released(std::shared_ptr<const eventstore::DurableBatch> batch);

    // Tells everyone who still waits that the outcome is unknown: the server is going away.
    void abandon_all();
    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

private:
    void fold(const eventstore::DurableBatch& batch);
    void answer(eventstore::Ticket ticket, const Outcome& outcome);
    void watch_deadlines();

    boost::asio::io_context& io_;
    LiveView& view_;
    eventstore::Pipeline* pipeline_ = nullptr;
    std::atomic<bool> live_{false};
    Listener listener_;
    std::function<void()> after_batch_;
    eventstore::Ticket last_ticket_{};
    std::unordered_map<eventstore::Ticket, Completion> waiting_;
    std::deque<std::pair<std::chrono::steady_clock::time_point, eventstore::Ticket>> deadlines_;  // oldest first
    boost::asio::steady_timer deadline_timer_;
};

}  // namespace buttonwood::api
