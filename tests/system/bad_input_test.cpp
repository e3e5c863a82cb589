// Whatever strangers send: the right status and a stable code, nothing changed, the server alive.
#include "tests/system/bad_input.hpp"

#include "tests/support/test_cluster.hpp"

using namespace buttonwood::test;

namespace {

// An order that would be accepted, with one member replaced (or added).
std::string order_with(const std::string& name, const std::string& raw_value) {
    const std::vector<std::pair<std::string, std::string>> members{{"symbol", R"("ACME")"},
                                                                   {"side", R"("buy")"},
                                                                   {"type", R"("limit")"},
                                                                   {"quantity", R"("10")"},
                                                                   {"price", R"("10.00")"}};
    std::string body = "{";
    bool replaced = false;
    for (const auto& [key, value] : members) {
        replaced = replaced || key == name;
        body += (body.size() > 1 ? "," : "") + ("\"" + key + "\":") + (key == name ? raw_value : value);
    }
    if (!replaced) body += ",\"" + name + "\":" + raw_value;
    return body + "}";
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

std::string many_members(int count) {
    std::string body = "{";
    for (int i = 0; i < count; ++i) body += (i == 0 ? "\"m" : ",\"m") + std::to_string(i) + "\":1";
    return body + "}";
}

void check_all(BadInputBench& bench, const std::vector<BadRequest>& cases) {
    for (const BadRequest& c : cases) bench.check(c);
    CHECK(bench.is_alive());
}

BadRequest order(std::string body, int status, std::string code) {
    return {"POST", "/v1/orders", std::move(body), status, std::move(code)};
}

BadRequest admin(std::string path, std::string body, int status, std::string code) {
    return {.method = "POST",
            .target = "/v1/admin/" + path,
            .body = std::move(body),
            .status = status,
            .code = std::move(code),
            .who = Who::Operator};
}

}  // namespace

TEST_CASE("JSON that is not acceptable is refused and changes nothing", "[system]") {
    BadInputBench bench;
    std::vector<BadRequest> cases;
    for (const char* body : {"{",
                             "}",
                             "",
                             " ",
                             "[]",
                             "null",
                             "1",
                             "\"x\"",
                             "{} {}",
                             "{}x",
                             "{\"symbol\":\"ACME\",}",
                             "{'symbol':'ACME'}",
                             "{\"symbol\" \"ACME\"}",
                             "{/*c*/}",
                             "{\"a\":NaN}",
                             "{\"a\":Infinity}",
                             "{\"a\":0x10}",
                             "{\"a\":+1}",
                             "{\"a\":.5}",
                             "{\"a\":01}",
                             "{\"a\":1.}",
                             "{\"a\":tru}",
                             "\xEF\xBB\xBF{}",
                             "{\"symbol\":\"\xFF\"}",
                             "{\"symbol\":\"\xC0\xAF\"}",
                             "{\"symbol\":\"\xED\xA0\x80\"}",
                             "{\"symbol\":\"\\ud800\"}",
                             "{\"symbol\":\"a\nb\"}",
                             "{\"client_order_id\":\"a\\u0000b\"}"})
        cases.push_back(order(body, 400, "invalid_json"));
    cases.push_back(order("{\"symbol\":\"ACME\",\"symbol\":\"ACME\"}", 400, "json_duplicate_key"));
    cases.push_back(order("{\"price\":\"1\",\"\\u0070rice\":\"1\"}", 400, "json_duplicate_key"));
    for (const std::size_t depth : {5U, 33U, 8000U})
        cases.push_back(order("{\"a\":" + nested(depth) + "}", 400, "json_depth"));
    cases.push_back(order(many_members(1000), 400, "json_too_many"));
    for (const char* name : {"time_in_froce", "__proto__", "role", "account_id", "fee", "status", "id"})
        cases.push_back(order(order_with(name, "\"x\""), 400, "unknown_field"));
    check_all(bench, cases);
}

TEST_CASE("orders with wrong types, words, numbers and ids are refused and change nothing", "[system]") {
    BadInputBench bench;
    std::vector<BadRequest> cases;
    for (const char* name : {"symbol", "side", "quantity", "price"}) {
        cases.push_back(order(order_with(name, "null"), 422, "missing_field"));
        cases.push_back(order(order_with(name, "true"), 422, "invalid_type"));
        cases.push_back(order(order_with(name, "[\"1\"]"), 422, "invalid_type"));
    }
    cases.push_back(order("{}", 422, "missing_field"));
    cases.push_back(order(order_with("symbol", "5"), 422, "invalid_type"));
    cases.push_back(order(order_with("post_only", "\"yes\""), 422, "invalid_type"));
    for (const char* word : {"\"BUY\"", "\"\"", "\"bid\""})
        cases.push_back(order(order_with("side", word), 422, "invalid_enum"));
    cases.push_back(order(order_with("type", "\"magic\""), 422, "invalid_enum"));
    cases.push_back(order(order_with("time_in_force", "\"never\""), 422, "invalid_enum"));

    for (const char* value : {"\"1e2\"", "\"+1\"", "\" 1\"", "\"1 \"", "\"1.\"", "\".5\"", "\"1,0\"", "\"0x10\"",
                              "\"\"", "\"-\"", "\".\"", "\"1.0.0\"", "\"\xD9\xA1\"", "\"NaN\"", "1e2", "-1e-2"})
        for (const char* name : {"price", "quantity"})
            cases.push_back(order(order_with(name, value), 422, "invalid_decimal"));
    for (const char* beyond_a_double : {"1E400", "-1e400"})
        cases.push_back(order(order_with("price", beyond_a_double), 422, "invalid_decimal"));
    cases.push_back(order(order_with("price", "\"0\""), 422, "min_price"));
    cases.push_back(order(order_with("price", "\"0.00\""), 422, "min_price"));
    cases.push_back(order(order_with("price", "\"-1\""), 422, "min_price|invalid_decimal"));
    cases.push_back(order(order_with("price", "\"10.005\""), 422, "price_not_on_tick"));
    cases.push_back(order(order_with("price", "10.001"), 422, "price_not_on_tick"));
    cases.push_back(order(order_with("quantity", "\"0\""), 422, "min_quantity"));
    cases.push_back(order(order_with("quantity", "\"-5\""), 422, "min_quantity|invalid_decimal"));
    cases.push_back(order(order_with("quantity", "-0"), 422, "min_quantity|invalid_decimal"));
    cases.push_back(order(order_with("quantity", "\"0.5\""), 422, "quantity_not_on_lot"));
    for (const char* huge : {"\"10000000000000000000\"", "\"9223372036854775808\"", "18446744073709551616"}) {
        cases.push_back(order(order_with("price", huge), 422, "max_price"));
        cases.push_back(order(order_with("quantity", huge), 422, "max_quantity"));
    }
    cases.push_back(order(order_with("price", "\"" + std::string(4000, '9') + "\""), 422, "max_price|invalid_decimal"));
    cases.push_back(
        order(R"({"symbol":"ACME","side":"buy","quantity":"1000000000000000000","price":"10000000000000000"})", 422,
              "max_notional"));
    cases.push_back(order(order_with("quantity", "\"100001\""), 422, "insufficient_funds"));
    cases.push_back(
        order(R"({"symbol":"ACME","side":"sell","quantity":"10001","price":"10.00"})", 422, "insufficient_shares"));

    cases.push_back(order(R"({"symbol":"ACME","side":"buy","type":"market","quantity":"1","price":"1"})", 422,
                          "price_not_allowed"));
    cases.push_back(order(R"({"symbol":"ACME","side":"buy","type":"market","quantity":"1","time_in_force":"gtc"})", 422,
                          "time_in_force_not_allowed"));
    cases.push_back(
        order(R"({"symbol":"ACME","side":"buy","quantity":"1","price":"1","time_in_force":"ioc","post_only":true})",
              422, "post_only_not_allowed"));
    cases.push_back(order(R"({"symbol":"ACME","side":"buy","type":"market","quantity":"1"})", 422, "no_liquidity"));
    cases.push_back(order(R"({"symbol":"ACME","side":"buy","quantity":"1","price":"1","time_in_force":"fok"})", 422,
                          "fok_not_fillable"));
    for (const char* id : {"\"a b\"", "\"a\\u202eb\"", "\"\xC3\xA9\"", "\"a;b\""})
        cases.push_back(order(order_with("client_order_id", id), 422, "invalid_id"));
    cases.push_back(order(order_with("client_order_id", "\"" + std::string(65, 'x') + "\""), 422, "invalid_id"));
    cases.push_back(order(order_with("symbol", "\"NOSUCH\""), 404, "security_not_found"));
    cases.push_back(order(order_with("symbol", "\"'; DROP TABLE\""), 404, "security_not_found"));
    cases.push_back(order(order_with("account", "\"acc_999\""), 404, "account_not_found"));
    cases.push_back(order(order_with("account", "\"acc_x\""), 404, "account_not_found"));
    check_all(bench, cases);
}

TEST_CASE("queries, paths and methods that do not exist are refused", "[system]") {
    BadInputBench bench;
    check_all(bench, {
                         {"GET", "/v1/orders?limt=3", "", 400, "unknown_field"},
                         {"GET", "/v1/orders?limit=0", "", 400, "invalid_parameter"},
                         {"GET", "/v1/orders?limit=-1", "", 400, "invalid_parameter"},
                         {"GET", "/v1/orders?limit=1e3", "", 400, "invalid_parameter"},
                         {"GET", "/v1/orders?limit=1&limit=2", "", 400, "invalid_parameter"},
                         {"GET", "/v1/orders?status=dead", "", 400, "invalid_parameter"},
                         {"GET", "/v1/orders?cursor=%27%3B--", "", 400, "invalid_parameter"},
                         {"GET", "/v1/markets/ACME/book?depth=all", "", 400, "invalid_parameter"},
                         {"GET", "/v1/markets/NOSUCH/book", "", 404, "security_not_found"},
                         {"GET", "/v1/orders/ord_999999", "", 404, "order_not_found"},
                         {"GET", "/v1/orders/999", "", 404, "order_not_found"},
                         {"GET", "/v1/orders/ord_-1", "", 404, "order_not_found"},
                         {"GET", "/v1/orders/ord_99999999999999999999999", "", 404, "order_not_found"},
                         {"GET", "/v1/orders/by-client-id/nobody", "", 404, "order_not_found"},
                         {"DELETE", "/v1/orders/ord_999999", "", 404, "order_not_found"},
                         {"PATCH", "/v1/orders/ord_999999", R"({"quantity":"1"})", 404, "order_not_found"},
                         {"GET", "/v1/nothing", "", 404, "not_found"},
                         {"GET", "/v2/orders", "", 404, "not_found"},
                         {.method = "PUT",
                          .target = "/v1/orders",
                          .body = "{}",
                          .status = 405,
                          .code = "method_not_allowed",
                          .header = "allow"},
                         {.method = "DELETE",
                          .target = "/v1/time",
                          .body = "",
                          .status = 405,
                          .code = "method_not_allowed",
                          .header = "allow"},
                     });
}

TEST_CASE("no key, a wrong key and too few rights are refused with the same words for every cause", "[system]") {
    BadInputBench bench;
    std::vector<BadRequest> cases;
    for (const Who who : {Who::Nobody, Who::Malformed, Who::UnknownKey, Who::WrongSecret})
        for (const char* target : {"/v1/orders", "/v1/balances", "/v1/admin/state"})
            cases.push_back({.method = "GET",
                             .target = target,
                             .body = "",
                             .status = 401,
                             .code = "unauthorized",
                             .who = who,
                             .header = "www-authenticate"});
    for (const char* target : {"/v1/admin/state", "/v1/admin/users", "/v1/admin/projections"})
        cases.push_back({"GET", target, "", 403, "scope_missing"});
    cases.push_back({"POST", "/v1/admin/market/state", R"({"state":"halted","reason":"x"})", 403, "scope_missing"});
    cases.push_back({"POST", "/v1/admin/market/end-of-day", "{}", 403, "scope_missing"});
    cases.push_back({"PUT", "/v1/admin/securities/ACME/price-bands", "{}", 403, "scope_missing"});
    cases.push_back({"DELETE", "/v1/admin/orders?reason=x", "", 403, "scope_missing"});
    cases.push_back({"POST", "/v1/admin/deposits", R"({"account_id":"acc_1","currency":"USD","amount":"1000000"})", 403,
                     "scope_missing"});
    check_all(bench, cases);
    const auto reference = bench.strip(bench.send({.method = "GET",
                                                   .target = "/v1/orders",
                                                   .body = "",
                                                   .status = 401,
                                                   .code = "unauthorized",
                                                   .who = Who::Nobody}));
    for (const Who who : {Who::Malformed, Who::UnknownKey, Who::WrongSecret})
        CHECK(bench.strip(bench.send({.method = "GET",
                                      .target = "/v1/orders",
                                      .body = "",
                                      .status = 401,
                                      .code = "unauthorized",
                                      .who = who})) == reference);
}

TEST_CASE("another user's order cannot be told from one that does not exist", "[system]") {
    BadInputBench bench;
    const std::string foreign = bench.foreign_order();
    auto answers = [&](const std::string& id) {
        std::vector<json> all;
        for (const BadRequest& request :
             std::vector<BadRequest>{{"GET", "/v1/orders/" + id, "", 404, "order_not_found"},
                                     {"DELETE", "/v1/orders/" + id, "", 404, "order_not_found"},
                                     {"PATCH", "/v1/orders/" + id, R"({"quantity":"1"})", 404, "order_not_found"}}) {
            bench.check(request);
            all.push_back(bench.strip(bench.send(request)));
        }
        return all;
    };
    CHECK(answers(foreign) == answers("ord_999999"));
    bench.check(order(order_with("account", "\"" + bench.foreign_account() + "\""), 404, "account_not_found"));
    bench.check({"GET", "/v1/orders/by-client-id/foreign", "", 404, "order_not_found"});
    CHECK(bench.is_alive());
}

TEST_CASE("terms that do not fit the order are refused, each with its code", "[system]") {
    BadInputBench bench;
    std::vector<BadRequest> cases;
    const auto with = [](const std::string& type, const std::string& members) {
        return R"({"symbol":"ACME","side":"buy","quantity":"10","type":")" + type + "\"," + members + "}";
    };
    const auto limit = [&](const std::string& members) { return with("limit", R"("price":"10.00",)" + members); };
    for (const auto& [body, code] : std::vector<std::pair<std::string, std::string>>{
             {limit(R"("time_in_force":"opg")"), "time_in_force_not_allowed"},
             {with("stop", R"("stop_price":"11","time_in_force":"ioc")"), "time_in_force_not_allowed"},
             {limit(R"("time_in_force":"gtd")"), "expires_at_not_allowed"},
             {limit(R"("time_in_force":"gtd","expires_at":"2001-01-01T00:00:00Z")"), "expires_at_not_allowed"},
             {limit(R"("expires_at":"2099-01-01T00:00:00Z")"), "expires_at_not_allowed"},
             {limit(R"("time_in_force":"gtd","expires_at":"soon")"), "invalid_time"},
             {limit(R"("post_only_reprice":true)"), "post_only_not_allowed"},
             {limit(R"("reduce_only":true)"), "reduce_only_not_allowed"},
             {limit(R"("all_or_none":true,"post_only":true)"), "all_or_none_not_allowed"},
             {limit(R"("min_quantity":"11")"), "min_quantity_not_allowed"},
             {limit(R"("display_quantity":"10")"), "display_quantity_not_allowed"},
             {limit(R"("trail_amount":"1")"), "trail_not_allowed"},
             {with("trailing_stop", R"("trail_amount":"1","trail_percent":"1")"), "trail_not_allowed"},
             {with("trailing_stop", R"("trail_percent":"100")"), "trail_not_allowed"},
             {limit(R"("stop_price":"11")"), "stop_price_not_allowed"},
             {with("stop", R"("post_only":false)"), "stop_price_not_allowed"},
             {limit(R"("protection_price":"11")"), "protection_price_not_allowed"},
             {with("market", R"("time_in_force":"cls")"), "protection_price_required"},
             {with("stop", R"("stop_price":"11","price":"11")"), "price_not_allowed"},
             {limit(R"("time_in_force":"ioc","min_quantity":"5")"), "min_quantity_not_fillable"},
             {limit(R"("self_trade_prevention":"yes")"), "invalid_enum"}})
        cases.push_back(order(body, 422, code));
    const auto group = [](const std::string& body, int status, const char* code) {
        return BadRequest{"POST", "/v1/orders/groups", body, status, code};
    };
    cases.push_back(group("{}", 422, "missing_field"));
    cases.push_back(group(R"({"kind":"oco","legs":[]})", 422, "group_not_allowed"));
    cases.push_back(group(R"({"kind":"oco","legs":[{}]})", 422, "group_not_allowed"));
    cases.push_back(group(R"({"kind":"oco","legs":[{},{}]})", 422, "missing_field"));
    cases.push_back(group(R"({"kind":"oco","legs":[{"symbol":[[]]},{}]})", 400, "json_depth"));
    cases.push_back(group(R"({"kind":"oco","legs":[)" + limit(R"("post_only":false)") + "," +
                              limit(R"("post_only":false)") + "]}",
                          422, "group_not_allowed"));
    for (const char* body : {"{}", R"({"timeout_ms":null})"})
        cases.push_back({"PUT", "/v1/cancel-after", body, 422, "missing_field"});
    cases.push_back({"PUT", "/v1/cancel-after", R"({"timeout_ms":86400001})", 422, "timeout_not_allowed"});
    cases.push_back({"PUT", "/v1/cancel-after", R"({"timeout_ms":"1"})", 422, "invalid_type"});
    cases.push_back({"PUT", "/v1/cancel-after", R"({"timeout_ms":5,"account":"acc_999"})", 404, "account_not_found"});
    cases.push_back({"GET", "/v1/cancel-after?account=acc_999", "", 404, "account_not_found"});
    cases.push_back({"GET", "/v1/prevented-matches?limit=0", "", 400, "invalid_parameter"});
    cases.push_back({"GET", "/v1/markets/NOSUCH/auction", "", 404, "security_not_found"});
    check_all(bench, cases);
}

TEST_CASE("operators' requests are checked like everyone's", "[system]") {
    BadInputBench bench;
    const std::string acc = R"({"account_id":")" + bench.account() + R"(",)";
    std::vector<BadRequest> cases;
    for (const char* amount : {"\"0\"", "\"-5\"", "\"1e3\"", "\"\"", "\"1.123456789\"", "\"10000000000000000001\""})
        cases.push_back(admin("deposits", acc + R"("currency":"USD","amount":)" + amount + "}", 422,
                              "amount_not_positive|invalid_decimal|max_balance"));
    cases.push_back(
        admin("withdrawals", acc + R"("currency":"USD","amount":"1000000.01"})", 422, "insufficient_funds"));
    cases.push_back(
        admin("deposits", R"({"account_id":"acc_999","currency":"USD","amount":"1"})", 404, "account_not_found"));
    cases.push_back(admin("issues", acc + R"("symbol":"NOSUCH","quantity":"1"})", 404, "security_not_found"));
    cases.push_back(admin("issues", acc + R"("symbol":"ACME","quantity":"0"})", 422, "min_quantity"));
    const auto security = [](const char* symbol, const char* price_scale, const char* tick) {
        return std::string(R"({"name":"n","currency":"USD","quantity_scale":0,"lot_size":"1","symbol":")") + symbol +
               R"(","price_scale":)" + price_scale + R"(,"tick_size":")" + tick + "\"}";
    };
    cases.push_back(admin("securities", security("ACME", "2", "0.01"), 409, "symbol_taken"));
    cases.push_back(admin("securities", security("acme!", "2", "0.01"), 422, "name_not_allowed"));
    cases.push_back(admin("securities", security("NEW", "9", "0.01"), 422, "invalid_decimal|scale_not_allowed"));
    cases.push_back(admin("securities", security("NEW", "2", "0"), 422, "tick_not_allowed"));
    cases.push_back(admin("securities", security("NEW", "2", "0.001"), 422, "tick_not_allowed"));
    cases.push_back(admin("users", R"({"name":"x","roles":["king"]})", 422, "invalid_enum"));
    cases.push_back(admin("users", R"({"name":"x","roles":[]})", 422, "roles_not_allowed"));
    cases.push_back(admin("users", R"({"name":"","roles":["trader"]})", 422, "invalid_text"));
    cases.push_back(admin("users/usr_999/accounts", "{}", 404, "user_not_found"));
    for (const char* what : {"securities/ACME", "market"}) {
        const std::string path = std::string(what) + "/state";
        cases.push_back(admin(path, R"({"state":"open","reason":"x"})", 409, "status_unchanged"));
        cases.push_back(admin(path, R"({"state":"auction","reason":"x"})", 422, "auction_not_allowed"));
        cases.push_back(admin(path, R"({"state":"halted","auction":"opening","reason":"x"})", 422,
                              "auction_not_allowed"));
        cases.push_back(admin(path, R"({"state":"halted","until":"2001-01-01T00:00:00Z","reason":"x"})", 422,
                              "auction_not_allowed"));
        cases.push_back(admin(path, R"({"state":"halted","until":5,"reason":"x"})", 422, "invalid_type"));
        cases.push_back(admin(path, R"({"state":"halted"})", 422, "missing_field"));
        cases.push_back(admin(path, R"({"state":"shut","reason":"x"})", 422, "invalid_enum"));
    }
    BadRequest bands = admin("securities/ACME/price-bands", R"({"static_percent":"100.01"})", 422, "bands_not_allowed");
    bands.method = "PUT";
    cases.push_back(bands);
    for (const auto& [body, code] : std::vector<std::pair<std::string, std::string>>{
             {R"({"static_percent":"1.001"})", "invalid_decimal"},
             {R"({"halt_ms":"1"})", "invalid_type"},
             {R"({"reference_price":"x"})", "invalid_decimal"}}) {
        bands.body = body;
        bands.code = code;
        cases.push_back(bands);
    }
    cases.push_back(admin("market/end-of-day", R"({"symbol":"NOSUCH"})", 404, "security_not_found"));
    cases.push_back(admin("market/end-of-day", R"({"symbol":5})", 422, "invalid_type"));
    for (const auto& [query, code, status] : std::vector<std::tuple<std::string, std::string, int>>{
             {"?symbol=ACME", "invalid_parameter", 400},
             {"?reason=x&side=left", "invalid_parameter", 400},
             {"?reason=x&symbol=NOSUCH", "security_not_found", 404}})
        cases.push_back({.method = "DELETE",
                         .target = "/v1/admin/orders" + query,
                         .body = "",
                         .status = status,
                         .code = code,
                         .who = Who::Operator});
    check_all(bench, cases);
}
