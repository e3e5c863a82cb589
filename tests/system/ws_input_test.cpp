// Whatever strangers send over a WebSocket: an error with a stable code or a close with the right code, nothing
// changed.
#include "tests/support/test_cluster.hpp"
#include "tests/system/market_socket.hpp"

using namespace buttonwood::test;

namespace {

json next(WsClient& socket) {
    const auto text = socket.receive(std::chrono::seconds(30));
    if (!text) FAIL("no message; closed: " << socket.close_reason());
    return json::parse(*text);
}

struct BadMessage {
    std::string text;
    std::string code;
};

void check_refused(WsClient& socket, const BadMessage& bad) {
    INFO(bad.text.substr(0, 300));
    socket.send(bad.text);
    const json answer = next(socket);
    INFO(answer.dump());
    CHECK(answer.at("success") == false);
    CHECK(answer.at("error").at("code") == bad.code);
    CHECK(answer.at("error").at("execution") == "not_executed");
}

}  // namespace

TEST_CASE("WebSocket messages that are not acceptable are answered with an error and change nothing", "[system]") {
    Market market(fresh_database());
    const Trader trader = market.register_trader("trader");
    WsClient stranger = open_socket(market);
    const std::string order = limit_order("buy", "1", "1.00", "x").dump();
    const json before = market.state();

    for (const char* method : {"add_order", "add_group", "amend_order", "cancel_order", "cancel_all", "cancel_after"})
        check_refused(stranger,
                      {R"({"method":")" + std::string(method) + R"(","params":)" + order + "}", "unauthorized"});
    check_refused(stranger, {R"({"method":"auth","params":{"token":"bw_0.0"},"req_id":1})", "unauthorized"});
    check_refused(stranger, {R"({"method":"auth","params":{"token":5},"req_id":1})", "invalid_type"});
    check_refused(stranger, {R"({"method":"auth","params":{},"req_id":1})", "missing_field"});

    WsClient socket = open_socket(market);
    REQUIRE(socket.call("auth", {{"token", trader.key}})->at("success") == true);
    for (const BadMessage& bad : std::vector<BadMessage>{
             {"{", "invalid_json"},
             {"", "invalid_json"},
             {"[]", "invalid_json"},
             {"null", "invalid_json"},
             {R"({"method":"ping","method":"ping"})", "json_duplicate_key"},
             {R"({"method":"ping","parms":{}})", "unknown_field"},
             {R"({"params":{}})", "missing_field"},
             {R"({"method":7})", "invalid_type"},
             {R"({"method":"fly"})", "invalid_enum"},
             {R"({"method":"ping","params":[]})", "invalid_type"},
             {R"({"method":"ping","params":{"x":1}})", "unknown_field"},
             {R"({"method":"ping","req_id":{}})", "invalid_type"},
             {R"({"method":"subscribe","params":{"channel":"gossip"}})", "invalid_enum"},
             {R"({"method":"subscribe","params":{"channel":"book"}})", "missing_field"},
             {R"({"method":"subscribe","params":{"channel":"book","symbol":["NOSUCH"]}})", "security_not_found"},
             {R"({"method":"subscribe","params":{"channel":"book","symbol":["ACME"],"depth":7}})", "invalid_enum"},
             {R"({"method":"subscribe","params":{"channel":"book","symbol":[5]}})", "invalid_type"},
             {R"({"method":"subscribe","params":{"channel":"book","symbol":[""]}})", "invalid_type"},
             {R"({"method":"subscribe","params":{"channel":"auction"}})", "missing_field"},
             {R"({"method":"subscribe","params":{"channel":"status","symbol":["NOSUCH"]}})", "security_not_found"},
             {R"({"method":"add_group","params":{"kind":"oco"}})", "missing_field"},
             {R"({"method":"add_group","params":{"kind":"oco","legs":[{},{}]}})", "missing_field"},
             {R"({"method":"cancel_after","params":{"timeout_ms":-1}})", "invalid_decimal"},
             {R"({"method":"amend_order","params":{"order_id":"ord_1","trail_amount":"1"}})", "unknown_field"},
             {R"({"method":"add_order","params":{"symbol":"ACME"}})", "missing_field"},
             {R"({"method":"add_order","params":{"symbol":"ACME","side":"buy","quantity":"1","price":"1.00","x":1}})",
              "unknown_field"},
             {R"({"method":"cancel_order","params":{}})", "missing_field"},
             {R"({"method":"cancel_order","params":{"order_id":"ord_1","client_order_id":"a"}})", "missing_field"},
             {R"({"method":"amend_order","params":{"order_id":"ord_999","quantity":"1"}})", "order_not_found"}})
        check_refused(socket, bad);
    const json after = market.state();
    CHECK(after.at("event_seq") == before.at("event_seq"));
    CHECK(after.at("state_hash") == before.at("state_hash"));

    check_refused(socket, {R"({"method":"cancel_order","params":{"order_id":"ord_999"}})", "order_not_found"});
    check_refused(socket,
                  {R"({"method":"add_order","params":{"symbol":"ACME","side":"buy","quantity":"1","price":"0.001"}})",
                   "price_not_on_tick"});
    CHECK(market.state().at("open_orders") == 0);
    CHECK(socket.call("ping", json::object())->at("success") == true);
}

TEST_CASE("an error carries the req_id of its message, and answers keep the order of the commands", "[system]") {
    Market market(fresh_database());
    const Trader trader = market.register_trader("trader");
    WsClient socket = open_socket(market);
    REQUIRE(socket.call("auth", {{"token", trader.key}})->at("success") == true);
    // Good orders and orders the market refuses, all in flight at once.
    constexpr int kOrders = 100;
    for (int n = 1; n <= kOrders; ++n)
        socket.send(
            json{{"method", "add_order"},
                 {"params", limit_order("buy", n % 3 == 0 ? "1000000000" : "1", "1.00", "q" + std::to_string(n))},
                 {"req_id", n}});
    std::uint64_t event_seq = 0;
    for (int n = 1; n <= kOrders; ++n) {
        const json answer = next(socket);
        REQUIRE(answer.at("req_id") == n);
        REQUIRE(answer.at("success") == (n % 3 != 0));
        const json& body = answer.at(n % 3 == 0 ? "error" : "result");
        CHECK(body.at("event_seq").get<std::uint64_t>() > event_seq);
        event_seq = body.at("event_seq");
        if (n % 3 == 0) CHECK(body.at("code") == "insufficient_funds");
    }
}

TEST_CASE("a message beyond the limit closes the socket with 1009, others stay open", "[system]") {
    Market market(fresh_database());
    WsClient good = open_socket(market);
    WsClient bad = open_socket(market);
    bad.send(std::string(1 << 20, ' '));
    while (bad.receive(std::chrono::seconds(30))) {
    }
    CHECK(bad.closed());
    // 0: the close frame was lost in the reset that TCP sends to one who is still sending.
    const auto code = bad.close_code();
    CHECK((code == 1009 || code == 0));
    CHECK(good.call("ping", json::object())->at("success") == true);
}

TEST_CASE("an amend and a cancel may follow their order at once, before it is answered", "[system]") {
    Market market(fresh_database());
    const Trader trader = market.register_trader("trader");
    WsClient socket = open_socket(market);
    REQUIRE(socket.call("auth", {{"token", trader.key}})->at("success") == true);
    for (int n = 0; n < 20; ++n) {
        const std::string id = "p" + std::to_string(n);
        socket.send(json{{"method", "add_order"}, {"params", limit_order("buy", "9", "1.00", id)}, {"req_id", 3 * n}});
        socket.send(json{{"method", "amend_order"},
                         {"params", {{"client_order_id", id}, {"symbol", Market::kSymbol}, {"quantity", "5"}}},
                         {"req_id", 3 * n + 1}});
        socket.send(json{{"method", "cancel_order"}, {"params", {{"client_order_id", id}}}, {"req_id", 3 * n + 2}});
    }
    for (int n = 0; n < 60; ++n) {
        const json answer = next(socket);
        INFO(answer.dump());
        REQUIRE(answer.at("req_id") == n);
        REQUIRE(answer.at("success") == true);
        if (n % 3 == 1) CHECK(answer.at("result").at("quantity") == "5");
        if (n % 3 == 2) CHECK(answer.at("result").at("status") == "canceled");
    }
}
