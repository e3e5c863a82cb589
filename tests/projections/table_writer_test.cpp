// Rows that a TableWriter adds arrive as the text of the same values would.
#include "tests/projections/database.hpp"
#include "tests/support/test_cluster.hpp"

#include "projections/table_writer.hpp"

namespace buttonwood::projections::test {
namespace {

using namespace engine;
using eventstore::Connection;

Connection with_table(const std::string& columns) {
    Connection db = connect(::buttonwood::test::fresh_database());
    must(db.execute("CREATE TABLE written (" + columns + ")"));
    return db;
}

TEST_CASE("every type of column takes its values by COPY", "[postgres]") {
    Connection db = with_table("a bigint, b integer, c smallint, d boolean, e text, f jsonb, g numeric(38,8), "
                               "h timestamptz, i text[], j numeric(38)");
    TableWriter writer("written", {{"a", "bigint"}, {"b", "integer"}, {"c", "smallint"}, {"d", "boolean"},
                                   {"e", "text"}, {"f", "jsonb"}, {"g", "numeric"}, {"h", "timestamptz"},
                                   {"i", "text[]"},
                                   {"j", "numeric"}});
    writer.insert(Quantity{-7}, std::uint32_t{1'000'000}, std::uint8_t{200}, true, std::string_view("tab\t\\N \xFF é"),
                  std::string_view(R"({"a": 1})"), Money{-150'000'000}, Timestamp{1'798'761'600'000'001},
                  RoleSet{}.add(Role::Trader).add(Role::Compliance), Int128{kMaxQuantityUnits} * 1'000'000);
    writer.insert(static_cast<OrderId>(18), -1, 0, false, Side::Sell, std::string_view("[]"), Money{}, Timestamp{},
                  RoleSet{}, Quantity{});
    writer.insert(std::optional<Price>(), std::optional<int>(), std::optional<int>(), std::optional<bool>(),
                  std::optional<Side>(), std::optional<std::string_view>(), std::optional<Money>(),
                  std::optional<Timestamp>(), std::optional<RoleSet>(), std::optional<Quantity>());
    must(writer.flush(db));
    must(db.execute("SET timezone = 'UTC'"));
    const auto rows = must(db.query("SELECT t::text FROM written t ORDER BY a NULLS LAST"));
    REQUIRE(rows.size() == 3);
    CHECK(rows.text(0, 0) == "(-7,1000000,200,t,\"tab\t\\\\N \xEF\xBF\xBD é\",\"{\"\"a\"\": 1}\",-1.50000000,"
                             "\"2027-01-01 00:00:00.000001+00\",\"{trader,compliance}\",1000000000000000000000000)");
    CHECK(rows.text(1, 0) == "(18,-1,0,f,sell,[],0.00000000,\"1970-01-01 00:00:00+00\",{},0)");
    CHECK(rows.text(2, 0) == "(,,,,,,,,,)");
}

TEST_CASE("money is copied exactly, whatever its digits", "[postgres]") {
    Connection db = with_table("place integer, money numeric(38,8)");
    TableWriter writer("written", {{"place", "integer"}, {"money", "numeric"}});
    std::vector<Int128> all{0};
    for (Int128 power = 1; power <= kMaxMoney.units; power *= 10)
        for (const int digit : {-1, 0, 1})
            for (const int sign : {-1, 1}) all.push_back(sign * (power + digit));
    for (std::size_t i = 0; i < all.size(); ++i) writer.insert(static_cast<int>(i), Money{all[i]});
    must(writer.flush(db));
    const auto rows = must(db.query("SELECT money FROM written ORDER BY place"));
    REQUIRE(rows.size() == static_cast<int>(all.size()));
    int wrong = 0;
    for (int i = 0; i < rows.size(); ++i) {
        std::string expected;
        append_money(expected, Money{all[static_cast<std::size_t>(i)]});
        if (money_from(rows.text(i, 0)) == Money{all[static_cast<std::size_t>(i)]}) continue;
        UNSCOPED_INFO(rows.text(i, 0) << " instead of " << expected);
        ++wrong;
    }
    CHECK(wrong == 0);
}

TEST_CASE("a value that is too large for its column is refused, not cut", "[postgres]") {
    Connection db = with_table("a integer, b smallint");
    TableWriter writer("written", {{"a", "integer"}, {"b", "smallint"}});
    SECTION("integer") { writer.insert(std::int64_t{1} << 31, 0); }
    SECTION("smallint") { writer.insert(0, 1 << 15); }
    CHECK_FALSE(writer.flush(db).has_value());
}

}  // namespace
}  // namespace buttonwood::projections::test
