// Turns recorded flow into commands of the public API, each with what it must lead to.
//
// Bids and listings go through two accounts of one user. An id keeps its client_order_id ("aapl:-67") while it lives;
// placed again after it died, or requeued where an amend would leave it in its place, it gets the next
// ("aapl:-67/2"), because a client_order_id is unique for ever. The naive book says what to expect.
#pragma once

#include "bench/naive_flow_book.hpp"

namespace buttonwood::bench {

enum class PlannedAction : std::uint8_t { Add, AddIoc, Amend, Cancel };

struct PlannedCommand {
    std::size_t row{};  // index into FlowSet::commands
    PlannedAction action{};
    engine::Side side{};  // picks the account
    std::string client_order_id;
    std::optional<std::int64_t> price;  // Add, AddIoc; Amend: none when it stays
    std::int64_t quantity{};            // Add, AddIoc: of the order; Amend: the new total
    bool is_accepted{};                 // expected; false: the id is not alive, nothing may change
    std::vector<FlowFill> fills;        // expected
};

struct FlowPlan {
    std::vector<PlannedCommand> commands;
    std::vector<TopOfBook> tops;                        // expected after each row of the flow
    std::unordered_map<std::string, std::int64_t> ids;  // client_order_id -> id in the file
    engine::Int128 buy_value{};      // sum of price x quantity over everything that buys: bounds the cash it takes
    engine::Int128 sell_quantity{};  // sum of quantity over everything that sells: bounds the holding it takes
};

// The error is one line: a row that cannot be expressed (its id is alive and placed again; a price is not above zero).
[[nodiscard]] std::expected<FlowPlan, std::string> make_plan(const FlowSet& set);

}  // namespace buttonwood::bench
