#include "eventstore/record_json.hpp"

#include "golden.hpp"
#include "record_samples.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace buttonwood;
using namespace buttonwood::eventstore;

namespace {

// The text of one field, as the JSON of a record that holds it spells it.
std::string json_of_note(std::string_view text) {
    const std::string json =
        to_json(engine::EventBody(engine::UserStatusChanged{engine::UserId{1}, engine::UserStatus::Active, text}));
    const std::string before = R"({"user":"usr_1","status":"active","note":)";
    REQUIRE(json.starts_with(before));
    return json.substr(before.size(), json.size() - before.size() - 1);
}

}  // namespace

TEST_CASE("A command and an event spell every kind of field as the API does", "[unit]") {
    engine::PlaceOrder place{engine::AccountId{3},
                             engine::SecurityId{1},
                             engine::Side::Sell,
                             engine::OrderType::Limit,
                             engine::TimeInForce::Gtc,
                             true,
                             {100},
                             {2550},
                             "bot7:1"};
    CHECK(
        to_json(engine::Command(place)) ==
        R"({"account":"acc_3","security":"sec_1","side":"sell","type":"limit","time_in_force":"gtc","post_only":true,)"
        R"("quantity":"100","price":"2550","client_order_id":"bot7:1","post_only_reprice":false,"reduce_only":false,)"
        R"("all_or_none":false,"self_trade_prevention":"none","stop_price":"0","trail_amount":"0",)"
        R"("trail_basis_points":0,"protection_price":"0","display_quantity":"0","min_quantity":"0",)"
        R"("expires_at":null})");
    engine::AmendOrder amend{};
    amend.account = engine::AccountId{3};
    amend.target.order = engine::OrderId{12};
    amend.quantity = engine::Quantity{-5};
    amend.expires_at = engine::Timestamp{1'795'195'549'348'123};
    CHECK(to_json(engine::Command(amend)) ==
          R"({"account":"acc_3","target":{"order":"ord_12","client_order_id":null},"price":null,"quantity":"-5",)"
          R"("stop_price":null,"display_quantity":null,"expires_at":"2026-11-20T17:25:49.348123Z"})");
    engine::CashDeposited cash{engine::AccountId{3}, "USD", {12'50000000}};
    CHECK(to_json(engine::EventBody(cash)) == R"({"account":"acc_3","currency":"USD","amount":"12.50000000"})");
    engine::CommandRejected rejected{engine::RejectReason::InsufficientFunds, engine::AccountId{3}, {}, {}};
    CHECK(to_json(engine::EventBody(rejected)) ==
          R"({"reason":"insufficient_funds","account":"acc_3","security":null,"order":null})");
}

TEST_CASE("A list of records is an array, a record without fields an empty object", "[unit]") {
    engine::PlaceGroup group{engine::GroupKind::Oco, {}};
    CHECK(to_json(engine::Command(group)) == R"({"kind":"oco","legs":[]})");
    group.legs.resize(2);
    group.legs[0].side = group.legs[1].side = engine::Side::Sell;
    group.legs[0].type = group.legs[1].type = engine::OrderType::StopLimit;
    const std::string json = to_json(engine::Command(group));
    CHECK(json.starts_with(
        R"({"kind":"oco","legs":[{"account":null,"security":null,"side":"sell","type":"stop_limit")"));
    CHECK(json.find(R"("expires_at":null},{"account":null)") != std::string::npos);
    CHECK(json.ends_with(R"("expires_at":null}]})"));
    CHECK(to_json(engine::Command(engine::AdvanceClock{})) == "{}");
    CHECK(to_json(engine::EventBody(engine::ClockAdvanced{})) == "{}");
    CHECK(to_json(engine::Command(engine::SetCancelAfter{engine::AccountId{3}, 60'000'000})) ==
          R"({"account":"acc_3","timeout_us":60000000})");
}

TEST_CASE("The hash of a secret never reaches the JSON", "[unit]") {
    engine::Sha256 hash;
    hash.fill(std::byte{0xAB});
    engine::RoleSet roles;
    roles.add(engine::Role::Trader).add(engine::Role::Operator);
    const std::string expected =
        R"({"user":"usr_1","key":"key_00000000000000ff","secret_hash":null,"roles":["trader","operator"]})";
    CHECK(to_json(engine::EventBody(engine::ApiKeyCreated{engine::UserId{1}, engine::KeyId{255}, hash, roles})) ==
          expected);
    CHECK(to_json(engine::Command(engine::CreateApiKey{engine::UserId{1}, engine::KeyId{255}, hash, roles})) ==
          expected);
}

TEST_CASE("Strings are escaped so that PostgreSQL takes them, whatever the bytes", "[unit]") {
    CHECK(json_of_note("") == "null");
    CHECK(json_of_note("plain") == R"("plain")");
    CHECK(json_of_note("a\"b\\c/d") == R"("a\"b\\c/d")");
    CHECK(json_of_note("\b\f\n\r\t") == R"("\b\f\n\r\t")");
    CHECK(json_of_note("\x01\x1f\x7f") == R"("\u0001\u001f\u007f")");
    CHECK(json_of_note(std::string_view("a\0b", 3)) ==
          "\"a\xEF\xBF\xBD"
          "b\"");
    CHECK(json_of_note("Zürich 株 😀") == "\"Zürich 株 😀\"");
    // A lone continuation, a lone lead, an overlong form, a surrogate, beyond U+10FFFF, a sequence cut off.
    CHECK(json_of_note("\x80") == "\"\xEF\xBF\xBD\"");
    CHECK(json_of_note("\xC3(") == "\"\xEF\xBF\xBD(\"");
    CHECK(json_of_note("\xC0\xAF") == "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
    CHECK(json_of_note("\xE0\x80\x80") == "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
    CHECK(json_of_note("\xED\xA0\x80") == "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
    CHECK(json_of_note("\xF4\x90\x80\x80") == "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
    CHECK(json_of_note("\xE2\x82") == "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST_CASE("Amounts are written exactly, with all their decimals", "[unit]") {
    CHECK(to_decimal(std::int64_t{2550}, 2) == "25.50");
    CHECK(to_decimal(std::int64_t{5}, 2) == "0.05");
    CHECK(to_decimal(std::int64_t{-5}, 2) == "-0.05");
    CHECK(to_decimal(std::int64_t{0}, 0) == "0");
    CHECK(to_decimal(std::int64_t{42}, 0) == "42");
    CHECK(to_decimal(std::int64_t{0}, 8) == "0.00000000");
    CHECK(to_decimal(std::numeric_limits<std::int64_t>::min(), 8) == "-92233720368.54775808");
    CHECK(to_decimal(engine::Money{}) == "0.00000000");
    CHECK(to_decimal(engine::kMaxMoney) == "10000000000000000000.00000000");
    const engine::Int128 lowest = engine::Int128{std::numeric_limits<std::int64_t>::min()} * (engine::Int128{1} << 64);
    CHECK(to_decimal(engine::Money{lowest}) == "-1701411834604692317316873037158.84105728");
}

TEST_CASE("Times are RFC 3339 in UTC with microseconds, and stay inside its years", "[unit]") {
    CHECK(to_rfc3339({0}) == "1970-01-01T00:00:00.000000Z");
    CHECK(to_rfc3339({-1}) == "1969-12-31T23:59:59.999999Z");
    CHECK(to_rfc3339({1'795'195'549'348'123}) == "2026-11-20T17:25:49.348123Z");
    CHECK(to_rfc3339({951'782'400'000'000}) == "2000-02-29T00:00:00.000000Z");
    CHECK(to_rfc3339({std::numeric_limits<std::int64_t>::max()}) == "9999-12-31T23:59:59.999999Z");
    CHECK(to_rfc3339({std::numeric_limits<std::int64_t>::min()}) == "0000-01-01T00:00:00.000000Z");
}

TEST_CASE("Every event belongs to the stream of its aggregate", "[unit]") {
    const auto stream = [](const engine::EventBody& body) {
        const StreamName name = stream_of({9, 77, {}, body});
        return std::string(name.type) + ' ' + std::to_string(name.id);
    };
    using namespace engine;
    const UserId user{1};
    const AccountId account{2};
    const SecurityId security{3};
    const OrderId order{4};
    CHECK(stream(UserRegistered{user, {}, {}}) == "user 1");
    CHECK(stream(UserStatusChanged{user, {}, {}}) == "user 1");
    CHECK(stream(ApiKeyCreated{user, KeyId{5}, {}, {}}) == "user 1");
    CHECK(stream(ApiKeyRevoked{user, KeyId{5}}) == "user 1");
    CHECK(stream(AccountOpened{account, user}) == "account 2");
    CHECK(stream(CashDeposited{account, {}, {}}) == "account 2");
    CHECK(stream(CashWithdrawn{account, {}, {}}) == "account 2");
    CHECK(stream(HoldingsIssued{account, security, {}}) == "account 2");
    CHECK(stream(CancelAfterSet{account, {}}) == "account 2");
    CHECK(stream(CancelAfterFired{account}) == "account 2");
    CHECK(stream(MassCancelCompleted{account, security, 0}) == "account 2");
    CHECK(stream(MassCancelCompleted{AccountId::None, security, 0}) == "security 3");
    CHECK(stream(MassCancelCompleted{AccountId::None, SecurityId::None, 0}) == "market 0");
    CHECK(stream(SecurityCreated{security, {}, {}, {}, 0, 0, {}, {}}) == "security 3");
    CHECK(stream(TradingStateChanged{security, {}, {}, {}, {}, {}}) == "security 3");
    CHECK(stream(TradingStateChanged{}) == "market 0");
    CHECK(stream(AuctionIndicated{security, {}, {}, {}, {}}) == "security 3");
    CHECK(stream(AuctionUncrossed{security, {}, {}, {}, {}}) == "security 3");
    CHECK(stream(PriceBandsSet{security, {}, 0, 0, 0, 0}) == "security 3");
    CHECK(stream(DayEnded{security, 0}) == "security 3");
    CHECK(stream(DayEnded{}) == "market 0");
    CHECK(stream(WorkDeferred{}) == "market 0");
    CHECK(stream(WorkCompleted{}) == "market 0");
    CHECK(stream(ClockAdvanced{}) == "market 0");
    OrderAccepted accepted;
    accepted.order = order;
    CHECK(stream(accepted) == "order 4");
    CHECK(stream(OrderRested{order, account, security, {}, {}, {}}) == "order 4");
    OrderAmended amended;
    amended.order = order;
    CHECK(stream(amended) == "order 4");
    CHECK(stream(OrderCanceled{order, account, security, {}, {}, {}, {}, {}}) == "order 4");
    CHECK(stream(OrderExpired{order, account, security, {}, {}, {}, {}, {}}) == "order 4");
    OrderActivated activated;
    activated.order = order;
    CHECK(stream(activated) == "order 4");
    OrderReduced reduced;
    reduced.order = order;
    CHECK(stream(reduced) == "order 4");
    OrderRefreshed refreshed;
    refreshed.order = order;
    CHECK(stream(refreshed) == "order 4");
    MatchPrevented prevented;
    prevented.maker_order = OrderId{9};
    prevented.taker_order = order;
    CHECK(stream(prevented) == "order 4");
    TradeExecuted trade;
    trade.trade = TradeId{6};
    trade.maker_order = order;
    CHECK(stream(trade) == "trade 6");
    CHECK(stream(CommandRejected{RejectReason::OrderNotFound, account, security, order}) == "command 77");
}

TEST_CASE("The JSON of every record type is the pinned one", "[unit]") {
    samples::CountingSource source;
    const Records records = samples::all_types(source, 1);
    std::string actual;
    std::set<std::string_view> names;
    for (std::size_t type = 0; type < samples::kCommandTypes; ++type) {
        const engine::Command& command = records.commands[type].command;
        names.insert(type_name(command));
        actual += std::string(type_name(command)) + ' ' + to_json(command) + '\n';
    }
    for (std::size_t type = 0; type < samples::kEventTypes; ++type) {
        const engine::EventBody& body = records.events[type].body;
        names.insert(type_name(body));
        actual += std::string(type_name(body)) + ' ' + to_json(body) + '\n';
    }
    CHECK(names.size() == samples::kCommandTypes + samples::kEventTypes);
    CHECK(actual == test::golden("record_json.txt", actual));
}

TEST_CASE("The text for jsonb has the same members, the shorter names first", "[unit]") {
    JsonbText json;
    CHECK(json.of(engine::EventBody(engine::CashDeposited{engine::AccountId{3}, "USD", {12'50000000}})) ==
          R"({"amount":"12.50000000","account":"acc_3","currency":"USD"})");
    engine::AmendOrder amend{};
    amend.target.order = engine::OrderId{12};
    CHECK(json.of(engine::Command(amend)) ==
          R"({"price":null,"target":{"order":"ord_12","client_order_id":null},"account":null,"quantity":null,)"
          R"("expires_at":null,"stop_price":null,"display_quantity":null})");
    CHECK(json.of(engine::Command(engine::PlaceGroup{engine::GroupKind::Oco, {}})) == R"({"kind":"oco","legs":[]})");
    CHECK(json.of(engine::EventBody(engine::ClockAdvanced{})) == "{}");

    samples::CountingSource source;
    const Records records = samples::all_types(source, 1);
    const auto characters = [](std::string_view text) { return std::multiset<char>(text.begin(), text.end()); };
    for (const CommandRecord& record : records.commands)
        CHECK(characters(json.of(record.command)) == characters(to_json(record.command)));
    for (const engine::Event& event : records.events)
        CHECK(characters(json.of(event.body)) == characters(to_json(event.body)));
}
