// What operators do with projections: pause, resume, stop, and pass over an event with a reason.
#include "tests/projections/growing_log.hpp"

#include "projections/control.hpp"
#include "projections/fault.hpp"
#include "projections/projection_worker.hpp"
#include "projections/verify.hpp"

namespace buttonwood::projections::test {
namespace {

using engine::EventSeq;

// Refuses one event for ever.
class StubbornProjection final : public Projection {
public:
    explicit StubbornProjection(EventSeq poison) : poison_(poison) {}
    std::string_view name() const override { return "stubborn"; }
    std::string_view schema() const override { return "projections"; }
    std::vector<std::string_view> tables() const override { return {}; }
    Result apply(const eventstore::Records& batch, eventstore::Connection&) override {
        std::size_t told = 0;
        for (const auto& command : batch.commands) told += command.event_count;
        if (told != batch.events.size()) return fault("commands and events do not fit");
        for (const engine::Event& event : batch.events)
            if (event.seq == poison_) return fault("cannot take this event");
        return {};
    }

private:
    EventSeq poison_;
};

TEST_CASE("a paused projection stays where it is, over a restart too, and resumes without a loss", "[postgres]") {
    GrowingLog log;
    CAPTURE(log.seed);
    EventSeq last = log.grow(100);
    EventSeq held = 0;
    {
        const auto workers = Workers::start(log.conninfo);
        REQUIRE(all_reach(*workers, last, log.db));
        held = last;
        must(set_desired(log.db, "portfolio", Desired::Paused));
        must(set_desired(log.db, "trades", Desired::Stopped));
        REQUIRE(eventually([&] {
            return status_of(log.db, "portfolio") == "paused" && status_of(log.db, "trades") == "stopped";
        }));
        last = log.grow(300, [&](const eventstore::Records& block) { workers->offer(as_batch(block)); });
        REQUIRE(eventually([&] { return workers->checkpoint("bids") == last; }));
        CHECK(workers->checkpoint("portfolio") == held);
        CHECK(workers->checkpoint("trades") == held);
    }
    const auto workers = Workers::start(log.conninfo);
    REQUIRE(eventually([&] { return workers->checkpoint("bids") == last; }));
    CHECK(status_of(log.db, "portfolio") == "paused");
    CHECK(value(log.db, "SELECT checkpoint FROM projections.status WHERE name = 'portfolio'") == std::to_string(held));
    must(set_desired(log.db, "portfolio", Desired::Running));
    must(set_desired(log.db, "trades", Desired::Running));
    REQUIRE(all_reach(*workers, last, log.db));
    CHECK(must(differences_after_rebuild(log.db, "portfolio")).empty());
    CHECK(must(differences_after_rebuild(log.db, "trades")).empty());
}

TEST_CASE("an event is passed over only where the projection stands, with a reason that stays", "[postgres]") {
    GrowingLog log;
    CAPTURE(log.seed);
    std::vector<eventstore::Records> blocks;
    const EventSeq last = log.grow(400, [&](const eventstore::Records& block) { blocks.push_back(block); });
    const auto long_one = std::ranges::find_if(blocks, [](const auto& block) { return block.events.size() > 8; });
    REQUIRE(long_one != blocks.end());
    const EventSeq poison = long_one->events[5].seq;
    const StubbornProjection projection(poison);
    const RecentBatches none;
    const ProjectionWorker worker(log.conninfo, std::make_unique<StubbornProjection>(poison), none);
    const std::string error_seq = "SELECT error_seq FROM projections.status WHERE name = 'stubborn'";
    REQUIRE(eventually([&] {
        return value(log.db, "SELECT count(*) FROM projections.status WHERE name = 'stubborn' AND status = 'error'") ==
               "1";
    }));
    CHECK(value(log.db, error_seq) == std::to_string(poison));
    CHECK(worker.checkpoint() == long_one->events.front().seq - 1);

    const auto elsewhere = skip_event(log.db, projection, {poison + 1, "a mistake", "tester"});
    REQUIRE_FALSE(elsewhere);
    CHECK(elsewhere.error().message.find("stands at event " + std::to_string(poison)) != std::string::npos);
    CHECK_FALSE(skip_event(log.db, projection, {poison, " ", "tester"}));
    CHECK_FALSE(skip_event(log.db, *make("trades"), {poison, "not in error", "tester"}));
    CHECK(value(log.db, "SELECT count(*) FROM projections.skips") == "0");
    must(skip_event(log.db, projection, {poison, "ticket 12", "tester"}));
    REQUIRE(eventually([&] { return worker.checkpoint() == last; }));
    CHECK(status_of(log.db, "stubborn") == "running");
    CHECK(value(log.db,
                "SELECT name || '|' || event_seq || '|' || reason || '|' || actor || '|' || last_error "
                "FROM projections.skips") ==
          "stubborn|" + std::to_string(poison) + "|ticket 12|tester|cannot take this event");
}

TEST_CASE("no event of a damaged block can be passed over", "[postgres]") {
    GrowingLog log;
    const EventSeq sound = log.grow(20);
    log.log.append_damaged(7);
    const auto workers = Workers::start(log.conninfo, {"trades"});
    REQUIRE(eventually([&] { return status_of(log.db, "trades") == "error"; }));
    const auto refused = skip_event(log.db, *make("trades"), {sound + 1, "hope", "tester"});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("cannot be read") != std::string::npos);
}

TEST_CASE("workers of some projections leave the others alone", "[postgres]") {
    GrowingLog log;
    const EventSeq last = log.grow(50);
    const auto workers = Workers::start(log.conninfo, {"trades", "users"});
    REQUIRE(eventually([&] { return workers->checkpoint("trades") == last && workers->checkpoint("users") == last; }));
    CHECK(value(log.db, "SELECT count(*) FROM projections.status WHERE checkpoint > 0") == "2");
}

}  // namespace
}  // namespace buttonwood::projections::test
