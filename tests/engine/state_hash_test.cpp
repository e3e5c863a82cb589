// The state hash tells states apart and nothing else: every kind of change moves it, the way there does not.
#include "tests/engine/market.hpp"

#include <algorithm>

namespace buttonwood::engine::tests {
namespace {

// Drives an engine with a fixed time, so that two engines differ only by what the test makes different.
class Bare {
public:
    RejectReason run(const Command& command, Timestamp time = {1'000}) {
        std::vector<Event> events;
        const RejectReason reason = engine_.decide({engine_.last_command() + 1, time, kSystem, {}}, command, events);
        log_.insert(log_.end(), events.begin(), events.end());
        return reason;
    }
    void must(const Command& command) {
        INFO(describe(command));
        REQUIRE(run(command) == RejectReason::None);
    }
    [[nodiscard]] StateHash hash() const { return engine_.state_hash(); }
    [[nodiscard]] const std::vector<Event>& log() const { return log_; }

private:
    Engine engine_;
    std::vector<Event> log_;
};

constexpr AccountId kAnn{1};
constexpr AccountId kBob{2};
constexpr SecurityId kAcme{1};

// Two traders, one security, one order of each side.
Bare opened() {
    Bare bare;
    for (const char* name : {"Ann", "Bob"}) bare.must(RegisterUser{name, RoleSet{}.add(Role::Trader)});
    bare.must(CreateSecurity{"ACME", "Acme", kUsd, 2, 0, {1}, {1}});
    for (const AccountId account : {kAnn, kBob}) {
        bare.must(DepositCash{account, kUsd, dollars(1'000)});
        bare.must(IssueHoldings{account, kAcme, {100}});
    }
    bare.must(CreateApiKey{UserId{1}, KeyId{7}, Sha256{std::byte{1}}, RoleSet{}.add(Role::Trader)});
    bare.must(bid(kAnn, 10, 900));
    bare.must(listing(kBob, 10, 1'000));
    return bare;
}

StateHash replay(const std::vector<Event>& log) {
    Engine engine;
    for (const Event& event : log) engine.apply(event);
    REQUIRE(engine.check_invariants().empty());
    return engine.state_hash();
}

template <class Change>
PlaceOrder with(PlaceOrder order, Change&& change) {
    change(order);
    return order;
}

template <class Change>
SetSecurityTerms with_terms(Change&& change) {
    SetSecurityTerms terms;
    terms.security = kAcme;
    change(terms);
    return terms;
}

StateHash after(const Command& command) {
    Bare bare = opened();
    bare.must(command);
    return bare.hash();
}

}  // namespace

TEST_CASE("The hash of the empty engine is a constant, and equal states have equal hashes", "[unit]") {
    CHECK(Engine{}.state_hash() == Engine{}.state_hash());
    CHECK(opened().hash() == opened().hash());
    CHECK(opened().hash() != Engine{}.state_hash());
    CHECK(Engine{}.state_hash().hex().size() == 32);
    CHECK(StateHash{0x0123456789ABCDEF, 0x10}.hex() == "0123456789abcdef0000000000000010");
}

TEST_CASE("Every kind of command, with every choice of its fields, leads to a state of its own", "[unit]") {
    const RoleSet trader = RoleSet{}.add(Role::Trader);
    const OrderId anns{1};
    const std::vector<Command> commands = {
        RegisterUser{"Cat", trader},
        RegisterUser{"Dog", trader},
        RegisterUser{"Cat", RoleSet{}.add(Role::Operator)},
        OpenAccount{UserId{1}},
        OpenAccount{UserId{2}},
        ChangeUserStatus{UserId{1}, UserStatus::Suspended, {}},
        ChangeUserStatus{UserId{2}, UserStatus::Suspended, {}},
        CreateApiKey{UserId{1}, KeyId{8}, {}, trader},
        CreateApiKey{UserId{2}, KeyId{8}, {}, trader},
        CreateApiKey{UserId{1}, KeyId{9}, {}, trader},
        CreateApiKey{UserId{1}, KeyId{8}, Sha256{std::byte{5}}, trader},
        RevokeApiKey{KeyId{7}},
        CreateSecurity{"ROSE", "Rose", kUsd, 2, 0, {1}, {1}},
        CreateSecurity{"OAK", "Rose", kUsd, 2, 0, {1}, {1}},
        CreateSecurity{"ROSE", "Oak", kUsd, 2, 0, {1}, {1}},
        CreateSecurity{"ROSE", "Rose", "EUR", 2, 0, {1}, {1}},
        CreateSecurity{"ROSE", "Rose", kUsd, 3, 0, {1}, {1}},
        CreateSecurity{"ROSE", "Rose", kUsd, 2, 1, {1}, {1}},
        CreateSecurity{"ROSE", "Rose", kUsd, 2, 0, {5}, {1}},
        CreateSecurity{"ROSE", "Rose", kUsd, 2, 0, {1}, {5}},
        ChangeTradingState{kAcme, TradingState::Halted, {}},
        ChangeTradingState{kAcme, TradingState::CancelOnly, {}},
        ChangeTradingState{kAcme, TradingState::Closed, {}},
        DepositCash{kAnn, kUsd, Money{1}},
        DepositCash{kBob, kUsd, Money{1}},
        DepositCash{kAnn, "EUR", Money{1}},
        DepositCash{kAnn, kUsd, Money{2}},
        WithdrawCash{kAnn, kUsd, Money{1}},
        IssueHoldings{kAnn, kAcme, {1}},
        IssueHoldings{kBob, kAcme, {1}},
        IssueHoldings{kAnn, kAcme, {2}},
        bid(kAnn, 5, 800),
        bid(kBob, 5, 800),
        listing(kAnn, 5, 1'800),
        bid(kAnn, 6, 800),
        bid(kAnn, 5, 801),
        post_only(bid(kAnn, 5, 800)),
        named(bid(kAnn, 5, 800), "one"),
        named(bid(kAnn, 5, 800), "two"),
        limit(kAnn, Side::Buy, 5, 800, TimeInForce::Day),
        limit(kAnn, Side::Buy, 5, 800, TimeInForce::Cls),
        until(bid(kAnn, 5, 800), {10'000}),
        until(bid(kAnn, 5, 800), {10'001}),
        iceberg(bid(kAnn, 5, 800), 2),
        iceberg(bid(kAnn, 5, 800), 3),
        preventing(bid(kAnn, 5, 800), SelfTradePrevention::CancelNewest),
        preventing(bid(kAnn, 5, 800), SelfTradePrevention::Decrement),
        with(bid(kAnn, 5, 800), [](PlaceOrder& o) { o.all_or_none = true; }),
        with(bid(kAnn, 5, 800), [](PlaceOrder& o) { o.min_quantity = {2}; }),
        with(bid(kAnn, 5, 800), [](PlaceOrder& o) { o.min_quantity = {3}; }),
        with(listing(kAnn, 5, 1'800), [](PlaceOrder& o) { o.reduce_only = true; }),
        held(kAnn, Side::Sell, OrderType::Stop, 5, 700),
        held(kAnn, Side::Sell, OrderType::Stop, 5, 701),
        held(kAnn, Side::Sell, OrderType::TakeProfit, 5, 700),
        held(kAnn, Side::Sell, OrderType::StopLimit, 5, 700, 690),
        held(kAnn, Side::Sell, OrderType::TakeProfitLimit, 5, 700, 690),
        with(held(kAnn, Side::Sell, OrderType::Stop, 5, 700), [](PlaceOrder& o) { o.protection_price = {600}; }),
        trailing(kAnn, Side::Sell, 5, 50),
        trailing(kAnn, Side::Sell, 5, 51),
        with(trailing(kAnn, Side::Sell, 5, 0), [](PlaceOrder& o) { o.trail_basis_points = 50; }),
        PlaceGroup{GroupKind::Oco, {bid(kAnn, 5, 800), held(kAnn, Side::Buy, OrderType::Stop, 5, 1'100)}},
        PlaceGroup{GroupKind::Bracket,
                   {bid(kAnn, 5, 800), listing(kAnn, 5, 1'800), held(kAnn, Side::Sell, OrderType::Stop, 5, 700)}},
        ChangeTradingState{kAcme, TradingState::PreOpen, {}},
        ChangeTradingState{kAcme, TradingState::Auction, {}, AuctionKind::Opening, {}},
        ChangeTradingState{kAcme, TradingState::Auction, {}, AuctionKind::Closing, {}},
        ChangeTradingState{kAcme, TradingState::Auction, {}, AuctionKind::Opening, {10'000}},
        ChangeTradingState{SecurityId::None, TradingState::Halted, {}},
        ChangeTradingState{SecurityId::None, TradingState::Halted, {}, AuctionKind::None, {10'000}},
        SetPriceBands{kAcme, {1'000}, 100, 100, 0, 0},
        SetPriceBands{kAcme, {1'001}, 100, 100, 0, 0},
        SetPriceBands{kAcme, {1'000}, 101, 100, 0, 0},
        SetPriceBands{kAcme, {1'000}, 100, 101, 0, 0},
        SetPriceBands{kAcme, {1'000}, 100, 100, 1, 0},
        SetPriceBands{kAcme, {1'000}, 100, 100, 0, 1},
        SetCancelAfter{kAnn, 1'000},
        SetCancelAfter{kAnn, 1'001},
        SetCancelAfter{kBob, 1'000},
        AdvanceClock{},  // the engine's time
        limit(kAnn, Side::Buy, 5, 800, TimeInForce::Ioc),  // leaves nothing but the order id it used
        bid(kAnn, 5, 1'000),
        bid(kAnn, 4, 1'000),
        market(kAnn, Side::Sell, 3),
        amend(kAnn, anns, 9),
        amend(kAnn, anns, 11),
        amend(kAnn, anns, {}, 899),
        cancel(kAnn, anns),
        cancel(kBob, OrderId{2}),
        MassCancel{kAnn, SecurityId::None, Side::Sell},  // leaves nothing but its event
        UpdateProfile{UserId{1}, "Anna", {}, {}},
        UpdateProfile{UserId{1}, {}, "ann@example.com", {}},
        UpdateProfile{UserId{1}, {}, {}, "US"},
        SetKycStatus{UserId{1}, KycStatus::Pending, {}},
        SetKycStatus{UserId{1}, KycStatus::Verified, {}},
        SetKycStatus{UserId{2}, KycStatus::Verified, {}},
        SetAccreditation{UserId{1}, AccreditationStatus::Verified, AccreditationBasis::Income, {}, {}},
        SetAccreditation{UserId{1}, AccreditationStatus::Verified, AccreditationBasis::Entity, {}, {}},
        SetAccreditation{UserId{1}, AccreditationStatus::Pending, AccreditationBasis::Income, {}, {}},
        SetAccreditation{UserId{1}, AccreditationStatus::Verified, AccreditationBasis::Income, {}, {10'000}},
        with_terms([](SetSecurityTerms& t) { t.accredited_only = true; }),
        with_terms([](SetSecurityTerms& t) { t.kyc_required = true; }),
        with_terms([](SetSecurityTerms& t) { t.lock_up_until = {10'000}; }),
        with_terms([](SetSecurityTerms& t) { t.settlement_days = 1; }),
        with_terms([](SetSecurityTerms& t) { t.settlement_days = 2; }),
        with_terms([](SetSecurityTerms& t) { t.issuer = "Acme"; }),
        with_terms([](SetSecurityTerms& t) { t.description = "Acme"; }),
        with_terms([](SetSecurityTerms& t) { t.asset_class = AssetClass::Fund; }),
        with_terms([](SetSecurityTerms& t) { t.exemption = Exemption::RegS; }),
        with_terms([](SetSecurityTerms& t) { t.free_float = {1}; }),
        SetFees{SecurityId::None, 1, 0, kAnn},
        SetFees{SecurityId::None, 0, 1, kAnn},
        SetFees{SecurityId::None, 0, 1, kBob},
        SetFees{kAcme, 0, 1, kBob},
        SetFees{kAcme, 0, 0, kBob},
    };
    std::vector<StateHash> seen = {opened().hash()};
    for (const Command& command : commands) {
        const StateHash hash = after(command);
        INFO(describe(command));
        CHECK(std::find(seen.begin(), seen.end(), hash) == seen.end());
        seen.push_back(hash);
    }
}

TEST_CASE("A refused command changes the place in the log and nothing else", "[unit]") {
    Bare refused = opened();
    REQUIRE(refused.run(bid(kAnn, 0, 900)) == RejectReason::QuantityNotPositive);
    CHECK(refused.hash() != opened().hash());
    Bare other = opened();
    REQUIRE(other.run(cancel(kBob, OrderId{99})) == RejectReason::OrderNotFound);
    CHECK(refused.hash() == other.hash());
}

TEST_CASE("The time of the last command is part of the state", "[unit]") {
    Bare early = opened();
    Bare late = opened();
    early.run(bid(kAnn, 1, 800), {1'001});
    late.run(bid(kAnn, 1, 800), {1'002});
    CHECK(early.hash() != late.hash());
}

TEST_CASE("The order of two orders in a queue is part of the state", "[unit]") {
    // Both end with the same two orders at 8.00 and the same number of events; only who stands first differs.
    const auto requeue = [](OrderId first_to_leave) {
        Bare bare = opened();
        bare.must(bid(kAnn, 5, 800));  // order 3
        bare.must(bid(kAnn, 5, 800));  // order 4
        bare.must(amend(kAnn, first_to_leave, {}, 799));
        bare.must(amend(kAnn, first_to_leave, {}, 800));
        return bare.hash();
    };
    CHECK(requeue(OrderId{3}) != requeue(OrderId{4}));
}

TEST_CASE("The hash does not depend on the way: memory reused or fresh, replayed or decided", "[unit]") {
    Bare bare = opened();
    for (int i = 0; i < 20; ++i) bare.must(bid(kAnn, 1, 800 + i));
    bare.must(MassCancel{kAnn, SecurityId::None, std::nullopt});
    for (int i = 0; i < 5; ++i) bare.must(bid(kAnn, 1, 800 + i));
    bare.must(market(kBob, Side::Sell, 3));
    CHECK(replay(bare.log()) == bare.hash());
}

TEST_CASE("What a long command left for later is part of the state", "[unit]") {
    constexpr int kOrders = 1'200;
    const auto cut = [](const Command& command) {
        Bare bare = opened();
        for (int i = 0; i < kOrders; ++i) bare.must(limit(kAnn, Side::Buy, 1, 1, TimeInForce::Day));
        bare.must(command);
        REQUIRE(std::holds_alternative<WorkDeferred>(bare.log().back().body));
        CHECK(replay(bare.log()) == bare.hash());
        return bare.log();
    };
    const std::vector<Event> log = cut(MassCancel{kAnn, SecurityId::None, std::nullopt, {}});
    const auto altered = [&](auto&& change) {
        std::vector<Event> other = log;
        change(std::get<WorkDeferred>(other.back().body));
        Engine engine;
        for (const Event& event : other) engine.apply(event);
        return engine.state_hash();
    };
    const StateHash hash = altered([](WorkDeferred&) {});
    CHECK(altered([](WorkDeferred& e) { e.account = kBob; }) != hash);
    CHECK(altered([](WorkDeferred& e) { e.security = kAcme; }) != hash);
    CHECK(altered([](WorkDeferred& e) { e.side = Side::Buy; }) != hash);
    CHECK(altered([](WorkDeferred& e) { e.reason = CancelReason::Operator; }) != hash);
    CHECK(altered([](WorkDeferred& e) { e.through = OrderId{1'100}; }) != hash);
    CHECK(altered([](WorkDeferred& e) { e.done_count += 1; }) != hash);
    cut(EndDay{SecurityId::None});
}

TEST_CASE("The fingerprint of a request is part of the state", "[unit]") {
    // No command changes it alone, so the event is altered by hand.
    Bare bare = opened();
    bare.must(named(bid(kAnn, 1, 800), "one"));
    std::vector<Event> log = bare.log();
    std::get<OrderAccepted>(log.back().body).fingerprint ^= 1;
    CHECK(replay(log) != bare.hash());
}

TEST_CASE("The number of trades is part of the state", "[unit]") {
    Bare bare = opened();
    bare.must(market(kBob, Side::Sell, 10));
    const std::vector<Event> log = bare.log();
    const Event whole = log.back();
    const TradeExecuted trade = std::get<TradeExecuted>(whole.body);
    REQUIRE(trade.quantity == Quantity{10});

    // The same ten shares in two trades; a refusal fills the place of the second in the other log.
    TradeExecuted first = trade;
    first.quantity = first.released_quantity = {4};
    first.notional = first.released_cash = dollars(36);
    first.maker_leaves_quantity = first.taker_leaves_quantity = {6};
    TradeExecuted second = trade;
    second.trade = TradeId{2};
    second.quantity = second.released_quantity = {6};
    second.notional = second.released_cash = dollars(54);

    std::vector<Event> in_one = log;
    in_one.push_back({whole.seq + 1, whole.command, whole.time, CommandRejected{}});
    std::vector<Event> in_two = log;
    in_two.back().body = first;
    in_two.push_back({whole.seq + 1, whole.command, whole.time, second});
    CHECK(replay(in_one) != replay(in_two));
}

TEST_CASE("Two orders that swap their owners make another state", "[unit]") {
    const auto place = [](AccountId first, AccountId second) {
        Bare bare = opened();
        bare.must(bid(first, 5, 800));
        bare.must(bid(second, 5, 800));
        return bare.hash();
    };
    CHECK(place(kAnn, kBob) != place(kBob, kAnn));
}

}  // namespace buttonwood::engine::tests
