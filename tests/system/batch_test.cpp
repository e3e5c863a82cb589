// Many orders in one request: each has its own fate.
#include "tests/support/test_cluster.hpp"
#include "tests/system/bad_input.hpp"

using namespace buttonwood::test;

TEST_CASE("a batch places and cancels in its order, and every element has its own answer", "[system]") {
    Market market(fresh_database());
    const Trader trader = market.register_trader("trader");
    const Trader other = market.register_trader("other");
    const std::string foreign =
        expect(market.as(other).post("/v1/orders", limit_order("sell", "5", "30.00", "f")), 201).at("id");
    HttpClient http = market.as(trader);
    const json placed = expect(
        http.post("/v1/orders/batch",
                  {{"orders",
                    {limit_order("buy", "1", "10.00", "a"), limit_order("buy", "1", "10.001", "b"),
                     limit_order("buy", "2", "30.00", "c"), limit_order("sell", "1000000", "40.00", "d"), "no object",
                     limit_order("buy", "1", "10.00", "a")}}}),
        200);
    std::vector<int> statuses;
    for (const json& item : placed.at("data")) statuses.push_back(item.at("status"));
    CHECK(statuses == std::vector<int>{201, 422, 201, 422, 422, 200});
    const json& first = placed.at("data").at(0);
    CHECK(first.at("order").at("client_order_id") == "a");
    CHECK(first.at("order_id") == first.at("order").at("id"));
    CHECK(first.at("error").is_null());
    CHECK(placed.at("data").at(1).at("error").at("code") == "price_not_on_tick");
    CHECK(placed.at("data").at(1).at("error").at("execution") == "not_executed");
    CHECK(placed.at("data").at(2).at("order").at("status") == "filled");
    CHECK(placed.at("data").at(3).at("error").at("code") == "insufficient_shares");
    CHECK(placed.at("data").at(5).at("replayed") == true);
    CHECK(placed.at("data").at(5).at("order_id") == first.at("order_id"));

    const json canceled = expect(http.post("/v1/orders/batch-cancel", {{"orders",
                                                                        {{{"client_order_id", "a"}},
                                                                         {{"client_order_id", "c"}},
                                                                         {{"order_id", foreign}},
                                                                         {{"order_id", "ord_999"}},
                                                                         json::object()}}}),
                                 200);
    statuses.clear();
    for (const json& item : canceled.at("data")) statuses.push_back(item.at("status"));
    CHECK(statuses == std::vector<int>{200, 409, 404, 404, 422});
    CHECK(canceled.at("data").at(0).at("order").at("status") == "canceled");
    CHECK(canceled.at("data").at(1).at("error").at("code") == "order_already_filled");
    CHECK(expect(market.as(other).get("/v1/orders/" + foreign), 200).at("remaining_quantity") == "3");

    json hundred = json::array();
    for (int i = 0; i < 100; ++i)
        hundred.push_back({{"symbol", "ACME"}, {"side", "buy"}, {"quantity", "1"}, {"price", "1.00"}});
    const json many = expect(http.post("/v1/orders/batch", {{"orders", hundred}}), 200);
    REQUIRE(many.at("data").size() == 100);
    std::uint64_t last = 0;
    for (const json& item : many.at("data")) {
        REQUIRE(item.at("status") == 201);
        const std::uint64_t seq = item.at("order").at("event_seq");
        CHECK(seq > last);
        last = seq;
    }
    market.check_conservation();
}

TEST_CASE("batches that are none are refused as a whole", "[system]") {
    BadInputBench bench;
    std::string too_many = R"({"orders":[)";
    for (int i = 0; i < 101; ++i) too_many += i == 0 ? "{}" : ",{}";
    for (const std::string path : {"/v1/orders/batch", "/v1/orders/batch-cancel"}) {
        bench.check({"POST", path, "", 400, "invalid_json"});
        bench.check({"POST", path, "[]", 400, "invalid_json"});
        bench.check({"POST", path, "{}", 422, "missing_field"});
        bench.check({"POST", path, R"({"orders":{}})", 422, "invalid_type"});
        bench.check({"POST", path, R"({"orders":[]})", 422, "invalid_type"});
        bench.check({"POST", path, too_many + "]}", 422, "invalid_type"});
        bench.check({"POST", path, R"({"orders":[{}],"atomic":true})", 400, "unknown_field"});
        bench.check({"POST", path, R"({"orders":[{}]})", 401, "unauthorized", Who::Nobody});
        bench.check({"POST", path, R"({"orders":[{}]})", 403, "scope_missing", Who::Operator});
    }
    CHECK(bench.is_alive());
}
