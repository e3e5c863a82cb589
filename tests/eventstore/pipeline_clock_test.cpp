// The clock's commands: who is due goes, with traffic and without, and what was left goes on between the others.
#include "eventstore/pipeline.hpp"

#include "pipeline_fixture.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace buttonwood;
using namespace buttonwood::eventstore;

namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::size_t kCommandsPerTurn = 32;
constexpr auto kSeller = static_cast<engine::AccountId>(1);
constexpr auto kBuyer = static_cast<engine::AccountId>(2);
constexpr auto kAcme = static_cast<engine::SecurityId>(1);

engine::Command register_user() { return engine::RegisterUser{"Ada", engine::RoleSet{}.add(engine::Role::Trader)}; }

engine::PlaceOrder limit(engine::AccountId account, engine::Side side, std::int64_t price) {
    engine::PlaceOrder order;
    order.account = account;
    order.security = kAcme;
    order.side = side;
    order.type = engine::OrderType::Limit;
    order.time_in_force = engine::TimeInForce::Gtc;
    order.quantity = {1};
    order.price = {price};
    return order;
}
engine::PlaceOrder listing_until(std::int64_t expires_at_us) {
    engine::PlaceOrder order = limit(kSeller, engine::Side::Sell, 100);
    order.time_in_force = engine::TimeInForce::Gtd;
    order.expires_at = {expires_at_us};
    return order;
}

// Two users, one of them with shares, the other with cash.
class ClockedMarket : public Market {
public:
    using Market::Market;
    void open() {
        REQUIRE(start());
        for (int i = 0; i < 2; ++i) tell(register_user());
        tell(engine::CreateSecurity{"ACME", "Acme", "USD", 2, 0, {1}, {1}});
        tell(engine::IssueHoldings{kSeller, kAcme, {1'000'000}});
        tell(engine::DepositCash{kBuyer, "USD", {engine::Int128{1'000'000} * 100'000'000}});
    }
    void tell(engine::Command command) { REQUIRE(submit(std::move(command), ++told_)); }
    // Submits them while the engine thread waits: it finds them all in the queue.
    void tell_at_once(const std::vector<engine::Command>& commands) {
        pipeline().inspect([&](const engine::Engine&) {
            for (const engine::Command& command : commands) tell(command);
        });
    }
    [[nodiscard]] Ticket told() const { return told_; }
    bool wait_for_told() {
        return eventually([this] { return std::ranges::count(tickets(), told_) == 1; });
    }
    std::size_t open_orders() {
        std::size_t count = 0;
        pipeline().inspect([&count](const engine::Engine& engine) { count = engine.open_order_count(); });
        return count;
    }

private:
    Ticket told_{};
};

struct Entry {
    CommandRecord command;
    Ticket ticket{};
    std::vector<engine::Event> events;

    [[nodiscard]] bool is_clock() const { return std::holds_alternative<engine::AdvanceClock>(command.command); }
    template <class Body>
    [[nodiscard]] bool has() const {
        return std::ranges::any_of(events,
                                   [](const engine::Event& e) { return std::holds_alternative<Body>(e.body); });
    }
};

std::vector<Entry> log_of(const Market& market) {
    std::vector<Entry> log;
    for (const auto& batch : market.batches()) {
        auto event = batch->records.events.begin();
        for (std::size_t i = 0; i < batch->records.commands.size(); ++i) {
            const CommandRecord& command = batch->records.commands[i];
            log.push_back({command, batch->tickets[i], {event, event + command.event_count}});
            event += command.event_count;
        }
    }
    return log;
}
std::size_t clock_commands(const Market& market) {
    return static_cast<std::size_t>(std::ranges::count_if(log_of(market), &Entry::is_clock));
}

}  // namespace

TEST_CASE("An order whose time has come expires without any traffic", "[unit]") {
    ClockedMarket market;
    market.open();
    const std::int64_t until = market.clock_us + kSecond;
    market.tell(listing_until(until));
    REQUIRE(market.wait_for_told());
    market.clock_us = until - 1;
    CHECK(market.open_orders() == 1);
    market.clock_us = until;
    REQUIRE(eventually([&] { return market.open_orders() == 0; }));
    REQUIRE(eventually([&] { return clock_commands(market) == 1; }));

    const Entry last = log_of(market).back();
    CHECK(last.is_clock());
    CHECK(last.command.header.time.us == until);
    CHECK(last.command.header.actor == engine::UserId::None);
    CHECK(last.command.header.request_id.empty());
    CHECK(last.ticket == 0);
    CHECK(last.has<engine::ClockAdvanced>());
    CHECK(last.has<engine::OrderExpired>());
    CHECK(market.violations().empty());

    const engine::StateHash live = market.state_hash();
    market.stop();
    CHECK(replayed_hash(market.shared_store()) == live);
}

TEST_CASE("Who comes too late for an order does not trade with it", "[unit]") {
    ClockedMarket market;
    market.open();
    const std::int64_t until = market.clock_us + 100 * kSecond;
    // Each look at the clock is a second later: the order runs out in the middle of a busy queue.
    market.clock_step_us = kSecond;
    std::vector<engine::Command> commands{listing_until(until)};
    commands.insert(commands.end(), 200, register_user());
    commands.emplace_back(limit(kBuyer, engine::Side::Buy, 100));
    market.tell_at_once(commands);
    REQUIRE(market.wait_for_told());
    market.clock_step_us = 0;

    const std::vector<Entry> log = log_of(market);
    const auto clock = std::ranges::find_if(log, &Entry::is_clock);
    REQUIRE(clock != log.end());
    CHECK(clock->command.header.time.us >= until);
    CHECK((clock - 1)->command.header.time.us < until);
    CHECK(clock->has<engine::OrderExpired>());
    CHECK(std::ranges::count_if(log, &Entry::is_clock) == 1);
    CHECK_FALSE(log.back().has<engine::TradeExecuted>());
    CHECK(log.back().has<engine::OrderAccepted>());
}

TEST_CASE("A mass cancel of many orders goes on between the commands of others", "[unit]") {
    constexpr std::size_t kOrders = 5'000;
    constexpr std::size_t kOthers = 400;
    static_assert(kOrders > 4 * engine::kMaxEventsPerCommand && kOthers > 8 * kCommandsPerTurn);
    ClockedMarket market;
    market.open();
    for (std::size_t i = 0; i < kOrders; ++i)
        market.tell(limit(kSeller, engine::Side::Sell, 100 + static_cast<std::int64_t>(i % 50)));
    REQUIRE(market.wait_for_told());
    REQUIRE(market.open_orders() == kOrders);

    const engine::MassCancel cancel_all{kSeller, engine::SecurityId::None, std::nullopt, {}};
    std::vector<engine::Command> commands{cancel_all};
    commands.insert(commands.end(), kOthers, register_user());
    market.tell_at_once(commands);
    REQUIRE(market.wait_for_told());
    CHECK(market.open_orders() == 0);

    const std::vector<Entry> log = log_of(market);
    const auto begin = std::ranges::find_if(
        log, [](const Entry& e) { return std::holds_alternative<engine::MassCancel>(e.command.command); });
    REQUIRE(begin != log.end());
    CHECK(begin->has<engine::WorkDeferred>());
    const auto end = std::find_if(begin, log.end(), [](const Entry& e) { return e.has<engine::WorkCompleted>(); });
    REQUIRE(end != log.end());
    std::size_t clocks = 0;
    std::size_t others = 0;  // since the last clock
    for (auto entry = begin + 1; entry <= end; ++entry) {
        CHECK(entry->events.size() < engine::kMaxEventsPerCommand + 100);
        if (!entry->is_clock()) {
            ++others;
            CHECK(others <= kCommandsPerTurn);
            continue;
        }
        CHECK(others > 0);
        others = 0;
        ++clocks;
    }
    CHECK(clocks >= kOrders / engine::kMaxEventsPerCommand - 1);
    std::vector<Ticket> answered = market.tickets();
    std::erase(answered, Ticket{0});
    CHECK(answered == tickets_up_to(market.told()));

    const engine::StateHash live = market.state_hash();
    market.stop();
    CHECK(replayed_hash(market.shared_store()) == live);
}

TEST_CASE("What a long command left is finished on an idle market", "[unit]") {
    ClockedMarket market;
    market.open();
    for (std::size_t i = 0; i < 3 * engine::kMaxEventsPerCommand; ++i)
        market.tell(limit(kSeller, engine::Side::Sell, 100));
    market.tell(engine::MassCancel{kSeller, engine::SecurityId::None, std::nullopt, {}});
    REQUIRE(market.wait_for_told());
    REQUIRE(eventually([&] { return market.open_orders() == 0; }));
    REQUIRE(eventually([&] { return log_of(market).back().has<engine::WorkCompleted>(); }));
    CHECK(market.violations().empty());
}

TEST_CASE("Nothing due, no commands of the clock", "[unit]") {
    ClockedMarket market;
    market.open();
    market.tell(listing_until(market.clock_us + 1'000 * kSecond));
    REQUIRE(market.wait_for_told());
    for (int i = 0; i < 100; ++i) {
        market.clock_us += kSecond;
        market.tell(register_user());
        CHECK(market.open_orders() == 1);  // the engine thread has looked at the clock since
    }
    REQUIRE(market.wait_for_told());
    CHECK(market.tickets() == tickets_up_to(market.told()));
}

TEST_CASE("The clock stands still while the store is away, and goes on when it is back", "[unit]") {
    ClockedMarket market;
    market.open();
    const std::int64_t until = market.clock_us + kSecond;
    market.tell(listing_until(until));
    REQUIRE(market.wait_for_told());
    market.store().set_away(true);
    market.tell(register_user());
    REQUIRE(eventually([&] { return market.state() == PipelineState::StoreAway; }));
    market.clock_us = until + kSecond;
    for (int i = 0; i < 10; ++i) CHECK(market.open_orders() == 1);
    market.store().set_away(false);
    REQUIRE(eventually([&] { return market.open_orders() == 0; }));
    REQUIRE(eventually([&] { return clock_commands(market) == 1; }));
    CHECK(market.violations().empty());
    CHECK(market.store().violations().empty());
}

TEST_CASE("A restart finds what fell due while the process was down", "[unit]") {
    ClockedMarket first;
    first.open();
    const std::int64_t until = first.clock_us + kSecond;
    first.tell(listing_until(until));
    REQUIRE(first.wait_for_told());
    first.stop();

    ClockedMarket second(first.shared_store());
    second.clock_us = until + 5 * kSecond;
    REQUIRE(second.start());
    REQUIRE(eventually([&] { return second.open_orders() == 0; }));
    REQUIRE(eventually([&] { return clock_commands(second) == 1; }));
    const engine::StateHash live = second.state_hash();
    second.stop();
    CHECK(replayed_hash(second.shared_store()) == live);
}
