// One order as the read models `bids` and `listings` show it, and how each event changes it.
//
// Open orders are new, held (they wait beside the book) or partially_filled; an order that is done (filled, canceled,
// expired) has nothing left open and never changes again. Thread safety: plain values.
#pragma once

#include "engine/events.hpp"

#include <optional>
#include <span>
#include <string_view>

namespace buttonwood::projections {

struct OrderRow {
    // Written once, with the row: not known of a row that was loaded.
    engine::OrderAccepted terms;
    engine::Timestamp created_at;
    engine::EventSeq created_seq{};

    std::optional<engine::Price> price;  // none: the market types
    engine::Quantity quantity;           // total
    engine::Quantity filled;
    engine::Quantity leaves;          // 0 once done
    engine::Money notional;           // sum over the fills, as the fees
    engine::Money fees;
    engine::Price stop_price;         // 0: none, as the next two
    engine::Quantity display_quantity;
    engine::Timestamp expires_at;
    engine::Int128 prevented_units{};  // sum over its prevented matches
    std::optional<engine::ActivationReason> activation_reason;
    std::optional<engine::Timestamp> activated_at;
    std::string_view status = "new";  // a word with static storage, as reason
    std::optional<std::string_view> reason;
    engine::Timestamp updated_at;
    engine::EventSeq updated_seq{};

    [[nodiscard]] bool is_open() const { return leaves.units > 0; }
};

[[nodiscard]] OrderRow accepted(const engine::Event& event, const engine::OrderAccepted& e);

void rest(OrderRow& row, const engine::Event& event);  // its last change, and its place in the book
void fill(OrderRow& row, const engine::Event& event, const engine::TradeExecuted& e, bool takes);
void amend(OrderRow& row, const engine::Event& event, const engine::OrderAmended& e);
void activate(OrderRow& row, const engine::Event& event, const engine::OrderActivated& e);
void prevent(OrderRow& row, const engine::Event& event, const engine::MatchPrevented& e);
void reduce(OrderRow& row, const engine::Event& event, const engine::OrderReduced& e);
// status: "canceled" or "expired".
void close(OrderRow& row, const engine::Event& event, std::string_view status, std::string_view reason);

// The order of `side` that the event changes, None if there is none. OrderAccepted creates one; of OrderRested and
// OrderRefreshed, which say where an order stands in the book, these rows show the time only.
[[nodiscard]] engine::OrderId changed_order(const engine::EventBody& body, engine::Side side);

// Orders below it were accepted before this batch: ids are given in the order of acceptance. The largest id when the
// batch accepts none.
[[nodiscard]] engine::OrderId first_accepted(std::span<const engine::Event> events);

}  // namespace buttonwood::projections
