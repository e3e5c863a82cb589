// Cancelling one order, many, and on behalf of others.
#include "tests/engine/market.hpp"

#include <algorithm>

namespace buttonwood::engine::tests {
namespace {

struct Desk {
    Market market;
    SecurityId acme = market.add_security("ACME");
    SecurityId rose = market.add_security("ROSE");
    AccountId ann = market.add_trader("Ann");
    AccountId bob = market.add_trader("Bob");

    OrderId place(const PlaceOrder& order) { return market.must(order).order(); }
    OrderId place_in(SecurityId security, PlaceOrder order) {
        order.security = security;
        return place(order);
    }
};

std::vector<OrderId> ids(const std::vector<OrderCanceled>& canceled) {
    std::vector<OrderId> found;
    for (const OrderCanceled& c : canceled) found.push_back(c.order);
    return found;
}

}  // namespace

TEST_CASE("A mass cancel cancels in order of the ids, whatever the prices, sides and amends", "[unit]") {
    Desk desk;
    std::vector<OrderId> placed;
    for (const std::int64_t price : {905, 901, 909, 903}) placed.push_back(desk.place(bid(desk.ann, 1, price)));
    placed.push_back(desk.place(listing(desk.ann, 1, 1'000)));
    placed.push_back(desk.place_in(desk.rose, bid(desk.ann, 1, 700)));
    desk.market.must(amend(desk.ann, placed[1], {}, 910));  // the newest in the book is still the second by id
    desk.market.must(cancel(desk.ann, placed[2]));
    placed.erase(placed.begin() + 2);
    placed.push_back(desk.place(bid(desk.ann, 1, 902)));  // may use the memory of the one that left

    const auto outcome = desk.market.must(MassCancel{desk.ann, SecurityId::None, std::nullopt});
    CHECK(ids(outcome.all<OrderCanceled>()) == placed);
    CHECK(std::is_sorted(placed.begin(), placed.end()));
    CHECK(outcome.only<MassCancelCompleted>().canceled_count == placed.size());
    CHECK(desk.market.engine().balance(desk.ann, kUsd).reserved == Money{});
    CHECK(desk.market.engine().holding(desk.ann, desk.acme).reserved == Quantity{0});
}

TEST_CASE("A mass cancel touches only the account, security and side it names", "[unit]") {
    Desk desk;
    const OrderId ann_bid = desk.place(bid(desk.ann, 1, 900));
    const OrderId ann_listing = desk.place(listing(desk.ann, 1, 1'000));
    const OrderId ann_rose = desk.place_in(desk.rose, bid(desk.ann, 1, 900));
    const OrderId bob_bid = desk.place(bid(desk.bob, 1, 900));
    const auto outcome = desk.market.must(MassCancel{desk.ann, desk.acme, Side::Buy});
    CHECK(ids(outcome.all<OrderCanceled>()) == std::vector{ann_bid});
    CHECK(outcome.only<OrderCanceled>().reason == CancelReason::Mass);
    for (const OrderId other : {ann_listing, ann_rose, bob_bid}) CHECK(desk.market.engine().order(other).has_value());
}

TEST_CASE("A mass cancel that finds nothing is accepted and says so", "[unit]") {
    Desk desk;
    desk.place(bid(desk.bob, 1, 900));
    const auto outcome = desk.market.must(MassCancel{desk.ann, SecurityId::None, std::nullopt});
    CHECK(outcome.events.size() == 1);
    CHECK(outcome.only<MassCancelCompleted>().canceled_count == 0);
}

TEST_CASE("A cancel works by id and by client order id, and only once", "[unit]") {
    Desk desk;
    const OrderId by_id = desk.place(bid(desk.ann, 2, 900));
    const OrderId by_name = desk.place(named(bid(desk.ann, 3, 901), "three"));
    CHECK(desk.market.must(cancel(desk.ann, by_id)).only<OrderCanceled>().leaves_quantity == Quantity{2});
    const CancelOrder named_cancel{desk.ann, {OrderId::None, "three"}, {}};
    CHECK(desk.market.must(named_cancel).only<OrderCanceled>().order == by_name);
    CHECK(desk.market.run(cancel(desk.ann, by_id)).reason == RejectReason::OrderNotOpen);
    CHECK(desk.market.run(named_cancel).reason == RejectReason::OrderNotOpen);
}

TEST_CASE("A cancel of a partly filled order names what was left", "[unit]") {
    Desk desk;
    const OrderId order = desk.place(listing(desk.ann, 10, 1'000));
    desk.place(bid(desk.bob, 4, 1'000));
    const auto canceled = desk.market.must(cancel(desk.ann, order)).only<OrderCanceled>();
    CHECK(canceled.leaves_quantity == Quantity{6});
    CHECK(canceled.released_quantity == Quantity{6});
    CHECK(canceled.reason == CancelReason::User);
}

TEST_CASE("Cancels are taken in every trading state, and from a suspended user", "[unit]") {
    for (const TradingState state : {TradingState::Halted, TradingState::CancelOnly, TradingState::Closed}) {
        Desk desk;
        const OrderId one = desk.place(bid(desk.ann, 1, 900));
        desk.place(bid(desk.ann, 1, 901));
        const UserId owner{1};
        desk.market.must(ChangeTradingState{desk.acme, state, {}});
        desk.market.must(ChangeUserStatus{owner, UserStatus::Suspended, {}});
        desk.market.must(cancel(desk.ann, one), owner);
        const MassCancel rest{desk.ann, SecurityId::None, std::nullopt};
        CHECK(desk.market.must(rest, owner).only<MassCancelCompleted>().canceled_count == 1);
    }
}

TEST_CASE("An operator cancels on behalf by the order's id; a trader cannot", "[unit]") {
    Desk desk;
    const UserId trader{1};
    const UserId keeper = desk.market.must(RegisterUser{"Keeper", RoleSet{}.add(Role::Operator)})
                              .only<UserRegistered>()
                              .user;
    const OrderId order = desk.place(named(bid(desk.bob, 1, 900), "bobs"));
    CHECK(desk.market.run(cancel(AccountId::None, order), trader).reason == RejectReason::NotPermitted);
    CHECK(desk.market.run(cancel(desk.bob, order), trader).reason == RejectReason::AccountNotFound);
    CHECK(desk.market.run(CancelOrder{AccountId::None, {OrderId::None, "bobs"}, {}}, keeper).reason ==
          RejectReason::OrderNotFound);
    const auto canceled = desk.market.must(cancel(AccountId::None, order), keeper).only<OrderCanceled>();
    CHECK(canceled.reason == CancelReason::Operator);
    CHECK(canceled.account == desk.bob);
}

TEST_CASE("Another account's order is not found, and stays", "[unit]") {
    Desk desk;
    const OrderId order = desk.place(named(bid(desk.ann, 1, 900), "anns"));
    CHECK(desk.market.run(cancel(desk.bob, order)).reason == RejectReason::OrderNotFound);
    CHECK(desk.market.run(CancelOrder{desk.bob, {OrderId::None, "anns"}, {}}).reason == RejectReason::OrderNotFound);
    CHECK(desk.market.engine().order(order).has_value());
}

}  // namespace buttonwood::engine::tests
