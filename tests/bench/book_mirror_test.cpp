#include "bench/book_mirror.hpp"
#include "bench/decimal.hpp"

#include <catch2/catch.hpp>

using namespace buttonwood::bench;
using nlohmann::json;

namespace {

json levels(std::initializer_list<std::pair<const char*, const char*>> list) {
    json out = json::array();
    for (const auto& [price, quantity] : list) out.push_back({{"price", price}, {"qty", quantity}});
    return out;
}

json message(const char* type, int seq, int event_seq, json bids, json asks, std::uint32_t checksum) {
    json m{{"channel", "book"},
           {"type", type},
           {"symbol", "ACME"},
           {"seq", seq},
           {"event_seq", event_seq},
           {"data", json::array({{{"bids", std::move(bids)}, {"asks", std::move(asks)}, {"checksum", checksum}}})}};
    if (std::string_view(type) == "update") m["prev_seq"] = seq - 1;
    return m;
}

constexpr std::uint32_t kChecksum = 0x12F0F23C;  // CRC32 of "255080550": ask 25.50 x 80, bid 0.05 x 50

}  // namespace

TEST_CASE("the checksum covers asks from low to high, then bids from high to low, digits only", "[unit]") {
    BookMirror mirror(10, 2, 0);
    const json bids = levels({{"0.05", "50"}});
    const json asks = levels({{"25.50", "80"}});
    CHECK(mirror.apply(message("snapshot", 1, 1, bids, asks, kChecksum)).has_value());
    CHECK(mirror.checksum() == kChecksum);
    CHECK(mirror.apply(message("snapshot", 1, 1, bids, asks, kChecksum + 1)).error() ==
          "book seq 1: checksum 317780541 sent, 317780540 computed");
}

TEST_CASE("an update that leaves a hole, or lies about its predecessor, is told", "[unit]") {
    BookMirror mirror(10, 2, 0);
    auto applied = mirror.apply(message("update", 5, 1, levels({}), levels({}), 0));
    REQUIRE_FALSE(applied.has_value());
    CHECK(applied.error() == "book seq 5: an update before the snapshot");
    REQUIRE(mirror.apply(message("snapshot", 5, 1, levels({}), levels({}), 0)).has_value());
    REQUIRE(mirror.apply(message("update", 6, 2, levels({}), levels({}), 0)).has_value());
    CHECK(mirror.apply(message("update", 8, 3, levels({}), levels({}), 0)).error() == "book seq 8: follows seq 6");
    CHECK(mirror.apply(message("update", 9, 3, levels({}), levels({}), 0)).error() ==
          "book seq 9: event_seq 3 does not rise");
}

TEST_CASE("a zero quantity removes a level; levels beyond the depth are dropped", "[unit]") {
    BookMirror mirror(2, 2, 0);
    static_cast<void>(mirror.apply(message("snapshot", 1, 1, levels({{"1.00", "1"}, {"0.99", "2"}}), levels({}), 0)));
    static_cast<void>(mirror.apply(message("update", 2, 2, levels({{"1.01", "3"}}), levels({}), 0)));
    CHECK(mirror.bids() == json::array({{"1.01", "3"}, {"1.00", "1"}}));
    static_cast<void>(mirror.apply(message("update", 3, 3, levels({{"1.01", "0"}, {"0.99", "2"}}), levels({}), 0)));
    CHECK(mirror.bids() == json::array({{"1.00", "1"}, {"0.99", "2"}}));
    CHECK(mirror.top() == TopOfBook{std::nullopt, TopLevel{100, 1}});
}

TEST_CASE("decimals and integers convert exactly in both directions", "[unit]") {
    CHECK(to_decimal(0, 2) == "0.00");
    CHECK(to_decimal(5, 2) == "0.05");
    CHECK(to_decimal(-2550, 2) == "-25.50");
    CHECK(to_decimal(2550, 0) == "2550");
    CHECK(to_decimal(0, 0) == "0");
    CHECK(to_units("25.5", 2) == 2550);
    CHECK(to_units("0.05", 2) == 5);
    CHECK(to_units("-1", 0) == -1);
    CHECK_FALSE(to_units("25.555", 2).has_value());
    CHECK_FALSE(to_units("1e2", 2).has_value());
    CHECK_FALSE(to_units("", 2).has_value());
}
