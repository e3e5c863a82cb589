// What the engine's decisions pass around between two events; none of it is state.
#pragma once

#include "engine/engine.hpp"

#include <optional>

namespace buttonwood::engine {

// What goes live next: an order, or the exits of an entry.
struct Engine::Activation {
    Slot slot = kNoSlot;
    ActivationReason reason{};
    std::optional<BracketEntry> entry;
};

// A request as it was made, copied when reduce_only or repricing changes it.
class Engine::Request {
public:
    explicit Request(const PlaceOrder& made) : terms_(&made) {}
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;
    const PlaceOrder& operator*() const { return *terms_; }
    const PlaceOrder* operator->() const { return terms_; }
    PlaceOrder& change() {
        if (!changed_) terms_ = &changed_.emplace(*terms_);
        return *changed_;
    }

private:
    const PlaceOrder* terms_;
    std::optional<PlaceOrder> changed_;
};

// How an order takes, apart from its quantity.
struct Engine::Terms {
    Side side{};
    Price limit;  // 0 = any price
    SelfTradePrevention prevention{};
    UserId user{};
};

// What a taker would execute now, and what it would cost (price x quantity units while it is counted, then money).
struct Engine::Taking {
    Int128 units{};
    Int128 cost{};
    void take(Price price, std::int64_t available, Quantity wanted) {
        const Int128 taken = available < wanted.units - units ? Int128{available} : wanted.units - units;
        units += taken;
        cost += taken * price.units;
    }
};

// An order's part in its group, kept while the order may end.
struct Engine::GroupMember {
    GroupRole role{};
    OrderId group{};
    SecurityId security{};
    bool executed{};
};

}  // namespace buttonwood::engine
