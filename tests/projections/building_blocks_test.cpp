// What the projections are built of: values as SQL text, remembered rows, recent batches.
#include "projections/recent_batches.hpp"
#include "projections/row_cache.hpp"
#include "projections/sql_text.hpp"

#include <catch2/catch.hpp>

namespace buttonwood::projections::test {
namespace {

using namespace engine;

template <class T>
std::string text_of(const T& value) {
    std::string out;
    append_value(out, value);
    return out;
}

TEST_CASE("values are written as PostgreSQL reads them", "[unit]") {
    CHECK(text_of(std::int64_t{-7}) == "-7");
    CHECK(text_of(true) == "t");
    CHECK(text_of(Price{12}) == "12");
    CHECK(text_of(static_cast<OrderId>(18)) == "18");
    CHECK(text_of(Side::Sell) == "sell");
    CHECK(text_of(Money{-150'000'000}) == "-1.50000000");
    CHECK(text_of(Timestamp{1'798'761'600'000'001}) == "2027-01-01T00:00:00.000001Z");
    CHECK(text_of(Int128{kMaxQuantityUnits} * 1'000'000) == "1000000000000000000000000");
    CHECK(text_of(-kMaxMoney.units) == "-1000000000000000000000000000");
    CHECK(text_of(Int128{0}) == "0");
}

TEST_CASE("null and free text are told apart", "[unit]") {
    CHECK(text_of(std::optional<Price>()) == "NULL");
    CHECK(text_of(std::optional(Price{3})) == "3");
    CHECK(text_of(std::string_view(R"(a "b" \c, {NULL})")) == R"("a \"b\" \\c, {NULL}")");
    CHECK(text_of(std::string_view()) == R"("")");
    CHECK(array_of(std::vector<std::int64_t>{}) == "{}");
    CHECK(array_of(std::vector<std::int64_t>{1, 2, 3}) == "{1,2,3}");
    CHECK(roles_array({5}) == "{trader,compliance}");
}

TEST_CASE("bytes that PostgreSQL cannot store are replaced, others kept", "[unit]") {
    const auto stored = [](std::string_view text) {
        std::string replaced;
        return std::string(storable(text, replaced));
    };
    const std::string mark = "\xEF\xBF\xBD";
    for (const char* good : {"", "plain", "\x7F", "é", "€", "\xED\x9F\xBF", "\xF0\x9F\x8D\x80", "\xF4\x8F\xBF\xBF"})
        CHECK(stored(good) == good);
    CHECK(stored(std::string_view("a\0b", 3)) == "a" + mark + "b");
    CHECK(stored("\xFFz") == mark + "z");
    CHECK(stored("\xC0\xAF") == mark + mark);             // overlong
    CHECK(stored("\xED\xA0\x80") == mark + mark + mark);  // surrogate
    CHECK(stored("\xF4\x90\x80\x80") == mark + mark + mark + mark);
    CHECK(stored("cut \xE2\x82") == "cut " + mark + mark);
}

TEST_CASE("numeric text is read exactly", "[unit]") {
    CHECK(money_from("12.50000000") == Money{1'250'000'000});
    CHECK(money_from("-0.00000001") == Money{-1});
    CHECK(money_from("10000000000000000000.00000000") == kMaxMoney);
}

// What a flush of the cache writes: "+1=10" inserted, "~1=11" updated, "-1" removed.
std::string flushed(RowCache<int, int>& rows) {
    std::string out;
    rows.flush([&](bool stored, int key,
                   int row) { out += (stored ? "~" : "+") + std::to_string(key) + "=" + std::to_string(row) + " "; },
               [&](int key) { out += "-" + std::to_string(key) + " "; }, [](int, int row) { return row != 0; });
    return out;
}

TEST_CASE("a row cache writes back what changed, in the order of the first touch", "[unit]") {
    RowCache<int, int> rows;
    rows.load(7, 70);
    rows.load(8, 80);
    rows.create(3, 30);
    *rows.change(7) += 1;
    *rows.change(3) += 1;
    CHECK(flushed(rows) == "+3=31 ~7=71 ");
    CHECK(flushed(rows).empty());
    *rows.change(3) = 32;
    CHECK(flushed(rows) == "~3=32 ");
    CHECK(rows.change(9) == nullptr);
    CHECK_FALSE(rows.knows(9));
}

TEST_CASE("a row cache removes a stored row and forgets one that came and went", "[unit]") {
    RowCache<int, int> rows;
    rows.load(1, 10);
    rows.create(2, 20);
    rows.erase(1);
    rows.erase(2);
    CHECK(rows.find(1) == nullptr);
    CHECK(rows.knows(1));
    CHECK(flushed(rows) == "-1 ");
    CHECK_FALSE(rows.knows(1));
}

TEST_CASE("a stored row that goes and comes back in one batch is updated", "[unit]") {
    RowCache<int, int> rows;
    rows.load(1, 10);
    rows.erase(1);
    rows.create(1, 11);
    CHECK(flushed(rows) == "~1=11 ");
}

TEST_CASE("a row created blindly and loaded after all is updated", "[unit]") {
    RowCache<int, int> rows;
    rows.create(1, 0);
    rows.load(1, 10);
    ++*rows.change(1);
    CHECK(flushed(rows) == "~1=11 ");
}

TEST_CASE("a row cache forgets rows that are not to be kept, and all when they are too many", "[unit]") {
    RowCache<int, int> rows;
    rows.create(1, 0);
    CHECK(flushed(rows) == "+1=0 ");
    CHECK_FALSE(rows.knows(1));
    const int too_many = static_cast<int>(RowCache<int, int>::kMaxRows) + 1;
    for (int key = 1; key <= too_many; ++key) rows.create(key, 1);
    CHECK_FALSE(rows.flush([](bool, int, int) {}));
    CHECK_FALSE(rows.knows(1));
}

Batch batch(EventSeq first_seq, std::size_t events) {
    auto made = std::make_shared<eventstore::DurableBatch>();
    made->records.events.resize(events);
    made->header.first_seq = first_seq;
    made->header.last_seq = first_seq + events - 1;
    return made;
}

TEST_CASE("recent batches are found from a checkpoint on, up to a number of events", "[unit]") {
    RecentBatches recent;
    for (EventSeq first = 1; first <= 91; first += 10) recent.add(batch(first, 10), 0);
    CHECK(recent.after(0, 1'000).size() == 10);
    CHECK(recent.after(50, 1'000).front()->header.first_seq == 51);
    CHECK(recent.after(50, 11).size() == 2);
    CHECK(recent.after(55, 1'000).empty());   // no end of a batch
    CHECK(recent.after(100, 1'000).empty());  // nothing newer
}

TEST_CASE("recent batches go when everybody has them, when they are too many, and when the log jumps", "[unit]") {
    RecentBatches recent;
    recent.add(batch(1, 10), 0);
    recent.add(batch(11, 10), 0);
    SECTION("consumed") {
        recent.add(batch(21, 10), 10);
        CHECK(recent.after(0, 100).empty());
        CHECK(recent.after(10, 100).size() == 2);
    }
    SECTION("too many") {
        recent.add(batch(21, RecentBatches::kMaxEvents - 10), 0);
        CHECK(recent.after(0, 100).empty());
        CHECK(recent.after(10, 100).size() == 2);
    }
    SECTION("a jump") {
        recent.add(batch(31, 10), 0);
        CHECK(recent.after(10, 100).empty());
        CHECK(recent.after(30, 100).size() == 1);
    }
}

}  // namespace
}  // namespace buttonwood::projections::test
