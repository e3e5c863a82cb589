// Order entry, the same for REST and WebSocket: JSON to commands, outcomes to answers.
// Thread safety: I/O thread.
#pragma once

#include "api/gateway.hpp"
#include "api/identity.hpp"
#include "api/json_reader.hpp"
#include "api/problem.hpp"

#include <expected>
#include <optional>

namespace buttonwood::api {

template <class T> using OrProblem = std::expected<T, Problem>;

// The caller's account named by "acc_...", or the first one when the text is empty.
[[nodiscard]] OrProblem<engine::AccountId> own_account(const LiveView& view, const Identity& who,
                                                       std::string_view text);
[[nodiscard]] OrProblem<const LiveSecurity*> known_security(const LiveView& view, std::string_view symbol);

// side: given by the path (/listings, /bids); then the body must not name one.
[[nodiscard]] OrProblem<engine::PlaceOrder> read_place(const JsonValue& body, const LiveView& view, const Identity& who,
                                                       std::optional<engine::Side> side = {});
// Each leg is the body of an order of its own; its complaints are about /legs/0/....
[[nodiscard]] OrProblem<engine::PlaceGroup> read_group(const JsonValue& body, const LiveView& view,
                                                       const Identity& who);
// REST: the order is named by the path. WebSocket: by order_id or client_order_id in the params.
[[nodiscard]] OrProblem<engine::AmendOrder> read_amend(const JsonValue& body, const LiveView& view, const Identity& who,
                                                       std::optional<engine::OrderId> order = {});
[[nodiscard]] OrProblem<engine::CancelOrder> read_cancel(const JsonValue& params, const LiveView& view,
                                                         const Identity& who);
[[nodiscard]] OrProblem<engine::MassCancel> read_mass_cancel(const JsonValue& params, const LiveView& view,
                                                             const Identity& who);
[[nodiscard]] OrProblem<engine::SetCancelAfter> read_cancel_after(const JsonValue& body, const LiveView& view,
                                                                  const Identity& who);

// An order's answer, with the fills of this command.
struct OrderAnswer {
    std::string json;
    engine::OrderId order{};
    bool replayed = false;  // a retry: the order was there before
};
[[nodiscard]] OrProblem<OrderAnswer> place_answer(const Outcome& outcome, const LiveView& view);
[[nodiscard]] OrProblem<OrderAnswer> amend_answer(const Outcome& outcome, const LiveView& view);
[[nodiscard]] OrProblem<OrderAnswer> cancel_answer(const Outcome& outcome, const LiveView& view);

// A group's answer: its legs in order. json is empty where the view has forgotten a leg of a retry's group.
struct GroupAnswer {
    std::string json;
    engine::OrderId leg{};
    bool replayed = false;
};
[[nodiscard]] OrProblem<GroupAnswer> group_answer(const Outcome& outcome, const LiveView& view);

// What a mass cancel has done so far; complete: nothing of it is left to the clock's commands.
struct MassCancelResult {
    std::uint32_t canceled_count = 0;
    bool complete = false;
};
// REQUIRES: the outcome is durable and not a refusal.
[[nodiscard]] MassCancelResult mass_cancel_result(const Outcome& outcome);

// The dead man's switch of an account as it is now.
[[nodiscard]] std::string cancel_after_json(engine::AccountId account, const LiveView& view);

// Why a command has no durable outcome; nullopt when it has one.
[[nodiscard]] std::optional<Problem> undelivered(const Outcome& outcome);
// A refusal as a problem, with the order it is about where the view still has it and it is the account's own.
[[nodiscard]] Problem refused(const Outcome& outcome, const LiveView& view);

}  // namespace buttonwood::api
