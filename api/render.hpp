// Facts as the JSON objects of README.md: orders, securities, books, tickers, trades. REST and WebSocket send the same.
#pragma once

#include "api/ids.hpp"
#include "api/json_writer.hpp"
#include "api/live/live_view.hpp"

#include <span>

namespace buttonwood::api {

// A fill of the command that an order's answer belongs to.
struct OrderFill {
    LiveTrade trade;
    bool is_maker{};
};

// The members of an order, without the braces: callers add their own.
void write_order(JsonWriter& w, const LiveOrder& order, const LiveSecurity& security, std::span<const OrderFill> fills);
[[nodiscard]] std::string order_json(const LiveOrder& order, const LiveSecurity& security,
                                     std::span<const OrderFill> fills = {});
// The members of an order whose fields come from somewhere else (the read models). Empty text is null.
struct OrderFields {
    std::string id, account_id, symbol, average_price, created_at, updated_at, quantity, filled, remaining, prevented;
    std::string price, stop_price, trail_amount, trail_percent, protection_price, display_quantity, min_quantity;
    std::string expires_at, group_id;
    std::string_view side, type, time_in_force, self_trade_prevention, group_role, status, reason, client_order_id;
    bool post_only{}, reduce_only{}, all_or_none{};
    engine::EventSeq event_seq{};
};
void write_order(JsonWriter& w, const OrderFields& fields);

// "grp_7": the group whose first leg is order 7.
[[nodiscard]] std::string group_text(engine::OrderId first_leg);
// A group of orders; legs: a JSON array of them, in order.
[[nodiscard]] std::string group_json(engine::OrderId first_leg, engine::GroupKind kind, std::string_view legs,
                                     engine::EventSeq event_seq);
// "1.50" for 150 basis points.
[[nodiscard]] std::string percent_text(std::uint32_t basis_points);

// The members of a trading state: trading_state, auction, until, cause.
void write_state(JsonWriter& w, const LiveState& state);
// The indication and the newest result of a security's auctions, with the state in force.
[[nodiscard]] std::string auction_json(const LiveSecurity& security, engine::EventSeq event_seq);
[[nodiscard]] std::string security_json(const LiveSecurity& security, engine::EventSeq event_seq);
[[nodiscard]] std::string ticker_json(const LiveSecurity& security, engine::EventSeq event_seq, engine::Timestamp now);
[[nodiscard]] std::string book_json(const LiveSecurity& security, std::size_t depth, engine::EventSeq event_seq);
void write_trade(JsonWriter& w, const LiveTrade& trade, const LiveSecurity& security);

[[nodiscard]] std::string price_text(const LiveSecurity& security, engine::Price price);
[[nodiscard]] std::string quantity_text(const LiveSecurity& security, engine::Quantity quantity);
// notional / quantity at the price scale plus two digits, rounded half up; empty when nothing was filled.
[[nodiscard]] std::string average_price(engine::Int128 notional_units, engine::Int128 quantity_units, int price_scale,
                                        int quantity_scale);
[[nodiscard]] std::string to_text(engine::RoleSet roles);  // a JSON array of words

}  // namespace buttonwood::api
