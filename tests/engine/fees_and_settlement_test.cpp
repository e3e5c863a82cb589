// The arithmetic of fees and settlement at its edges: the smallest fee, the largest, and days that do not count.
#include "tests/engine/market.hpp"

#include <catch2/catch.hpp>

namespace buttonwood::engine::tests {
namespace {

constexpr SecurityId kFirst{1};
constexpr AccountId kFeeAccount{1};
constexpr std::int64_t kDayUs = 86'400'000'000;

// A market where one trade of this price and quantity costs these rates; the fees go to an account of nobody else.
struct Charged {
    Charged(std::uint8_t price_scale, std::uint8_t quantity_scale, std::uint32_t maker_ppm, std::uint32_t taker_ppm,
            Money cash, Quantity holding) {
        REQUIRE(market.add_trader("fees", {}, {}) == kFeeAccount);
        market.add_security("ACME", price_scale, quantity_scale);
        seller = market.add_trader("seller", {}, holding);
        buyer = market.add_trader("buyer", cash, {});
        market.must(SetFees{SecurityId::None, maker_ppm, taker_ppm, kFeeAccount});
    }
    TradeExecuted trade(std::int64_t quantity, std::int64_t price) {
        market.must(listing(seller, quantity, price));
        return market.must(bid(buyer, quantity, price)).only<TradeExecuted>();
    }
    [[nodiscard]] Money cash(AccountId account) const { return market.engine().balance(account, kUsd).total; }

    Market market;
    AccountId seller{};
    AccountId buyer{};
};

// Midnight of a day, counted from 1970-01-01.
constexpr Timestamp day(std::int64_t number) { return {number * kDayUs}; }

}  // namespace

TEST_CASE("A fee of less than a unit of money is none, of a unit it is one", "[unit]") {
    // Prices with four decimals times quantities with four: a product of 1 is 1 unit of money.
    Charged charged(4, 4, 0, 1, dollars(1), {10'000'000});
    const TradeExecuted less = charged.trade(999'999, 1);
    CHECK(less.notional == Money{999'999});
    CHECK(less.taker_fee == Money{0});
    CHECK(less.fee_account == AccountId::None);
    const TradeExecuted just = charged.trade(1'000'000, 1);
    CHECK(just.taker_fee == Money{1});
    CHECK(just.fee_account == kFeeAccount);
    const TradeExecuted more = charged.trade(1'999'999, 1);
    CHECK(more.taker_fee == Money{1});
    CHECK(charged.cash(kFeeAccount) == Money{2});
}

TEST_CASE("Each fee is rounded by itself, and never more is paid than was reserved", "[unit]") {
    Charged charged(4, 4, 1, 3, dollars(1), {10'000'000});
    // 700,001 millionths of a unit for the maker, 2,100,003 for the taker.
    const TradeExecuted trade = charged.trade(700'001, 1);
    CHECK(trade.maker_fee == Money{0});
    CHECK(trade.taker_fee == Money{2});
    CHECK(trade.released_cash == Money{700'003});
    CHECK(charged.cash(charged.buyer) == dollars(1) - Money{700'003});
    CHECK(charged.cash(charged.seller) == Money{700'001});
}

TEST_CASE("A bid filled in parts pays at most what it reserved, and all that is left is freed", "[unit]") {
    Charged charged(4, 4, 999, 0, dollars(1), {10'000'000});
    // The whole costs floor(10,007 x 0.000999) = 9, three parts cost 3, 3 and 2.
    const OrderAccepted accepted = charged.market.must(bid(charged.buyer, 10'007, 1)).only<OrderAccepted>();
    CHECK(accepted.reserved_cash == Money{10'016});
    Money released;
    Money paid;
    for (const std::int64_t part : {3'500, 4'000, 2'507}) {
        const auto trade = charged.market.must(listing(charged.seller, part, 1)).only<TradeExecuted>();
        released += trade.released_cash;
        paid += trade.notional + trade.maker_fee;
        CHECK(paid <= released);
    }
    CHECK(released == Money{10'016});
    CHECK(paid == Money{10'007 + 3 + 3 + 2});
    CHECK(charged.market.engine().balance(charged.buyer, kUsd).reserved == Money{});
    CHECK(charged.cash(charged.buyer) == dollars(1) - paid);
}

TEST_CASE("The largest notional pays the largest rate exactly", "[unit]") {
    // 10^18 units of quantity with eight decimals at 10^9: 10^27 units of money. No deposit makes a balance that also
    // covers a tenth of it; proceeds do.
    constexpr std::int64_t kPrice = 1'000'000'000;
    constexpr Money kTenth{kMaxMoney.units / 10};
    Market market;
    REQUIRE(market.add_trader("fees", {}, {}) == kFeeAccount);
    market.add_security("ACME", 0, 8);
    const AccountId seller = market.add_trader("seller", {}, {kMaxQuantityUnits});
    const SecurityId other = market.add_security("ROSE", 0, 8);
    const AccountId buyer = market.add_trader("buyer", kMaxMoney, {});
    const AccountId helper = market.add_trader("helper", kMaxMoney, {});
    market.must(IssueHoldings{buyer, other, {kMaxQuantityUnits / 10 + 1}});
    const auto sell_other = [&](std::int64_t quantity, std::int64_t price) {
        PlaceOrder order = listing(buyer, quantity, price);
        order.security = other;
        market.must(order);
        order.account = helper;
        order.side = Side::Buy;
        return market.must(order).only<TradeExecuted>().notional;
    };
    CHECK(sell_other(kMaxQuantityUnits / 10, kPrice) == kTenth);

    market.must(SetFees{SecurityId::None, kMaxFeePpm, kMaxFeePpm, kFeeAccount});
    market.must(listing(seller, kMaxQuantityUnits, kPrice));
    // A unit too little, then just enough.
    market.must(WithdrawCash{buyer, kUsd, {1}});
    CHECK(market.run(bid(buyer, kMaxQuantityUnits, kPrice)).reason == RejectReason::InsufficientFunds);
    CHECK(sell_other(1, 1) == Money{1});
    const auto trade = market.must(bid(buyer, kMaxQuantityUnits, kPrice)).only<TradeExecuted>();
    CHECK(trade.notional == kMaxMoney);
    CHECK(trade.maker_fee == kTenth);
    CHECK(trade.taker_fee == kTenth);
    CHECK(trade.released_cash == kMaxMoney + kTenth);
    CHECK(market.engine().balance(buyer, kUsd).total == Money{});
    CHECK(market.engine().balance(seller, kUsd).total == kMaxMoney - kTenth);
    CHECK(market.engine().balance(kFeeAccount, kUsd).total == kTenth + kTenth);
}

TEST_CASE("Saturdays and Sundays do not count, whatever the month", "[unit]") {
    // 2026-01-08 is day 20,461 and a Thursday: 1970-01-01 was one, and 20,461 = 7 x 2,923.
    constexpr std::int64_t kThursday = 20'461;
    struct Expected {
        std::int64_t traded;
        std::uint8_t days;
        std::int64_t settled;
    };
    constexpr Expected kCases[] = {
        {kThursday, 1, kThursday + 1},        // Friday
        {kThursday, 2, kThursday + 4},        // Monday
        {kThursday, 10, kThursday + 14},      // two weekends on the way
        {kThursday + 1, 1, kThursday + 4},    // Friday to Monday
        {kThursday + 1, 6, kThursday + 11},   // Friday to the Monday after the next
        {kThursday + 2, 1, kThursday + 4},    // Saturday to Monday
        {kThursday + 3, 1, kThursday + 4},    // Sunday to Monday
        {kThursday + 3, 5, kThursday + 8},    // Sunday to Friday
        {kThursday + 3, 6, kThursday + 11},   // Sunday to the Monday after
        {kThursday + 4, 5, kThursday + 11},   // Monday to Monday
        {20'483, 1, 20'486},                  // Friday 2026-01-30 to Monday 2026-02-02
        {20'818, 1, 20'819},                  // Thursday 2026-12-31 to Friday 2027-01-01
        {21'243, 1, 21'244},                  // Tuesday 2028-02-29 to Wednesday 2028-03-01
    };
    for (const Expected& expected : kCases)
        for (const std::int64_t us : {std::int64_t{0}, kDayUs - 1}) {
            Market market;
            market.add_security();
            const AccountId seller = market.add_trader("seller");
            const AccountId buyer = market.add_trader("buyer");
            SetSecurityTerms terms;
            terms.security = kFirst;
            terms.settlement_days = expected.days;
            market.must(terms);
            market.must(listing(seller, 1, 100));
            // Each command of the market takes a millisecond.
            market.pass(day(expected.traded).us + us - 1'000 - market.time().us - 1'000);
            INFO("day " << expected.traded << ", " << int{expected.days} << " days, " << us << " us");
            const auto trade = market.must(bid(buyer, 1, 100)).only<TradeExecuted>();
            REQUIRE(market.time().us / kDayUs == expected.traded);
            CHECK(trade.settles_at == day(expected.settled));
        }
}

}  // namespace buttonwood::engine::tests
