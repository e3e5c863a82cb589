// Partitions of the journal go to sealed files and come back; both verifiers follow them; nothing is lost on the way.
#include "tests/support/test_cluster.hpp"
#include "tests/verifier/second_verifier.hpp"
#include "tests/verifier/stored_log.hpp"

#include "eventstore/archives.hpp"
#include "eventstore/pg_journal.hpp"
#include "eventstore/verify.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <random>

namespace buttonwood::test {
namespace {

using namespace eventstore;
using engine::EventSeq;
using Catch::Matchers::Contains;

constexpr std::int64_t kEventsPerPartition = 200;

VerifyReport verified(const VerifyOptions& options) {
    auto report = verify(options);
    if (!report) FAIL("cannot verify: " << report.error());
    return *std::move(report);
}

std::string told(const VerifyReport& report) { return report.finding ? report.finding->what : "ok"; }

// A log over several small partitions which everything has passed.
struct ArchivedMarket {
    std::string conninfo = fresh_database();
    std::vector<Block> log = random_blocks(7, 300);
    Connection connection = connect(conninfo);
    TemporaryDirectory directory;

    ArchivedMarket() {
        store(connection, log, kEventsPerPartition);
        run(connection, "UPDATE projections.status SET checkpoint = $1", {last()});
        snapshot(last());
    }
    [[nodiscard]] EventSeq last() const { return log.back().header.last_seq; }
    void snapshot(EventSeq covers) {
        run(connection,
            "INSERT INTO eventstore.snapshots (format_version, event_seq, command_seq, chain_hash, state_hash, "
            "checksum, created_by, build) VALUES (1, $1, 1, decode(repeat('00', 32), 'hex'), "
            "decode(repeat('00', 16), 'hex'), decode(repeat('00', 32), 'hex'), 'a test', 'none')",
            {covers});
    }
    JournalPartition detach() {
        auto moved = detach_oldest(connection, directory.path());
        if (!moved) FAIL(moved.error());
        return *std::move(moved);
    }
    std::string refusal() {
        const auto moved = detach_oldest(connection, directory.path());
        return moved ? "detached" : moved.error();
    }
    [[nodiscard]] std::string file(const JournalPartition& p) const { return directory.path() / p.file_name; }
    [[nodiscard]] std::string count() {
        return std::string(run(connection, "SELECT count(*) FROM eventstore.journal").text(0, 0));
    }
};

void flip_a_bit(const std::string& path, std::uint64_t bit) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(bit / 8));
    const auto byte = static_cast<char>(file.get() ^ (1 << (bit % 8)));
    file.seekp(static_cast<std::streamoff>(bit / 8));
    file.put(byte);
}

}  // namespace

TEST_CASE("a partition goes to a file and comes back as it was", "[postgres]") {
    ArchivedMarket market;
    const std::string count = market.count();
    const std::string hash = to_hex(verified({.conninfo = market.conninfo}).at.head.hash);
    const JournalPartition first = market.detach();
    const JournalPartition second = market.detach();
    CHECK(first.range.first_seq == 1);
    CHECK(second.range.first_seq == first.range.last_seq + 1);
    CHECK(second.range.previous_hash == first.range.last_hash);
    CHECK(market.count() != count);

    SECTION("both verifiers read the files in the place of the partitions") {
        const VerifyReport report =
            verified({.conninfo = market.conninfo, .archives = market.directory.path(), .jobs = 2, .piece_blocks = 2});
        CHECK(told(report) == "ok");
        CHECK(report.state_hash);
        CHECK(to_hex(report.at.head.hash) == hash);
        const Verdict second_verdict =
            SecondVerifier("--archive " + market.directory.path().string()).ask(market.conninfo);
        CHECK_THAT(second_verdict.words, Contains(hash));
        CHECK(second_verdict_of_files({market.file(first), market.file(second)}).bad_seq == 0);
    }
    SECTION("without the directory they say what they left out, and check the rest") {
        const VerifyReport report = verified({.conninfo = market.conninfo});
        CHECK(told(report) == "ok");
        CHECK(report.first_seq == second.range.last_seq + 1);
        CHECK_FALSE(report.state_hash);
        CHECK_THAT(report.left_out, Contains(first.file_name) && Contains(second.file_name));
        CHECK_THAT(SecondVerifier().ask(market.conninfo).words, Contains(hash));
    }
    SECTION("attached again, newest first, the log is the one it was") {
        const auto too_early = attach(market.connection, market.file(first));
        REQUIRE_FALSE(too_early);
        CHECK_THAT(too_early.error(), Contains("newest first"));
        REQUIRE(attach(market.connection, market.file(second)));
        REQUIRE(attach(market.connection, market.file(first)));
        CHECK(market.count() == count);
        const VerifyReport report = verified({.conninfo = market.conninfo});
        CHECK(told(report) == "ok");
        CHECK(report.state_hash);
        CHECK(to_hex(report.at.head.hash) == hash);
        const auto again = attach(market.connection, market.file(first));
        REQUIRE_FALSE(again);
        CHECK(market.connection.query("TRUNCATE eventstore.journal_from_1").error().sqlstate == "23001");
        CHECK(market.connection.query("DELETE FROM eventstore.journal").error().sqlstate == "23001");
        SECTION("and it can go once more") { CHECK(market.detach().seal == first.seal); }
    }
    SECTION("a replay from the first event says which file it needs") {
        std::string trouble;
        PgJournalOptions options{.conninfo = market.conninfo};
        options.on_trouble = [&trouble](std::string_view line) { trouble += line; };
        const auto journal = make_pg_journal(options);
        const auto read = journal->read(0, [](const Block&) { return true; });
        REQUIRE_FALSE(read);
        CHECK(read.error() == StoreError::Corrupt);
        CHECK_THAT(trouble, Contains("archived in " + first.file_name));
        CHECK(journal->read(second.range.last_seq, [](const Block&) { return true; }));
    }
}

TEST_CASE("a partition that somebody needs stays in the database", "[postgres]") {
    ArchivedMarket market;
    std::string before = market.count();
    SECTION("a projection that has not passed it") {
        run(market.connection, "UPDATE projections.status SET checkpoint = 5 WHERE name = 'trades'");
        CHECK_THAT(market.refusal(), Contains("trades (event 5)"));
    }
    SECTION("a start for which there is no snapshot") {
        run(market.connection, "DELETE FROM eventstore.snapshots");
        market.snapshot(10);
        CHECK_THAT(market.refusal(), Contains("no snapshot covers"));
    }
    SECTION("the writer") {
        while (market.refusal() == "detached") before = market.count();
        CHECK_THAT(market.refusal(), Contains("still written to"));
    }
    SECTION("an auditor: what is damaged is not put away") {
        run(market.connection, "SET session_replication_role = replica");
        run(market.connection, "UPDATE eventstore.journal SET payload = set_byte(payload, 20, 1 + get_byte(payload, 20)"
                               " % 255) WHERE first_seq = 1");
        CHECK_THAT(market.refusal(), Contains("is damaged and stays where it is: event 1:"));
    }
    CHECK(market.count() == before);
}

TEST_CASE("a bit flipped anywhere in an archived file is seen by both verifiers", "[postgres]") {
    ArchivedMarket market;
    const JournalPartition first = market.detach();
    const JournalPartition second = market.detach();
    const std::string path = market.file(second);
    SecondVerifier second_verifier("--archive " + market.directory.path().string());
    std::mt19937_64 random(std::random_device{}());
    for (int i = 0; i < 8; ++i) {
        // Head and seal are small: each is met on purpose.
        const std::uint64_t bits = 8 * second.file_bytes;
        const std::uint64_t bit = i < 2   ? random() % (8 * 144)
                                  : i < 4 ? bits - 1 - random() % (8 * 40)
                                          : random() % bits;
        CAPTURE(bit, bits);
        flip_a_bit(path, bit);
        const VerifyReport report =
            verified({.conninfo = market.conninfo, .archives = market.directory.path(), .jobs = 1});
        REQUIRE(report.finding);
        CHECK(report.finding->event_seq == second.range.first_seq);
        CHECK(second_verifier.ask(market.conninfo).bad_seq == second.range.first_seq);
        CHECK_FALSE(check_archive_file(path));
        CHECK_FALSE(attach(market.connection, path));
        flip_a_bit(path, bit);
    }
    CHECK(told(verified({.conninfo = market.conninfo, .archives = market.directory.path()})) == "ok");

    std::filesystem::rename(market.file(first), path);
    CHECK(verified({.conninfo = market.conninfo, .archives = market.directory.path()}).finding->event_seq == 1);
    CHECK(second_verifier.ask(market.conninfo).bad_seq == 1);
}

}  // namespace buttonwood::test
