// The server dies by SIGKILL while orders flow and is started again: nothing acknowledged is lost or happens twice.
#include "tests/support/test_cluster.hpp"
#include "tests/support/ws_client.hpp"
#include "tests/system/journal_audit.hpp"
#include "tests/system/trading_load.hpp"

#include <random>

using namespace buttonwood::test;

namespace {

constexpr int kTraders = 4;

void register_traders(Market& market) {
    for (int i = 0; i < kTraders; ++i) market.register_trader("trader " + std::to_string(i));
}

// Log = ledger: what was acknowledged is in the log exactly once, and nothing is in it that nobody sent.
void check_log(const Market& market, const JournalAudit& audit, const std::vector<LedgerEntry>& ledger) {
    std::map<std::string, const LedgerEntry*> sent;
    for (const LedgerEntry& entry : ledger)
        if (entry.is_order()) sent[market.traders()[entry.trader].account + " " + entry.client_order_id()] = &entry;
    for (const auto& [order, times] : audit.accepted) {
        INFO(order);
        CHECK(times == 1);
        CHECK(sent.contains(order));
    }
    for (const auto& [order, entry] : sent) {
        INFO(order);
        if (entry->outcome == LedgerEntry::Outcome::Acknowledged) CHECK(audit.accepted.contains(order));
        if (entry->outcome == LedgerEntry::Outcome::Refused) CHECK_FALSE(audit.accepted.contains(order));
    }
}

}  // namespace

TEST_CASE("a server killed under load comes back with every acknowledged order, once", "[fault]") {
    const std::string database = fresh_database();
    Market market(database);
    register_traders(market);
    const std::uint64_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    std::vector<LedgerEntry> everything;
    LedgerCounts total;

    for (int cycle = 0; cycle < 5; ++cycle) {
        CAPTURE(cycle);
        const std::uint64_t kill_after = std::uniform_int_distribution<std::uint64_t>(50, 400)(random);
        TradingLoad load(market,
                         {.seed = seed + static_cast<std::uint64_t>(cycle), .run = "k" + std::to_string(cycle)});
        load.wait_for_acknowledgements(kill_after);
        market.server().kill9();
        const auto ledger = load.stop();
        market.restart();

        const JournalAudit after_restart = audit_journal(database);
        CHECK(after_restart.problems == std::vector<std::string>{});
        CHECK(after_restart.invariant_violations == std::vector<std::string>{});
        const json state = market.state();
        CHECK(state.at("event_seq") == after_restart.last_seq);
        CHECK(state.at("state_hash") == after_restart.state_hash);

        everything.insert(everything.end(), ledger.begin(), ledger.end());
        check_log(market, after_restart, everything);
        const LedgerCounts counts = check_ledger(market, ledger);
        CHECK(counts.acknowledged >= kill_after);
        total.unknown += counts.unknown;
        market.check_conservation();
    }
    // Otherwise every kill hit an idle server and the test proved little.
    CHECK(total.unknown > 0);
    const JournalAudit audit = audit_journal(database);
    CHECK(audit.problems == std::vector<std::string>{});
    CHECK(market.state().at("state_hash") == audit.state_hash);
}

TEST_CASE("a killed server with its private PostgreSQL continues where it was", "[fault]") {
    Market market;
    register_traders(market);
    for (int cycle = 0; cycle < 2; ++cycle) {
        TradingLoad load(market, {.seed = 7 + static_cast<std::uint64_t>(cycle), .run = "p" + std::to_string(cycle)});
        load.wait_for_acknowledgements(100);
        market.server().kill9();
        const auto ledger = load.stop();
        market.restart();
        check_ledger(market, ledger);
        market.check_conservation();
    }
}

TEST_CASE("fills listed after a kill are those of the orders, none twice", "[fault]") {
    Market market(fresh_database());
    register_traders(market);
    TradingLoad load(market, {.seed = 11, .run = "f"});
    load.wait_for_acknowledgements(400);
    market.server().kill9();
    const auto ledger = load.stop();
    market.restart();
    check_ledger(market, ledger);

    const std::string fresh = "min_event_seq=" + market.state().at("event_seq").dump() + "&wait_ms=10000";
    std::size_t fills = 0;
    for (const Trader& trader : market.traders()) {
        HttpClient client = market.as(trader);
        std::map<std::string, std::int64_t> filled;  // by order
        std::map<std::string, int> seen;             // trade and side of it
        std::string cursor;
        for (bool more = true; more;) {
            const json page = expect(client.get("/v1/fills?limit=100&" + fresh + cursor), 200);
            for (const json& fill : page.at("data")) {
                filled[fill.at("order_id")] += std::stoll(fill.at("quantity").get<std::string>());
                ++seen[fill.at("id").get<std::string>() + fill.at("liquidity").get<std::string>()];
                ++fills;
            }
            more = page.at("has_more");
            cursor = more ? "&cursor=" + page.at("next_cursor").get<std::string>() : "";
        }
        for (const auto& [fill, times] : seen) CHECK(times == 1);
        for (const auto& [id, quantity] : filled) {
            const json order = expect(client.get("/v1/orders/" + id), 200);
            CHECK(order.at("filled_quantity") == std::to_string(quantity));
        }
    }
    CHECK(fills > 0);
}

TEST_CASE("of many commands in flight on one socket, those executed before a kill are the first ones", "[fault]") {
    Market market(fresh_database());
    const Trader trader = market.register_trader("trader");
    constexpr std::uint64_t kOrders = 3000;
    constexpr std::size_t kAnsweredBeforeKill = 300;
    auto socket = WsClient::connect(market.url());
    if (!socket) FAIL(socket.error());
    REQUIRE(socket->call("auth", {{"token", trader.key}})->at("success") == true);
    for (std::uint64_t n = 1; n <= kOrders; ++n)
        socket->send(json{{"method", "add_order"},
                          {"params", limit_order("sell", "1", "10.00", "w" + std::to_string(n))},
                          {"req_id", n}});
    std::map<std::uint64_t, std::string> answered;  // req_id -> order
    bool killed = false;
    while (auto text = socket->receive(std::chrono::seconds(30))) {
        const json answer = json::parse(*text);
        REQUIRE(answer.at("success") == true);
        CHECK(answer.at("req_id") == answered.size() + 1);
        answered[answer.at("req_id")] = answer.at("result").at("id");
        if (answered.size() == kAnsweredBeforeKill) {
            market.server().kill9();
            killed = true;
        }
    }
    REQUIRE(killed);
    REQUIRE(answered.size() < kOrders);
    market.restart();

    HttpClient client = market.as(trader);
    std::uint64_t executed = 0;
    for (std::uint64_t n = 1; n <= kOrders; ++n) {
        const auto found = client.get("/v1/orders/by-client-id/w" + std::to_string(n));
        REQUIRE(found.has_value());
        if (found->status == 404) break;
        executed = n;
        if (answered.contains(n)) CHECK(found->json().at("id") == answered.at(n));
    }
    CHECK(executed >= answered.size());
    for (std::uint64_t n = executed + 1; n <= kOrders; ++n)
        expect(client.get("/v1/orders/by-client-id/w" + std::to_string(n)), 404);
    CHECK(market.state().at("open_orders") == executed);
    market.check_conservation();
}
