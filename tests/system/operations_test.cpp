// Operations that no other test needs, met once each, so that their answers are held against the specification.
#include "tests/support/test_cluster.hpp"
#include "tests/support/ws_client.hpp"
#include "tests/system/market.hpp"

using namespace buttonwood::test;

TEST_CASE("what the server says of itself needs no key", "[system]") {
    Market market(fresh_database());
    HttpClient anybody(market.url());
    CHECK(expect(anybody.get("/livez"), 200).at("status") == "ok");
    CHECK(expect(anybody.get("/readyz"), 200).at("status") == "ok");
    CHECK(expect(anybody.get("/v1/info"), 200).at("api_version") == "v1");
    CHECK(expect(anybody.get("/v1/time"), 200).at("event_seq") == market.state().at("event_seq"));
    CHECK(expect(anybody.get("/v1/errors"), 200).at("data").size() > 50);
    CHECK(expect(anybody.get("/v1/markets/ACME/ticker"), 200).at("last_price") == nullptr);
    CHECK(anybody.get("/openapi.json")->json().at("openapi") == "3.1.0");
    CHECK(anybody.get("/asyncapi.json")->json().at("asyncapi") == "3.0.0");
    CHECK(anybody.get("/docs")->body.find("swagger-ui") != std::string::npos);
    CHECK(anybody.get("/llms.txt")->body.starts_with("# Buttonwood"));
}

TEST_CASE("listings and bids are orders with the side in the path", "[system]") {
    Market market(fresh_database());
    const Trader seller = market.register_trader("seller");
    const Trader buyer = market.register_trader("buyer");
    HttpClient sells = market.as(seller);
    HttpClient buys = market.as(buyer);
    const json terms{{"symbol", "ACME"}, {"quantity", "5"}, {"price", "10.00"}};
    CHECK(expect(sells.post("/v1/listings", terms), 201).at("side") == "sell");
    const json bid = expect(buys.post("/v1/bids", terms), 201);
    CHECK(bid.at("side") == "buy");
    CHECK(bid.at("status") == "filled");

    const json rest = expect(sells.post("/v1/listings", terms), 201);
    const std::string fresh = "?wait_ms=10000&min_event_seq=" + rest.at("event_seq").dump();
    CHECK(expect(sells.get("/v1/listings" + fresh + "&status=all"), 200).at("data").size() == 2);
    CHECK(expect(sells.get("/v1/bids" + fresh + "&status=all"), 200).at("data").empty());
    CHECK(expect(buys.get("/v1/bids" + fresh + "&status=all"), 200).at("data").size() == 1);
    CHECK(expect(buys.get("/v1/account" + fresh), 200).at("accounts") == json{buyer.account});
    CHECK(expect(buys.get("/v1/markets/ACME/candles" + fresh + "&interval=1m"), 200).at("data").at(0).at("v") == "5");

    CHECK(expect(sells.del("/v1/bids"), 200).at("canceled_count") == 0);
    CHECK(expect(sells.del("/v1/listings"), 200).at("canceled_count") == 1);
    expect(sells.post("/v1/listings", terms), 201);
    CHECK(expect(sells.del("/v1/orders"), 200).at("data").at(0).at("status") == "canceled");
}

TEST_CASE("operators move cash, change users and cancel on behalf", "[system]") {
    Market market(fresh_database());
    const Trader trader = market.register_trader("trader", 1'000, 100);
    HttpClient office = market.as_operator();
    const json cash{{"account_id", trader.account}, {"currency", "USD"}, {"amount", "400"}};
    CHECK(expect(office.post("/v1/admin/withdrawals", cash), 201).at("amount") == "400.00000000");
    const json order = expect(market.as(trader).post("/v1/orders", limit_order("sell", "5", "10.00", "a")), 201);
    const std::string id = order.at("id");
    const json canceled = expect(office.del("/v1/admin/orders/" + id + "?reason=asked%20for"), 200);
    CHECK(canceled.at("status") == "canceled");
    CHECK(canceled.at("reason") == "operator");
    const json status{{"status", "suspended"}, {"reason", "under review"}};
    CHECK(expect(office.post("/v1/admin/users/" + trader.user + "/status", status), 200).at("status") == "suspended");
    const json refused = expect(market.as(trader).post("/v1/orders", limit_order("sell", "5", "10.00", "b")), 403);
    CHECK(refused.at("code") == "account_suspended");
}

TEST_CASE("methods of the socket that stand alone", "[system]") {
    Market market(fresh_database());
    const Trader trader = market.register_trader("trader");
    auto socket = WsClient::connect(market.url(), "/v1/ws");
    REQUIRE(socket);
    const auto result = [&](const char* method, const json& params) {
        const auto answer = socket->call(method, params);
        REQUIRE(answer);
        CAPTURE(*answer);
        REQUIRE(answer->at("success") == true);
        return answer->at("result");
    };
    const json ticker{{"channel", "ticker"}, {"symbol", {"ACME"}}};
    CHECK(result("subscribe", ticker).at("channel") == "ticker");
    result("auth", {{"token", trader.key}});
    result("add_order", limit_order("sell", "5", "10.00", "a"));
    CHECK(result("unsubscribe", ticker).at("channel") == "ticker");
    CHECK(result("cancel_after", {{"timeout_ms", 60'000}}).at("account_id") == trader.account);
    CHECK(result("cancel_all", json::object()).at("canceled_count") == 1);
}
