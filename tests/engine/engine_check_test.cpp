// The engine's own check finds what is broken: one test breaks one part, and expects the words that say so.
#include "engine/book_check.hpp"
#include "tests/engine/market.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>
#include <string>

namespace buttonwood::engine {

// The parts of an engine, open to be damaged.
struct EngineParts {
    Engine& engine;

    auto& security() { return engine.securities_[0]; }
    auto slot(OrderId id) { return engine.slot_of(id); }
    auto& order(OrderId id) { return engine.orders_[slot(id)]; }
    auto& extra(OrderId id) { return engine.extras_[order(id).extra]; }
    auto& account(AccountId id) { return engine.at(id); }
    auto& user(UserId id) { return engine.at(id); }
    Holding& holding(AccountId id) {
        return const_cast<Holding&>(*engine.holdings_.find(Engine::holding_key(id, SecurityId{1})));
    }
    auto& expiries() { return engine.expiries_; }
    auto& deposited() { return engine.deposited_; }
    auto& free_slots() { return engine.free_slots_; }
    static constexpr auto kNoSlot = Engine::kNoSlot;
};

namespace tests {
namespace {

constexpr AccountId kAnn{1};
constexpr OrderId kBid{3};
constexpr OrderId kTimed{4};
constexpr OrderId kIceberg{5};
constexpr OrderId kListing{6};
constexpr OrderId kStop{7};
constexpr OrderId kOther{8};

// After a trade at 95, ann bids at 99 and until a time at 98, lists an iceberg and another order at 101, and waits with
// a stop at 90; bob bids at 99 behind her.
void set_up(Market& market) {
    market.add_security("ACME");
    market.add_security("ROSE");
    market.add_trader("ann");
    const AccountId bob = market.add_trader("bob");
    market.must(bid(kAnn, 1, 95));
    market.must(listing(bob, 1, 95));
    market.must(bid(kAnn, 5, 99));
    market.must(until(bid(kAnn, 2, 98), {market.time().us + 1'000'000}));
    market.must(iceberg(listing(kAnn, 10, 101), 4));
    market.must(listing(kAnn, 2, 101));
    market.must(held(kAnn, Side::Sell, OrderType::Stop, 3, 90));
    market.must(bid(bob, 1, 99));
}

bool finds(const std::string& words, const std::function<void(EngineParts&)>& damage) {
    Market market;
    set_up(market);
    EngineParts parts{const_cast<Engine&>(market.engine())};
    REQUIRE(parts.engine.check_invariants().empty());
    damage(parts);
    const std::vector<std::string> broken = parts.engine.check_invariants();
    return std::ranges::find(broken, words) != broken.end();
}

}  // namespace

TEST_CASE("A book that is damaged, crossed or miscounted is found", "[unit]") {
    CHECK(finds("ACME: the order count is not that of the queues",
                [](EngineParts& p) { ++BookParts::order_count(p.security().book); }));
    CHECK(finds("ACME: book is crossed", [](EngineParts& p) {
        static_cast<void>(p.security().book.add(Side::Buy, {101}, {1}, p.slot(kBid)));
    }));
    for (const std::size_t side : {0U, 1U})
        CHECK(finds("ACME: what the book shows is miscounted",
                    [side](EngineParts& p) { p.security().shown[side] += 1; }));
}

TEST_CASE("An order that is not what the book has of it is found", "[unit]") {
    const auto differs = [](const std::function<void(EngineParts&)>& damage) {
        return finds("order 3: book and order disagree", damage);
    };
    CHECK(differs([](EngineParts& p) { p.order(kBid).handle = p.order(kOther).handle; }));
    CHECK(differs([](EngineParts& p) { p.order(kBid).security = SecurityId{2}; }));
    CHECK(differs([](EngineParts& p) { p.order(kBid).side = Side::Sell; }));
    CHECK(differs([](EngineParts& p) { p.order(kBid).price = {98}; }));
    CHECK(differs([](EngineParts& p) { p.order(kBid).held = true; }));
    CHECK(differs([](EngineParts& p) { p.order(kBid).leaves = {4}; }));
    CHECK(differs([](EngineParts& p) { p.order(kBid).leaves = {6}; }));
    CHECK(finds("order 5: book and order disagree", [](EngineParts& p) { p.extra(kIceberg).display_quantity = {3}; }));
    CHECK(finds("order 8: stands before an older one",
                [](EngineParts& p) { p.order(kOther).place = p.order(kBid).place; }));
}

TEST_CASE("An order that waits for nothing, or too long, is found", "[unit]") {
    CHECK(finds("order 7: neither rests nor waits, or both", [](EngineParts& p) { p.order(kStop).held = false; }));
    CHECK(finds("order 3: neither rests nor waits, or both", [](EngineParts& p) { p.order(kBid).held = true; }));
    CHECK(finds("order 3: an exit lives before its entry is done",
                [](EngineParts& p) { p.order(kBid).pending = true; }));
    CHECK(finds("order 4: its end is not expected", [](EngineParts& p) { p.expiries().clear(); }));
    const std::string miscounted = "ACME: icebergs or auction orders miscounted";
    CHECK(finds(miscounted, [](EngineParts& p) { ++p.security().iceberg_count; }));
    CHECK(finds(miscounted, [](EngineParts& p) { ++p.security().auction_orders; }));
    CHECK(finds("ACME: a trigger was reached and nothing happened", [](EngineParts& p) { p.security().last = {90}; }));
}

TEST_CASE("A reservation that is not that of the open orders is found", "[unit]") {
    const std::string of_order = ": its reservation differs from what is open";
    CHECK(finds("order 3" + of_order, [](EngineParts& p) { p.order(kBid).reserved_cash += cents(1); }));
    CHECK(finds("order 6" + of_order, [](EngineParts& p) { p.order(kListing).reserved_quantity += {1}; }));
    CHECK(finds("account 1: reserved cash differs", [](EngineParts& p) { p.account(kAnn).cash.reserved += cents(1); }));
    const std::string more_cash = "account 1: reserves more cash than it has";
    CHECK(finds(more_cash, [](EngineParts& p) { p.account(kAnn).cash.total = {}; }));
    CHECK(finds(more_cash, [](EngineParts& p) { p.account(kAnn).cash.reserved = cents(-1); }));
    CHECK(finds("account 1: reserved shares differ", [](EngineParts& p) { p.holding(kAnn).reserved += {1}; }));
    const std::string more_shares = "account 1: reserves more shares than it has";
    CHECK(finds(more_shares, [](EngineParts& p) { p.holding(kAnn).total = {}; }));
    CHECK(finds(more_shares, [](EngineParts& p) { p.holding(kAnn).reserved = {-1}; }));
}

TEST_CASE("Cash and shares that came from nowhere are found", "[unit]") {
    CHECK(finds("USD: cash is not conserved", [](EngineParts& p) { p.account(kAnn).cash.total += cents(1); }));
    CHECK(finds("USD: cash is not conserved", [](EngineParts& p) { p.deposited().clear(); }));
    CHECK(finds("ACME: shares are not conserved", [](EngineParts& p) { p.security().outstanding += {1}; }));
}

TEST_CASE("Indexes and lists of orders that disagree are found", "[unit]") {
    CHECK(finds("order 3: the index is wrong", [](EngineParts& p) { p.order(kBid).id = OrderId{9}; }));
    CHECK(finds("order 3: the index is wrong", [](EngineParts& p) { p.order(kBid).leaves = {}; }));
    CHECK(finds("order 3: the index is wrong", [](EngineParts& p) { p.order(kBid).leaves = {6}; }));
    CHECK(finds("order indexes disagree", [](EngineParts& p) { p.order(kBid).held = true; }));
    CHECK(finds("order indexes disagree", [](EngineParts& p) { p.free_slots().push_back(p.slot(kBid)); }));
    CHECK(finds("order indexes disagree", [](EngineParts& p) { p.expiries().insert({{1}, SecurityId{1}, kBid}); }));
}

TEST_CASE("A damaged list of an account or a security is found", "[unit]") {
    const std::string wrong = ": a list that holds it is wrong";
    CHECK(finds("order 9" + wrong, [](EngineParts& p) { p.order(kBid).id = OrderId{9}; }));
    CHECK(finds("order 8" + wrong, [](EngineParts& p) { p.order(kOther).account = kAnn; }));
    CHECK(finds("order 3" + wrong, [](EngineParts& p) { p.order(kBid).security = SecurityId{2}; }));
    CHECK(finds("order 3" + wrong, [](EngineParts& p) {  // the first two the other way round
        p.account(kAnn).orders.first = p.slot(kTimed);
        p.order(kBid).of_account.next = p.order(kTimed).of_account.next;
        p.order(kTimed).of_account.next = p.slot(kBid);
    }));
    CHECK(finds("lists of orders disagree",
                [](EngineParts& p) { p.order(kBid).of_account.next = EngineParts::kNoSlot; }));
    CHECK(finds("lists of orders disagree",
                [](EngineParts& p) { p.order(kBid).of_security.next = EngineParts::kNoSlot; }));
    CHECK(finds("user 1: open orders miscounted", [](EngineParts& p) { ++p.user(UserId{1}).open_orders; }));
}

}  // namespace tests
}  // namespace buttonwood::engine
