// Every kind of order through the server's public doors: held, iceberg, grouped, prevented; amended, retried, switched.
#include "tests/support/test_cluster.hpp"
#include "tests/system/market_socket.hpp"

#include <functional>

using namespace buttonwood::test;

namespace {

// The messages of a channel on a socket, one after the other; those that came with answers first.
class Channel {
public:
    Channel(WsClient& socket, std::string channel, std::vector<json> early)
        : socket_(socket), channel_(std::move(channel)), early_(std::move(early)) {}

    // The next message for which `wanted` holds.
    json next(const std::function<bool(const json&)>& wanted) {
        while (true) {
            const json message = take();
            if (message.value("channel", "") == channel_ && wanted(message)) return message;
        }
    }

private:
    json take() {
        if (!early_.empty()) {
            const json message = early_.front();
            early_.erase(early_.begin());
            return message;
        }
        const auto text = socket_.receive(std::chrono::seconds(30));
        REQUIRE(text.has_value());
        return json::parse(*text);
    }
    WsClient& socket_;
    std::string channel_;
    std::vector<json> early_;
};

json order(const std::string& side, const std::string& quantity, const json& more) {
    json body{{"symbol", Market::kSymbol}, {"side", side}, {"quantity", quantity}};
    body.update(more);
    return body;
}

json place(const Market& market, const Trader& trader, const json& body) {
    return expect(market.as(trader).post("/v1/orders", body), 201);
}

}  // namespace

TEST_CASE("a stop is held until its price trades, and tells so over the socket", "[system]") {
    Market market(fresh_database());
    const Trader maker = market.register_trader("maker");
    const Trader holder = market.register_trader("holder");
    place(market, maker, order("buy", "10", {{"price", "9.50"}}));
    WsClient socket = open_socket(market);
    std::vector<json> early;
    must_call(socket, "auth", {{"token", holder.key}});
    must_call(socket, "subscribe", {{"channel", "executions"}}, &early);
    const json stop = must_call(
        socket, "add_order", order("sell", "4", {{"type", "stop"}, {"stop_price", "10.00"}, {"client_order_id", "s"}}),
        &early);
    CHECK(stop.at("status") == "held");
    CHECK(stop.at("stop_price") == "10.00");
    CHECK(stop.at("price") == nullptr);
    CHECK(stop.at("time_in_force") == "gtc");
    const json held = expect(
        market.as(holder).get("/v1/orders?status=open&wait_ms=10000&min_event_seq=" + stop.at("event_seq").dump()),
        200);
    REQUIRE(held.at("data").size() == 1);
    CHECK(held.at("data").at(0) == stop);  // the read model's and the live view's order are one

    const Trader taker = market.register_trader("taker");
    place(market, maker, order("sell", "1", {{"price", "10.00"}}));
    place(market, taker, order("buy", "1", {{"price", "10.00"}}));
    std::vector<std::string> types;
    Channel executions(socket, "executions", early);
    while (types.size() < 3)
        executions.next([&](const json& message) {
            if (message.at("type") == "update") types.push_back(message.at("data").at(0).at("exec_type"));
            return true;
        });
    CHECK(types == std::vector<std::string>{"new", "triggered", "trade"});
    const json done = expect(market.as(holder).get("/v1/orders/" + stop.at("id").get<std::string>()), 200);
    CHECK(done.at("status") == "filled");
    CHECK(done.at("average_price") == "9.5000");
    market.check_conservation();
}

TEST_CASE("the book channel shows an iceberg's tip only", "[system]") {
    Market market(fresh_database());
    const Trader maker = market.register_trader("maker");
    const Trader taker = market.register_trader("taker");
    WsClient socket = open_socket(market);
    std::vector<json> early;
    must_call(socket, "subscribe", {{"channel", "book"}, {"symbol", {Market::kSymbol}}, {"depth", 10}}, &early);
    Channel book(socket, "book", early);
    const auto shown = [&] {
        const json update = book.next([](const json& m) { return m.at("type") == "update"; });
        return update.at("data").at(0).at("asks").at(0).at("qty").get<std::string>();
    };
    place(market, maker, order("sell", "10", {{"price", "10.00"}, {"display_quantity", "4"}}));
    CHECK(shown() == "4");
    place(market, taker, order("buy", "3", {{"price", "10.00"}}));
    CHECK(shown() == "1");
    place(market, taker, order("buy", "2", {{"price", "10.00"}}));  // the tip's last and one of the next
    CHECK(shown() == "3");
    place(market, taker, order("buy", "5", {{"price", "10.00"}}));
    CHECK(shown() == "0");
    const json rest = expect(market.as(taker).get("/v1/markets/ACME/book"), 200);
    CHECK(rest.at("asks") == json::array());
}

TEST_CASE("an auction opens at the price it indicated", "[system]") {
    Market market(fresh_database());
    const Trader seller = market.register_trader("seller");
    const Trader buyer = market.register_trader("buyer");
    WsClient socket = open_socket(market);
    std::vector<json> early;
    must_call(socket, "subscribe", {{"channel", "auction"}, {"symbol", {Market::kSymbol}}}, &early);
    must_call(socket, "subscribe", {{"channel", "status"}, {"symbol", {Market::kSymbol}}}, &early);
    HttpClient op = market.as_operator();
    const json gathers = expect(op.post("/v1/admin/securities/ACME/state",
                                        {{"state", "auction"}, {"auction", "opening"}, {"reason", "morning"}}),
                                200);
    CHECK(gathers.at("trading_state") == "auction");
    CHECK(gathers.at("auction") == "opening");
    CHECK(gathers.at("cause") == "operator");
    place(market, seller, order("sell", "10", {{"price", "9.90"}}));
    place(market, buyer, order("buy", "6", {{"price", "10.10"}, {"time_in_force", "opg"}}));
    const json refused = expect(
        market.as(buyer).post("/v1/orders", order("buy", "1", {{"price", "10.00"}, {"time_in_force", "ioc"}})), 422);
    CHECK(refused.at("code") == "auction_only");

    Channel auction(socket, "auction", early);
    const json indicated = auction.next([](const json& m) {
        const json& indication = m.at("data").at(0).at("indication");
        return !indication.is_null() && !indication.at("price").is_null();
    });
    const json& indication = indicated.at("data").at(0).at("indication");
    CHECK(indication.at("paired_quantity") == "6");
    CHECK(indication.at("imbalance_quantity") == "4");
    CHECK(indication.at("imbalance_side") == "sell");
    const json asked = expect(op.get("/v1/markets/ACME/auction"), 200);
    CHECK(asked.at("indication") == indication);

    expect(op.post("/v1/admin/securities/ACME/state", {{"state", "open"}, {"reason", "go"}}), 200);
    const json over = auction.next([](const json& m) { return m.at("data").at(0).at("trading_state") == "open"; });
    CHECK(over.at("data").at(0).at("indication") == nullptr);
    CHECK(over.at("data").at(0).at("last_auction").at("price") == indication.at("price"));
    CHECK(over.at("seq").get<int>() > indicated.at("seq").get<int>());
    market.wait_for_projections();
    const json trades = expect(op.get("/v1/markets/ACME/trades"), 200).at("data");
    REQUIRE(trades.size() == 1);
    CHECK(trades.at(0).at("price") == indication.at("price"));
    CHECK(trades.at(0).at("auction") == true);
    market.check_conservation();
}

TEST_CASE("the market's state covers every security, and the status channel tells both", "[system]") {
    Market market(fresh_database());
    const Trader trader = market.register_trader("trader");
    WsClient socket = open_socket(market);
    std::vector<json> early;
    must_call(socket, "subscribe", {{"channel", "status"}}, &early);
    must_call(socket, "subscribe", {{"channel", "status"}, {"symbol", {Market::kSymbol}}}, &early);
    HttpClient op = market.as_operator();
    const json halted = expect(op.post("/v1/admin/market/state", {{"state", "halted"}, {"reason", "drill"}}), 200);
    CHECK(halted.at("trading_state") == "halted");
    Channel status(socket, "status", early);
    const auto halts = [&](const json& symbol) {
        status.next([&](const json& m) {
            return m.at("symbol") == symbol && m.at("type") == "update" &&
                   m.at("data").at(0).at("trading_state") == "halted" && m.at("seq") == (symbol.is_null() ? 1 : 2);
        });
    };
    halts("ACME");
    halts(nullptr);
    const json security = expect(op.get("/v1/securities/ACME"), 200);
    CHECK(security.at("trading_state") == "halted");
    CHECK(security.at("own_state") == "open");
    CHECK(expect(op.get("/v1/status"), 200).at("market").at("trading_state") == "halted");
    const json refused =
        expect(market.as(trader).post("/v1/orders", order("buy", "1", {{"price", "1.00"}})), 422);
    CHECK(refused.at("code") == "security_halted");
    expect(op.post("/v1/admin/market/state", {{"state", "open"}, {"reason", "drill over"}}), 200);
    place(market, trader, order("buy", "1", {{"price", "1.00"}}));
}

TEST_CASE("a group is one command, retried as one, and its legs end together", "[system]") {
    Market market(fresh_database());
    const Trader trader = market.register_trader("trader");
    const Trader other = market.register_trader("other");
    HttpClient client = market.as(trader);
    const json oco{{"kind", "oco"},
                   {"legs",
                    {order("sell", "5", {{"price", "11.00"}, {"client_order_id", "tp"}}),
                     order("sell", "5", {{"type", "stop"}, {"stop_price", "9.00"}, {"client_order_id", "sl"}})}}};
    const json group = expect(client.post("/v1/orders/groups", oco), 201);
    REQUIRE(group.at("orders").size() == 2);
    CHECK(group.at("kind") == "oco");
    CHECK(group.at("orders").at(1).at("status") == "held");
    CHECK(group.at("orders").at(1).at("group") == json{{"id", group.at("id")}, {"role", "oco_second"}});
    const auto again = client.post("/v1/orders/groups", oco);
    CHECK(expect(again, 200).at("orders").at(0).at("id") == group.at("orders").at(0).at("id"));
    CHECK(again->header("idempotency-replayed") == "true");

    place(market, other, order("buy", "5", {{"price", "11.00"}}));
    const std::string stop = group.at("orders").at(1).at("id");
    CHECK(expect(client.get("/v1/orders/" + stop), 200).at("reason") == "group");

    WsClient socket = open_socket(market);
    must_call(socket, "auth", {{"token", trader.key}});
    const json bracket = must_call(
        socket, "add_group",
        {{"kind", "bracket"},
         {"legs",
          {order("buy", "3", {{"price", "10.00"}}), order("sell", "3", {{"price", "12.00"}}),
           order("sell", "3", {{"type", "trailing_stop"}, {"trail_percent", "5"}})}}});
    REQUIRE(bracket.at("orders").size() == 3);
    CHECK(bracket.at("orders").at(2).at("trail_percent") == "5.00");
    const auto refused = socket.call("add_group", {{"kind", "oco"},
                                                   {"legs",
                                                    {order("buy", "1", {{"price", "1.00"}}),
                                                     order("sell", "1", {{"price", "20.00"}})}}});
    CHECK(refused->at("error").at("code") == "group_not_allowed");
    CHECK(refused->at("error").at("errors").at(0).at("pointer") == "/legs");
    market.check_conservation();
}

TEST_CASE("self-trade prevention leaves a record", "[system]") {
    Market market(fresh_database());
    const Trader trader = market.register_trader("trader");
    const json resting = place(market, trader, order("sell", "5", {{"price", "10.00"}}));
    const json taker = place(market, trader, order("buy", "3", {{"price", "10.00"}}));
    CHECK(taker.at("status") == "canceled");
    CHECK(taker.at("reason") == "stp");
    CHECK(taker.at("prevented_quantity") == "3");
    const json page = expect(market.as(trader).get("/v1/prevented-matches?wait_ms=10000&min_event_seq=" +
                                                   taker.at("event_seq").dump()),
                             200);
    REQUIRE(page.at("data").size() == 1);
    const json& match = page.at("data").at(0);
    CHECK(match.at("maker_order_id") == resting.at("id"));
    CHECK(match.at("taker_order_id") == taker.at("id"));
    CHECK(match.at("price") == "10.00");
    CHECK(match.at("quantity") == "3");
    CHECK(match.at("self_trade_prevention") == "cancel_newest");
    const json traded =
        place(market, trader, order("buy", "3", {{"price", "10.00"}, {"self_trade_prevention", "none"}}));
    CHECK(traded.at("status") == "filled");
}

TEST_CASE("the dead man's switch cancels when it is not set again", "[system]") {
    Market market(fresh_database());
    const Trader trader = market.register_trader("trader");
    HttpClient client = market.as(trader);
    const json resting = place(market, trader, order("buy", "1", {{"price", "1.00"}}));
    const auto put = [&](int timeout_ms) {
        return expect(client.request("PUT", "/v1/cancel-after", json{{"timeout_ms", timeout_ms}}.dump()), 200);
    };
    CHECK(put(60'000).at("trigger_at").is_string());
    CHECK(put(0).at("trigger_at") == nullptr);
    CHECK(expect(client.get("/v1/cancel-after"), 200).at("trigger_at") == nullptr);
    put(1);
    const std::string path = "/v1/orders/" + resting.at("id").get<std::string>();
    wait_until("the switch to go off", [&] { return expect(client.get(path), 200).at("status") == "canceled"; });
    CHECK(expect(client.get(path), 200).at("reason") == "cancel_after");
}

TEST_CASE("an operator sets bands, ends the day and cancels everyone's orders", "[system]") {
    Market market(fresh_database());
    const Trader a = market.register_trader("a");
    const Trader b = market.register_trader("b");
    HttpClient op = market.as_operator();
    const json banded = expect(op.request("PUT", "/v1/admin/securities/ACME/price-bands",
                                          json{{"reference_price", "10.00"}, {"static_percent", "10"}}.dump()),
                               200);
    CHECK(banded.at("price_bands").at("static_percent") == "10.00");
    CHECK(banded.at("price_bands").at("dynamic_percent") == nullptr);
    CHECK(expect(market.as(a).post("/v1/orders", order("buy", "1", {{"price", "8.99"}})), 422).at("code") ==
          "price_out_of_band");
    place(market, a, order("buy", "1", {{"price", "9.00"}, {"time_in_force", "day"}}));
    const json kept = place(market, b, order("buy", "1", {{"price", "9.00"}}));
    const json ended = expect(op.post("/v1/admin/market/end-of-day", {{"symbol", "ACME"}}), 200);
    CHECK(ended.at("expired_count") == 1);
    CHECK(ended.at("complete") == true);
    const json canceled = expect(op.del("/v1/admin/orders?symbol=ACME&reason=drill"), 200);
    CHECK(canceled.at("canceled_count") == 1);
    CHECK(canceled.at("complete") == true);
    const json final = expect(market.as(b).get("/v1/orders/" + kept.at("id").get<std::string>()), 200);
    CHECK(final.at("status") == "canceled");
    CHECK(final.at("reason") == "operator");
}

TEST_CASE("an amend changes the display quantity and the stop price", "[system]") {
    Market market(fresh_database());
    const Trader trader = market.register_trader("trader");
    HttpClient client = market.as(trader);
    const json iceberg = place(market, trader, order("sell", "10", {{"price", "10.00"}, {"display_quantity", "4"}}));
    const json less = expect(
        client.patch("/v1/orders/" + iceberg.at("id").get<std::string>(), {{"display_quantity", "2"}}), 200);
    CHECK(less.at("display_quantity") == "2");
    CHECK(less.at("priority") == "kept");
    const json stop = place(market, trader, order("sell", "1", {{"type", "stop"}, {"stop_price", "9.00"}}));
    const json moved =
        expect(client.patch("/v1/orders/" + stop.at("id").get<std::string>(), {{"stop_price", "8.00"}}), 200);
    CHECK(moved.at("stop_price") == "8.00");
    CHECK(moved.at("status") == "held");
    const json refused =
        expect(client.patch("/v1/orders/" + stop.at("id").get<std::string>(), {{"display_quantity", "1"}}), 422);
    CHECK((refused.at("code") == "not_amendable" || refused.at("code") == "display_quantity_not_allowed"));
}
