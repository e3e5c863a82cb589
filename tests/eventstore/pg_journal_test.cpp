// The journal in PostgreSQL: what one writer stores reads back as it was, a second writer is kept out, nobody can
// change what is there.
#include "tests/support/pg_journal_fixture.hpp"

#include <catch2/catch.hpp>

using namespace buttonwood;
using namespace buttonwood::eventstore;
using test::BlockChain;
using test::PgJournalFixture;

TEST_CASE_METHOD(PgJournalFixture, "an appended block reads back as it was, to the byte", "[postgres]") {
    const auto journal = open();
    const Head head = fence(*journal);
    CHECK(head.epoch == 1);
    CHECK(head.last_seq == 0);
    CHECK(head.hash == Hash{});

    BlockChain chain(head);
    std::string every_byte;
    for (int i = 0; i < 256; ++i) every_byte.push_back(static_cast<char>(i));
    const std::vector<Block> written{chain.next(3, every_byte), chain.next(1, ""),
                                     chain.next(7, std::string(100'000, '\0'))};
    for (const Block& block : written) REQUIRE(journal->append(block));

    const auto stored = read_all(*journal);
    REQUIRE(stored.size() == written.size());
    for (std::size_t i = 0; i < stored.size(); ++i) CHECK(test::same(stored[i], written[i]));
}

TEST_CASE_METHOD(PgJournalFixture, "the next writer finds the head where the last one left it", "[postgres]") {
    const auto first = open();
    BlockChain chain(fence(*first));
    const Block block = chain.next(5, "payload");
    REQUIRE(first->append(block));
    const Head head = fence(*open());
    CHECK(head.epoch == 2);
    CHECK(head.last_seq == 5);
    CHECK(head.hash == block.hash);
}

TEST_CASE_METHOD(PgJournalFixture, "reading starts with the block that holds the next event", "[postgres]") {
    const auto journal = open();
    BlockChain chain(fence(*journal));
    for (const std::uint32_t events : {3U, 3U, 3U}) REQUIRE(journal->append(chain.next(events, "x")));
    struct Case {
        engine::EventSeq after;
        std::vector<engine::EventSeq> first_seqs;
    };
    const std::vector<Case> cases{{0, {1, 4, 7}}, {1, {1, 4, 7}}, {2, {1, 4, 7}}, {3, {4, 7}}, {4, {4, 7}},
                                  {6, {7}},       {8, {7}},       {9, {}},        {99, {}}};
    for (const Case& c : cases) {
        CAPTURE(c.after);
        std::vector<engine::EventSeq> found;
        for (const Block& block : read_all(*journal, c.after)) found.push_back(block.header.first_seq);
        CHECK(found == c.first_seqs);
    }
}

TEST_CASE_METHOD(PgJournalFixture, "reading goes on until the sink has had enough", "[postgres]") {
    const auto journal = open();
    BlockChain chain(fence(*journal));
    for (int i = 0; i < 5; ++i) REQUIRE(journal->append(chain.next(1, "x")));
    int seen = 0;
    REQUIRE(journal->read(0, [&](const Block&) { return ++seen < 3; }));
    CHECK(seen == 3);
}

TEST_CASE_METHOD(PgJournalFixture, "a log longer than one chunk reads in order, without a gap", "[postgres]") {
    const auto journal = open();
    BlockChain chain(fence(*journal));
    SECTION("more blocks than a chunk holds") {
        for (int i = 0; i < 1'050; ++i) REQUIRE(journal->append(chain.next(2, "x")));
    }
    SECTION("more bytes than a chunk holds") {
        for (int i = 0; i < 9; ++i) REQUIRE(journal->append(chain.next(2, std::string(5 << 20, 'x'))));
    }
    engine::EventSeq last = 0;
    bool contiguous = true;
    REQUIRE(journal->read(0, [&](const Block& block) {
        contiguous = contiguous && block.header.first_seq == last + 1;
        last = block.header.last_seq;
        return true;
    }));
    CHECK(contiguous);
    CHECK(last == fence(*journal).last_seq);
}

TEST_CASE_METHOD(PgJournalFixture, "a journal that is only read takes nothing over", "[postgres]") {
    const auto writer = open();
    BlockChain chain(fence(*writer));
    REQUIRE(writer->append(chain.next(1, "one")));
    const auto reader = open();
    CHECK(read_all(*reader).size() == 1);
    CHECK(writer->append(chain.next(1, "two")));
    CHECK(reader->append(chain.next(1, "three")) == std::unexpected(StoreError::Unavailable));  // it never fenced
    CHECK(read_all(*reader).size() == 2);
}

TEST_CASE_METHOD(PgJournalFixture, "a writer whose epoch is over never writes again", "[postgres]") {
    const auto old_writer = open();
    BlockChain old_chain(fence(*old_writer));
    REQUIRE(old_writer->append(old_chain.next(2, "old")));
    const auto new_writer = open();
    BlockChain new_chain(fence(*new_writer));
    // The take-over ended its session: it learns from its next fence why.
    const auto is_refused = [&](std::string payload) {
        return !old_writer->append(old_chain.next(2, std::move(payload))) &&
               old_writer->fence() == std::unexpected(StoreError::Fenced);
    };

    SECTION("not by appending") {
        CHECK(is_refused("late"));
        CHECK(is_refused("late"));
    }
    SECTION("not after the new one has written") {
        REQUIRE(new_writer->append(new_chain.next(2, "new")));
        CHECK(is_refused("late"));
    }
    SECTION("not by fencing again: it is not pulled back and forth") {
        CHECK(old_writer->fence() == std::unexpected(StoreError::Fenced));
    }
    CHECK(new_writer->append(new_chain.next(1, "goes on")));
    for (const Block& block : read_all(*open())) CHECK(block.payload != "late");
}

TEST_CASE_METHOD(PgJournalFixture, "a writer that fences again goes on with its own log", "[postgres]") {
    const auto journal = open();
    BlockChain chain(fence(*journal));
    REQUIRE(journal->append(chain.next(2, "before")));
    const Head head = fence(*journal);
    CHECK(head.epoch == 2);
    CHECK(head.last_seq == 2);
    BlockChain next(head);
    CHECK(journal->append(next.next(1, "after")));
}

TEST_CASE_METHOD(PgJournalFixture, "a block that does not follow the last one is refused", "[postgres]") {
    const auto journal = open();
    BlockChain chain(fence(*journal));
    const Block first = chain.next(2, "first");
    const Block second = chain.next(2, "second");
    SECTION("a gap") { CHECK_FALSE(journal->append(second)); }
    SECTION("twice the same") {
        REQUIRE(journal->append(first));
        CHECK_FALSE(journal->append(first));
    }
    const auto stored = read_all(*open());
    CHECK(stored.size() <= 1);
    for (const Block& block : stored) CHECK(test::same(block, first));
}

TEST_CASE_METHOD(PgJournalFixture, "what is in the journal cannot be changed, not even by the owner", "[postgres]") {
    const auto journal = open();
    BlockChain chain(fence(*journal));
    REQUIRE(journal->append(chain.next(3, "for ever")));
    for (const std::string statement :
         {"UPDATE eventstore.journal SET payload = 'other'", "DELETE FROM eventstore.journal",
          "TRUNCATE eventstore.journal", "UPDATE eventstore.journal_from_1 SET payload = 'other'",
          "DELETE FROM eventstore.journal_from_1", "TRUNCATE eventstore.journal_from_1", "DELETE FROM eventstore.head",
          "TRUNCATE eventstore.head", "UPDATE eventstore.head SET last_seq = last_seq - 1",
          "UPDATE eventstore.head SET epoch = epoch - 1"}) {
        CAPTURE(statement);
        Connection owner = connect();
        const auto refused = owner.execute(statement);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().sqlstate == "23001");
    }
    CHECK(read_all(*journal).size() == 1);
}

TEST_CASE_METHOD(PgJournalFixture, "every table and column of the journal says what it is", "[postgres]") {
    Connection connection = connect();
    const auto silent = connection.query(
        "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 "
        "WHERE c.relnamespace = 'eventstore'::regnamespace AND c.relkind IN ('r', 'p') "
        "AND (col_description(c.oid, a.attnum) IS NULL OR obj_description(c.oid, 'pg_class') IS NULL)");
    REQUIRE(silent);
    for (int i = 0; i < silent->size(); ++i) UNSCOPED_INFO(silent->text(i, 0) << "." << silent->text(i, 1));
    CHECK(silent->size() == 0);
}

TEST_CASE_METHOD(PgJournalFixture, "partitions are made ahead, and blocks find theirs", "[postgres]") {
    Connection connection = connect();
    const auto ensure = [&](int upto, int size) {
        const auto rows = connection.query("SELECT eventstore.ensure_journal_partitions($1, $2)", {upto, size});
        REQUIRE(rows);
        return rows->integer(0, 0);
    };
    CHECK(ensure(0, 10) == 1);
    CHECK(ensure(1, 10) == 11);
    CHECK(ensure(10, 10) == 11);
    CHECK(ensure(25, 10) == 31);
    CHECK(ensure(25, 10) == 31);

    const auto journal = open();
    BlockChain chain(fence(*journal));
    for (int i = 0; i < 10; ++i) REQUIRE(journal->append(chain.next(7, "x")));
    CHECK(read_all(*journal).size() == 10);
    const auto spread = connection.query("SELECT count(DISTINCT tableoid) FROM eventstore.journal");
    REQUIRE(spread);
    CHECK(spread->integer(0, 0) == 4);
    CHECK_FALSE(connection.query("SELECT eventstore.ensure_journal_partitions(1, 0)"));
}

TEST_CASE_METHOD(PgJournalFixture, "a lost partition is made again by the next fence", "[postgres]") {
    const auto journal = open();
    BlockChain chain(fence(*journal));
    REQUIRE(
        connect().execute("ALTER TABLE eventstore.journal DETACH PARTITION eventstore.journal_from_1; "
                          "DROP TABLE eventstore.journal_from_1"));
    CHECK(journal->append(chain.next(1, "x")) == std::unexpected(StoreError::Unavailable));
    const Head head = fence(*journal);
    CHECK(head.last_seq == 0);
    BlockChain again(head);
    CHECK(journal->append(again.next(1, "x")));
}
