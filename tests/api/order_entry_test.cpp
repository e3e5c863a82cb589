// What order entry reads: every member of an order, its defaults, and what it refuses with which code and pointer.
#include "api/orders.hpp"
#include "engine/names.hpp"
#include "tests/api/market.hpp"

#include <catch2/catch.hpp>

using namespace buttonwood;
using namespace buttonwood::engine;

namespace {

const api::Identity kAnnsKey{UserId{1}, KeyId{1}, RoleSet{}.add(Role::Trader)};

api::JsonValue json(const std::string& text) {
    auto value = api::parse_json(text);
    REQUIRE(value);
    return std::move(*value);
}

// An order of these members besides symbol, side and quantity.
std::string body(const std::string& members) {
    return R"({"symbol":"ACME","side":"sell","quantity":"10")" + (members.empty() ? "" : "," + members) + "}";
}

PlaceOrder read(const std::string& members) {
    test::LiveMarket market;
    const auto order = api::read_place(json(body(members)), market.view, kAnnsKey);
    INFO(members << (order ? "" : ": " + order.error().detail));
    REQUIRE(order);
    return *order;
}

struct Refused {
    std::string members;
    std::string code;
    std::string pointer;
};

}  // namespace

TEST_CASE("An order's members become its terms", "[unit]") {
    const PlaceOrder o = read(R"("type":"stop_limit","price":"9.50","stop_price":9.75,"time_in_force":"gtd",)"
                              R"("expires_at":"2030-01-02T03:04:05.000006Z","display_quantity":"4",)"
                              R"("reduce_only":true,"self_trade_prevention":"decrement","client_order_id":"a")");
    CHECK(o.account == AccountId{1});
    CHECK(o.side == Side::Sell);
    CHECK(o.type == OrderType::StopLimit);
    CHECK(o.time_in_force == TimeInForce::Gtd);
    CHECK(o.price == Price{950});
    CHECK(o.stop_price == Price{975});
    CHECK(o.expires_at == Timestamp{1'893'553'445'000'006});
    CHECK(o.display_quantity == Quantity{4});
    CHECK(o.reduce_only);
    CHECK(o.self_trade_prevention == SelfTradePrevention::Decrement);

    const PlaceOrder trailing = read(R"("type":"trailing_stop","trail_percent":"1.5","protection_price":"8")");
    CHECK(trailing.trail_basis_points == 150);
    CHECK(trailing.protection_price == Price{800});
    CHECK(read(R"("type":"trailing_stop","trail_amount":"0.25")").trail_amount == Price{25});
    const PlaceOrder whole = read(R"("price":"10","all_or_none":true,"min_quantity":"3")");
    CHECK(whole.all_or_none);
    CHECK(whole.min_quantity == Quantity{3});
    const PlaceOrder maker = read(R"("price":"10","post_only":true,"post_only_reprice":true)");
    CHECK(maker.post_only);
    CHECK(maker.post_only_reprice);
}

TEST_CASE("What is absent or null has its default", "[unit]") {
    const PlaceOrder o = read(R"("price":"10","stop_price":null,"expires_at":null,"display_quantity":null)");
    CHECK(o.type == OrderType::Limit);
    CHECK(o.time_in_force == TimeInForce::Gtc);
    CHECK(o.self_trade_prevention == SelfTradePrevention::CancelNewest);
    CHECK(o.stop_price == Price{});
    CHECK(o.expires_at == Timestamp{});
    CHECK(read(R"("type":"market")").time_in_force == TimeInForce::Ioc);
    CHECK(read(R"("type":"stop","stop_price":"9")").time_in_force == TimeInForce::Gtc);
}

TEST_CASE("Every word of the vocabulary is a type, a time in force, a mode", "[unit]") {
    for (const auto& [value, word] : kOrderTypeWords)
        CHECK(read(R"("price":"10","type":")" + std::string(word) + '"').type == value);
    for (const auto& [value, word] : kTimeInForceWords)
        CHECK(read(R"("price":"10","time_in_force":")" + std::string(word) + '"').time_in_force == value);
    for (const auto& [value, word] : kSelfTradePreventionWords)
        CHECK(read(R"("price":"10","self_trade_prevention":")" + std::string(word) + '"').self_trade_prevention ==
              value);
}

TEST_CASE("Members that cannot be meant are refused with a pointer", "[unit]") {
    test::LiveMarket market;
    for (const Refused& c : std::vector<Refused>{
             {R"("price":"10","stop_prize":"1")", "unknown_field", "/stop_prize"},
             {R"("price":"10","expires_at":5)", "invalid_type", "/expires_at"},
             {R"("price":"10","expires_at":"tomorrow")", "invalid_time", "/expires_at"},
             {R"("price":"10","expires_at":"2030-02-30T00:00:00Z")", "invalid_time", "/expires_at"},
             {R"("price":"10","expires_at":"1969-12-31T00:00:00Z")", "invalid_time", "/expires_at"},
             {R"("type":"stop","stop_price":true)", "invalid_type", "/stop_price"},
             {R"("type":"stop","stop_price":"1e2")", "invalid_decimal", "/stop_price"},
             {R"("type":"stop","stop_price":"9.001")", "price_not_on_tick", "/stop_price"},
             {R"("type":"stop","stop_price":"0")", "stop_price_not_allowed", "/stop_price"},
             {R"("type":"market","price":"0")", "price_not_allowed", "/price"},
             {R"("type":"trailing_stop","trail_amount":"0.00")", "trail_not_allowed", "/trail_amount"},
             {R"("type":"trailing_stop","trail_percent":"0")", "trail_not_allowed", "/trail_amount"},
             {R"("type":"trailing_stop","trail_percent":"1.005")", "invalid_decimal", "/trail_percent"},
             {R"("type":"trailing_stop","trail_percent":"99999999999")", "invalid_decimal", "/trail_percent"},
             {R"("type":"trailing_stop","trail_percent":[])", "invalid_type", "/trail_percent"},
             {R"("type":"market","protection_price":"0")", "protection_price_not_allowed", "/protection_price"},
             {R"("price":"10","display_quantity":"0")", "display_quantity_not_allowed", "/display_quantity"},
             {R"("price":"10","display_quantity":"0.5")", "quantity_not_on_lot", "/display_quantity"},
             {R"("price":"10","min_quantity":"0")", "min_quantity_not_allowed", "/min_quantity"},
             {R"("price":"10","min_quantity":"9223372036854775808")", "max_quantity", "/min_quantity"},
             {R"("price":"10","all_or_none":"yes")", "invalid_type", "/all_or_none"},
             {R"("price":"10","reduce_only":1)", "invalid_type", "/reduce_only"},
             {R"("price":"10","post_only_reprice":{})", "invalid_type", "/post_only_reprice"},
             {R"("price":"10","self_trade_prevention":"cancel_all")", "invalid_enum", "/self_trade_prevention"},
             {R"("price":"10","time_in_force":"GTC")", "invalid_enum", "/time_in_force"},
             {R"("type":"iceberg","price":"10")", "invalid_enum", "/type"},
             {R"("type":"stop_limit","stop_price":"9")", "missing_field", "/price"}}) {
        INFO(c.members);
        const auto order = api::read_place(json(body(c.members)), market.view, kAnnsKey);
        REQUIRE_FALSE(order);
        CHECK(order.error().code == c.code);
        REQUIRE(order.error().errors.size() == 1);
        CHECK(order.error().errors[0].pointer == c.pointer);
    }
}

TEST_CASE("A group is read leg by leg, and its complaints name the leg", "[unit]") {
    test::LiveMarket market;
    const std::string limit = body(R"("price":"11")");
    const std::string stop = body(R"("type":"stop","stop_price":"9")");
    const auto group = [&](const std::string& kind, const std::string& legs) {
        return api::read_group(json(R"({"kind":")" + kind + R"(","legs":)" + legs + "}"), market.view, kAnnsKey);
    };
    const auto oco = group("oco", "[" + limit + "," + stop + "]");
    REQUIRE(oco);
    CHECK(oco->kind == GroupKind::Oco);
    REQUIRE(oco->legs.size() == 2);
    CHECK(oco->legs[1].stop_price == Price{900});

    const auto refused = [&](const std::string& kind, const std::string& legs, const char* code, const char* pointer) {
        INFO(kind << ' ' << legs);
        const auto answer = group(kind, legs);
        REQUIRE_FALSE(answer);
        CHECK(answer.error().code == code);
        REQUIRE(answer.error().errors.size() == 1);
        CHECK(answer.error().errors[0].pointer == pointer);
    };
    refused("pair", "[]", "invalid_enum", "/kind");
    refused("oco", "{}", "invalid_type", "/legs");
    refused("oco", "null", "missing_field", "/legs");
    refused("oco", "[]", "group_not_allowed", "/legs");
    refused("oco", "[" + limit + "]", "group_not_allowed", "/legs");
    refused("oco", "[" + limit + "," + limit + "," + limit + "," + limit + "]", "group_not_allowed", "/legs");
    refused("oco", "[" + limit + ",5]", "invalid_type", "/legs/1");
    refused("oco", "[" + limit + "," + body(R"("price":"x")") + "]", "invalid_decimal", "/legs/1/price");
}

TEST_CASE("An amend names what it changes", "[unit]") {
    test::LiveMarket market;
    market.run(test::limit(AccountId{1}, Side::Sell, 1000, 10));
    const auto amend = api::read_amend(
        json(R"({"quantity":"5","stop_price":"9.5","display_quantity":"2","expires_at":"2030-01-01T00:00:00Z"})"),
        market.view, kAnnsKey, OrderId{1});
    REQUIRE(amend);
    CHECK(amend->account == AccountId{1});
    CHECK_FALSE(amend->price);
    CHECK(amend->quantity == Quantity{5});
    CHECK(amend->stop_price == Price{950});
    CHECK(amend->display_quantity == Quantity{2});
    CHECK(amend->expires_at == Timestamp{1'893'456'000'000'000});
    const auto refused = api::read_amend(json(R"({"trail_amount":"1"})"), market.view, kAnnsKey, OrderId{1});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "unknown_field");
}

TEST_CASE("The dead man's switch takes whole milliseconds", "[unit]") {
    test::LiveMarket market;
    const auto read_after = [&](const std::string& text) {
        return api::read_cancel_after(json(text), market.view, kAnnsKey);
    };
    const auto set = read_after(R"({"timeout_ms":60000})");
    REQUIRE(set);
    CHECK(set->timeout_us == 60'000'000);
    CHECK(set->account == AccountId{1});
    CHECK(read_after(R"({"timeout_ms":"60000"})").error().code == "invalid_type");
    CHECK(read_after(R"({"timeout_ms":1.5})").error().code == "invalid_decimal");
    CHECK(read_after(R"({"timeout_ms":9223372036854775807})").error().code == "invalid_decimal");
    CHECK(read_after("{}").error().code == "missing_field");
    CHECK(read_after(R"({"timeout_ms":1,"account":"acc_2"})").error().code == "account_not_found");
}
