#include "api/json_reader.hpp"

#include <catch2/catch.hpp>

using namespace buttonwood::api;

namespace {

std::string code_of(std::string_view text) {
    const auto parsed = parse_json(text);
    return parsed ? "accepted" : parsed.error().code;
}

}  // namespace

TEST_CASE("JSON: an object keeps its members in order, and numbers keep their source text", "[unit]") {
    const auto parsed = parse_json(R"({"b":"x","a":25.50,"big":123456789012345678901234567890,"n":null,"t":true})");
    REQUIRE(parsed);
    REQUIRE(parsed->members.size() == 5);
    CHECK(parsed->members[0].first == "b");
    CHECK(parsed->find("a")->text == "25.50");
    CHECK(parsed->find("big")->text == "123456789012345678901234567890");
    CHECK(parsed->find("n")->kind == JsonValue::Kind::Null);
    CHECK(parsed->find("t")->boolean);
    CHECK(parsed->find("missing") == nullptr);
}

TEST_CASE("JSON: what is not JSON is refused", "[unit]") {
    for (const char* text :
         {"", "{", "{}x", "{} {}", "{\"a\":1,}", "{'a':1}", "// c\n{}", "{\"a\":NaN}", "{\"a\":Infinity}", "{\"a\":+1}",
          "{\"a\":.5}", "{\"a\":01}", "{\"a\":0x1}", "{\"a\":\"\xff\"}", "{\"a\":\"\xc0\xaf\"}",
          "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\\ud800\"}", "\xEF\xBB\xBF{}", "{\"a\":tru}"}) {
        CAPTURE(text);
        CHECK(code_of(text) == "invalid_json");
    }
}

TEST_CASE("JSON: control characters are refused, escaped or not", "[unit]") {
    CHECK(code_of(R"({"a":"\u0000"})") == "invalid_json");
    CHECK(code_of(R"({"a":"\n"})") == "invalid_json");
    CHECK(code_of(R"({"\u0007":1})") == "invalid_json");
    CHECK(code_of("{\"a\":\"\x01\"}") == "invalid_json");
}

TEST_CASE("JSON: a member that appears twice is refused, however it is spelled", "[unit]") {
    CHECK(code_of(R"({"price":"1","price":"2"})") == "json_duplicate_key");
    CHECK(code_of(R"({"price":"1","\u0070rice":"2"})") == "json_duplicate_key");
    CHECK(code_of(R"({"a":{"x":1},"b":{"x":1}})") == "accepted");
}

TEST_CASE("JSON: depth, members and elements are bounded", "[unit]") {
    CHECK(code_of(R"([[[[1]]]])") == "accepted");
    CHECK(code_of(R"([[[[[1]]]]])") == "json_depth");
    CHECK(code_of(std::string(100'000, '[')) == "json_depth");
    std::string many = "{";
    for (std::size_t i = 0; i <= kJsonMaxMembers; ++i) many += (i ? ",\"m" : "\"m") + std::to_string(i) + "\":1";
    CHECK(code_of(many + "}") == "json_too_many");
    std::string elements = "[";
    for (std::size_t i = 0; i <= kJsonMaxElements; ++i) elements += i ? ",1" : "1";
    CHECK(code_of(elements + "]") == "json_too_many");
}

TEST_CASE("JSON: a number beyond any range is said to be one", "[unit]") {
    CHECK(code_of(R"({"price":1e400})") == "invalid_decimal");
    CHECK(code_of(R"({"price":-1E400})") == "invalid_decimal");
    CHECK(code_of(R"({"price":1e4})") == "accepted");
}

TEST_CASE("JSON: an error never repeats the input", "[unit]") {
    const auto parsed = parse_json(R"({"secret-token-123": )");
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().detail.find("secret") == std::string::npos);
}
