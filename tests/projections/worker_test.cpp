// Workers against a real database: following, sharing, racing, failing, recovering.
#include "tests/projections/growing_log.hpp"
#include "tests/support/test_cluster.hpp"

#include "eventstore/migrator.hpp"
#include "projections/fault.hpp"
#include "projections/projection_worker.hpp"
#include "projections/verify.hpp"
#include "projections/worker.hpp"

#include <atomic>
#include <chrono>
#include <thread>

namespace buttonwood::projections::test {
namespace {

using engine::EventSeq;
using eventstore::Connection;
using eventstore::Records;

// Counts events, and fails while it is told to, at one of them.
class PickyProjection final : public Projection {
public:
    PickyProjection(EventSeq poison, const std::atomic<bool>& fails) : poison_(poison), fails_(fails) {}
    std::string_view name() const override { return "picky"; }
    std::string_view schema() const override { return "projections"; }
    std::vector<std::string_view> tables() const override { return {}; }
    Result apply(const Records& batch, Connection&) override {
        for (const engine::Event& event : batch.events)
            if (event.seq == poison_ && fails_.load()) return fault("cannot take this event");
        return {};
    }

private:
    EventSeq poison_;
    const std::atomic<bool>& fails_;
};

TEST_CASE("workers follow the journal and what they build equals a rebuild", "[postgres]") {
    GrowingLog fixture;
    CAPTURE(fixture.seed);
    const auto workers = Workers::start(fixture.conninfo);
    fixture.grow(300);
    const EventSeq last = fixture.grow(600, [&](const Records& block) { workers->wake(block.events.back().seq); });
    REQUIRE(all_reach(*workers, last, fixture.db));

    for (const ProjectionStatus& status : must(read_status(fixture.db))) {
        CAPTURE(status.name);
        CHECK(status.status == "running");
        CHECK(status.checkpoint == last);
        CHECK(status.log_seq == last);
        CHECK(status.error_count == 0);
        CHECK(must(differences_after_rebuild(fixture.db, status.name)).empty());
    }
}

TEST_CASE("workers that keep up take offered batches without the journal", "[postgres]") {
    GrowingLog fixture;
    CAPTURE(fixture.seed);
    fixture.market.run(200);
    const auto workers = Workers::start(fixture.conninfo);
    const auto& log = fixture.market.log();
    for (std::size_t at = 0; at < log.commands.size(); at += 50)
        workers->offer(as_batch(slice(log, at, std::min(at + 50, log.commands.size()))));
    REQUIRE(eventually([&] { return all_at(*workers, fixture.market.last_seq()); }));
    CHECK(value(fixture.db, "SELECT count(*) FROM eventstore.journal") == "0");
    CHECK(value(fixture.db, "SELECT count(*) FROM log.events") == std::to_string(fixture.market.last_seq()));
}

TEST_CASE("workers find in the journal what was not offered", "[postgres]") {
    GrowingLog fixture;
    CAPTURE(fixture.seed);
    const auto workers = Workers::start(fixture.conninfo);
    const EventSeq last = fixture.grow(500, [&](const Records& block) {
        if (fixture.random() % 3 != 0) workers->offer(as_batch(block));
    });
    workers->wake(last);
    REQUIRE(all_reach(*workers, last, fixture.db));
    CHECK(value(fixture.db, "SELECT count(*) FROM log.events") == std::to_string(last));
}

TEST_CASE("workers go on after a restart where they stopped", "[postgres]") {
    GrowingLog fixture;
    CAPTURE(fixture.seed);
    {
        const auto workers = Workers::start(fixture.conninfo);
        const EventSeq last = fixture.grow(300);
        workers->wake(last);
        REQUIRE(eventually([&] { return workers->checkpoint("portfolio") > 0; }));
    }
    CHECK(status_of(fixture.db, "portfolio") == "stopped");
    const EventSeq last = fixture.grow(300);
    const auto workers = Workers::start(fixture.conninfo);
    REQUIRE(all_reach(*workers, last, fixture.db));
    for (const auto& projection : make_all())
        CHECK(must(differences_after_rebuild(fixture.db, projection->name())).empty());
}

TEST_CASE("two workers of one projection apply every event once", "[postgres]") {
    GrowingLog fixture;
    CAPTURE(fixture.seed);
    const auto one = Workers::start(fixture.conninfo);
    const auto other = Workers::start(fixture.conninfo);
    const EventSeq last = fixture.grow(1'000, [&](const Records& block) {
        one->wake(block.events.back().seq);
        other->offer(as_batch(block));
    });
    REQUIRE(eventually([&] { return all_at(*one, last) && all_at(*other, last); }));
    CHECK(value(fixture.db,
                "SELECT count(*) FROM projections.status WHERE events_applied <> checkpoint OR error_count > 0") ==
          "0");
    for (const auto& projection : make_all())
        CHECK(must(differences_after_rebuild(fixture.db, projection->name())).empty());
}

TEST_CASE("a rebuild gives the tables that were built live, while a worker waits and goes on", "[postgres]") {
    GrowingLog fixture;
    CAPTURE(fixture.seed);
    const auto workers = Workers::start(fixture.conninfo);
    EventSeq last = fixture.grow(400);
    workers->wake(last);
    REQUIRE(all_reach(*workers, last, fixture.db));
    const auto live = fixture.all_rows();

    for (const auto& projection : make_all()) {
        CAPTURE(projection->name());
        EventSeq told = 0;
        const auto end = must(rebuild(fixture.db, projection->name(), [&](EventSeq done, EventSeq total) {
            CHECK(done > told);
            CHECK(total == last);
            told = done;
        }));
        CHECK(end == last);
        CHECK(told == last);
        CHECK(status_of(fixture.db, std::string(projection->name())) == "running");
    }
    CHECK(fixture.all_rows() == live);

    last = fixture.grow(200);
    workers->wake(last);
    REQUIRE(all_reach(*workers, last, fixture.db));
    CHECK(must(differences_after_rebuild(fixture.db, "portfolio")).empty());
}

TEST_CASE("a read model that was tampered with is found and rebuilt", "[postgres]") {
    GrowingLog fixture;
    CAPTURE(fixture.seed);
    const EventSeq last = fixture.grow(400);
    for (const auto& projection : make_all()) must(rebuild(fixture.db, projection->name()));
    CHECK(status_of(fixture.db, "trades") == "stopped");

    must(
        fixture.db.execute("UPDATE trading.trades SET notional = notional + 1 WHERE trade_id = 1; "
                           "DELETE FROM trading.trades WHERE trade_id = 2"));
    const auto differences = must(differences_after_rebuild(fixture.db, "trades"));
    REQUIRE(differences.size() == 3);  // one row only live; its original and the missing one only rebuilt
    CHECK(differences.front().starts_with("trading.trades, only live (1 in all): (1,"));
    CHECK(must(rebuild(fixture.db, "trades")) == last);
    CHECK(must(differences_after_rebuild(fixture.db, "trades")).empty());
}

TEST_CASE("a projection that fails stops alone, before the block that it cannot take, and recovers", "[postgres]") {
    GrowingLog fixture;
    CAPTURE(fixture.seed);
    std::vector<EventSeq> first_of_block;
    const EventSeq last =
        fixture.grow(400, [&](const Records& block) { first_of_block.push_back(block.events.front().seq); });
    const EventSeq poison = first_of_block[first_of_block.size() / 2];
    std::atomic<bool> fails = true;
    const RecentBatches none;

    const auto workers = Workers::start(fixture.conninfo);
    ProjectionWorker picky(fixture.conninfo, std::make_unique<PickyProjection>(poison, fails), none);
    REQUIRE(all_reach(*workers, last, fixture.db));
    REQUIRE(eventually([&] {
        return value(fixture.db,
                     "SELECT coalesce(max(error_count), 0) > 1 FROM projections.status "
                     "WHERE name = 'picky'") == "t";
    }));
    CHECK(picky.checkpoint() == poison - 1);
    CHECK(value(fixture.db,
                "SELECT status || '|' || error_seq || '|' || last_error || '|' || checkpoint "
                "FROM projections.status WHERE name = 'picky'") ==
          "error|" + std::to_string(poison) + "|cannot take this event|" + std::to_string(poison - 1));

    fails = false;
    REQUIRE(eventually([&] { return picky.checkpoint() == last; }));
    CHECK(status_of(fixture.db, "picky") == "running");
    CHECK(value(fixture.db, "SELECT count(*) FROM projections.status WHERE name <> 'picky' AND error_count > 0") ==
          "0");
}

TEST_CASE("a damaged block is reported with its place, and everything before it applied", "[postgres]") {
    GrowingLog fixture;
    CAPTURE(fixture.seed);
    const EventSeq sound = fixture.grow(200);
    fixture.log.append_damaged(7);
    const auto workers = Workers::start(fixture.conninfo);
    const std::string failed =
        "SELECT count(*) FROM projections.status WHERE status = 'error' AND error_seq = " + std::to_string(sound + 1) +
        " AND last_error LIKE 'damaged record at byte %' AND checkpoint = " + std::to_string(sound);
    CHECK(eventually([&] { return value(fixture.db, failed) == std::to_string(make_all().size()); }));
    CHECK(must(differences_after_rebuild(fixture.db, "market_data")).empty());
}

TEST_CASE("a journal with a hole is an error, not an end", "[postgres]") {
    GrowingLog fixture;
    const EventSeq last = fixture.grow(1);
    must(fixture.db.execute(
        "SELECT eventstore.ensure_journal_partitions(" + std::to_string(last + 1'000'000) +
        "); "
        "INSERT INTO eventstore.journal SELECT last_seq + 900000, last_seq + 900000, epoch, committed_at, 1, "
        "1, format_version, payload, hash FROM eventstore.journal ORDER BY first_seq DESC LIMIT 1"));
    const auto range = must(read_journal(fixture.db, last, 1'000));
    CHECK(range.batches.empty());
    REQUIRE(range.bad.has_value());
    CHECK(range.bad->seq == last + 1);
}

TEST_CASE("a worker whose connection is cut comes back and counts no error", "[postgres]") {
    GrowingLog fixture;
    CAPTURE(fixture.seed);
    const auto workers = Workers::start(fixture.conninfo);
    EventSeq last = fixture.grow(100);
    workers->wake(last);
    REQUIRE(all_reach(*workers, last, fixture.db));
    for (int round = 0; round < 3; ++round) {
        const std::string cut = value(fixture.db,
                                      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                                      "WHERE datname = current_database() AND application_name LIKE "
                                      "'buttonwood-projection-%'");
        if (round == 0) CHECK(cut == std::to_string(make_all().size()));
        last = fixture.grow(100, [&](const Records& block) { workers->offer(as_batch(block)); });
        REQUIRE(all_reach(*workers, last, fixture.db));
    }
    CHECK(value(fixture.db, "SELECT sum(error_count) FROM projections.status") == "0");
    for (const auto& projection : make_all())
        CHECK(must(differences_after_rebuild(fixture.db, projection->name())).empty());
}

TEST_CASE("a worker started before the database is migrated waits for it", "[postgres]") {
    const std::string conninfo = ::buttonwood::test::empty_database();
    const auto workers = Workers::start(conninfo);
    Connection db = connect(conninfo);
    must(eventstore::migrate_up(db));
    LogWriter log(conninfo);
    RandomMarket market(1);
    const EventSeq last = log.append(market.log());
    workers->wake(last);
    CHECK(eventually([&] { return all_at(*workers, last); }));
}

TEST_CASE("a rebuild of an unknown projection is refused", "[postgres]") {
    Connection db = connect(::buttonwood::test::fresh_database());
    const auto refused = rebuild(db, "no_such_thing");
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message == "no projection is called no_such_thing");
    CHECK(value(db, "SELECT count(*) FROM projections.status WHERE name = 'no_such_thing'") == "0");
}

}  // namespace
}  // namespace buttonwood::projections::test
