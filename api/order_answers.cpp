// Outcomes to answers: what orders.hpp declares for the way back.
#include "api/orders.hpp"
#include "api/render.hpp"
#include "eventstore/record_json.hpp"

namespace buttonwood::api {
namespace {

using engine::RejectReason;

// The fills of one order among a command's events, as the view folded them.
std::vector<OrderFill> fills_of(const Outcome& outcome, engine::OrderId order) {
    std::vector<OrderFill> fills;
    for (const engine::Event& event : outcome.events) {
        const auto* t = std::get_if<engine::TradeExecuted>(&event.body);
        if (!t || (t->taker_order != order && t->maker_order != order)) continue;
        fills.push_back(
            {{t->trade, t->price, t->quantity, t->taker_side, event.time, event.seq, t->auction},
             t->maker_order == order});
    }
    return fills;
}

OrderAnswer answer_for(const Outcome& outcome, const LiveView& view, engine::OrderId id) {
    const LiveOrder* order = view.order(id);
    return {order_json(*order, *view.security(order->security), fills_of(outcome, id)), id, false};
}

// The ids of a group's legs follow each other.
std::size_t leg_count(const LiveOrder& leg) {
    return leg.role == engine::GroupRole::OcoFirst || leg.role == engine::GroupRole::OcoSecond ? 2 : 3;
}

}  // namespace

std::optional<Problem> undelivered(const Outcome& outcome) {
    switch (outcome.kind) {
        case Outcome::Kind::Durable: return std::nullopt;
        case Outcome::Kind::Full: return problem("overloaded");
        case Outcome::Kind::StoreAway: return problem("read_only");
        case Outcome::Kind::Stopped: return problem("draining");
        case Outcome::Kind::DeadlinePassed:
            return problem("outcome_unknown",
                           "The command was not durable in time. Ask GET /v1/orders/by-client-id/{client_order_id}, "
                           "or send the same request with the same client_order_id again.");
    }
    return problem("internal");
}

Problem refused(const Outcome& outcome, const LiveView& view) {
    const auto* rejected = outcome.find<engine::CommandRejected>();
    Problem p = refusal(outcome.refused());
    const LiveOrder* order = rejected ? view.order(rejected->order) : nullptr;
    // An operator's command on behalf names no account: any order is its business.
    const bool own =
        order && (rejected->account == engine::AccountId::None || order->account == rejected->account);
    if (outcome.refused() == RejectReason::OrderNotOpen && order && !own) return refusal(RejectReason::OrderNotFound);
    if (!own) return p;
    if (outcome.refused() == RejectReason::OrderNotOpen && order->status == OrderStatus::Filled)
        p = problem("order_already_filled", "The order is already filled.");
    p.order_json = order_json(*order, *view.security(order->security));
    return p;
}

OrProblem<OrderAnswer> place_answer(const Outcome& outcome, const LiveView& view) {
    if (auto p = undelivered(outcome)) return std::unexpected(std::move(*p));
    if (outcome.refused() == RejectReason::None)
        return answer_for(outcome, view, outcome.find<engine::OrderAccepted>()->order);
    if (outcome.refused() != RejectReason::DuplicateClientOrderId) return std::unexpected(refused(outcome, view));
    const engine::OrderId id = outcome.find<engine::CommandRejected>()->order;
    OrderAnswer answer{{}, id, true};
    if (view.order(id)) answer.json = answer_for(outcome, view, id).json;  // else: the caller asks the read model
    return answer;
}

OrProblem<OrderAnswer> amend_answer(const Outcome& outcome, const LiveView& view) {
    if (auto p = undelivered(outcome)) return std::unexpected(std::move(*p));
    if (outcome.refused() != RejectReason::None) return std::unexpected(refused(outcome, view));
    const auto* amended = outcome.find<engine::OrderAmended>();
    const engine::OrderId id = amended ? amended->order : outcome.find<engine::OrderCanceled>()->order;
    OrderAnswer answer = answer_for(outcome, view, id);
    answer.json.pop_back();
    answer.json += amended && amended->priority_kept ? R"(,"priority":"kept"})" : R"(,"priority":"lost"})";
    return answer;
}

OrProblem<OrderAnswer> cancel_answer(const Outcome& outcome, const LiveView& view) {
    if (auto p = undelivered(outcome)) return std::unexpected(std::move(*p));
    if (outcome.refused() != RejectReason::None) return std::unexpected(refused(outcome, view));
    return answer_for(outcome, view, outcome.find<engine::OrderCanceled>()->order);
}

OrProblem<GroupAnswer> group_answer(const Outcome& outcome, const LiveView& view) {
    if (auto p = undelivered(outcome)) return std::unexpected(std::move(*p));
    const bool replayed = outcome.refused() == RejectReason::DuplicateClientOrderId;
    if (outcome.refused() != RejectReason::None && !replayed) {
        Problem p = refused(outcome, view);
        for (FieldError& e : p.errors) e.pointer = "/legs";  // which of them is not said
        return std::unexpected(std::move(p));
    }
    const auto* accepted = outcome.find<engine::OrderAccepted>();
    GroupAnswer answer{{}, replayed ? outcome.find<engine::CommandRejected>()->order : accepted->order, replayed};
    const LiveOrder* leg = view.order(answer.leg);
    if (!leg) return answer;
    if (leg->group == engine::OrderId::None) return std::unexpected(refusal(RejectReason::ClientOrderIdConflict));
    JsonWriter legs;
    bool complete = true;
    legs.array([&] {
        for (std::size_t i = 0; i < leg_count(*leg); ++i) {
            const auto id = static_cast<engine::OrderId>(std::to_underlying(leg->group) + i);
            if (view.order(id)) legs.raw_element(answer_for(outcome, view, id).json);
            else complete = false;
        }
    });
    const auto kind = leg_count(*leg) == 2 ? engine::GroupKind::Oco : engine::GroupKind::Bracket;
    if (complete) answer.json = group_json(leg->group, kind, legs.text(), view.event_seq());
    return answer;
}

MassCancelResult mass_cancel_result(const Outcome& outcome) {
    if (const auto* left = outcome.deferred(engine::WorkKind::MassCancel)) return {left->done_count, false};
    const auto* completed = outcome.find<engine::MassCancelCompleted>();
    return {completed ? completed->canceled_count : 0, true};
}

std::string cancel_after_json(engine::AccountId id, const LiveView& view) {
    const engine::Timestamp at = view.account(id)->cancel_after;
    JsonWriter w;
    w.object([&] {
        w.member("account_id", to_text(id));
        w.member("trigger_at", at.us != 0 ? std::optional(eventstore::to_rfc3339(at)) : std::nullopt);
        w.member("event_seq", view.event_seq());
    });
    return w.take();
}

}  // namespace buttonwood::api
