// One order as the read models `bids` and `listings` show it, and how each event changes it.
//
// Open orders are new or partially_filled; an order that is done (filled, canceled, expired) has nothing left open and
// never changes again. Thread safety: plain values.
#pragma once

#include "engine/events.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace buttonwood::projections {

struct OrderRow {
    // Written once, with the row: not known of a row that was loaded.
    engine::OrderAccepted terms;
    engine::Timestamp created_at;
    engine::EventSeq created_seq{};

    std::optional<engine::Price> price;  // none: market
    engine::Quantity quantity;           // total
    engine::Quantity filled;
    engine::Quantity leaves;          // 0 once done
    engine::Money notional;           // sum over the fills
    std::string_view status = "new";  // a word with static storage, as reason
    std::optional<std::string_view> reason;
    engine::Timestamp updated_at;
    engine::EventSeq updated_seq{};

    [[nodiscard]] bool is_open() const { return leaves.units > 0; }
};

[[nodiscard]] OrderRow accepted(const engine::Event& event, const engine::OrderAccepted& e);

void rest(OrderRow& row, const engine::Event& event);  // its last change, and its place in the book
void fill(OrderRow& row, const engine::Event& event, const engine::TradeExecuted& e, engine::Quantity leaves);
void amend(OrderRow& row, const engine::Event& event, const engine::OrderAmended& e);
// status: "canceled" or "expired".
void close(OrderRow& row, const engine::Event& event, std::string_view status, std::string_view reason);

// The order of `side` that the event changes, None if there is none. OrderAccepted creates one; OrderRested only says
// where an order stands, which these rows do not show.
[[nodiscard]] engine::OrderId changed_order(const engine::EventBody& body, engine::Side side);

// Orders below it were accepted before this batch: ids are given in the order of acceptance. The largest id when the
// batch accepts none.
[[nodiscard]] engine::OrderId first_accepted(const std::vector<engine::Event>& events);

}  // namespace buttonwood::projections
