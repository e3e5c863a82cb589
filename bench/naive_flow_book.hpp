// The obviously right book: price levels in a std::map, the orders of a level in a std::list, nothing else.
//
// It says what recorded flow must lead to: the fills of each command, the best levels after it, and whether the id that
// it names is alive. Slow on purpose; it shares no code with the engine.
#pragma once

#include "bench/flow_file.hpp"

#include <algorithm>
#include <list>
#include <map>
#include <unordered_map>

namespace buttonwood::bench {

struct FlowOutcome {
    bool accepted{};              // false: the id that it names is not alive (or, placing, is alive already)
    std::vector<FlowFill> fills;  // of this command, in order
    TopOfBook top;                // after it
};

class NaiveFlowBook {
public:
    struct Order {
        std::int64_t id{};
        engine::Side side{};
        std::int64_t price{};
        std::int64_t leaves{};
        std::int64_t filled{};
    };

    // The live order with this id, nullptr when there is none.
    [[nodiscard]] const Order* find(std::int64_t id) const {
        const auto it = live_.find(id);
        return it == live_.end() ? nullptr : &*it->second;
    }

    FlowOutcome apply(const FlowCommand& c) {
        FlowOutcome outcome;
        outcome.accepted = decide(c, outcome.fills);
        outcome.top = {best(asks_), best(bids_)};
        return outcome;
    }

private:
    using Level = std::list<Order>;
    // Keyed so that the first level is the best one: asks by price, bids by its complement.
    using Levels = std::map<std::int64_t, Level>;

    static std::int64_t key(engine::Side side, std::int64_t price) {
        return side == engine::Side::Buy ? ~price : price;
    }
    Levels& levels(engine::Side side) { return side == engine::Side::Buy ? bids_ : asks_; }

    static std::optional<TopLevel> best(const Levels& levels) {
        if (levels.empty()) return std::nullopt;
        TopLevel top{levels.begin()->second.front().price, 0};
        for (const Order& order : levels.begin()->second) top.quantity += order.leaves;
        return top;
    }

    bool decide(const FlowCommand& c, std::vector<FlowFill>& fills) {
        switch (c.op) {
            case FlowOp::Seed:
            case FlowOp::New:
            case FlowOp::Limit:
                if (live_.contains(*c.id)) return false;
                return place(c.n, {*c.id, *c.side, c.price, c.quantity, 0}, true, fills);
            case FlowOp::Ioc: return place(c.n, {c.id.value_or(0), *c.side, c.price, c.quantity, 0}, false, fills);
            case FlowOp::Cancel: return take_out(*c.id).has_value();
            case FlowOp::Reduce: return reduce(*c.id, c.quantity);
            case FlowOp::Replace: {
                auto order = take_out(*c.id);
                if (!order) return false;
                order->price = c.price;
                order->leaves = c.quantity;
                return place(c.n, *order, true, fills);
            }
        }
        return false;
    }

    bool place(std::int64_t n, Order order, bool rests, std::vector<FlowFill>& fills) {
        Levels& other = levels(engine::opposite(order.side));
        while (order.leaves > 0 && !other.empty()) {
            Level& level = other.begin()->second;
            if (key(order.side, level.front().price) < key(order.side, order.price)) break;
            Order& maker = level.front();
            const std::int64_t quantity = std::min(order.leaves, maker.leaves);
            fills.push_back({n, maker.id, quantity, maker.price});
            order.leaves -= quantity;
            order.filled += quantity;
            maker.leaves -= quantity;
            maker.filled += quantity;
            if (maker.leaves == 0) take_out(maker.id);
        }
        if (order.leaves > 0 && rests) {
            Level& level = levels(order.side)[key(order.side, order.price)];
            live_[order.id] = level.insert(level.end(), order);
        }
        return true;
    }

    bool reduce(std::int64_t id, std::int64_t by) {
        const auto it = live_.find(id);
        if (it == live_.end()) return false;
        if (by >= it->second->leaves) return take_out(id).has_value();
        it->second->leaves -= by;
        return true;
    }

    std::optional<Order> take_out(std::int64_t id) {
        const auto it = live_.find(id);
        if (it == live_.end()) return std::nullopt;
        const Order order = *it->second;
        Levels& side = levels(order.side);
        const auto level = side.find(key(order.side, order.price));
        level->second.erase(it->second);
        if (level->second.empty()) side.erase(level);
        live_.erase(it);
        return order;
    }

    Levels bids_;
    Levels asks_;
    std::unordered_map<std::int64_t, Level::iterator> live_;
};

}  // namespace buttonwood::bench
