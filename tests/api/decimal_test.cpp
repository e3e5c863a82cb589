#include "api/decimal.hpp"

#include "eventstore/record_json.hpp"

#include <catch2/catch.hpp>
#include <random>

using namespace buttonwood;
using api::DecimalError;

TEST_CASE("Decimal: plain decimals at the scale of the security", "[unit]") {
    CHECK(api::parse_units("25.50", 2) == 2550);
    CHECK(api::parse_units("25.5", 2) == 2550);
    CHECK(api::parse_units("25", 2) == 2500);
    CHECK(api::parse_units("0.01", 2) == 1);
    CHECK(api::parse_units("25.5000", 2) == 2550);
    CHECK(api::parse_units("9223372036854775807", 0) == INT64_MAX);
}

TEST_CASE("Decimal: anything else is refused, never rounded", "[unit]") {
    for (const char* text :
         {"", " 1", "1 ", "+1", "-1", "1e2", "1.", ".5", "1,0", "01", "00", "0x1", "1.2.3", "NaN", "\xd9\xa1"}) {
        CAPTURE(text);
        CHECK(api::parse_units(text, 2).error() == DecimalError::NotANumber);
    }
    CHECK(api::parse_units("25.505", 2).error() == DecimalError::TooManyDecimals);
    CHECK(api::parse_units("1.1", 0).error() == DecimalError::TooManyDecimals);
    CHECK(api::parse_units("9223372036854775808", 0).error() == DecimalError::TooLarge);
    CHECK(api::parse_units("92233720368547758.08", 2).error() == DecimalError::TooLarge);
    CHECK(api::parse_units(std::string(100'000, '9'), 0).error() == DecimalError::TooLarge);
}

TEST_CASE("Decimal: what is written is what is read", "[unit]") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i < 20'000; ++i) {
        const int scale = static_cast<int>(random() % 9);
        const auto units = static_cast<std::int64_t>(random() >> (1 + random() % 62));
        CAPTURE(scale, units);
        REQUIRE(api::parse_units(eventstore::to_decimal(units, scale), scale) == units);
    }
    CHECK(api::parse_money("12.5")->units == 1'250'000'000);
    CHECK(eventstore::to_decimal(*api::parse_money("12.5")) == "12.50000000");
    CHECK(api::parse_money("0.000000001").error() == DecimalError::TooManyDecimals);
}
