// What orders reserve, what fills move, what comes back. ACME has two decimals: price 1000 is 10.00.
#include "tests/engine/market.hpp"

namespace buttonwood::engine::tests {
namespace {

constexpr SecurityId kAcme{1};

struct Traders {
    Market market;
    SecurityId acme = market.add_security();
    AccountId ann = market.add_trader("Ann", dollars(1'000), {100});
    AccountId bob = market.add_trader("Bob", dollars(1'000), {100});

    [[nodiscard]] Balance cash(AccountId account) const { return market.engine().balance(account, kUsd); }
    [[nodiscard]] Holding shares(AccountId account) const { return market.engine().holding(account, kAcme); }
};

}  // namespace

TEST_CASE("A bid reserves its price times its quantity, a listing its quantity", "[unit]") {
    Traders t;
    t.market.must(bid(t.ann, 10, 900));
    t.market.must(listing(t.bob, 30, 1'100));
    CHECK(t.cash(t.ann).reserved == dollars(90));
    CHECK(t.shares(t.ann).reserved == Quantity{0});
    CHECK(t.cash(t.bob).reserved == Money{});
    CHECK(t.shares(t.bob).reserved == Quantity{30});
}

TEST_CASE("A bid filled below its limit pays the maker's price and gets the difference back", "[unit]") {
    Traders t;
    t.market.must(listing(t.bob, 4, 900));
    const auto outcome = t.market.must(bid(t.ann, 10, 1'000));
    const auto trade = outcome.only<TradeExecuted>();
    CHECK(trade.notional == dollars(36));
    CHECK(trade.released_cash == dollars(40));  // 4 at the limit of 10.00
    CHECK(t.cash(t.ann).total == dollars(964));
    CHECK(t.cash(t.ann).reserved == dollars(60));  // the 6 that are left, at the limit
    CHECK(t.shares(t.ann).total == Quantity{104});
    CHECK(t.cash(t.bob).total == dollars(1'036));
    CHECK(t.shares(t.bob).total == Quantity{96});
    CHECK(t.shares(t.bob).reserved == Quantity{0});
}

TEST_CASE("A partial fill of a resting bid releases exactly its share of the reservation", "[unit]") {
    Traders t;
    const OrderId order = t.market.must(bid(t.ann, 10, 999)).order();
    t.market.must(listing(t.bob, 3, 500));
    CHECK(t.cash(t.ann).total == dollars(1'000) - cents(3 * 999));
    CHECK(t.cash(t.ann).reserved == cents(7 * 999));
    CHECK(t.market.engine().order(order)->leaves_quantity == Quantity{7});
    t.market.must(cancel(t.ann, order));
    CHECK(t.cash(t.ann).reserved == Money{});
}

TEST_CASE("A bid may use the last cent of free cash and not one more", "[unit]") {
    Traders t;
    CHECK(t.market.run(bid(t.ann, 1, 100'001)).reason == RejectReason::InsufficientFunds);
    t.market.must(bid(t.ann, 1, 100'000));
    CHECK(t.market.run(bid(t.ann, 1, 1)).reason == RejectReason::InsufficientFunds);
    CHECK(t.market.run(WithdrawCash{t.ann, kUsd, Money{1}}).reason == RejectReason::InsufficientFunds);
}

TEST_CASE("A listing may use the last free share and not one more", "[unit]") {
    Traders t;
    t.market.must(listing(t.ann, 60, 1'000));
    CHECK(t.market.run(listing(t.ann, 41, 1'000)).reason == RejectReason::InsufficientShares);
    t.market.must(listing(t.ann, 40, 1'001));
    CHECK(t.market.run(market(t.ann, Side::Sell, 1)).reason == RejectReason::NoLiquidity);
}

TEST_CASE("A limit bid must cover its whole limit even where it would trade cheaper", "[unit]") {
    Traders t;
    t.market.must(listing(t.bob, 100, 1));
    CHECK(t.market.run(limit(t.ann, Side::Buy, 10, 10'001, TimeInForce::Ioc)).reason ==
          RejectReason::InsufficientFunds);
    t.market.must(limit(t.ann, Side::Buy, 10, 10'000, TimeInForce::Ioc));
    CHECK(t.cash(t.ann).total == dollars(1'000) - cents(10));
}

TEST_CASE("A market bid needs exactly what the walk through the book costs", "[unit]") {
    Traders t;
    t.market.must(listing(t.bob, 5, 1'000));   // 50.00
    t.market.must(listing(t.bob, 5, 2'000));   // 100.00
    t.market.must(listing(t.bob, 5, 90'000));  // not reached
    t.market.must(WithdrawCash{t.ann, kUsd, dollars(1'000) - dollars(110)});
    CHECK(t.market.run(market(t.ann, Side::Buy, 9)).reason == RejectReason::InsufficientFunds);  // 130.00
    const auto outcome = t.market.must(market(t.ann, Side::Buy, 8));                             // 110.00
    CHECK(outcome.only<OrderAccepted>().reserved_cash == Money{});
    CHECK(outcome.all<TradeExecuted>().size() == 2);
    CHECK(t.cash(t.ann).total == Money{});
}

TEST_CASE("A market bid larger than the book pays for what is there and lets the rest expire", "[unit]") {
    Traders t;
    t.market.must(listing(t.bob, 5, 1'000));
    const auto outcome = t.market.must(market(t.ann, Side::Buy, 7));
    CHECK(outcome.only<OrderExpired>().leaves_quantity == Quantity{2});
    CHECK(outcome.only<OrderExpired>().released_cash == Money{});
    CHECK(t.cash(t.ann).total == dollars(950));
    CHECK(t.cash(t.ann).reserved == Money{});
}

TEST_CASE("A market listing reserves its quantity and gives back what found no bid", "[unit]") {
    Traders t;
    t.market.must(bid(t.bob, 5, 1'000));
    const auto outcome = t.market.must(market(t.ann, Side::Sell, 100));
    CHECK(outcome.only<OrderAccepted>().reserved_quantity == Quantity{100});
    CHECK(outcome.only<OrderExpired>().released_quantity == Quantity{95});
    CHECK(t.shares(t.ann).total == Quantity{95});
    CHECK(t.shares(t.ann).reserved == Quantity{0});
}

TEST_CASE("Cash that a trade brings in pays for the next bid at once", "[unit]") {
    Traders t;
    t.market.must(WithdrawCash{t.ann, kUsd, dollars(1'000)});
    CHECK(t.market.run(bid(t.ann, 1, 100)).reason == RejectReason::InsufficientFunds);
    t.market.must(bid(t.bob, 1, 100));
    t.market.must(listing(t.ann, 1, 100));
    t.market.must(bid(t.ann, 1, 100));
    CHECK(t.cash(t.ann).reserved == dollars(1));
}

TEST_CASE("An account that trades with itself neither gains nor loses nor keeps a reservation", "[unit]") {
    Traders t;
    t.market.must(listing(t.ann, 10, 1'000));
    t.market.must(bid(t.ann, 10, 1'200));
    CHECK(t.cash(t.ann).total == dollars(1'000));
    CHECK(t.cash(t.ann).reserved == Money{});
    CHECK(t.shares(t.ann).total == Quantity{100});
    CHECK(t.shares(t.ann).reserved == Quantity{0});
}

TEST_CASE("The scales of a security decide what a price times a quantity is worth", "[unit]") {
    Market market;
    struct Case {
        std::uint8_t price_scale, quantity_scale;
        Money worth;  // of 7 units at 3 units
    };
    for (const Case& c : {Case{0, 0, Money{21 * pow10_128(8)}}, Case{2, 2, Money{21 * pow10_128(4)}},
                          Case{8, 0, Money{21}}, Case{0, 8, Money{21}}, Case{5, 3, Money{21}}}) {
        const std::string symbol = "S" + std::to_string(c.price_scale) + "." + std::to_string(c.quantity_scale);
        const SecurityId security = market.add_security(Symbol(symbol), c.price_scale, c.quantity_scale);
        const AccountId buyer = market.add_trader("Buyer", dollars(100));
        PlaceOrder order = bid(buyer, 7, 3);
        order.security = security;
        CHECK(market.must(order).only<OrderAccepted>().reserved_cash == c.worth);
    }
}

TEST_CASE("The orders of one price may together reach the largest quantity a level holds, and no more", "[unit]") {
    Market market;
    market.add_security();
    const AccountId whale = market.add_trader("Whale", kMaxMoney, {});
    for (int i = 0; i < 4; ++i) market.must(bid(whale, kMaxQuantityUnits, 1));
    static_assert(kMaxLevelUnits == 4 * kMaxQuantityUnits);
    CHECK(market.run(bid(whale, 1, 1)).reason == RejectReason::NotionalTooLarge);
    const OrderId above = market.must(bid(whale, 1, 2)).order();
    CHECK(market.run(amend(whale, above, {}, 1)).reason == RejectReason::NotionalTooLarge);
}

TEST_CASE("The largest price and the largest quantity meet only where their product is accepted", "[unit]") {
    Market market;
    market.add_security("ACME", 0, 8);
    const AccountId whale = market.add_trader("Whale", kMaxMoney, {kMaxQuantityUnits});
    CHECK(market.run(bid(whale, kMaxQuantityUnits, kMaxPriceUnits)).reason == RejectReason::NotionalTooLarge);
    CHECK(market.run(bid(whale, 1'000'000'001, kMaxPriceUnits)).reason == RejectReason::NotionalTooLarge);
    market.must(bid(whale, 1'000'000'000, kMaxPriceUnits));
    CHECK(market.engine().balance(whale, kUsd).reserved == kMaxMoney);
    market.must(listing(whale, 1, kMaxPriceUnits));
    CHECK(market.engine().balance(whale, kUsd).total == kMaxMoney);
}

}  // namespace buttonwood::engine::tests
