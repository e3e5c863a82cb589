// What an engine tells about its state. Thread safety: plain values.
#pragma once

#include "engine/types.hpp"

namespace buttonwood::engine {

struct Balance {
    Money total;
    Money reserved;
};
struct Holding {
    Quantity total;
    Quantity reserved;
};

// An open order as the engine sees it.
struct OrderView {
    OrderId order{};
    AccountId account{};
    SecurityId security{};
    Side side{};
    OrderType type{};
    Price price;
    Quantity quantity;            // total
    Quantity leaves_quantity;     // open for execution
    Quantity displayed_quantity;  // what the book shows of it; 0 while it is held
    bool held{};                  // waits beside the book
    Price trigger_price;          // while it is held for one: where it stands now; 0 = none
    ClientOrderId client_order_id;
};

// The state in force for a security: the severer of its own and the market's.
struct StateInForce {
    TradingState state = TradingState::Open;
    AuctionKind auction{};
    friend bool operator==(const StateInForce&, const StateInForce&) = default;
};

}  // namespace buttonwood::engine
