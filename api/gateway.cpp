#include "api/gateway.hpp"

#include <boost/asio/post.hpp>

namespace buttonwood::api {

using Clock = std::chrono::steady_clock;

Gateway::Gateway(boost::asio::io_context& io, LiveView& view) : io_(io), view_(view), deadline_timer_(io) {}

void Gateway::open(eventstore::Pipeline& pipeline) {
    pipeline_ = &pipeline;
    live_ = true;
}

void Gateway::submit(engine::UserId actor, const engine::RequestId& request_id, engine::Command command,
                     Completion completion) {
    const auto fail = [&](Outcome::Kind kind) {
        boost::asio::post(io_, [kind, c = std::move(completion)]() mutable {
            Outcome outcome;
            outcome.kind = kind;
            c(outcome);
        });
    };
    if (!pipeline_) return fail(Outcome::Kind::Stopped);
    const eventstore::Ticket ticket = last_ticket_ + 1;
    const auto submitted = pipeline_->submit(actor, request_id, std::move(command), ticket);
    if (!submitted) {
        switch (submitted.error()) {
            case eventstore::SubmitError::Full: return fail(Outcome::Kind::Full);
            case eventstore::SubmitError::StoreAway: return fail(Outcome::Kind::StoreAway);
            case eventstore::SubmitError::Stopped: return fail(Outcome::Kind::Stopped);
        }
    }
    last_ticket_ = ticket;
    waiting_.emplace(ticket, std::move(completion));
    const bool watching = !deadlines_.empty();
    deadlines_.emplace_back(Clock::now() + kAnswerDeadline, ticket);
    if (!watching) watch_deadlines();
}

void Gateway::released(std::shared_ptr<const eventstore::DurableBatch> batch) {
    if (!live_) return fold(*batch);
    boost::asio::post(io_, [this, b = std::move(batch)] { fold(*b); });
}

void Gateway::fold(const eventstore::DurableBatch& batch) {
    std::span<const engine::Event> rest(batch.records.events);
    for (std::size_t i = 0; i < batch.records.commands.size(); ++i) {
        const eventstore::CommandRecord& command = batch.records.commands[i];
        const auto events = rest.first(command.event_count);
        rest = rest.subspan(command.event_count);
        const Changes& changes = view_.apply(command, events);
        if (listener_) listener_(view_, changes);
        if (batch.tickets[i] != 0) answer(batch.tickets[i], Outcome{Outcome::Kind::Durable, &command, events});
    }
    if (after_batch_) after_batch_();
}

void Gateway::answer(eventstore::Ticket ticket, const Outcome& outcome) {
    const auto it = waiting_.find(ticket);
    if (it == waiting_.end()) return;  // told "unknown" already
    Completion completion = std::move(it->second);
    waiting_.erase(it);
    completion(outcome);
}

void Gateway::watch_deadlines() {
    // Every command has the same patience, so the oldest is the first to run out; answered ones are dropped on the way.
    while (!deadlines_.empty() && !waiting_.contains(deadlines_.front().second)) deadlines_.pop_front();
    if (deadlines_.empty()) return;
    deadline_timer_.expires_at(deadlines_.front().first);
    deadline_timer_.async_wait([this](boost::system::error_code error) {
        if (error) return;
        Outcome late;
        late.kind = Outcome::Kind::DeadlinePassed;
        while (!deadlines_.empty() && deadlines_.front().first <= Clock::now()) {
            const eventstore::Ticket ticket = deadlines_.front().second;
            deadlines_.pop_front();
            answer(ticket, late);
        }
        watch_deadlines();
    });
}

void Gateway::abandon_all() {
    deadline_timer_.cancel();
    deadlines_.clear();
    auto waiting = std::move(waiting_);
    waiting_.clear();
    Outcome unknown;
    unknown.kind = Outcome::Kind::DeadlinePassed;
    for (auto& [ticket, completion] : waiting) completion(unknown);
}

}  // namespace buttonwood::api
