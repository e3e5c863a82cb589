// The journal in PostgreSQL: what one writer stores, a second one is kept out of, and nobody can change.
#include "eventstore/pg_journal.hpp"

#include "tests/support/block_chain.hpp"
#include "tests/support/test_cluster.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace buttonwood;
using namespace buttonwood::eventstore;
using test::BlockChain;

namespace {

std::unique_ptr<Journal> journal_at(const std::string& conninfo) {
    PgJournalOptions options;
    options.conninfo = conninfo;
    options.on_trouble = [](std::string_view line) { UNSCOPED_INFO(line); };
    return make_pg_journal(std::move(options));
}

std::vector<Block> read_all(Journal& journal, engine::EventSeq after = 0) {
    std::vector<Block> blocks;
    const auto done = journal.read(after, [&](const Block& block) {
        blocks.push_back(block);
        return true;
    });
    REQUIRE(done);
    return blocks;
}

}  // namespace

TEST_CASE("an appended block reads back as it was, to the byte", "[postgres]") {
    const auto journal = journal_at(test::fresh_database());
    const auto head = journal->fence();
    REQUIRE(head);
    CHECK(head->epoch == 1);
    CHECK(head->last_seq == 0);
    CHECK(head->hash == Hash{});

    BlockChain chain(*head);
    std::string every_byte;
    for (int i = 0; i < 256; ++i) every_byte.push_back(static_cast<char>(i));
    const std::vector<Block> written{chain.next(3, every_byte), chain.next(1, ""), chain.next(7, std::string(100'000, '\0'))};
    for (const Block& block : written) REQUIRE(journal->append(block));

    const auto stored = read_all(*journal);
    REQUIRE(stored.size() == written.size());
    for (std::size_t i = 0; i < stored.size(); ++i) CHECK(test::same(stored[i], written[i]));
}
