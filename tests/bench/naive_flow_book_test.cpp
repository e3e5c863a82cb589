#include "bench/flow_plan.hpp"
#include "bench/naive_flow_book.hpp"
#include "tests/bench/real_flow_sets.hpp"

#include <catch2/catch.hpp>

using namespace buttonwood;
using namespace buttonwood::bench;

namespace {

FlowCommand command(std::int64_t n, FlowOp op, std::int64_t id, engine::Side side, std::int64_t quantity,
                    std::int64_t price) {
    return {n, op, id, side, quantity, price, static_cast<std::size_t>(n) + 1};
}
constexpr auto kBuy = engine::Side::Buy;
constexpr auto kSell = engine::Side::Sell;

// "40@100:1 25@101:2": quantity, price and maker of each fill.
std::string text(const std::vector<FlowFill>& fills) {
    std::string out;
    for (const FlowFill& f : fills)
        out += (out.empty() ? "" : " ") + std::to_string(f.quantity) + "@" + std::to_string(f.price) + ":" +
               std::to_string(f.maker_id);
    return out;
}

}  // namespace

TEST_CASE("the naive book fills the best price first, then the oldest order", "[unit]") {
    NaiveFlowBook book;
    book.apply(command(1, FlowOp::New, 1, kSell, 40, 101));
    book.apply(command(2, FlowOp::New, 2, kSell, 40, 100));
    book.apply(command(3, FlowOp::New, 3, kSell, 40, 100));
    const auto outcome = book.apply(command(4, FlowOp::Limit, 4, kBuy, 100, 101));
    CHECK(text(outcome.fills) == "40@100:2 40@100:3 20@101:1");
    CHECK(outcome.top == TopOfBook{TopLevel{101, 20}, std::nullopt});
}

TEST_CASE("the naive book rests what a limit order cannot fill, and drops what an IOC cannot", "[unit]") {
    NaiveFlowBook book;
    book.apply(command(1, FlowOp::New, 1, kBuy, 10, 100));
    CHECK(text(book.apply(command(2, FlowOp::Limit, 2, kSell, 15, 100)).fills) == "10@100:1");
    CHECK(book.find(2)->leaves == 5);
    const auto outcome = book.apply(command(3, FlowOp::Ioc, 3, kBuy, 7, 100));
    CHECK(text(outcome.fills) == "5@100:2");
    CHECK(outcome.top == TopOfBook{});
}

TEST_CASE("a reduced order keeps its place, a replaced one goes to the back", "[unit]") {
    NaiveFlowBook book;
    for (std::int64_t id : {1, 2, 3}) book.apply(command(id, FlowOp::New, id, kSell, 10, 100));
    CHECK(book.apply(command(4, FlowOp::Reduce, 1, kSell, 4, 100)).accepted);
    CHECK(book.apply(command(5, FlowOp::Replace, 2, kSell, 10, 100)).accepted);
    CHECK(text(book.apply(command(6, FlowOp::Ioc, 0, kBuy, 100, 100)).fills) == "6@100:1 10@100:3 10@100:2");
}

TEST_CASE("commands that name a dead id change nothing", "[unit]") {
    NaiveFlowBook book;
    book.apply(command(1, FlowOp::New, 1, kSell, 10, 100));
    CHECK(book.apply(command(2, FlowOp::Cancel, 1, kSell, 10, 100)).accepted);
    for (const FlowOp op : {FlowOp::Cancel, FlowOp::Reduce, FlowOp::Replace})
        CHECK_FALSE(book.apply(command(3, op, 1, kSell, 10, 100)).accepted);
    CHECK(book.apply(command(4, FlowOp::Ioc, 0, kBuy, 1, 100)).fills.empty());
}

TEST_CASE("the naive book reproduces every fill and every book row of real flow", "[unit]") {
    const auto files = real_flow_files();
    if (files.empty()) WARN("skipped: ../shared/data is absent");
    for (const auto& file : files) {
        INFO(file.string());
        const auto set = load_flow(file);
        REQUIRE(set.has_value());
        NaiveFlowBook book;
        std::vector<FlowFill> fills;
        std::size_t row = 0;
        std::size_t wrong_rows = 0;
        for (const FlowCommand& c : set->commands) {
            const auto outcome = book.apply(c);
            fills.insert(fills.end(), outcome.fills.begin(), outcome.fills.end());
            for (; set->tops && row < set->tops->size() && (*set->tops)[row].n <= c.n; ++row)
                if ((*set->tops)[row].top != outcome.top) ++wrong_rows;
        }
        if (set->fills) CHECK(fills == *set->fills);
        if (set->tops) CHECK(row == set->tops->size());
        CHECK(wrong_rows == 0);
    }
}

TEST_CASE("a planned amend names the new total; a requeue at the same price is a cancel and a new order", "[unit]") {
    FlowSet set;
    set.name = "t";
    set.commands = {command(1, FlowOp::New, -7, kSell, 100, 50),    command(2, FlowOp::Ioc, 0, kBuy, 30, 50),
                    command(3, FlowOp::Reduce, -7, kSell, 20, 50),  command(4, FlowOp::Replace, -7, kSell, 60, 51),
                    command(5, FlowOp::Replace, -7, kSell, 10, 51), command(6, FlowOp::Cancel, 99, kSell, 0, 0)};
    const auto plan = make_plan(set);
    REQUIRE(plan.has_value());
    REQUIRE(plan->commands.size() == 7);
    CHECK(plan->commands[0].client_order_id == "t:-7");
    CHECK(plan->commands[1].client_order_id == "t:n2");
    CHECK(plan->commands[2].action == PlannedAction::Amend);
    CHECK(plan->commands[2].quantity == 80);  // 30 filled, 50 left
    CHECK_FALSE(plan->commands[2].price.has_value());
    CHECK(plan->commands[3].quantity == 90);  // 30 filled, 60 left
    CHECK(plan->commands[3].price == 51);
    CHECK(plan->commands[4].action == PlannedAction::Cancel);
    CHECK(plan->commands[5].client_order_id == "t:-7/2");
    CHECK(plan->commands[5].quantity == 10);
    CHECK_FALSE(plan->commands[6].is_accepted);
    CHECK(plan->sell_quantity == 100 + 60 + 10);
    CHECK(plan->buy_value == 30 * 50);
}

TEST_CASE("flow that places an id which is alive cannot be planned", "[unit]") {
    FlowSet set;
    set.commands = {command(1, FlowOp::New, 1, kSell, 1, 50), command(2, FlowOp::New, 1, kSell, 1, 50)};
    const auto plan = make_plan(set);
    REQUIRE_FALSE(plan.has_value());
    CHECK(plan.error().find("line 3") != std::string::npos);
}
