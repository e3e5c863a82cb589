// What no golden case can say: letters that are not printed, ids that nobody has, ten thousand orders in one level.
#include "engine/equilibrium.hpp"
#include "tests/engine/market.hpp"

namespace buttonwood::engine::tests {

TEST_CASE("Reads of what does not exist give nothing", "[unit]") {
    Market market;
    market.add_security();
    market.add_trader("ann");
    const Engine& engine = market.engine();
    const AccountId nobody{9};
    const SecurityId nothing{9};
    CHECK(engine.balance(nobody, kUsd).total == Money{});
    CHECK(engine.balance(AccountId{1}, "EUR").total == Money{});
    CHECK(engine.holding(nobody, SecurityId{1}).total == Quantity{});
    CHECK(engine.order(OrderId{9}) == std::nullopt);
    CHECK(engine.order_by_client_id(AccountId{1}, "x") == std::nullopt);
    CHECK(engine.security_by_symbol("OAK") == SecurityId::None);
    CHECK(engine.book(nothing) == nullptr);
    CHECK(engine.shares_outstanding(nothing) == Quantity{});
    CHECK(engine.last_price(nothing) == Price{});
    CHECK(engine.state_in_force(nothing) == StateInForce{TradingState::Open, AuctionKind::None});
}

TEST_CASE("A digest of events that name what does not exist counts nothing of it", "[unit]") {
    const Engine engine;
    const AccountId nobody{9};
    const SecurityId nothing{9};
    std::vector<Event> events;
    for (const EventBody& body : {EventBody(UserStatusChanged{UserId{9}, UserStatus::Closed, {}}),
                                  EventBody(ApiKeyRevoked{UserId{9}, KeyId{9}}), EventBody(AccountOpened{nobody, {}}),
                                  EventBody(HoldingsIssued{nobody, nothing, {1}}),
                                  EventBody(CashDeposited{nobody, kUsd, dollars(1)})})
        events.push_back({1, 1, {}, body});
    CHECK(engine.digest(events) == engine.digest(std::span<const Event>{}));

    Market market;
    market.add_trader("ann");
    const auto of_one = [&](const EventBody& body) {
        const Event event{1, 1, {}, body};
        return market.engine().digest({&event, 1});
    };
    CHECK(of_one(CashDeposited{AccountId{1}, "EUR", dollars(1)}) == of_one(AccountOpened{AccountId{1}, UserId{9}}));
}

TEST_CASE("Names are printable, symbols and currencies spelled with their letters", "[unit]") {
    Market market;
    const auto refused = [&](const Command& command) {
        return market.run(command).reason == RejectReason::NameNotAllowed;
    };
    for (const char* name : {"", "\x1F", "\x7F", "tab\t"})
        CHECK(refused(RegisterUser{name, RoleSet{}.add(Role::Trader)}));
    for (const char* symbol : {"", "acme", "AC ME", "A-B", "A:B"})
        CHECK(refused(CreateSecurity{symbol, "A security", kUsd, 2, 0, {1}, {1}}));
    for (const char* currency : {"", "US", "USDT", "US1", "usd", "U_D"})
        CHECK(refused(CreateSecurity{"ACME", "A security", currency, 2, 0, {1}, {1}}));
}

TEST_CASE("The scales of a security leave its values exact", "[unit]") {
    Market market;
    const auto refused = [&](std::uint8_t price_scale, std::uint8_t quantity_scale) {
        const CreateSecurity command{"ACME", "A security", kUsd, price_scale, quantity_scale, {1}, {1}};
        return market.run(command).reason != RejectReason::None;
    };
    CHECK(refused(kMoneyScale + 1, 0));
    CHECK(refused(0, kMoneyScale + 1));
    CHECK(refused(kMoneyScale, 1));
    CHECK_FALSE(refused(kMoneyScale - 1, 1));
}

TEST_CASE("A level of more orders than one taker may meet is not there for fok", "[unit]") {
    Market market(20'000);
    market.add_security();
    const AccountId ann = market.add_trader("ann");
    const AccountId bob = market.add_trader("bob");
    constexpr std::int64_t kFills{kMaxFillsPerCommand};
    for (std::int64_t i = 0; i <= kFills; ++i) market.must(listing(ann, 1, 100));
    CHECK(market.run(limit(bob, Side::Buy, kFills + 1, 100, TimeInForce::Fok)).reason == RejectReason::FokNotFillable);
    const auto filled = market.must(limit(bob, Side::Buy, kFills, 100, TimeInForce::Fok));
    CHECK(filled.all<TradeExecuted>().size() == kMaxFillsPerCommand);
    market.check();
}

TEST_CASE("An auction with one side has no equilibrium", "[unit]") {
    const std::vector<AuctionLevel> level{{{100}, 5}};
    CHECK(find_equilibrium({}, level, {}, {1}).price == Price{});
    CHECK(find_equilibrium(level, {}, {}, {1}).price == Price{});
    CHECK(find_equilibrium(level, level, {}, {1}).price == Price{100});
}

// Engine::reserve only makes room: what a market decides is the same.
TEST_CASE("An engine with room reserved decides what one without does", "[unit]") {
    Engine plain;
    Engine roomy;
    roomy.reserve(1'000, 100, 10);
    Timestamp time{1'767'258'000'000'000};
    const auto run = [&](const Command& command) {
        std::vector<Event> events;
        std::vector<Event> others;
        time.us += 1;
        const CommandHeader header{plain.last_command() + 1, time, kSystem, {}};
        REQUIRE(plain.decide(header, command, events) == RejectReason::None);
        REQUIRE(roomy.decide(header, command, others) == RejectReason::None);
        roomy.reserve(others.size(), 1, 1);  // less than there is
    };
    run(CreateSecurity{"ACME", "A security", kUsd, 2, 0, {1}, {1}});
    run(RegisterUser{"ann", RoleSet{}.add(Role::Trader)});
    run(DepositCash{AccountId{1}, kUsd, dollars(1'000'000)});
    run(IssueHoldings{AccountId{1}, SecurityId{1}, {1'000}});
    for (int i = 0; i < 300; ++i) {
        const std::string id = "order " + std::to_string(i);
        run(named(i % 3 == 0 ? listing(AccountId{1}, 2, 100) : bid(AccountId{1}, 1, 99 + i % 2), id));
    }
    CHECK(roomy.state_hash() == plain.state_hash());
    CHECK(roomy.check_invariants().empty());
}

}  // namespace buttonwood::engine::tests
