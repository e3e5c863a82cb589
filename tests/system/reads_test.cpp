// Read-your-writes, and a server that is stopped and started again.
#include "tests/support/test_cluster.hpp"
#include "tests/system/trading_load.hpp"

using namespace buttonwood::test;

TEST_CASE("a read with the event_seq of a write shows that write", "[system]") {
    Market market(fresh_database());
    const Trader maker = market.register_trader("maker");
    const Trader taker = market.register_trader("taker");
    HttpClient sells = market.as(maker);
    HttpClient buys = market.as(taker);
    for (int i = 0; i < 50; ++i) {
        const std::string id = std::to_string(i);
        expect(sells.post("/v1/orders", limit_order("sell", "2", "10.00", "m" + id)), 201);
        const json taken = expect(buys.post("/v1/orders", limit_order("buy", "2", "10.00", "t" + id)), 201);
        const std::string fresh = "wait_ms=10000&min_event_seq=" + taken.at("event_seq").dump();
        const json orders = expect(buys.get("/v1/orders?status=closed&limit=1&" + fresh), 200);
        REQUIRE(orders.at("data").at(0).at("id") == taken.at("id"));
        REQUIRE(orders.at("data").at(0).at("status") == "filled");
        const json fills = expect(sells.get("/v1/fills?limit=1&" + fresh), 200);
        REQUIRE(fills.at("data").at(0).at("id") == taken.at("fills").at(0).at("id"));
        const json portfolio = expect(buys.get("/v1/portfolio?" + fresh), 200);
        REQUIRE(portfolio.at("data").at(0).at("quantity") == std::to_string(10'000 + 2 * (i + 1)));
    }
}

TEST_CASE("a read that waits for an event that has not happened is told so", "[system]") {
    Market market(fresh_database());
    const Trader trader = market.register_trader("trader");
    const auto answer = market.as(trader).get("/v1/orders?wait_ms=50&min_event_seq=1000000");
    const json problem = expect(answer, 503);
    CHECK(problem.at("code") == "read_lag");
    CHECK(problem.at("retryable") == true);
    CHECK_FALSE(answer->header("retry-after").empty());
}

TEST_CASE("a stopped server ends with code 0 and continues at the next start", "[system]") {
    Market market;
    const Trader maker = market.register_trader("maker");
    const Trader taker = market.register_trader("taker");
    const json resting = expect(market.as(maker).post("/v1/orders", limit_order("sell", "5", "10.00", "a")), 201);
    const json before = market.state();
    REQUIRE(market.server().terminate() == 0);
    market.restart();

    const json after = market.state();
    CHECK(after.at("state_hash") == before.at("state_hash"));
    CHECK(after.at("event_seq") == before.at("event_seq"));
    const json order = expect(market.as(maker).get("/v1/orders/by-client-id/a"), 200);
    CHECK(order.at("id") == resting.at("id"));
    CHECK(order.at("status") == "new");
    const json taken = expect(market.as(taker).post("/v1/orders", limit_order("buy", "5", "10.00", "b")), 201);
    CHECK(taken.at("status") == "filled");
    CHECK(taken.at("event_seq").get<std::uint64_t>() > before.at("event_seq").get<std::uint64_t>());
    market.check_conservation();
}

TEST_CASE("a client_order_id names one order for ever, in memory and after a restart", "[system]") {
    Market market;
    const Trader trader = market.register_trader("trader");
    const json body = limit_order("sell", "5", "10.00", "once");
    const json first = expect(market.as(trader).post("/v1/orders", body), 201);
    json other = body;
    other["quantity"] = "6";
    for (int start = 0; start < 2; ++start) {
        const auto retry = market.as(trader).post("/v1/orders", body);
        CHECK(expect(retry, 200).at("id") == first.at("id"));
        CHECK(retry->header("idempotency-replayed") == "true");
        const json conflict = expect(market.as(trader).post("/v1/orders", other), 409);
        CHECK(conflict.at("code") == "client_order_id_conflict");
        CHECK(conflict.at("execution") == "not_executed");
        market.server().kill9();
        market.restart();
    }
    CHECK(market.state().at("open_orders") == 1);
}

TEST_CASE("the page opens again at the address that it gives itself", "[system]") {
    Market market(fresh_database());
    for (const char* target : {"/", "/?symbol=ACME"}) {
        INFO(target);
        const auto page = HttpClient(market.url()).get(target);
        REQUIRE(page.has_value());
        CHECK(page->status == 200);
        CHECK(page->header("content-type").starts_with("text/html"));
    }
    expect(HttpClient(market.url()).get("/?symbl=ACME"), 400);
}
