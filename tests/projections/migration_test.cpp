// A database from before the order types, auctions and switches of migrations 018 to 021 goes on without a rebuild.
#include "tests/projections/database.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/test_cluster.hpp"

#include "engine/engine.hpp"
#include "eventstore/embedded_sql.hpp"
#include "projections/verify.hpp"
#include "projections/worker.hpp"

#include <ranges>

namespace buttonwood::projections::test {
namespace {

using namespace engine;
using eventstore::Connection;

constexpr int kFirst = 18;
constexpr int kLast = 21;

// What a market of limit and market orders leaves in its log: nothing that those migrations are about.
eventstore::Records plain_log() {
    constexpr auto kSeller = static_cast<AccountId>(1);
    constexpr auto kBuyer = static_cast<AccountId>(2);
    constexpr auto kAcme = static_cast<SecurityId>(1);
    const auto order = [](AccountId account, Side side, std::int64_t price, std::int64_t quantity) {
        PlaceOrder place;
        place.account = account;
        place.security = kAcme;
        place.side = side;
        place.type = price == 0 ? OrderType::Market : OrderType::Limit;
        place.time_in_force = price == 0 ? TimeInForce::Ioc : TimeInForce::Gtc;
        place.price = {price};
        place.quantity = {quantity};
        return place;
    };
    AmendOrder amend;
    amend.account = kSeller;
    amend.target.order = static_cast<OrderId>(1);
    amend.quantity = Quantity{70};
    const ChangeTradingState halt{kAcme, TradingState::Halted, "news", {}, {}};
    const std::vector<Command> commands{
        RegisterUser{"Seller", RoleSet{}.add(Role::Trader)}, RegisterUser{"Buyer", RoleSet{}.add(Role::Trader)},
        CreateSecurity{"ACME", "Acme", "USD", 2, 0, {1}, {1}}, IssueHoldings{kSeller, kAcme, {1'000}},
        DepositCash{kBuyer, "USD", {pow10_128(8) * 10'000}},
        order(kSeller, Side::Sell, 100, 80), order(kSeller, Side::Sell, 102, 20), order(kBuyer, Side::Buy, 98, 30),
        order(kBuyer, Side::Buy, 100, 50), amend, order(kBuyer, Side::Buy, 0, 5), order(kSeller, Side::Sell, 98, 10),
        CancelOrder{kSeller, {static_cast<OrderId>(2), {}}, {}},
        CancelOrder{kSeller, {static_cast<OrderId>(9), {}}, {}},
        halt, order(kBuyer, Side::Buy, 97, 10), ChangeTradingState{kAcme, TradingState::Open, {}, {}, {}}};
    Engine market;
    eventstore::Records log;
    for (const Command& command : commands) {
        const CommandHeader header{market.last_command() + 1, {1'798'761'000'000'000}, UserId::None, {}};
        const std::size_t before = log.events.size();
        const EventSeq first_seq = market.last_seq() + 1;
        const RejectReason outcome = market.decide(header, command, log.events);
        log.commands.push_back(
            {header, command, outcome, first_seq, static_cast<std::uint32_t>(log.events.size() - before)});
    }
    return log;
}

void run_migrations(Connection& db, bool up) {
    const auto migrations = eventstore::embedded_migrations();
    const auto run = [&](const eventstore::EmbeddedMigration& migration) {
        CAPTURE(migration.name);
        if (migration.version >= kFirst && migration.version <= kLast)
            must(db.execute(std::string(up ? migration.up : migration.down)));
    };
    if (up)
        for (const auto& migration : migrations) run(migration);
    else
        for (const auto& migration : migrations | std::views::reverse) run(migration);
}

TEST_CASE("an older database goes on with its rows, and only the log for people is filled anew", "[postgres]") {
    const std::string conninfo = ::buttonwood::test::fresh_database();
    Connection db = connect(conninfo);
    LogWriter writer(conninfo);
    const eventstore::Records log = plain_log();
    const EventSeq last = writer.append(log);
    for (const auto& projection : make_all()) must(rebuild(db, projection->name()));
    run_migrations(db, false);
    CHECK(value(db, "SELECT count(*) FROM log.events") == std::to_string(last));

    run_migrations(db, true);
    CHECK(value(db, "SELECT string_agg(name, ' ' ORDER BY name) FROM projections.status WHERE checkpoint = 0") ==
          "commands events");
    const auto workers = Workers::start(conninfo);
    for (const auto& projection : make_all()) {
        CAPTURE(projection->name());
        REQUIRE(::buttonwood::test::eventually([&] { return workers->checkpoint(projection->name()) == last; }));
        CHECK(must(differences_after_rebuild(db, projection->name())).empty());
    }
    CHECK(value(db, "SELECT trading_state || ' ' || own_state || ' ' || state_cause FROM api.securities") ==
          "open open operator");
    CHECK(value(db, "SELECT trading_state FROM api.market") == "open");
}

}  // namespace
}  // namespace buttonwood::projections::test
