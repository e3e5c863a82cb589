// What verify finds beyond damage: history rewritten with all its hashes; and what the journal's writer may do.
#include "tests/support/test_cluster.hpp"
#include "tests/verifier/second_verifier.hpp"
#include "tests/verifier/stored_log.hpp"

#include "eventstore/pg_journal.hpp"
#include "eventstore/verify.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>

namespace buttonwood::test {
namespace {

using namespace eventstore;
using engine::EventSeq;
using Catch::Matchers::Contains;

VerifyReport verified(const VerifyOptions& options) {
    auto report = verify(options);
    if (!report) FAIL("cannot verify: " << report.error());
    return *std::move(report);
}

// The log again, with one record changed and everything behind it sealed anew.
template <class Change>
std::vector<Block> rewritten(const std::vector<Block>& log, Change&& change) {
    std::vector<Block> out;
    Hash previous{};
    for (const Block& block : log) {
        Block copy = block;
        auto records = decode(copy.payload, copy.header.first_seq);
        REQUIRE(records);
        if (change(*records)) {
            copy.payload.clear();
            encode(*records, copy.payload);
        }
        copy.hash = seal(previous, copy.header, copy.payload);
        previous = copy.hash;
        out.push_back(std::move(copy));
    }
    return out;
}

// Changes the first record for which change(record) is true.
template <class Container, class Change>
bool change_one(Container& container, bool& done, Change&& change) {
    for (auto& element : container)
        if (!done && change(element)) done = true;
    return done;
}

}  // namespace

TEST_CASE("history rewritten with all its hashes is found by deciding it again, and by a hash kept outside",
          "[postgres]") {
    const std::vector<Block> log = random_blocks(11, 300);
    EventSeq forged_seq = 0;
    bool done = false;
    std::vector<Block> forged;
    SECTION("a trade at another price") {
        forged = rewritten(log, [&](Records& records) {
            return !done && change_one(records.events, done, [&](engine::Event& event) {
                auto* trade = std::get_if<engine::TradeExecuted>(&event.body);
                if (trade == nullptr) return false;
                trade->price.units += 1;
                forged_seq = event.seq;
                return true;
            });
        });
    }
    SECTION("an order that was accepted told as refused") {
        forged = rewritten(log, [&](Records& records) {
            return !done && change_one(records.commands, done, [&](CommandRecord& command) {
                if (command.first_seq < 200 || command.outcome != engine::RejectReason::None) return false;
                command.outcome = engine::RejectReason::InsufficientFunds;
                forged_seq = command.first_seq;
                return true;
            });
        });
    }
    SECTION("another digest of the state") {
        forged = rewritten(log, [&](Records& records) {
            return !done && change_one(records.digests, done, [&](StateDigest& digest) {
                digest.hash.low ^= 1;
                forged_seq = digest.last_seq;
                return true;
            });
        });
    }
    SECTION("a command of another sender") {
        forged = rewritten(log, [&](Records& records) {
            return !done && change_one(records.commands, done, [&](CommandRecord& command) {
                if (!std::holds_alternative<engine::PlaceOrder>(command.command)) return false;
                auto& order = std::get<engine::PlaceOrder>(command.command);
                if (command.outcome != engine::RejectReason::None) return false;
                order.quantity.units *= 2;
                forged_seq = command.first_seq;
                return true;
            });
        });
    }
    REQUIRE(done);
    const std::string conninfo = fresh_database();
    Connection connection = connect(conninfo);
    store(connection, forged);
    const VerifyReport report = verified({.conninfo = conninfo});
    REQUIRE(report.finding);
    CHECK(report.finding->event_seq == forged_seq);
    // The control: hashes and checksums alone do not see it, in either language ...
    const VerifyReport chain_only = verified({.conninfo = conninfo, .redecide = false});
    CHECK_FALSE(chain_only.finding);
    CHECK(SecondVerifier().ask(conninfo).bad_seq == 0);
    // ... but a hash from before does.
    const Block& newest = log.back();
    const VerifyReport anchored = verified(
        {.conninfo = conninfo, .redecide = false, .anchors = {{newest.header.last_seq, newest.hash}}});
    REQUIRE(anchored.finding);
    CHECK(anchored.finding->event_seq == newest.header.last_seq);
}

TEST_CASE("a hash kept outside shows that the end of the log was cut off with its head", "[postgres]") {
    const std::vector<Block> log = random_blocks(12, 120);
    const std::string conninfo = fresh_database();
    Connection connection = connect(conninfo);
    const std::vector<Block> cut(log.begin(), log.end() - 3);
    store(connection, cut);
    CHECK_FALSE(verified({.conninfo = conninfo}).finding);
    const Anchor inside{cut[4].header.last_seq, cut[4].hash};
    const Anchor beyond{log.back().header.last_seq, log.back().hash};
    CHECK_FALSE(verified({.conninfo = conninfo, .anchors = {inside}}).finding);
    const VerifyReport report = verified({.conninfo = conninfo, .anchors = {beyond, inside}});
    REQUIRE(report.finding);
    CHECK(report.finding->event_seq == cut.back().header.last_seq + 1);
    const VerifyReport between = verified({.conninfo = conninfo, .anchors = {{inside.seq + 1, inside.hash}}});
    if (cut[5].header.event_count > 1) {
        REQUIRE(between.finding);
        CHECK(between.finding->event_seq == inside.seq + 1);
    }
}

TEST_CASE("a part of the log is verified from the block that holds its first event", "[postgres]") {
    const std::vector<Block> log = random_blocks(13, 200);
    const std::string conninfo = fresh_database();
    Connection connection = connect(conninfo);
    store(connection, log);
    const BlockHeader& header = log[log.size() / 2].header;
    const VerifyReport tail = verified({.conninfo = conninfo, .from = header.last_seq, .piece_blocks = 4});
    CHECK_FALSE(tail.finding);
    CHECK(tail.first_seq == header.first_seq);
    CHECK(tail.at.head.hash == log.back().hash);
    CHECK_FALSE(tail.state_hash);
    const VerifyReport start = verified({.conninfo = conninfo, .to = header.first_seq});
    CHECK_FALSE(start.finding);
    CHECK(start.at.head.last_seq == header.last_seq);
    CHECK(start.state_hash);

    // What is damaged elsewhere is not its business.
    run(connection, "SET session_replication_role = replica");
    run(connection, "UPDATE eventstore.journal SET hash = set_byte(hash, 3, 255 - get_byte(hash, 3)) "
                    "WHERE first_seq = $1", {log[2].header.first_seq});
    CHECK_FALSE(verified({.conninfo = conninfo, .from = header.last_seq}).finding);
    CHECK(verified({.conninfo = conninfo, .to = header.first_seq}).finding->event_seq == log[2].header.first_seq);
}

TEST_CASE("a verification goes on where the last one ended, and notices what happened before", "[postgres]") {
    const std::vector<Block> log = random_blocks(15, 200);
    const std::string conninfo = fresh_database();
    Connection connection = connect(conninfo);
    store(connection, log);
    const TemporaryDirectory directory;
    const VerifyOptions whole{.conninfo = conninfo, .state_file = directory.path() / "state"};
    VerifyOptions half = whole;
    half.to = log[log.size() / 2].header.first_seq;
    const VerifyReport first = verified(half);
    REQUIRE_FALSE(first.finding);
    const VerifyReport second = verified(whole);
    CHECK_FALSE(second.finding);
    CHECK(second.first_seq == first.at.head.last_seq + 1);
    CHECK(second.state_hash == verified({.conninfo = conninfo}).state_hash);
    const VerifyReport nothing_new = verified(whole);
    CHECK_FALSE(nothing_new.finding);
    CHECK(nothing_new.blocks == 0);
    CHECK(nothing_new.state_hash == second.state_hash);

    run(connection, "SET session_replication_role = replica");
    const EventSeq last = log.back().header.last_seq;
    SECTION("the end is cut off with its head") {
        const Block& newest = log[log.size() - 2];
        run(connection, "DELETE FROM eventstore.journal WHERE last_seq = $1", {last});
        run(connection, "UPDATE eventstore.head SET last_seq = $1, hash = $2",
            {newest.header.last_seq,
             Param::bytea(std::string(reinterpret_cast<const char*>(newest.hash.data()), newest.hash.size()))});
        CHECK_FALSE(verified({.conninfo = conninfo}).finding);
        REQUIRE(verified(whole).finding);
        CHECK(verified(whole).finding->event_seq == last);
    }
    SECTION("the file itself is damaged") {
        std::fstream file(whole.state_file, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(40);
        file.put('x');
        file.close();
        const auto report = verify(whole);
        REQUIRE_FALSE(report);
        CHECK_THAT(report.error(), Contains("is damaged"));
    }
}

TEST_CASE("an empty log is good", "[postgres]") {
    const std::string conninfo = fresh_database();
    CHECK_FALSE(verified({.conninfo = conninfo}).finding);
    CHECK(SecondVerifier().ask(conninfo).bad_seq == 0);
}

TEST_CASE("the journal's writer may append, and may not change what is stored", "[postgres]") {
    const std::string conninfo = fresh_database();
    run(*std::make_unique<Connection>(connect(conninfo)),
        "DO $$ BEGIN CREATE ROLE a_writer LOGIN IN ROLE bw_journal_writer; EXCEPTION WHEN duplicate_object THEN NULL; "
        "END $$");
    std::string trouble;
    PgJournalOptions options{.conninfo = conninfo + " user=a_writer"};
    options.on_trouble = [&trouble](std::string_view line) { trouble += line; };
    const auto journal = make_pg_journal(options);
    auto head = journal->fence();
    INFO(trouble);
    REQUIRE(head);
    std::vector<Block> log = random_blocks(14, 30);
    Hash previous{};
    for (Block& block : log) {
        block.header.epoch = head->epoch;
        block.hash = seal(previous, block.header, block.payload);
        previous = block.hash;
        REQUIRE(journal->append(block));
    }
    CHECK_FALSE(verified({.conninfo = conninfo + " user=a_writer"}).finding);

    Connection writer = connect(conninfo + " user=a_writer");
    const auto sqlstate_of = [&writer](const std::string& sql) {
        const auto rows = writer.query(sql);
        return rows ? "allowed" : rows.error().sqlstate;
    };
    constexpr const char* kInsufficientPrivilege = "42501";
    for (const char* sql :
         {"UPDATE eventstore.journal SET epoch = epoch", "DELETE FROM eventstore.journal",
          "TRUNCATE eventstore.journal",
          "DELETE FROM eventstore.head", "TRUNCATE eventstore.head", "UPDATE eventstore.head SET singleton = true",
          "INSERT INTO eventstore.head (epoch, last_seq, hash) VALUES (1, 1, '')",
          "DELETE FROM eventstore.journal_from_1", "INSERT INTO eventstore.archives DEFAULT VALUES",
          "DROP TABLE eventstore.journal", "ALTER TABLE eventstore.journal DISABLE TRIGGER ALL",
          "SET session_replication_role = replica", "SELECT eventstore.prepare_journal_partition(1)",
          "SELECT eventstore.attach_journal_partition(1)",
          "SELECT eventstore.detach_journal_partition(NULL::eventstore.archives)"}) {
        CAPTURE(sql);
        CHECK(sqlstate_of(sql) == kInsufficientPrivilege);
    }
    CHECK(sqlstate_of("UPDATE eventstore.head SET last_seq = 0") == "23001");

    // The control: the owner, whom no grant holds back, meets the triggers.
    Connection owner = connect(conninfo);
    for (const char* sql : {"UPDATE eventstore.journal SET epoch = epoch", "DELETE FROM eventstore.journal",
                            "TRUNCATE eventstore.journal", "DELETE FROM eventstore.head", "TRUNCATE eventstore.head"}) {
        CAPTURE(sql);
        const auto rows = owner.query(sql);
        REQUIRE_FALSE(rows);
        CHECK(rows.error().sqlstate == "23001");
    }
}

}  // namespace buttonwood::test
