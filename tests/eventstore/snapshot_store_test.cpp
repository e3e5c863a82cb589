// Snapshots: P11 (the same state from each of them), P12 (every flipped bit is found), P29 (never newer than the log).
#include "eventstore/snapshot_take.hpp"
#include "stored_market.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace buttonwood;
using namespace buttonwood::eventstore;

namespace {

constexpr engine::EventSeq kAny = ~engine::EventSeq{0};

// What a server with database rights could do to the tables, in spite of their triggers.
void tamper(Connection& connection, const std::string& sql) {
    const auto done = connection.execute("BEGIN; SET LOCAL session_replication_role = replica; " + sql + "; COMMIT");
    if (!done) FAIL(done.error().message);
}

struct Choice {
    std::int64_t id{};  // 0 = none: the first event of the log
    std::vector<std::string> skipped;
};
Choice choose(Connection& connection) {
    Choice choice;
    const auto skipped = [&](const std::string& why) { choice.skipped.push_back(why); };
    const auto newest = newest_valid(connection, kAny, {}, skipped);
    if (!newest) FAIL(newest.error().message);
    if (*newest) choice.id = (*newest)->info.id;
    return choice;
}

template <class T>
std::string hex_of_value(T value) {
    std::string hex;
    for (std::size_t i = 0; i < sizeof value; ++i, value = static_cast<T>(value >> 8 * (sizeof value > 1)))
        hex += {"0123456789abcdef"[value >> 4 & 15], "0123456789abcdef"[value & 15]};
    return hex;
}

// What the checksum of a snapshot's row covers, with another state hash in it.
std::string hex_of_row(const SnapshotInfo& info, const std::string& state_hash) {
    const SnapshotSection& section = info.sections.front();
    std::string hex = hex_of_value(info.format_version) + hex_of_value(info.event_seq) + hex_of_value(info.command_seq);
    hex += to_hex(info.chain_hash) + state_hash + hex_of_value(std::uint64_t{section.name.size()});
    for (const char c : section.name) hex += hex_of_value(static_cast<std::uint8_t>(c));
    return hex + hex_of_value(section.version) + hex_of_value(section.chunk_count) + hex_of_value(section.raw_bytes) +
           hex_of_value(section.stored_bytes) + to_hex(section.checksum);
}

Pipeline::Callbacks callbacks_with(std::function<std::optional<RestoredState>()> restore) {
    Pipeline::Callbacks callbacks;
    callbacks.wall_clock_us = [] { return std::int64_t{0}; };
    callbacks.restore = std::move(restore);
    return callbacks;
}

engine::StateHash state_of(Pipeline& pipeline) {
    engine::StateHash hash;
    pipeline.inspect([&hash](const engine::Engine& engine) { hash = engine.state_hash(); });
    return hash;
}

// A connection to the journal that breaks while the log is read.
class BreakingJournal final : public Journal {
public:
    BreakingJournal(std::unique_ptr<Journal> journal, int blocks) : journal_(std::move(journal)), left_(blocks) {}
    std::expected<Head, StoreError> fence() override { return journal_->fence(); }
    std::expected<void, StoreError> append(const Block& block) override { return journal_->append(block); }
    std::expected<void, StoreError> read(engine::EventSeq after, const Sink& sink) override {
        const auto read = journal_->read(after, [&](const Block& block) { return left_-- > 0 && sink(block); });
        if (left_ < 0) return std::unexpected(StoreError::Unavailable);
        return read;
    }

private:
    std::unique_ptr<Journal> journal_;
    int left_;
};

}  // namespace

TEST_CASE("A server starts from every snapshot, whole or interrupted, with the state of the whole log", "[postgres]") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    StoredMarket market(seed);
    Connection connection = market.connect();
    for (int block = 0; block < 6; ++block) {
        market.append_block(60);
        market.write(connection);
    }
    market.append_block(60);
    const auto all = list_snapshots(connection);
    REQUIRE(all);
    REQUIRE(all->size() == 6);
    for (const SnapshotInfo& info : *all) {
        const auto restore = [&]() -> std::optional<RestoredState> {
            auto loaded = load_snapshot(connection, info);
            if (!loaded) FAIL(loaded.error().what);
            CHECK(loaded->engine.state_hash() == info.state_hash);
            CHECK(loaded->engine.check_invariants() == std::vector<std::string>{});
            return RestoredState{std::move(loaded->engine), loaded->position};
        };
        auto interrupted = std::make_unique<BreakingJournal>(market.open(), 0);
        const auto failed = Pipeline::start(std::move(interrupted), callbacks_with(restore));
        REQUIRE_FALSE(failed);
        CHECK(failed.error() == StoreError::Unavailable);

        engine::EventSeq released = info.event_seq;
        Pipeline::Callbacks callbacks = callbacks_with(restore);
        callbacks.released = [&](std::shared_ptr<const DurableBatch> batch) {
            CHECK(batch->header.first_seq == released + 1);
            released = batch->header.last_seq;
        };
        auto pipeline = Pipeline::start(market.open(), std::move(callbacks));
        REQUIRE(pipeline);
        CHECK(released == market.head().last_seq);
        CHECK(state_of(**pipeline) == market.engine().state_hash());
    }
}

TEST_CASE("Whatever bit of a snapshot is flipped, it is skipped for the one before it", "[postgres]") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    StoredMarket market(seed);
    Connection connection = market.connect();
    market.append_block(300);
    const SnapshotInfo older = market.write(connection);
    market.append_block(300);
    const SnapshotInfo newer = market.write(connection);
    const std::string id = std::to_string(newer.id);
    REQUIRE(choose(connection).id == newer.id);  // the control: nothing is flipped

    const auto flip = [&](const std::string& table, const std::string& column, std::size_t size) {
        const std::string at = std::to_string(random() % size);
        const std::string mask = std::to_string(1 << random() % 8);
        const std::string byte = "get_byte(" + column + ", " + at + ") # " + mask;
        const std::string sql = "UPDATE eventstore." + table + " SET " + column + " = set_byte(" + column + ", " + at +
                                ", " + byte + ") WHERE snapshot_id = " + id;
        CAPTURE(sql);
        tamper(connection, sql);
        const Choice choice = choose(connection);
        CHECK(choice.id == older.id);
        REQUIRE(choice.skipped.size() == 1);
        CHECK(choice.skipped[0].starts_with("snapshot " + id + " (event "));
        tamper(connection, sql);  // back again
    };
    for (int i = 0; i < 60; ++i) flip("snapshot_chunks", "data", newer.stored_bytes());
    for (const char* column : {"chain_hash", "checksum"}) flip("snapshots", column, 32);
    flip("snapshots", "state_hash", 16);
    flip("snapshot_sections", "checksum", 32);
    for (const auto& [table, column] : std::vector<std::pair<std::string, std::string>>{
             {"snapshots", "event_seq"}, {"snapshots", "command_seq"}, {"snapshots", "format_version"},
             {"snapshot_sections", "version"}, {"snapshot_sections", "chunk_count"}, {"snapshot_sections", "raw_bytes"},
             {"snapshot_sections", "stored_bytes"}, {"snapshot_chunks", "raw_bytes"}, {"snapshot_chunks", "crc32c"}}) {
        const std::string where = " WHERE snapshot_id = " + id;
        const std::string set = "UPDATE eventstore." + table + " SET " + column + " = " + column;
        CAPTURE(table, column);
        tamper(connection, set + " # 1" + where);
        const Choice choice = choose(connection);
        CHECK(choice.id == older.id);
        CHECK(choice.skipped.size() == 1);
        tamper(connection, set + " # 1" + where);
    }
    CHECK(choose(connection).id == newer.id);
    tamper(connection, "DELETE FROM eventstore.snapshot_chunks WHERE snapshot_id IN (" + id + ", " +
                           std::to_string(older.id) + ")");
    const Choice genesis = choose(connection);
    CHECK(genesis.id == 0);
    CHECK(genesis.skipped.size() == 2);
}

TEST_CASE("A snapshot whose checksums were made anew is betrayed by its state hash", "[postgres]") {
    StoredMarket market(1);
    Connection connection = market.connect();
    market.append_block(200);
    engine::Engine other;  // of another history that ends at the same place
    for (engine::Event event : market.batches[0]->records.events) {
        if (auto* deposit = std::get_if<engine::CashDeposited>(&event.body)) ++deposit->amount.units;
        other.apply(event);
    }
    const auto forged = write_snapshot(connection, other, market.head().hash, {}, "test");
    REQUIRE(forged);
    CHECK(choose(connection).id == forged->id);  // the control: a snapshot like any other, with its own hash

    // The right hash in its row, and that row's checksum made anew: now only loading tells.
    const std::string state = market.engine().state_hash().hex();
    const std::string row = hex_of_row(*forged, state);
    tamper(connection, "UPDATE eventstore.snapshots SET state_hash = '\\x" + state + "', checksum = sha256('\\x" + row +
                           "') WHERE snapshot_id = " + std::to_string(forged->id));
    const Choice choice = choose(connection);
    REQUIRE(choice.skipped.size() == 1);
    CHECK(choice.skipped[0].ends_with("gives another state: its state hash differs"));
}

TEST_CASE("A snapshot of another log, or newer than the log, is refused", "[postgres]") {
    StoredMarket market(1);
    StoredMarket other(2);
    Connection connection = market.connect();
    market.append_block(100);
    other.append_block(100);
    // As if it had been copied here from the other database.
    const auto alien = write_snapshot(connection, other.engine(), other.head().hash, {}, "test");
    REQUIRE(alien);
    Choice choice = choose(connection);
    CHECK(choice.id == 0);
    REQUIRE(choice.skipped.size() == 1);
    const bool same_length = other.head().last_seq == market.head().last_seq;
    if (same_length) CHECK(choice.skipped[0].find("stands on another log") != std::string::npos);

    other.append_blocks(20, 100);
    const auto newer = write_snapshot(connection, other.engine(), other.head().hash, {}, "test");
    REQUIRE(newer);
    choice = choose(connection);
    CHECK(choice.id == 0);
    REQUIRE(choice.skipped.size() == 2);
    CHECK(choice.skipped[0].find("is newer than the log, which ends at event " +
                                 std::to_string(market.head().last_seq)) != std::string::npos);
}

TEST_CASE("A snapshot that could not be written to its end is not there", "[postgres]") {
    StoredMarket market(1);
    Connection connection = market.connect();
    Connection killer = market.connect();
    market.append_block(100);
    const auto kill = [&](std::uint64_t, std::uint64_t) {
        REQUIRE(killer.query("SELECT pg_terminate_backend($1::integer, 5000)", {connection.backend_pid()}));
    };
    CHECK_FALSE(write_snapshot(connection, market.engine(), market.head().hash, {}, "test", kill));
    const auto left = killer.query("SELECT (SELECT count(*) FROM eventstore.snapshots) + "
                                   "(SELECT count(*) FROM eventstore.snapshot_chunks)");
    REQUIRE(left);
    CHECK(left->integer(0, 0) == 0);
}

TEST_CASE("Pruning keeps the newest snapshots, and never gives up the last one that is intact", "[postgres]") {
    StoredMarket market(1);
    Connection connection = market.connect();
    std::vector<std::int64_t> ids;
    for (int i = 0; i < 5; ++i) {
        market.append_block(20);
        ids.push_back(market.write(connection).id);
    }
    const auto kept = [&] {
        std::vector<std::int64_t> left;
        const auto all = list_snapshots(connection).value();
        for (const SnapshotInfo& info : all) left.push_back(info.id);
        return left;
    };
    REQUIRE(prune_snapshots(connection, 4));
    CHECK(kept() == std::vector{ids[4], ids[3], ids[2], ids[1]});
    for (const std::int64_t id : {ids[4], ids[3]})
        tamper(connection, "UPDATE eventstore.snapshot_chunks SET data = set_byte(data, 20, get_byte(data, 20) # 1) "
                           "WHERE snapshot_id = " + std::to_string(id));
    REQUIRE(prune_snapshots(connection, 1));
    CHECK(kept() == std::vector{ids[4], ids[3], ids[2]});
    CHECK(choose(connection).id == ids[2]);
    const auto left = connection.query("SELECT count(DISTINCT snapshot_id) FROM eventstore.snapshot_chunks");
    CHECK(left->integer(0, 0) == 3);
}

TEST_CASE("Nobody edits a snapshot by mistake", "[postgres]") {
    StoredMarket market(1);
    Connection connection = market.connect();
    market.append_block(20);
    market.write(connection);
    for (const char* table : {"snapshots", "snapshot_sections", "snapshot_chunks"}) {
        const auto changed = connection.query("UPDATE eventstore." + std::string(table) + " SET snapshot_id = 7");
        REQUIRE_FALSE(changed);
        CHECK(changed.error().sqlstate == "23001");
    }
}

TEST_CASE("A snapshot is taken without a server, from the newest one on, and only when there is news", "[postgres]") {
    StoredMarket market(3);
    Connection connection = market.connect();
    const auto empty = take_snapshot(connection, {}, "test");
    REQUIRE_FALSE(empty);
    CHECK(empty.error().kind == TakeFailure::Kind::Empty);
    market.append_blocks(5, 50);
    const auto first = take_snapshot(connection, {}, "test");
    REQUIRE(first);
    CHECK(first->from_seq == 0);
    CHECK(first->info.state_hash == market.engine().state_hash());
    CHECK_FALSE(take_snapshot(connection, {}, "test")->is_new);
    market.append_blocks(5, 50);
    const auto second = take_snapshot(connection, {}, "test");
    REQUIRE(second);
    CHECK(second->from_seq == first->info.event_seq);
    CHECK(second->info.state_hash == market.engine().state_hash());
}
