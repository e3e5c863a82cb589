// Where blocks lie in PostgreSQL: partitions made ahead while a writer runs, and the compression of the payload.
#include "eventstore/journal_compression.hpp"

#include "tests/support/pg_journal_fixture.hpp"

#include "eventstore/error_class.hpp"

using namespace buttonwood;
using namespace buttonwood::eventstore;

namespace {

template <class T>
T must(std::expected<T, DbError> outcome) {
    if (!outcome) FAIL(outcome.error().sqlstate << " " << outcome.error().message);
    if constexpr (!std::is_void_v<T>) return std::move(*outcome);
}

std::int64_t number(Connection& db, const std::string& sql) { return must(db.query(sql)).integer(0, 0); }

std::string text(Connection& db, const std::string& sql) { return std::string(must(db.query(sql)).text(0, 0)); }

// The first event_seq that no partition covers.
constexpr const char* kPartitionsEnd = "SELECT eventstore.ensure_journal_partitions(0)";

}  // namespace

TEST_CASE("a running writer meets a partition that was made ahead, however far it goes", "[postgres]") {
    test::PgJournalFixture fixture;
    Connection db = fixture.connect();
    must(db.query("SELECT eventstore.ensure_journal_partitions(1, 700000)"));  // it ends soon
    const auto journal = fixture.open();
    test::BlockChain chain(fixture.fence(*journal));
    const auto at_start = number(db, kPartitionsEnd);
    constexpr std::uint32_t kEvents = 900'000;  // a block may claim them: its payload is nobody's business here
    for (int block = 1; block <= 25; ++block) {
        CAPTURE(block);
        if (!journal->append(chain.next(kEvents, "payload"))) FAIL(fixture.troubles());
        CHECK(number(db, kPartitionsEnd) > block * std::int64_t{kEvents} + 1);
    }
    CHECK(fixture.troubles() == "");
    CHECK(number(db, kPartitionsEnd) > at_start);
    CHECK(number(db, "SELECT count(DISTINCT tableoid) FROM eventstore.journal") == 4);
    // The control: where none is made ahead, a block has no place.
    const auto refused = db.query(
        "INSERT INTO eventstore.journal SELECT first_seq + 1000000000, last_seq + 1000000000, epoch, committed_at, "
        "event_count, command_count, format_version, payload, hash FROM eventstore.journal LIMIT 1");
    REQUIRE_FALSE(refused);
    CHECK(outcome_of_failed_append(refused.error(), true) == StoreError::Unavailable);
}

TEST_CASE("every partition made while a writer runs refuses changes and takes the compression along", "[postgres]") {
    test::PgJournalFixture fixture;
    Connection db = fixture.connect();
    must(set_journal_compression(db, JournalCompression::Lz4));
    must(db.query("SELECT eventstore.ensure_journal_partitions(30, 10)"));
    CHECK(text(db, "SELECT string_agg(DISTINCT attstorage::text || attcompression::text, ' ') FROM pg_attribute "
                   "WHERE attname = 'payload' AND attrelid IN "
                   "(SELECT relid FROM pg_partition_tree('eventstore.journal'))") == "xl");
    const auto journal = fixture.open();
    test::BlockChain chain(fixture.fence(*journal));
    for (int block = 0; block < 5; ++block) REQUIRE(journal->append(chain.next(6, "payload")));
    for (const char* statement : {"UPDATE eventstore.journal_from_11 SET epoch = 2",
                                  "DELETE FROM eventstore.journal_from_11", "TRUNCATE eventstore.journal_from_11"}) {
        CAPTURE(statement);
        const auto refused = db.query(statement);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().sqlstate == "23001");
    }
}

TEST_CASE("compression changes what is on disk, and nothing that is read", "[postgres]") {
    test::PgJournalFixture fixture;
    Connection db = fixture.connect();
    const auto journal = fixture.open();
    const Head head = fixture.fence(*journal);
    test::BlockChain chain(head);
    std::vector<Block> written;
    std::vector<std::int64_t> sizes;
    const std::string payload = [] {
        std::string repeated;
        for (int i = 0; i < 2'000; ++i) repeated += "block after block ";
        return repeated;
    }();
    for (const auto method : {JournalCompression::None, JournalCompression::Lz4, JournalCompression::Pglz,
                              JournalCompression::None}) {
        must(set_journal_compression(db, method));
        must(set_journal_compression(db, method));  // is so already
        written.push_back(chain.next(10, payload));
        if (!journal->append(written.back())) FAIL(fixture.troubles());
        sizes.push_back(
            number(db, "SELECT pg_column_size(payload) FROM eventstore.journal ORDER BY first_seq DESC LIMIT 1"));
    }
    const auto whole = static_cast<std::int64_t>(payload.size());
    CHECK(sizes[0] >= whole);
    CHECK(sizes[1] < whole / 10);
    CHECK(sizes[2] < whole / 10);
    CHECK(sizes[3] >= whole);
    CHECK(text(db, "SELECT string_agg(coalesce(pg_column_compression(payload), 'none'), ' ' ORDER BY first_seq) FROM "
                   "eventstore.journal") == "none lz4 pglz none");
    const auto read = fixture.read_all(*journal);
    REQUIRE(read.size() == written.size());
    for (std::size_t i = 0; i < read.size(); ++i) CHECK(test::same(read[i], written[i]));
    CHECK(journal_compression("lz4") == JournalCompression::Lz4);
    CHECK_FALSE(journal_compression("zip"));
}

TEST_CASE("every SQLSTATE tells who has to act", "[unit]") {
    const auto word = [](std::string_view sqlstate) { return name_of(class_of_sqlstate(sqlstate)); };
    for (const char* sqlstate : {"", "08006", "25006", "28P01", "40001", "40P01", "53100", "55P03", "57014", "57P01",
                                 "58030", "42501"})
        CHECK(word(sqlstate) == "operational");
    for (const char* sqlstate : {"23505", "23514", "23001"}) CHECK(word(sqlstate) == "integrity");
    for (const char* sqlstate : {"22012", "22P02", "XX001", "XX002"}) CHECK(word(sqlstate) == "data");
    for (const char* sqlstate : {"42601", "42P01", "0A000", "XX000"}) CHECK(word(sqlstate) == "programming");
}
