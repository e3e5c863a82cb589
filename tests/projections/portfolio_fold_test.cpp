// Cash, holdings, cost and profit, computed by hand.
#include "projections/portfolio_fold.hpp"

#include <catch2/catch.hpp>

namespace buttonwood::projections::test {
namespace {

using namespace engine;

constexpr Money money(std::int64_t whole) { return {Int128{whole} * pow10_128(kMoneyScale)}; }

constexpr auto kAlice = static_cast<AccountId>(1);
constexpr auto kBob = static_cast<AccountId>(2);
constexpr auto kAcme = static_cast<SecurityId>(1);  // whole dollars, whole shares
constexpr auto kBid = static_cast<OrderId>(1);
constexpr auto kListing = static_cast<OrderId>(2);

// A portfolio told what happens, one event after the other.
class Story {
public:
    Story() {
        SecurityCreated acme;
        acme.security = kAcme;
        acme.symbol = "ACME";
        acme.currency = "USD";
        tell(acme);
    }
    void tell(EventBody body) { REQUIRE(try_tell(std::move(body))); }
    [[nodiscard]] bool try_tell(EventBody body) {
        return fold_.apply(Event{++seq_, 1, {}, std::move(body)}).has_value();
    }
    void bid(OrderId order, AccountId account, std::int64_t price, std::int64_t quantity) {
        tell(OrderAccepted{order,
                           account,
                           kAcme,
                           Side::Buy,
                           OrderType::Limit,
                           TimeInForce::Gtc,
                           false,
                           true,
                           {quantity},
                           {price},
                           money(price * quantity),
                           {},
                           {},
                           0});
    }
    void list(OrderId order, AccountId account, std::int64_t price, std::int64_t quantity) {
        tell(OrderAccepted{order,
                           account,
                           kAcme,
                           Side::Sell,
                           OrderType::Limit,
                           TimeInForce::Gtc,
                           false,
                           true,
                           {quantity},
                           {price},
                           {},
                           {quantity},
                           {},
                           0});
    }
    // The bid takes the listing.
    [[nodiscard]] static TradeExecuted trade(AccountId buyer, AccountId seller, std::int64_t price,
                                             std::int64_t quantity, std::int64_t limit) {
        return {static_cast<TradeId>(1),
                kAcme,
                kListing,
                kBid,
                seller,
                buyer,
                Side::Buy,
                {price},
                {quantity},
                money(price * quantity),
                money(limit * quantity),
                {quantity},
                {},
                {}};
    }
    // A bid and a listing that meet at once.
    void sale(AccountId buyer, AccountId seller, std::int64_t price, std::int64_t quantity) {
        list(kListing, seller, price, quantity);
        bid(kBid, buyer, price, quantity);
        tell(trade(buyer, seller, price, quantity, price));
    }
    [[nodiscard]] CashRow cash(AccountId account) const {
        const CashRow* row = fold_.cash.find({account, "USD"});
        return row ? *row : CashRow{};
    }
    [[nodiscard]] HoldingRow holding(AccountId account) const {
        const HoldingRow* row = fold_.holdings.find({account, kAcme});
        return row ? *row : HoldingRow{};
    }
    [[nodiscard]] bool reserves(OrderId order) const { return fold_.reservations.find(order) != nullptr; }

private:
    PortfolioFold fold_;
    EventSeq seq_{};
};

TEST_CASE("a bid reserves cash, a better price gives back the difference", "[unit]") {
    Story story;
    story.tell(CashDeposited{kAlice, "USD", money(1'000)});
    story.tell(HoldingsIssued{kBob, kAcme, {10}});
    story.list(kListing, kBob, 40, 10);
    CHECK(story.holding(kBob).reserved.units == 10);
    story.bid(kBid, kAlice, 50, 10);
    CHECK(story.cash(kAlice).reserved == money(500));

    story.tell(Story::trade(kAlice, kBob, 40, 4, 50));
    CHECK(story.cash(kAlice).total == money(840));
    CHECK(story.cash(kAlice).reserved == money(300));
    CHECK(story.cash(kBob).total == money(160));
    CHECK(story.holding(kAlice).quantity.units == 4);
    CHECK(story.holding(kBob).quantity.units == 6);
    CHECK(story.holding(kBob).reserved.units == 6);

    story.tell(OrderCanceled{kBid, kAlice, kAcme, Side::Buy, CancelReason::User, {6}, money(300), {}});
    CHECK(story.cash(kAlice).reserved == Money{});
    CHECK_FALSE(story.reserves(kBid));
    CHECK(story.reserves(kListing));
}

TEST_CASE("an amend replaces the reservation, whatever was filled before", "[unit]") {
    Story story;
    story.tell(CashDeposited{kAlice, "USD", money(1'000)});
    story.tell(HoldingsIssued{kBob, kAcme, {10}});
    story.list(kListing, kBob, 50, 3);
    story.bid(kBid, kAlice, 50, 10);
    story.tell(Story::trade(kAlice, kBob, 50, 3, 50));
    // Seven are left; now twelve at 60.
    story.tell(OrderAmended{kBid, kAlice, kAcme, Side::Buy, false, true, {60}, {15}, {12}, money(720), {}});
    CHECK(story.cash(kAlice).total == money(850));
    CHECK(story.cash(kAlice).reserved == money(720));
    CHECK_FALSE(story.reserves(kListing));
}

TEST_CASE("a market bid reserves nothing and pays as it fills", "[unit]") {
    Story story;
    story.tell(CashDeposited{kAlice, "USD", money(1'000)});
    story.tell(HoldingsIssued{kBob, kAcme, {10}});
    story.list(kListing, kBob, 50, 3);
    story.tell(OrderAccepted{
        kBid, kAlice, kAcme, Side::Buy, OrderType::Market, TimeInForce::Ioc, false, false, {5}, {}, {}, {}, {}, 0});
    CHECK_FALSE(story.reserves(kBid));
    story.tell(Story::trade(kAlice, kBob, 50, 3, 0));
    story.tell(OrderExpired{kBid, kAlice, kAcme, Side::Buy, ExpireReason::ImmediateRemainder, {2}, {}, {}});
    CHECK(story.cash(kAlice).total == money(850));
    CHECK(story.cash(kAlice).reserved == Money{});
}

TEST_CASE("an order that goes live takes its reservation then", "[unit]") {
    Story story;
    story.tell(CashDeposited{kAlice, "USD", money(1'000)});
    OrderAccepted held;
    held.order = kBid;
    held.account = kAlice;
    held.security = kAcme;
    held.side = Side::Buy;
    held.type = OrderType::Limit;
    held.quantity = {10};
    held.price = {50};
    held.held = true;
    story.tell(held);
    CHECK_FALSE(story.reserves(kBid));
    OrderActivated activated;
    activated.order = kBid;
    activated.account = kAlice;
    activated.security = kAcme;
    activated.side = Side::Buy;
    activated.rests = true;
    activated.price = {50};
    activated.quantity = activated.leaves_quantity = {4};
    activated.reserved_cash = money(200);
    story.tell(activated);
    CHECK(story.cash(kAlice).reserved == money(200));
    activated.reserved_cash = money(150);  // the whole from now on, not one more
    story.tell(activated);
    CHECK(story.cash(kAlice).reserved == money(150));
}

TEST_CASE("a reduced order gives back a part of its reservation", "[unit]") {
    Story story;
    story.tell(CashDeposited{kAlice, "USD", money(1'000)});
    story.tell(HoldingsIssued{kBob, kAcme, {10}});
    story.bid(kBid, kAlice, 50, 10);
    story.list(kListing, kBob, 60, 10);
    story.tell(OrderReduced{kBid, kAlice, kAcme, Side::Buy, {4}, {6}, {6}, money(200), {}});
    story.tell(OrderReduced{kListing, kBob, kAcme, Side::Sell, {3}, {7}, {7}, {}, {3}});
    CHECK(story.cash(kAlice).reserved == money(300));
    CHECK(story.holding(kBob).reserved.units == 7);
    CHECK_FALSE(story.try_tell(OrderReduced{kBid, kAlice, kAcme, Side::Buy, {7}, {1}, {1}, money(301), {}}));
}

TEST_CASE("a sale takes the average cost with it and realises the rest", "[unit]") {
    Story story;
    story.tell(CashDeposited{kAlice, "USD", money(10'000)});
    story.tell(HoldingsIssued{kBob, kAcme, {100}});
    story.sale(kAlice, kBob, 10, 20);  // 200
    story.sale(kAlice, kBob, 40, 10);  // 400: thirty shares at 20 on average
    CHECK(story.holding(kAlice).cost_basis == money(600));
    CHECK(story.holding(kBob).realized_pnl == money(600));  // issued shares cost nothing
    CHECK(story.holding(kBob).cost_basis == Money{});

    story.sale(kBob, kAlice, 25, 12);
    CHECK(story.holding(kAlice).cost_basis == money(360));
    CHECK(story.holding(kAlice).realized_pnl == money(12 * 25 - 240));
    CHECK(story.holding(kBob).cost_basis == money(300));
}

TEST_CASE("what rounding leaves goes with the last share", "[unit]") {
    Story story;
    story.tell(CashDeposited{kAlice, "USD", money(1'000)});
    story.tell(HoldingsIssued{kBob, kAcme, {3}});
    story.sale(kAlice, kBob, 1, 1);
    story.sale(kAlice, kBob, 1, 1);
    story.tell(HoldingsIssued{kAlice, kAcme, {1}});  // three shares for 2: 0.66666666 each
    story.sale(kBob, kAlice, 1, 1);
    CHECK(story.holding(kAlice).cost_basis == Money{133'333'334});
    CHECK(story.holding(kAlice).realized_pnl == Money{33'333'334});
    story.sale(kBob, kAlice, 1, 2);
    CHECK(story.holding(kAlice).cost_basis == Money{});
    CHECK(story.holding(kAlice).realized_pnl == money(1));
}

TEST_CASE("a trade with oneself is a sale and a purchase", "[unit]") {
    Story story;
    story.tell(CashDeposited{kAlice, "USD", money(100)});
    story.tell(HoldingsIssued{kAlice, kAcme, {2}});
    story.sale(kAlice, kAlice, 30, 2);
    CHECK(story.cash(kAlice).total == money(100));
    CHECK(story.holding(kAlice).quantity.units == 2);
    CHECK(story.holding(kAlice).realized_pnl == money(60));
    CHECK(story.holding(kAlice).cost_basis == money(60));
}

TEST_CASE("the cost of a part is exact where the product has more than 128 bits", "[unit]") {
    const Money cost = kMaxMoney;  // 10^27
    CHECK(cost_of_part(cost, {500'000'000'000'000'000}, {1'000'000'000'000'000'000}) == Money{cost.units / 2});
    CHECK(cost_of_part(cost, {kMaxQuantityUnits}, {kMaxQuantityUnits}) == cost);
    CHECK(cost_of_part({100}, {1}, {3}) == Money{33});
    CHECK(cost_of_part({100}, {2}, {3}) == Money{66});
    CHECK(cost_of_part({}, {2}, {3}) == Money{});
}

TEST_CASE("an event that contradicts the portfolio is refused", "[unit]") {
    Story story;
    story.tell(HoldingsIssued{kBob, kAcme, {1}});
    SECTION("a release without a reservation") {
        CHECK_FALSE(
            story.try_tell(OrderCanceled{kBid, kAlice, kAcme, Side::Buy, CancelReason::User, {1}, money(1), {}}));
    }
    SECTION("a sale of more than there is") {
        story.list(kListing, kBob, 10, 5);
        story.bid(kBid, kAlice, 10, 5);
        CHECK_FALSE(story.try_tell(Story::trade(kAlice, kBob, 10, 5, 10)));
    }
    SECTION("a trade of an unknown security") {
        auto trade = Story::trade(kAlice, kBob, 10, 1, 10);
        trade.security = static_cast<SecurityId>(9);
        CHECK_FALSE(story.try_tell(trade));
    }
}

}  // namespace
}  // namespace buttonwood::projections::test
