// The live view of orders that wait, show less than they are, or depend on each other; auctions and states.
#include "api/render.hpp"
#include "tests/api/market.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace buttonwood;
using namespace buttonwood::engine;
using api::OrderStatus;
using test::limit;
using test::LiveMarket;

namespace {

constexpr AccountId kAnn{1};
constexpr AccountId kBob{2};

// The types of the executions of one command.
std::vector<std::string_view> types(const api::Changes& changes) {
    std::vector<std::string_view> all;
    for (const api::Changes::Execution& e : changes.executions) all.push_back(e.type);
    return all;
}

nlohmann::json order(const LiveMarket& market, OrderId id) {
    return nlohmann::json::parse(api::order_json(*market.view.order(id), market.acme()));
}

PlaceOrder of_type(OrderType type, AccountId account, Side side, std::int64_t quantity) {
    PlaceOrder o = limit(account, side, 0, quantity);
    o.type = type;
    return o;
}

void trade_at(LiveMarket& market, std::int64_t price) {
    market.run(limit(kAnn, Side::Sell, price, 1));
    market.run(limit(kBob, Side::Buy, price, 1));
}

}  // namespace

TEST_CASE("A stop is held until the last trade reaches its trigger", "[unit]") {
    LiveMarket market;
    market.run(limit(kBob, Side::Buy, 900, 10));
    PlaceOrder stop = of_type(OrderType::Stop, kAnn, Side::Sell, 4);
    stop.stop_price = {1000};
    CHECK(types(market.run(stop)) == std::vector<std::string_view>{"new"});
    CHECK(order(market, OrderId{2}).at("status") == "held");
    CHECK(order(market, OrderId{2}).at("stop_price") == "10.00");
    CHECK(order(market, OrderId{2}).at("price") == nullptr);
    market.run(limit(kAnn, Side::Sell, 1000, 1));
    const api::Changes& changes = market.run(limit(kBob, Side::Buy, 1000, 1));
    CHECK(types(changes) == std::vector<std::string_view>{"new", "trade", "trade", "triggered", "trade", "trade"});
    CHECK(changes.executions[3].order.status == OrderStatus::New);
    CHECK(order(market, OrderId{2}).at("status") == "filled");
    CHECK(market.acme().book.quantity_at(Side::Buy, {900}) == Quantity{6});
}

TEST_CASE("A trailing stop's trigger follows the best trade since it is held", "[unit]") {
    LiveMarket market;
    PlaceOrder by_amount = of_type(OrderType::TrailingStop, kAnn, Side::Sell, 4);
    by_amount.trail_amount = {50};
    PlaceOrder by_share = of_type(OrderType::TrailingStop, kBob, Side::Buy, 4);
    by_share.trail_basis_points = 250;
    market.run(by_amount);  // before any trade
    CHECK(order(market, OrderId{1}).at("stop_price") == nullptr);
    trade_at(market, 1000);
    market.run(by_share);
    const OrderId buyer{4};
    CHECK(order(market, OrderId{1}).at("stop_price") == "9.50");
    CHECK(order(market, buyer).at("stop_price") == "10.25");
    CHECK(order(market, buyer).at("trail_percent") == "2.50");
    trade_at(market, 1020);
    trade_at(market, 980);
    trade_at(market, 990);
    CHECK(order(market, OrderId{1}).at("stop_price") == "9.70");
    CHECK(order(market, buyer).at("stop_price") == "10.04");  // 9.80 and 2.5 per cent of it, cut off
}

TEST_CASE("The book shows an iceberg's tip, which returns behind the others", "[unit]") {
    LiveMarket market;
    PlaceOrder iceberg = limit(kAnn, Side::Sell, 1000, 10);
    iceberg.display_quantity = {4};
    market.run(iceberg);
    const auto level = [&] { return market.acme().book.levels(Side::Sell).begin()->second; };
    CHECK(level().units == 4);
    market.run(limit(kAnn, Side::Sell, 1000, 5));
    CHECK(level().units == 9);
    market.run(limit(kBob, Side::Buy, 1000, 3));
    CHECK(level().units == 6);
    CHECK(level().order_count == 2);
    market.run(limit(kBob, Side::Buy, 1000, 1));  // the tip is gone: the next one joins the back
    CHECK(level().units == 9);
    CHECK(level().order_count == 2);
    market.run(limit(kBob, Side::Buy, 1000, 5));
    CHECK(market.view.order(OrderId{2})->status == OrderStatus::Filled);
    CHECK(level().units == 4);
    CHECK(level().order_count == 1);
}

TEST_CASE("Prevented matches are told to both orders", "[unit]") {
    LiveMarket market;
    market.run(limit(kAnn, Side::Sell, 1000, 3));
    PlaceOrder taker = limit(kAnn, Side::Buy, 1000, 5);
    taker.self_trade_prevention = SelfTradePrevention::Decrement;
    const api::Changes& changes = market.run(taker);
    CHECK(types(changes) ==
          std::vector<std::string_view>{"new", "prevented", "prevented", "canceled", "restated"});
    REQUIRE(changes.executions[1].prevented);
    CHECK(changes.executions[1].prevented->other == OrderId{2});
    CHECK(changes.executions[1].prevented->quantity == Quantity{3});
    const auto json = order(market, OrderId{2});
    CHECK(json.at("prevented_quantity") == "3");
    CHECK(json.at("quantity") == "2");
    CHECK(json.at("self_trade_prevention") == "decrement");
    CHECK(order(market, OrderId{1}).at("reason") == "stp");
    CHECK(market.acme().book.quantity_at(Side::Buy, {1000}) == Quantity{2});
}

TEST_CASE("An execution of one leg of an oco cancels the other", "[unit]") {
    LiveMarket market;
    PlaceGroup oco{GroupKind::Oco, {limit(kAnn, Side::Sell, 1100, 5), of_type(OrderType::Stop, kAnn, Side::Sell, 5)}};
    oco.legs[1].stop_price = {900};
    market.run(oco);
    CHECK(order(market, OrderId{2}).at("group") == nlohmann::json{{"id", "grp_1"}, {"role", "oco_second"}});
    market.run(limit(kBob, Side::Buy, 1100, 2));
    CHECK(order(market, OrderId{1}).at("status") == "partially_filled");
    CHECK(order(market, OrderId{2}).at("status") == "canceled");
    CHECK(order(market, OrderId{2}).at("reason") == "group");
}

TEST_CASE("An auction shows its indication while it gathers and its result afterwards", "[unit]") {
    LiveMarket market;
    market.run(ChangeTradingState{test::kAcme, TradingState::Auction, "open", AuctionKind::Opening, {}});
    CHECK(market.acme().auction_seq == 1);
    REQUIRE(market.acme().indication);
    CHECK(market.acme().indication->price == Price{});
    market.run(limit(kAnn, Side::Sell, 990, 10));
    market.run(limit(kBob, Side::Buy, 1010, 6));
    CHECK(market.acme().book.quantity_at(Side::Buy, {1010}) == Quantity{6});  // crossed: nothing matches yet
    market.run(AdvanceClock{}, 2 * kIndicationIntervalUs);
    REQUIRE(market.acme().indication);
    CHECK(market.acme().indication->paired == Quantity{6});
    CHECK(market.acme().indication->imbalance == Quantity{4});
    CHECK(market.acme().indication->imbalance_side == Side::Sell);
    const Price price = market.acme().indication->price;

    const api::Changes& changes = market.run(ChangeTradingState{test::kAcme, TradingState::Open, "go", {}, {}});
    CHECK(changes.states == std::vector{test::kAcme});
    CHECK(changes.auctions == std::vector{test::kAcme});
    REQUIRE(changes.trades.size() == 1);
    CHECK(changes.trades[0].second.auction);
    CHECK(changes.trades[0].second.price == price);
    CHECK_FALSE(market.acme().indication);
    REQUIRE(market.acme().last_auction);
    CHECK(market.acme().last_auction->price == price);
    CHECK(market.acme().book.quantity_at(Side::Sell, {990}) == Quantity{4});
    CHECK(market.acme().book.levels(Side::Buy).empty());
}

TEST_CASE("The severer of the market's state and a security's own is in force", "[unit]") {
    LiveMarket market;
    const auto change = [&](SecurityId security, TradingState state) -> const api::Changes& {
        return market.run(ChangeTradingState{security, state, "test", {}, {}});
    };
    CHECK(change(SecurityId::None, TradingState::CancelOnly).states == std::vector{test::kAcme});
    CHECK(market.acme().state.state == TradingState::CancelOnly);
    CHECK(market.acme().own.state == TradingState::Open);
    CHECK(market.view.market_status_seq() == 1);
    CHECK(change(test::kAcme, TradingState::Halted).states == std::vector{test::kAcme});
    const api::Changes& unseen = change(SecurityId::None, TradingState::Open);
    CHECK(unseen.market_state);
    CHECK(unseen.states.empty());
    CHECK(market.acme().state.state == TradingState::Halted);
}

TEST_CASE("The dead man's switch shows when it goes off, and is off afterwards", "[unit]") {
    LiveMarket market;
    market.run(limit(kAnn, Side::Buy, 900, 1));
    market.run(SetCancelAfter{kAnn, 5'000'000});
    CHECK(market.view.account(kAnn)->cancel_after == Timestamp{market.engine.last_time().us + 5'000'000});
    market.run(AdvanceClock{}, 5'000'000);
    CHECK(market.view.account(kAnn)->cancel_after == Timestamp{});
    CHECK(order(market, OrderId{1}).at("reason") == "cancel_after");
}
