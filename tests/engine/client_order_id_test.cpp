// A client order id names one order of its account for ever: a retry is answered with that order, never placed again.
#include "tests/engine/market.hpp"

namespace buttonwood::engine::tests {
namespace {

struct Retry {
    Market market;
    SecurityId acme = market.add_security();
    AccountId ann = market.add_trader("Ann");
    AccountId bob = market.add_trader("Bob");
    PlaceOrder request = named(bid(ann, 10, 900), "a-1");
    OrderId original = market.must(request).order();

    void must_be_duplicate() {
        const std::size_t open = market.engine().open_order_count();
        const auto again = market.run(request);
        CHECK(again.reason == RejectReason::DuplicateClientOrderId);
        CHECK(again.order() == original);
        CHECK(market.engine().open_order_count() == open);
    }
};

}  // namespace

TEST_CASE("The same request again is a duplicate that names the first order", "[unit]") {
    Retry r;
    r.must_be_duplicate();
    r.must_be_duplicate();
}

TEST_CASE("A retry finds its order after it was filled, and after it was canceled", "[unit]") {
    Retry filled;
    filled.market.must(listing(filled.bob, 10, 900));
    REQUIRE_FALSE(filled.market.engine().order(filled.original).has_value());
    filled.must_be_duplicate();

    Retry canceled;
    canceled.market.must(cancel(canceled.ann, canceled.original));
    canceled.must_be_duplicate();
}

TEST_CASE("A retry finds its order after an amend changed it: the request is what counts", "[unit]") {
    Retry r;
    r.market.must(amend(r.ann, r.original, 12, 880));
    r.must_be_duplicate();
}

TEST_CASE("A retry finds its order even when the market halted or the user was suspended meanwhile", "[unit]") {
    for (const TradingState state : {TradingState::Halted, TradingState::CancelOnly, TradingState::Closed}) {
        Retry r;
        r.market.must(ChangeTradingState{r.acme, state, {}});
        r.must_be_duplicate();
    }
    Retry r;
    r.market.must(ChangeUserStatus{UserId{1}, UserStatus::Suspended, {}});
    r.must_be_duplicate();
}

TEST_CASE("A retry finds its order even when its cash is spent meanwhile", "[unit]") {
    Retry r;
    r.market.must(WithdrawCash{r.ann, kUsd, dollars(1'000'000) - dollars(90)});
    r.must_be_duplicate();
}

TEST_CASE("Another request under a used client order id is a conflict that names the first order", "[unit]") {
    Retry r;
    r.market.add_security("ROSE");
    const auto differs = [&](auto&& change) {
        PlaceOrder other = r.request;
        change(other);
        const auto outcome = r.market.run(other);
        CHECK(outcome.reason == RejectReason::ClientOrderIdConflict);
        CHECK(outcome.order() == r.original);
    };
    differs([](PlaceOrder& o) { o.security = SecurityId{2}; });
    differs([](PlaceOrder& o) { o.side = Side::Sell; });
    differs([](PlaceOrder& o) { o.type = OrderType::Market; });
    differs([](PlaceOrder& o) { o.time_in_force = TimeInForce::Ioc; });
    differs([](PlaceOrder& o) { o.post_only = true; });
    differs([](PlaceOrder& o) { o.quantity = {11}; });
    differs([](PlaceOrder& o) { o.price = {901}; });
}

TEST_CASE("Client order ids are unique per account, not across accounts", "[unit]") {
    Retry r;
    PlaceOrder other = r.request;
    other.account = r.bob;
    const OrderId theirs = r.market.must(other).order();
    CHECK(theirs != r.original);
    CHECK(r.market.engine().order_by_client_id(r.ann, "a-1") == r.original);
    CHECK(r.market.engine().order_by_client_id(r.bob, "a-1") == theirs);
}

TEST_CASE("A refused order does not use up its client order id", "[unit]") {
    Retry r;
    CHECK(r.market.run(named(bid(r.ann, 0, 900), "a-2")).reason == RejectReason::QuantityNotPositive);
    CHECK_FALSE(r.market.engine().order_by_client_id(r.ann, "a-2").has_value());
    r.market.must(named(bid(r.ann, 1, 900), "a-2"));
}

TEST_CASE("Orders without a client order id are never duplicates", "[unit]") {
    Retry r;
    const OrderId one = r.market.must(bid(r.ann, 1, 800)).order();
    const OrderId two = r.market.must(bid(r.ann, 1, 800)).order();
    CHECK(one != two);
    CHECK_FALSE(r.market.engine().order_by_client_id(r.ann, {}).has_value());
}

TEST_CASE("A client order id of the longest length is kept in full", "[unit]") {
    Retry r;
    const std::string longest(ClientOrderId::kCapacity, 'x');
    std::string neighbour = longest;
    neighbour.back() = 'y';
    const OrderId one = r.market.must(named(bid(r.ann, 1, 800), longest)).order();
    const OrderId two = r.market.must(named(bid(r.ann, 1, 800), neighbour)).order();
    CHECK(one != two);
    CHECK(r.market.engine().order_by_client_id(r.ann, ClientOrderId(longest)) == one);
}

}  // namespace buttonwood::engine::tests
