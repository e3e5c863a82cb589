// When the engine wants a command of the clock.
#include "tests/engine/market.hpp"

namespace buttonwood::engine::tests {
namespace {

struct Clocked {
    Market market;
    SecurityId acme = market.add_security();
    AccountId ann = market.add_trader("ann");
    const Engine& engine = market.engine();

    PlaceOrder good_till(std::int64_t us) {
        PlaceOrder order = limit(ann, Side::Buy, 1, 100, TimeInForce::Gtd);
        order.expires_at = {market.time().us + us};
        return order;
    }
};

}  // namespace

TEST_CASE("Nothing is set: the engine wants no clock, ever", "[unit]") {
    Clocked c;
    c.market.must(bid(c.ann, 1, 100));
    c.market.must(limit(c.ann, Side::Buy, 1, 100, TimeInForce::Day));
    CHECK(c.engine.next_deadline() == std::nullopt);
    CHECK_FALSE(c.engine.wants_clock({INT64_MAX}));
}

TEST_CASE("The nearest of what is set is the deadline, and is wanted from that instant on", "[unit]") {
    Clocked c;
    const Timestamp start = c.market.time();
    c.market.must(c.good_till(9'000'000));
    CHECK(c.engine.next_deadline() == Timestamp{start.us + 9'000'000});
    SetCancelAfter switch_on;
    switch_on.account = c.ann;
    switch_on.timeout_us = 5'000'000;
    c.market.must(switch_on);
    const Timestamp switch_at{c.market.time().us + 5'000'000};
    CHECK(c.engine.next_deadline() == switch_at);
    ChangeTradingState halt;
    halt.security = c.acme;
    halt.state = TradingState::Halted;
    halt.until = {start.us + 3'000'000};
    c.market.must(halt);
    CHECK(c.engine.next_deadline() == halt.until);
    CHECK_FALSE(c.engine.wants_clock({halt.until.us - 1}));
    CHECK(c.engine.wants_clock(halt.until));

    c.market.pass(3'000'000);
    CHECK(c.engine.state_in_force(c.acme).state == TradingState::Open);
    CHECK(c.engine.next_deadline() == switch_at);
    c.market.pass(10'000'000);
    CHECK(c.engine.open_order_count() == 0);
    CHECK(c.engine.next_deadline() == std::nullopt);
}

TEST_CASE("An auction whose book changed wants its indication a second after the last one", "[unit]") {
    Clocked c;
    ChangeTradingState auction;
    auction.security = c.acme;
    auction.state = TradingState::Auction;
    auction.auction = AuctionKind::Opening;
    const Timestamp indicated{c.market.time().us + 1'000};
    CHECK(c.market.must(auction).all<AuctionIndicated>().size() == 1);
    CHECK(c.engine.next_deadline() == std::nullopt);
    c.market.must(bid(c.ann, 1, 100));
    CHECK(c.engine.next_deadline() == Timestamp{indicated.us + kIndicationIntervalUs});
    CHECK(c.market.pass(kIndicationIntervalUs).all<AuctionIndicated>().size() == 1);
    CHECK(c.engine.next_deadline() == std::nullopt);
}

TEST_CASE("Work that a command left is wanted at once, until it is done", "[unit]") {
    Clocked c;
    for (std::size_t i = 0; i < kMaxEventsPerCommand + 10; ++i) c.market.must(bid(c.ann, 1, 100));
    MassCancel all;
    all.account = c.ann;
    CHECK(c.market.must(all).all<WorkDeferred>().size() == 1);
    CHECK(c.engine.wants_clock(c.market.time()));
    const auto finished = c.market.pass(0);
    CHECK(finished.only<MassCancelCompleted>().canceled_count == kMaxEventsPerCommand + 10);
    CHECK(finished.all<WorkCompleted>().size() == 1);
    CHECK(c.engine.open_order_count() == 0);
    CHECK_FALSE(c.engine.wants_clock(c.market.time()));
}

}  // namespace buttonwood::engine::tests
