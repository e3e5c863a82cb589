// Recorded order flow of ../shared/data, where it exists, through the whole engine and through the naive book: every
// fill and every best bid and offer must be those of the exchange.
#include "bench/flow_file.hpp"
#include "tests/bench/real_flow_sets.hpp"
#include "tests/engine/market.hpp"
#include "tests/engine/naive_book.hpp"

#include <iostream>
#include <unordered_map>

namespace buttonwood::engine::tests {
namespace {

using bench::FlowCommand;
using bench::FlowFill;
using bench::FlowOp;
using bench::TopOfBook;

constexpr std::uint64_t kCheckInterval = 256;

// Ids of a file may be negative; the naive book takes their bits.
OrderId naive_id(std::int64_t id) { return static_cast<OrderId>(id); }

template <class Level>
std::optional<bench::TopLevel> top_of(const std::optional<Level>& best) {
    if (!best) return std::nullopt;
    return bench::TopLevel{best->price.units, best->quantity.units};
}

// The naive book under a flow file's commands.
class NaiveRun {
public:
    std::vector<FlowFill> run(const FlowCommand& c) {
        const OrderId id = naive_id(c.id.value_or(0));
        switch (c.op) {
            case FlowOp::Seed:
            case FlowOp::New:
            case FlowOp::Limit: return place(c, true);
            case FlowOp::Ioc: return place(c, false);
            case FlowOp::Cancel: book_.cancel(id); return {};
            case FlowOp::Reduce: {
                const NaiveBook::Order* order = book_.find(id);
                if (!order) return {};
                if (order->leaves.units <= c.quantity)
                    book_.cancel(id);
                else
                    book_.set_leaves(id, {order->leaves.units - c.quantity});
                return {};
            }
            case FlowOp::Replace: {
                const NaiveBook::Order* order = book_.find(id);
                if (!order) return {};
                FlowCommand again = c;
                again.side = order->side;
                book_.cancel(id);
                return place(again, true);
            }
        }
        return {};
    }
    [[nodiscard]] TopOfBook top() const { return {top_of(book_.best(Side::Sell)), top_of(book_.best(Side::Buy))}; }

private:
    std::vector<FlowFill> place(const FlowCommand& c, bool rests) {
        std::vector<FlowFill> fills;
        const auto taken = book_.take(*c.side, {c.price}, {c.quantity});
        for (const NaiveBook::Fill& fill : taken)
            fills.push_back({c.n, static_cast<std::int64_t>(fill.maker), fill.quantity.units, fill.price.units});
        const Quantity left = Quantity{c.quantity} - total(taken);
        if (rests && left.units > 0) book_.add({naive_id(c.id.value_or(0)), *c.side, {c.price}, left});
        return fills;
    }

    NaiveBook book_;
};

// The whole engine under the same commands: bids through one account, listings through another.
class EngineRun {
public:
    EngineRun() : market_(kCheckInterval) {
        market_.add_security();
        buyer_ = market_.add_trader("buyer", kMaxMoney, {});
        seller_ = market_.add_trader("seller", {}, {kMaxQuantityUnits});
    }

    std::vector<FlowFill> run(const FlowCommand& c) {
        switch (c.op) {
            case FlowOp::Seed:
            case FlowOp::New:
            case FlowOp::Limit: return place(c, *c.side, TimeInForce::Gtc);
            case FlowOp::Ioc: return place(c, *c.side, TimeInForce::Ioc);
            case FlowOp::Cancel: return cancel_order(c);
            case FlowOp::Reduce: {
                const auto order = find(c);
                if (!order) return cancel_order(c);
                if (order->leaves_quantity.units <= c.quantity) return cancel_order(c);
                return fills(c, market_.must(amend(order->account, order->order, order->quantity.units - c.quantity)));
            }
            case FlowOp::Replace: return replace(c);
        }
        return {};
    }
    [[nodiscard]] TopOfBook top() const {
        const OrderBook& book = *market_.engine().book(SecurityId{1});
        return {top_of(book.best(Side::Sell)), top_of(book.best(Side::Buy))};
    }
    [[nodiscard]] std::size_t refused_cancels() const { return refused_cancels_; }
    void check() const { market_.check(); }

private:
    std::vector<FlowFill> place(const FlowCommand& c, Side side, TimeInForce time_in_force) {
        const AccountId account = side == Side::Buy ? buyer_ : seller_;
        const auto outcome = market_.must(limit(account, side, c.quantity, c.price, time_in_force));
        const OrderId order = outcome.order();
        if (c.id) orders_[*c.id] = order;
        flow_ids_[order] = c.id.value_or(0);
        return fills(c, outcome);
    }
    // Names the order by the engine's id; one that never was, by an id that is not given yet.
    std::vector<FlowFill> cancel_order(const FlowCommand& c) {
        const auto known = orders_.find(*c.id);
        const OrderId order = known == orders_.end() ? OrderId{~std::uint64_t{0}} : known->second;
        const auto alive = market_.engine().order(order);
        const std::size_t resting = market_.engine().book(SecurityId{1})->order_count();
        const TopOfBook best = top();
        const auto outcome = market_.run(cancel(alive ? alive->account : buyer_, order));
        REQUIRE((outcome.reason == RejectReason::None) == alive.has_value());
        if (alive) return {};
        REQUIRE(market_.engine().book(SecurityId{1})->order_count() == resting);
        REQUIRE(top() == best);
        ++refused_cancels_;
        return {};
    }
    // To the back of its level, or of another: an amend where that loses the place, else a new order.
    std::vector<FlowFill> replace(const FlowCommand& c) {
        const auto order = find(c);
        if (!order) return cancel_order(c);
        const std::int64_t filled = (order->quantity - order->leaves_quantity).units;
        const bool keeps_place = order->price.units == c.price && c.quantity <= order->leaves_quantity.units;
        if (!keeps_place)
            return fills(c, market_.must(amend(order->account, order->order, filled + c.quantity, c.price)));
        market_.must(cancel(order->account, order->order));
        return place(c, order->side, TimeInForce::Gtc);
    }

    [[nodiscard]] std::optional<OrderView> find(const FlowCommand& c) const {
        const auto known = orders_.find(*c.id);
        return known == orders_.end() ? std::nullopt : market_.engine().order(known->second);
    }
    std::vector<FlowFill> fills(const FlowCommand& c, const Market::Outcome& outcome) const {
        std::vector<FlowFill> found;
        for (const TradeExecuted& trade : outcome.all<TradeExecuted>())
            found.push_back({c.n, flow_ids_.at(trade.maker_order), trade.quantity.units, trade.price.units});
        return found;
    }
    Market market_;
    AccountId buyer_{};
    AccountId seller_{};
    std::unordered_map<std::int64_t, OrderId> orders_;
    std::unordered_map<OrderId, std::int64_t> flow_ids_;
    std::size_t refused_cancels_{};
};

struct Totals {
    std::vector<FlowFill> fills;
    std::size_t rows{};
    std::size_t refused_cancels{};
};

// Both machines over one file; they and the file's book rows agree after every command.
Totals run_both(const bench::FlowSet& set) {
    EngineRun engine;
    NaiveRun naive;
    Totals totals;
    for (const FlowCommand& c : set.commands) {
        CAPTURE(set.name, c.n);
        const std::vector<FlowFill> fills = engine.run(c);
        REQUIRE(naive.run(c) == fills);
        REQUIRE(naive.top() == engine.top());
        totals.fills.insert(totals.fills.end(), fills.begin(), fills.end());
        for (; set.tops && totals.rows < set.tops->size() && (*set.tops)[totals.rows].n <= c.n; ++totals.rows)
            REQUIRE((*set.tops)[totals.rows].top == engine.top());
    }
    engine.check();
    totals.refused_cancels = engine.refused_cancels();
    return totals;
}

}  // namespace

TEST_CASE("Recorded order flow gives every fill and every book row of the exchange", "[replay]") {
    const auto files = bench::real_flow_files();
    if (files.empty()) std::cout << "skipped: ../shared/data with the recorded order flow is absent\n";
    for (const auto& file : files) {
        const auto set = bench::load_flow(file);
        REQUIRE(set.has_value());
        const Totals totals = run_both(*set);
        if (set->fills) REQUIRE(totals.fills == *set->fills);
        if (set->tops) REQUIRE(totals.rows == set->tops->size());
        std::cout << set->name << ": " << set->commands.size() << " commands, " << totals.fills.size() << " fills"
                  << (set->fills ? "" : " (naive book only)") << ", " << totals.rows << " book rows, "
                  << totals.refused_cancels << " refused cancels\n";
        if (set->name == "quantcup") REQUIRE(totals.refused_cancels == 17'551);
    }
}

}  // namespace buttonwood::engine::tests
