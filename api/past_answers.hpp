// Answers about the past, from a state of it: the JSON of the present-time routes, marked with the event that they
// stand at and its time. As of the newest event they are the present-time answers, to the byte but for the marks.
// Thread safety: as the state's.
#pragma once

#include "api/live/live_view.hpp"
#include "eventstore/past_state.hpp"

#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace buttonwood::api {

// What a state must have beside the engine for these answers; also what the server's snapshots hold.
[[nodiscard]] eventstore::SnapshotPartList make_snapshot_parts();
// REQUIRES: the state has make_snapshot_parts().
[[nodiscard]] const LiveView& live_view(const eventstore::PastState& state);

// {data: [...], event_seq} and {data: [...], cash: [...], event_seq}, as GET /v1/balances and /v1/portfolio.
[[nodiscard]] std::string balances_json(const eventstore::PastState& state,
                                        const std::vector<engine::AccountId>& accounts);
[[nodiscard]] std::string portfolio_json(const eventstore::PastState& state,
                                         const std::vector<engine::AccountId>& accounts);

// An order of one of these accounts, as GET /v1/orders/{id}: by id, or by client_order_id where there is none.
// Open orders and the last kClosedOrdersKept that had ended are in the state; one that had ended long before comes from
// the read model, whose row is what it was then unless something has happened to the order since.
enum class NoOrder : std::uint8_t {
    Unknown,      // there was none
    ReadsBehind,  // the read models have not come that far: retry
    ReadsAway,    // the database does not answer: retry
};
[[nodiscard]] std::expected<std::string, NoOrder> past_order_json(const eventstore::PastState& state,
                                                                  eventstore::Connection& connection,
                                                                  const std::vector<engine::AccountId>& accounts,
                                                                  std::optional<engine::OrderId> id,
                                                                  const std::string& client_order_id);

// The object with its last two members: as_of_seq, the event, and as_of, its time (null before the first event).
[[nodiscard]] std::string marked(std::string object, engine::EventSeq event_seq, engine::Timestamp time);

}  // namespace buttonwood::api
