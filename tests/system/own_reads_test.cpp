// What traders read about themselves, and what operators and compliance do to people, terms and settlements.
#include "tests/support/test_cluster.hpp"
#include "tests/system/bad_input.hpp"

using namespace buttonwood::test;

namespace {

// Sarah sold 10 to Bob at 25.50, with fees, settling in two business days; Otto has nothing to do with it.
class SettlingMarket {
public:
    SettlingMarket() {
        const std::string acme = "/v1/admin/securities/ACME";
        terms = expect(op().request("PUT", acme + "/terms", json{{"issuer", "Acme Inc"}, {"settlement_days", 2},
                                                                 {"exemption", "reg_d_506c"}}.dump()),
                       200);
        expect(op().request("PUT", acme + "/fees",
                            json{{"maker_ppm", 1000}, {"taker_ppm", 2000}, {"account_id", otto.account}}.dump()),
               200);
        listing = place(sarah, "sell", "10", "s");
        bid = place(bob, "buy", "10", "b");
        trade = expect(market.as(bob).get("/v1/fills?" + fresh()), 200).at("data").at(0).at("id");
    }

    [[nodiscard]] HttpClient op() const { return market.as_operator(); }
    [[nodiscard]] std::string fresh() const {
        return "wait_ms=10000&min_event_seq=" + market.state().at("event_seq").dump();
    }
    // With everything applied that has happened.
    json read(const Trader& who, const std::string& target, int status = 200) const {
        const char* joint = target.find('?') == std::string::npos ? "?" : "&";
        return expect(market.as(who).get(target + joint + fresh()), status);
    }
    std::string place(const Trader& who, const char* side, const char* quantity, const char* id) const {
        return expect(market.as(who).post("/v1/orders", limit_order(side, quantity, "25.50", id)), 201).at("id");
    }

    Market market{fresh_database()};
    Trader sarah = market.register_trader("Sarah Seller");
    Trader bob = market.register_trader("Bob Buyer");
    Trader otto = market.register_trader("Otto Outsider", 0, 0);
    json terms;
    std::string listing, bid, trade;
};

}  // namespace

TEST_CASE("a trader reads positions with lots, the ledger and the life of its orders", "[system]") {
    const SettlingMarket m;
    const json position = m.read(m.bob, "/v1/positions?symbol=ACME").at("data").at(0);
    CHECK(position.at("quantity") == "10010");
    CHECK(position.at("settled") == "10000");
    CHECK(position.at("pending_in") == "10");
    CHECK(position.at("open_lots") == 2);
    REQUIRE(position.at("lots").size() == 2);
    CHECK(position.at("lots").at(0).at("trade_id").is_null());  // issued
    CHECK(position.at("lots").at(1).at("trade_id") == m.trade);
    CHECK(position.at("lots").at(1).at("remaining") == "10");
    CHECK(position.at("lots").at(1).at("remaining_cost") == "255.51000000");  // with the taker's fee of 0.51
    CHECK(position.at("lots").at(1).at("sellable_from").is_null());
    CHECK(m.read(m.bob, "/v1/positions?symbol=NONE").at("data").empty());
    CHECK(m.read(m.otto, "/v1/positions").at("data").empty());

    const json activities = m.read(m.bob, "/v1/activities").at("data");
    REQUIRE(activities.size() == 4);
    CHECK(activities.back().at("type") == "deposit");
    const json fees = m.read(m.bob, "/v1/activities?type=fee&type=buy").at("data");
    REQUIRE(fees.size() == 2);
    for (const json& line : fees) {
        CHECK(line.at("trade_id") == m.trade);
        CHECK(line.at("account_id") == m.bob.account);
    }
    // One line at a time, the same ledger.
    json paged = json::array();
    for (std::string target = "/v1/activities?limit=1&" + m.fresh(); !target.empty();) {
        const auto answer = m.market.as(m.bob).get(target);
        const json page = expect(answer, 200);
        for (const json& line : page.at("data")) paged.push_back(line);
        const std::string link = answer->header("link");
        target = link.empty() ? "" : link.substr(1, link.find('>') - 1);
    }
    CHECK(paged == activities);

    const json life = m.read(m.sarah, "/v1/orders/" + m.listing + "/events").at("data");
    REQUIRE(life.size() >= 2);
    CHECK(life.front().at("event") == "accepted");
    CHECK(life.back().at("event") == "filled");
    CHECK(life.back().at("trade_id") == m.trade);
    CHECK(m.read(m.bob, "/v1/orders/" + m.listing + "/events", 404).at("code") == "order_not_found");
    CHECK(m.read(m.bob, "/v1/portfolio/history?interval=1d").at("data").is_array());
}

TEST_CASE("each side of a trade reads its own half of it and every step of its settlement", "[system]") {
    const SettlingMarket m;
    for (const Trader& who : {m.sarah, m.bob}) {
        const json trade = m.read(who, "/v1/trades/" + m.trade);
        REQUIRE(trade.at("sides").size() == 1);
        CHECK(trade.at("sides").at(0).at("account_id") == who.account);
        const std::string other = who.account == m.bob.account ? m.sarah.account : m.bob.account;
        CHECK(trade.dump().find(other) == std::string::npos);
        CHECK(trade.at("settlement").at("status") == "pending");
        CHECK(trade.at("settlement").at("due_at").is_string());
    }
    CHECK(m.read(m.otto, "/v1/trades/" + m.trade, 404).at("code") == "trade_not_found");
    CHECK(m.read(m.otto, "/v1/settlements").at("data").empty());
    CHECK(m.read(m.bob, "/v1/settlements?status=pending").at("data").size() == 1);
    CHECK(m.read(m.bob, "/v1/settlements?status=settled").at("data").empty());
    const json fill = m.read(m.bob, "/v1/fills").at("data").at(0);
    CHECK(fill.at("fee") == "0.51000000");
    CHECK(fill.at("settlement_status") == "pending");

    const auto change = [&](const char* status, const std::string& trade, int answer) {
        const json body{{"status", status}, {"reason", "a wire"}};
        return expect(m.op().post("/v1/admin/settlements/" + trade, body), answer);
    };
    change("failed", m.trade, 200);
    change("settled", m.trade, 200);
    const json ladder = m.read(m.sarah, "/v1/settlements/" + m.trade).at("settlement");
    CHECK(ladder.at("status") == "settled");
    REQUIRE(ladder.at("steps").size() == 3);
    CHECK(ladder.at("steps").at(0).at("cause") == "trade");
    CHECK(ladder.at("steps").at(1).at("status") == "failed");
    CHECK(ladder.at("steps").at(2).at("cause") == "operator");
    CHECK(ladder.at("steps").at(2).at("reason") == "a wire");
    CHECK(change("settled", "trd_999", 404).at("code") == "trade_not_found");
    CHECK(change("settled", "x", 404).at("code") == "trade_not_found");
}

TEST_CASE("orders are listed by what changed since, and by when they were placed", "[system]") {
    const SettlingMarket m;
    const std::uint64_t seq = m.market.state().at("event_seq");
    m.place(m.bob, "buy", "1", "later");
    const auto ids = [&](const std::string& query) {
        std::vector<std::string> found;
        const json orders = m.read(m.bob, "/v1/orders?status=all" + query);
        for (const json& order : orders.at("data")) found.push_back(order.at("client_order_id"));
        return found;
    };
    CHECK(ids("") == std::vector<std::string>{"later", "b"});
    CHECK(ids("&updated_since_seq=" + std::to_string(seq)) == std::vector<std::string>{"later"});
    const std::string first = m.read(m.bob, "/v1/orders/" + m.bid).at("created_at");
    CHECK(ids("&created_before=" + first).empty());
    CHECK(ids("&created_after=" + first).size() == 2);
    const auto page = m.market.as(m.bob).get("/v1/orders?status=all&limit=1&" + m.fresh());
    REQUIRE(page.has_value());
    const std::string link = page->header("link");
    REQUIRE(link.ends_with(">; rel=\"next\""));
    const json next = expect(m.market.as(m.bob).get(link.substr(1, link.find('>') - 1)), 200);
    CHECK(next.at("data").at(0).at("client_order_id") == "b");
    CHECK_FALSE(next.at("has_more").get<bool>());
}

TEST_CASE("candles of every interval, with the quiet ones filled in, and the tickers of a list", "[system]") {
    SettlingMarket m;
    const std::string path = "/v1/markets/ACME/candles?interval=";
    for (const char* interval : {"1s", "1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w", "1M"}) {
        CAPTURE(interval);
        const json candles = m.read(m.bob, path + interval);
        CHECK(candles.at("interval") == interval);
        REQUIRE(candles.at("data").size() == 1);
        CHECK(candles.at("data").at(0).at("v") == "10");
        CHECK(candles.at("data").at(0).at("complete").is_boolean());
    }
    m.market.register_trader("one more");  // time goes on
    wait_until("a second without a trade",
               [&] { return m.read(m.bob, path + "1s&fill=previous&limit=1000").at("data").size() >= 3; });
    const json filled = m.read(m.bob, path + "1s&fill=previous&limit=1000").at("data");
    CHECK(filled.at(0).at("n") == 1);
    CHECK(filled.at(1).at("n") == 0);
    CHECK(filled.at(1).at("o") == "25.50");
    CHECK(filled.at(1).at("v") == "0");
    CHECK(filled.at(1).at("vwap").is_null());
    const json last = m.read(m.bob, path + "1s&fill=previous&limit=1").at("data");
    REQUIRE(last.size() == 1);
    CHECK(last.at(0).at("c") == "25.50");  // of a candle before the range
    CHECK_FALSE(last.at(0).at("complete").get<bool>());

    CHECK(m.read(m.bob, "/v1/tickers?symbols=ACME").at("data").at(0).at("last_price") == "25.50");
    CHECK(m.read(m.bob, "/v1/tickers").at("data").size() == 1);
    CHECK(m.read(m.bob, "/v1/tickers?symbols=ACME,NONE", 404).at("code") == "security_not_found");
}

TEST_CASE("compliance and operators decide about people and terms, and everybody reads what they may", "[system]") {
    const SettlingMarket m;
    const json officer = expect(m.op().post("/v1/admin/users", {{"name", "Carla"}, {"roles", {"compliance"}}}), 201);
    HttpClient compliance(m.market.url(), officer.at("key"));
    const std::string bob = "/v1/admin/users/" + m.bob.user;
    expect(compliance.post(bob + "/kyc", {{"status", "verified"}, {"note", "passport seen"}}), 200);
    expect(compliance.post(bob + "/accreditation", {{"status", "verified"}, {"basis", "income"}, {"evidence", "W-2"},
                                                    {"expires_at", "2099-01-01T00:00:00Z"}}),
           200);
    expect(compliance.post(bob + "/notes", {{"note", "a careful man"}}), 200);
    const auto refused = [&](const std::string& target, const char* body, int status) {
        return expect(compliance.request("POST", target, body), status).at("code").get<std::string>();
    };
    CHECK(refused(bob + "/kyc", R"({"status":"maybe"})", 422) == "invalid_enum");
    CHECK(refused(bob + "/kyc", "{}", 422) == "missing_field");
    CHECK(refused(bob + "/kyc", R"({"status":"verified"})", 409) == "status_unchanged");
    CHECK(refused("/v1/admin/users/usr_99/kyc", R"({"status":"verified"})", 404) == "user_not_found");
    CHECK(refused("/v1/admin/users/x/kyc", R"({"status":"verified"})", 404) == "user_not_found");
    CHECK(refused(bob + "/accreditation", R"({"status":"verified"})", 422) == "accreditation_not_allowed");
    CHECK(refused(bob + "/accreditation",
                  R"({"status":"verified","basis":"income","expires_at":"1999-01-01T00:00:00Z"})", 422) ==
          "accreditation_not_allowed");
    CHECK(refused(bob + "/notes", R"({"note":""})", 422) == "invalid_text");
    CHECK(refused(bob + "/status", R"({"status":"closed","reason":"x"})", 403) == "scope_missing");
    const json profile{{"email", "bob@example.com"}, {"jurisdiction", "CH"}};
    expect(m.market.as(m.bob).patch("/v1/account/profile", profile), 200);

    const json everything = expect(m.op().get(bob + "?" + m.fresh()), 200);
    CHECK(everything.at("kyc").at("note") == "passport seen");
    CHECK(everything.at("accreditation").at("evidence") == "W-2");
    CHECK(everything.at("notes").at(0).at("note") == "a careful man");
    CHECK(everything.at("status_changes").size() >= 2);
    CHECK(everything.at("email") == "bob@example.com");
    const json own = m.read(m.bob, "/v1/compliance/profile");
    CHECK(own.at("accreditation").at("is_accredited") == true);
    CHECK(own.at("accreditation").at("expires_at") == "2099-01-01T00:00:00.000000Z");
    CHECK(own.at("jurisdiction") == "CH");
    for (const char* secret : {"careful", "W-2", "passport"}) CHECK(own.dump().find(secret) == std::string::npos);

    const auto found = [&](const std::string& query) {
        return expect(m.op().get("/v1/admin/users?" + query + "&" + m.fresh()), 200).at("data").size();
    };
    CHECK(found("q=bob%20buy") == 1);
    CHECK(found("q=example") == found("q=bob@example.com"));
    CHECK(found("q=nobody") == 0);
    CHECK(found("status=suspended") == 0);
    CHECK(found("status=active") >= 3);

    const auto listed = [&](const std::string& query) {
        return m.read(m.otto, "/v1/securities?" + query).at("data").size();
    };
    for (const char* query : {"q=acm", "q=ACME", "q=acme%20ac", "q=", "status=open", "q=a&status=open"})
        CHECK(listed(query) == 1);
    for (const char* query : {"q=cme", "q=acme%20x", "status=halted", "q=acme&status=closed"})
        CHECK(listed(query) == 0);

    const json terms = m.read(m.otto, "/v1/securities/ACME/terms");
    CHECK(terms.at("issuer") == "Acme Inc");
    CHECK(terms.at("settlement_days") == 2);
    CHECK(terms.at("fees").at("taker_ppm") == 2000);
    const std::string acme = "/v1/admin/securities/ACME";
    expect(m.op().post(acme + "/valuations",
                       {{"price", "30.00"}, {"valued_at", "2026-01-01T00:00:00Z"}, {"method", "round B"}}),
           200);
    CHECK(m.read(m.otto, "/v1/securities/ACME/terms").at("valuation_price") == "30.00");
    expect(m.op().post(acme + "/delist", {{"reason", "bought"}}), 200);
    CHECK(m.read(m.otto, "/v1/securities/ACME/terms").at("delisted_reason") == "bought");
    CHECK(expect(m.op().post(acme + "/delist", {{"reason", "again"}}), 422).at("code") == "security_delisted");
    expect(m.op().request("PUT", "/v1/admin/market/fees",
                          json{{"maker_ppm", 1}, {"taker_ppm", 2}, {"account_id", m.otto.account}}.dump()),
           200);
}

TEST_CASE("reads and acts that make no sense are refused and change nothing", "[system]") {
    BadInputBench bench;
    const auto refused = [&](const std::string& method, const std::string& target, const std::string& body, int status,
                             const std::string& code, Who who) {
        bench.check({method, target, body, status, code, who});
    };
    const auto bad_get = [&](const std::string& target, const std::string& code = "invalid_parameter",
                             int status = 400) {
        refused("GET", target, "", status, code, Who::Trader);
    };
    for (const char* target :
         {"/v1/activities?type=gift", "/v1/activities?cursor=1", "/v1/activities?cursor=1.2.3.4",
          "/v1/activities?cursor=..", "/v1/activities?limit=0", "/v1/activities?created_after=today",
          "/v1/portfolio/history", "/v1/portfolio/history?interval=1m", "/v1/portfolio/history?interval=1h&from=x",
          "/v1/settlements?status=lost", "/v1/securities?status=gone", "/v1/settlements?cursor=x",
          "/v1/orders?updated_since_seq=x",
          "/v1/orders?created_after=x", "/v1/markets/ACME/candles", "/v1/markets/ACME/candles?interval=2m",
          "/v1/markets/ACME/candles?interval=1m&fill=zero", "/v1/markets/ACME/candles?interval=1m&to=x"})
        bad_get(target);
    bad_get("/v1/positions?account=acc_1", "unknown_field");
    bad_get("/v1/orders/x/events", "order_not_found", 404);
    bad_get("/v1/orders/" + bench.foreign_order() + "/events", "order_not_found", 404);
    bad_get("/v1/trades/trd_0", "trade_not_found", 404);
    bad_get("/v1/settlements/trd_77", "trade_not_found", 404);
    bad_get("/v1/tickers?symbols=NONE", "security_not_found", 404);
    bad_get("/v1/securities/NONE/terms", "security_not_found", 404);
    bad_get("/v1/admin/users/usr_1", "scope_missing", 403);
    for (const char* target : {"/v1/positions", "/v1/activities", "/v1/settlements", "/v1/trades/trd_1",
                               "/v1/compliance/profile", "/v1/admin/users/usr_1"})
        refused("GET", target, "", 401, "unauthorized", Who::Nobody);

    struct Act {
        const char *method, *target, *body;
        int status;
        const char* code;
    };
    for (const Act& a : {
             Act{"POST", "/v1/admin/users/usr_2/kyc", R"({"status":"verified"})", 403, "scope_missing"},
             Act{"POST", "/v1/admin/users/usr_2/notes", R"({"note":"x"})", 403, "scope_missing"},
             Act{"POST", "/v1/admin/users/usr_2/accreditation", R"({"status":"none"})", 403, "scope_missing"},
             Act{"PATCH", "/v1/admin/users/usr_2/profile", R"({"jurisdiction":"CHE"})", 422, "invalid_text"},
             Act{"PUT", "/v1/admin/securities/ACME/terms", R"({"exemption":"reg_z"})", 422, "invalid_enum"},
             Act{"PUT", "/v1/admin/securities/ACME/terms", R"({"settlement_days":300})", 422, "invalid_decimal"},
             Act{"PUT", "/v1/admin/securities/NONE/terms", "{}", 404, "security_not_found"},
             Act{"POST", "/v1/admin/securities/ACME/valuations", R"({"price":"0","valued_at":"2026-01-01T00:00:00Z"})",
                 422, "min_price"},
             Act{"POST", "/v1/admin/securities/ACME/valuations", R"({"price":"1"})", 422, "missing_field"},
             Act{"POST", "/v1/admin/securities/ACME/delist", R"({"reason":"x"})", 409, "open_orders"},
             Act{"PUT", "/v1/admin/securities/ACME/fees", R"({"maker_ppm":-1,"taker_ppm":0,"account_id":"acc_1"})", 422,
                 "invalid_decimal"},
             Act{"PUT", "/v1/admin/securities/ACME/fees", R"({"maker_ppm":1,"taker_ppm":0,"account_id":"acc_99"})", 404,
                 "account_not_found"},
             Act{"PUT", "/v1/admin/market/fees", R"({"maker_ppm":1})", 422, "missing_field"},
             Act{"POST", "/v1/admin/settlements/trd_1", R"({"status":"settled"})", 422, "missing_field"},
             Act{"POST", "/v1/admin/settlements/trd_1", R"({"status":"settled","reason":"x"})", 404, "trade_not_found"},
         }) {
        refused(a.method, a.target, a.body, a.status, a.code, Who::Operator);
        refused(a.method, a.target, a.body, 403, "scope_missing", Who::Trader);
    }
    refused("GET", "/v1/admin/users?status=gone", "", 400, "invalid_parameter", Who::Operator);
    refused("PATCH", "/v1/account/profile", R"({"roles":["admin"]})", 400, "unknown_field", Who::Trader);
    CHECK(bench.is_alive());
}
