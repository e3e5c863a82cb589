// Lots, fees and a canceled trade, computed by hand.
#include "projections/portfolio_fold.hpp"

#include <catch2/catch.hpp>

namespace buttonwood::projections::test {
namespace {

using namespace engine;

constexpr Money cents(std::int64_t amount) { return {Int128{amount} * pow10_128(kMoneyScale - 2)}; }
constexpr Money money(std::int64_t whole) { return cents(100 * whole); }

constexpr auto kAlice = static_cast<AccountId>(1);
constexpr auto kBob = static_cast<AccountId>(2);
constexpr auto kCarol = static_cast<AccountId>(3);
constexpr auto kHouse = static_cast<AccountId>(4);  // gets the fees
constexpr auto kAcme = static_cast<SecurityId>(1);  // whole dollars, whole shares
constexpr Timestamp kLater{1'800'000'000'000'000};

// Trades as events, orders left out: what they reserve has its own tests.
class Story {
public:
    Story() {
        SecurityCreated acme;
        acme.security = kAcme;
        acme.currency = "USD";
        tell(acme);
        for (const AccountId account : {kAlice, kBob, kCarol}) tell(CashDeposited{account, "USD", money(10'000)});
    }
    bool try_tell(EventBody body) {
        return fold_.apply({++seq_, 1, {static_cast<std::int64_t>(seq_)}, std::move(body)}).has_value();
    }
    EventSeq tell(EventBody body) {
        REQUIRE(try_tell(std::move(body)));
        return seq_;
    }
    EventSeq issue(AccountId account, std::int64_t quantity) {
        return tell(HoldingsIssued{account, kAcme, {quantity}});
    }

    struct Deal {
        AccountId buyer{}, seller{};
        std::int64_t quantity{}, price{}, buyer_fee{}, seller_fee{};
        bool settles_later{};
    };
    // The buyer takes. The event is the lot's name.
    EventSeq trade(const Deal& deal) {
        TradeExecuted e;
        e.trade = static_cast<TradeId>(++trades_);
        e.security = kAcme;
        e.maker_order = static_cast<OrderId>(2 * trades_);
        e.taker_order = static_cast<OrderId>(2 * trades_ + 1);
        e.maker_account = deal.seller;
        e.taker_account = deal.buyer;
        e.taker_side = Side::Buy;
        e.price = {deal.price};
        e.quantity = {deal.quantity};
        e.notional = money(deal.price * deal.quantity);
        e.maker_fee = money(deal.seller_fee);
        e.taker_fee = money(deal.buyer_fee);
        e.fee_account = deal.buyer_fee + deal.seller_fee == 0 ? AccountId::None : kHouse;
        if (deal.settles_later) e.settles_at = kLater;
        last_ = e;
        return tell(e);
    }
    [[nodiscard]] TradeExecuted last() const { return last_; }
    [[nodiscard]] static SettlementChanged step(const TradeExecuted& e, SettlementStep step) {
        return {e.trade,    e.security, e.taker_account, e.maker_account, step, StateCause::Operator,
                e.quantity, e.notional, e.taker_fee,     e.maker_fee,     e.fee_account, {}};
    }

    [[nodiscard]] Money cash(AccountId account) const { return fold_.cash.find({account, "USD"})->total; }
    [[nodiscard]] Money unsettled(AccountId account) const { return fold_.cash.find({account, "USD"})->unsettled; }
    [[nodiscard]] HoldingRow holding(AccountId account) const { return *fold_.holdings.find({account, kAcme}); }
    [[nodiscard]] const std::vector<Activity>& activities() const { return fold_.ledger.activities(); }

    // What is written in the end.
    struct Written {
        std::map<std::pair<AccountId, EventSeq>, Lot> lots;
        std::vector<LotDisposal> disposals;
        [[nodiscard]] std::pair<std::int64_t, Money> left(AccountId account, EventSeq acquired_seq) const {
            const Lot& lot = lots.at({account, acquired_seq});
            return {lot.remaining.units, lot.remaining_cost};
        }
    };
    Written written() {
        Written all;
        fold_.lots.flush([&](bool, const HoldingKey& key, EventSeq seq,
                             const Lot& lot) { all.lots[{key.account, seq}] = lot; },
                         [&](bool, const LotDisposal& disposal) { all.disposals.push_back(disposal); });
        return all;
    }

private:
    PortfolioFold fold_;
    EventSeq seq_{};
    std::uint64_t trades_{};
    TradeExecuted last_;
};

using Left = std::pair<std::int64_t, Money>;

TEST_CASE("sales take from the oldest lots, fees are part of cost and proceeds", "[unit]") {
    Story story;
    const EventSeq issued = story.issue(kBob, 100);
    const EventSeq first = story.trade({kAlice, kBob, 10, 10, 1, 2});
    const EventSeq second = story.trade({kAlice, kBob, 10, 20, 3, 0});
    const EventSeq third = story.trade({kCarol, kAlice, 15, 30, 4, 5});

    CHECK(story.holding(kAlice).fifo_realized_pnl == cents(24'250));  // 445 - 101 - half of 203
    CHECK(story.holding(kAlice).realized_pnl == money(217));          // 445 - 15/20 of 304
    CHECK(story.holding(kAlice).cost_basis == money(76));
    CHECK(story.holding(kBob).fifo_realized_pnl == money(298));
    CHECK(story.cash(kHouse) == money(15));

    const auto written = story.written();
    CHECK(written.left(kBob, issued) == Left{80, Money{}});
    CHECK(written.left(kAlice, first) == Left{0, Money{}});
    CHECK(written.lots.at({kAlice, first}).closed_at.us == static_cast<std::int64_t>(third));
    CHECK(written.left(kAlice, second) == Left{5, cents(10'150)});
    CHECK(written.left(kCarol, third) == Left{15, money(454)});
    REQUIRE(written.disposals.size() == 4);
    CHECK(written.disposals[2].proceeds == Money{29'666'666'666});  // 445 x 10/15, rounded down
    CHECK(written.disposals[3].proceeds == Money{14'833'333'334});
    CHECK(written.disposals[3].cost == cents(10'150));
}

TEST_CASE("a canceled trade puts the seller's lots back, and the buyer gives back what it bought", "[unit]") {
    Story story;
    story.issue(kBob, 100);
    const EventSeq first = story.trade({kAlice, kBob, 10, 10, 1, 2});
    const EventSeq second = story.trade({kAlice, kBob, 10, 20, 3, 0});
    const EventSeq canceled = story.trade({kCarol, kAlice, 15, 30, 4, 5, true});
    const TradeExecuted pending = story.last();
    CHECK(story.holding(kCarol).pending_in.units == 15);
    CHECK(story.holding(kAlice).pending_out.units == 15);
    CHECK(story.unsettled(kAlice) == money(445));
    const EventSeq issued = story.issue(kCarol, 10);
    const EventSeq third = story.trade({kAlice, kCarol, 6, 40, 0, 0});  // six of the fifteen are gone
    CHECK(story.holding(kCarol).fifo_realized_pnl == cents(5'840));     // 240 - 6/15 of 454

    story.tell(Story::step(pending, SettlementStep::Failed));
    CHECK(story.holding(kCarol).pending_in.units == 15);
    story.tell(Story::step(pending, SettlementStep::Canceled));
    CHECK(story.holding(kCarol).pending_in.units == 0);
    CHECK(story.holding(kAlice).pending_out.units == 0);
    CHECK(story.unsettled(kAlice) == Money{});
    CHECK(story.cash(kAlice) == money(10'000 - 101 - 203 - 240));
    CHECK(story.cash(kCarol) == money(10'000 + 240));
    CHECK(story.cash(kHouse) == money(6));
    // As if that trade had never been: Carol sold six shares that cost her nothing.
    CHECK(story.holding(kAlice).fifo_realized_pnl == Money{});
    CHECK(story.holding(kCarol).fifo_realized_pnl == money(240));
    CHECK(story.holding(kCarol).quantity.units == 4);

    const auto written = story.written();
    CHECK(written.left(kAlice, first) == Left{10, money(101)});
    CHECK(written.left(kAlice, second) == Left{10, money(203)});
    CHECK(written.left(kAlice, third) == Left{6, money(240)});
    CHECK(written.left(kCarol, canceled) == Left{0, Money{}});
    CHECK(written.left(kCarol, issued) == Left{4, Money{}});
    const auto undone = std::ranges::count_if(written.disposals, [](const auto& d) { return d.undone_seq != 0; });
    CHECK(undone == 2);
}

TEST_CASE("settled is no more pending, and moves nothing", "[unit]") {
    Story story;
    story.issue(kBob, 10);
    story.trade({kAlice, kBob, 4, 10, 0, 1, true});
    const TradeExecuted pending = story.last();
    CHECK(story.unsettled(kBob) == money(39));
    story.tell(Story::step(pending, SettlementStep::Settled));
    CHECK(story.unsettled(kBob) == Money{});
    CHECK(story.holding(kAlice).pending_in.units == 0);
    CHECK(story.holding(kBob).pending_out.units == 0);
    CHECK(story.cash(kBob) == money(10'039));
    CHECK_FALSE(story.try_tell(Story::step(pending, SettlementStep::Settled)));
}

TEST_CASE("the ledger tells every movement with what it left", "[unit]") {
    Story story;
    story.issue(kBob, 10);
    story.trade({kAlice, kBob, 4, 10, 2, 1, true});
    story.tell(Story::step(story.last(), SettlementStep::Canceled));
    std::string told;
    for (const Activity& a : story.activities()) {
        const auto whole = [](Money m) { return std::to_string(static_cast<std::int64_t>(m.units / money(1).units)); };
        told += std::to_string(static_cast<unsigned>(a.account)) + "#" + std::to_string(a.line) + " " +
                std::string(word_of(a.cause.type));
        if (a.quantity) told += " " + std::to_string(a.quantity->units) + "=" + std::to_string(a.quantity_after->units);
        if (a.amount) told += " $" + whole(*a.amount) + "=" + whole(*a.balance_after);
        told += "\n";
    }
    CHECK(told ==
          "1#1 deposit $10000=10000\n2#1 deposit $10000=10000\n3#1 deposit $10000=10000\n"
          "2#1 issue 10=10\n"
          "2#1 sell -4=6 $40=10040\n2#2 fee $-1=10039\n1#3 buy 4=4 $-40=9960\n1#4 fee $-2=9958\n4#5 fee_income $3=3\n"
          "1#1 trade_canceled -4=0 $40=9998\n1#2 fee_refund $2=10000\n"
          "2#3 fee_refund $1=10040\n2#4 trade_canceled 4=10 $-40=10000\n4#5 fee_income_returned $-3=0\n");
}

TEST_CASE("of many lots only the oldest are remembered, and what lies beyond them is asked for", "[unit]") {
    PortfolioLots lots;
    const HoldingKey key{kAlice, kAcme};
    lots.loaded_through(key, PortfolioLots::kAll);
    const auto flush = [&] {
        lots.flush([](bool, const HoldingKey&, EventSeq, const Lot&) {}, [](bool, const LotDisposal&) {});
    };
    constexpr auto kMany = static_cast<std::int64_t>(PortfolioLots::kMaxKnownOfHolding) + 10;
    for (std::int64_t seq = 1; seq <= kMany; ++seq)
        lots.acquire({static_cast<EventSeq>(seq), 1, {}, {}}, key, {TradeId::None, {1}, {}});
    CHECK(lots.covers(key, {kMany}));
    flush();
    CHECK(lots.known_through(key) == PortfolioLots::kMaxKnownOfHolding);
    CHECK(lots.covers(key, {kMany - 10}));
    CHECK_FALSE(lots.covers(key, {kMany - 9}));
}

}  // namespace
}  // namespace buttonwood::projections::test
