#include "pipeline_fixture.hpp"

#include <catch2/catch.hpp>

using namespace buttonwood;
using namespace buttonwood::eventstore;

namespace {

engine::Command register_user() { return engine::RegisterUser{"Ada", engine::RoleSet{}.add(engine::Role::Trader)}; }

struct Trouble {
    std::string what;
    std::vector<AppendFault> appends;
    int lost_fences;
};

void CHECK_clean(Market& market) {
    CHECK(market.violations().empty());
    CHECK(market.store().violations().empty());
}

}  // namespace

TEST_CASE("Whatever happens to a block, it is stored once, released once, in order, and service resumes", "[fault]") {
    using enum AppendFault;
    const Trouble trouble = GENERATE(values<Trouble>({
        {"unavailable before the write", {Unavailable}, 0},
        {"in doubt, stored", {InDoubtStored}, 0},
        {"in doubt, not stored", {InDoubtLost}, 0},
        {"in doubt, stored, then no fence for a while", {InDoubtStored}, 5},
        {"in doubt, not stored, then no fence for a while", {InDoubtLost}, 5},
        {"in doubt again after the fence, stored at last", {InDoubtLost, InDoubtStored}, 0},
        {"in doubt again and again, never stored until the end",
         {InDoubtLost, InDoubtLost, Unavailable, InDoubtLost},
         2},
        {"two blocks in a row", {None, InDoubtStored, InDoubtLost}, 0},
    }));
    CAPTURE(trouble.what);
    Market market;
    REQUIRE(market.start());
    Traffic traffic(3);
    market.send(traffic, 50);
    REQUIRE(market.wait_for_tickets(50));

    market.store().plan(trouble.appends);
    market.store().lose_fences(trouble.lost_fences);
    market.send(traffic, 500);
    REQUIRE(market.wait_for_tickets(550));
    CHECK(market.tickets() == tickets_up_to(550));
    CHECK(market.state() == PipelineState::Running);
    CHECK(market.pipeline().status().store_outages >= 1);
    CHECK(market.pipeline().status().epoch == market.store().epoch());
    CHECK(market.stops().empty());
    CHECK_clean(market);
    CHECK(replayed_hash(market.shared_store()) == market.state_hash());
}

TEST_CASE("While the store is away nothing is released or accepted, and it resumes by itself", "[fault]") {
    Market market;
    REQUIRE(market.start());
    Traffic traffic(5);
    market.send(traffic, 100);
    REQUIRE(market.wait_for_tickets(100));

    market.store().set_away(true);
    REQUIRE(market.submit(register_user(), 101));
    REQUIRE(eventually([&] { return market.state() == PipelineState::StoreAway; }));
    const int fences = market.store().fences();
    REQUIRE(eventually([&] { return market.store().fences() >= fences + 3; }));
    CHECK(market.submit(register_user(), 0).error() == SubmitError::StoreAway);
    CHECK(market.tickets().size() == 100);
    CHECK(market.pipeline().status().durable_seq == market.store().last_seq());
    engine::CommandSeq decided = 0;
    market.pipeline().inspect([&decided](const engine::Engine& engine) { decided = engine.last_command(); });
    CHECK(decided == 101);

    market.store().set_away(false);
    REQUIRE(market.wait_for_tickets(101));
    REQUIRE(market.submit(register_user(), 102));
    REQUIRE(market.wait_for_tickets(102));
    CHECK(market.tickets() == tickets_up_to(102));
    CHECK(market.pipeline().status().store_outages == 1);
    CHECK(market.alarms() == std::vector<std::string>{"the store is away: unavailable", "the store is back: epoch 2"});
    CHECK_clean(market);
    CHECK(replayed_hash(market.shared_store()) == market.state_hash());
}

TEST_CASE("An idle server learns that the store is away, and is ready again before a command comes", "[fault]") {
    Market market;
    REQUIRE(market.start());
    REQUIRE(market.submit(register_user(), 1));
    REQUIRE(market.wait_for_tickets(1));
    market.store().set_away(true);
    REQUIRE(eventually([&] { return market.state() == PipelineState::StoreAway; }));
    CHECK(market.submit(register_user(), 0).error() == SubmitError::StoreAway);
    market.store().set_away(false);
    REQUIRE(eventually([&] { return market.state() == PipelineState::Running; }));
    CHECK(market.pipeline().status().epoch == market.store().epoch());
    REQUIRE(market.submit(register_user(), 2));
    REQUIRE(market.wait_for_tickets(2));
    CHECK(market.alarms() == std::vector<std::string>{"the store is away: unavailable", "the store is back: epoch 2"});
    CHECK_clean(market);
}

TEST_CASE("An idle server that another one has fenced stops without being asked anything (P21)", "[fault]") {
    Market first;
    REQUIRE(first.start());
    Market second(first.shared_store());
    REQUIRE(second.start());
    REQUIRE(eventually([&] { return first.stops().size() == 1; }));
    CHECK(first.stops().front() == StoreError::Fenced);
    CHECK(first.state() == PipelineState::Fenced);
    CHECK(second.state() == PipelineState::Running);
}

TEST_CASE("A store that stalls releases nothing until it answers", "[fault]") {
    Market market;
    REQUIRE(market.start());
    market.store().hold();
    Traffic traffic(9);
    market.send(traffic, 1'000);
    REQUIRE(eventually([&] { return market.store().waiting_appends() == 1; }));
    REQUIRE(eventually([&] { return market.pipeline().status().queued_commands == 0; }));
    CHECK(market.tickets().empty());
    CHECK(market.pipeline().status().durable_seq == 0);
    market.store().let_go();
    REQUIRE(market.wait_for_tickets(1'000));
    CHECK(market.tickets() == tickets_up_to(1'000));
    CHECK_clean(market);
}

TEST_CASE("Random faults lose nothing and double nothing", "[fault]") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    Market market;
    REQUIRE(market.start());
    Traffic traffic(seed);
    std::size_t sent = 0;
    for (int round = 0; round < 10; ++round) {
        market.store().fail_at_random(seed + static_cast<std::uint64_t>(round));
        market.send(traffic, 200);
        market.store().fail_at_random(std::nullopt);
        sent += 200;
        REQUIRE(market.wait_for_tickets(sent));
    }
    CHECK(market.tickets() == tickets_up_to(sent));
    CHECK(market.stops().empty());
    CHECK_clean(market);
    CHECK(replayed_hash(market.shared_store()) == market.state_hash());
}

TEST_CASE("A writer that another one has fenced stops at once and says so once", "[fault]") {
    Market first;
    REQUIRE(first.start());
    Traffic traffic(13);
    first.send(traffic, 100);
    REQUIRE(first.wait_for_tickets(100));

    Market second(first.shared_store());
    REQUIRE(second.start());
    REQUIRE(first.submit(register_user(), 101));
    REQUIRE(eventually([&] { return first.stops().size() == 1; }));
    CHECK(first.stops().front() == StoreError::Fenced);
    CHECK(first.state() == PipelineState::Fenced);
    CHECK(first.submit(register_user(), 0).error() == SubmitError::Stopped);
    bool looked = false;
    first.pipeline().inspect([&looked](const engine::Engine&) { looked = true; });
    CHECK_FALSE(looked);

    REQUIRE(second.submit(register_user(), 1));
    REQUIRE(second.wait_for_tickets(101));
    first.stop();
    CHECK(first.tickets() == tickets_up_to(100));
    CHECK(first.stops().size() == 1);
    CHECK_clean(first);
    CHECK_clean(second);
}

TEST_CASE("A writer in doubt does not take the log back from the one that fenced it", "[fault]") {
    Market first;
    REQUIRE(first.start());
    first.store().hold();
    first.store().plan({AppendFault::InDoubtLost});
    REQUIRE(first.submit(register_user(), 1));
    REQUIRE(eventually([&] { return first.store().waiting_appends() == 1; }));
    Market second(first.shared_store());
    REQUIRE(second.start());
    first.store().let_go();
    REQUIRE(eventually([&] { return first.stops().size() == 1; }));
    CHECK(first.stops().front() == StoreError::Fenced);
    CHECK(first.tickets().empty());
    REQUIRE(second.submit(register_user(), 1));
    REQUIRE(second.wait_for_tickets(1));
    CHECK(second.store().epoch() == 2);
    CHECK_clean(second);
}

TEST_CASE("A writer in doubt that finds another one's block at the tail stops", "[fault]") {
    const bool same_length = GENERATE(true, false);
    CAPTURE(same_length);
    Market first;
    REQUIRE(first.start());
    REQUIRE(first.submit(register_user(), 1));
    REQUIRE(first.wait_for_tickets(1));
    const Block tail = first.store().blocks().back();
    // Another writer's block: the same number of events as ours, or one more.
    Block other;
    other.header = tail.header;
    other.header.first_seq = tail.header.last_seq + 1;
    other.header.last_seq = tail.header.last_seq + (same_length ? 2 : 3);
    other.payload = "of another writer";
    other.hash = seal(tail.hash, other.header, other.payload);

    first.store().hold();
    first.store().plan({AppendFault::InDoubtLost});
    REQUIRE(first.submit(register_user(), 2));
    REQUIRE(eventually([&] { return first.store().waiting_appends() == 1; }));
    std::vector<Block> log = first.store().blocks();
    log.push_back(other);
    first.store().set_blocks(log);
    first.store().let_go();
    REQUIRE(eventually([&] { return first.stops().size() == 1; }));
    CHECK(first.stops().front() == StoreError::Fenced);
    CHECK(first.tickets() == tickets_up_to(1));
}

TEST_CASE("A tail that was altered while the writer was in doubt is corruption", "[fault]") {
    Market market;
    REQUIRE(market.start());
    REQUIRE(market.submit(register_user(), 1));
    REQUIRE(market.wait_for_tickets(1));
    market.store().hold();
    market.store().plan({AppendFault::InDoubtLost});
    REQUIRE(market.submit(register_user(), 2));
    REQUIRE(eventually([&] { return market.store().waiting_appends() == 1; }));
    std::vector<Block> altered = market.store().blocks();
    altered.back().hash[0] ^= std::byte{1};
    market.store().set_blocks(altered);
    market.store().let_go();
    REQUIRE(eventually([&] { return market.stops().size() == 1; }));
    CHECK(market.stops().front() == StoreError::Corrupt);
    CHECK(market.state() == PipelineState::Stopped);
    CHECK(market.tickets() == tickets_up_to(1));
}

TEST_CASE("A log that has lost acknowledged blocks stops the writer, who calls for an operator", "[fault]") {
    Market market;
    REQUIRE(market.start());
    REQUIRE(market.submit(register_user(), 1));
    REQUIRE(market.wait_for_tickets(1));
    market.store().plan({AppendFault::Unavailable});
    market.store().hold();
    REQUIRE(market.submit(register_user(), 2));
    REQUIRE(eventually([&] { return market.store().waiting_appends() == 1; }));
    market.store().set_blocks({});
    market.store().let_go();
    REQUIRE(eventually([&] { return market.stops().size() == 1; }));
    CHECK(market.stops().front() == StoreError::Corrupt);
    CHECK(market.tickets() == tickets_up_to(1));
}

TEST_CASE("The destructor gives up on a store that stays away, and releases nothing of it", "[fault]") {
    Market market;
    REQUIRE(market.start());
    Traffic traffic(17);
    market.send(traffic, 100);
    REQUIRE(market.wait_for_tickets(100));
    market.store().set_away(true);
    REQUIRE(market.submit(register_user(), 101));
    REQUIRE(eventually([&] { return market.state() == PipelineState::StoreAway; }));
    market.stop();
    CHECK(market.tickets() == tickets_up_to(100));
    CHECK(market.stops().empty());
    CHECK_clean(market);
}

TEST_CASE("The destructor waits for a block that is on its way", "[fault]") {
    Market market;
    REQUIRE(market.start());
    market.store().hold();
    Traffic traffic(19);
    market.send(traffic, 200);
    REQUIRE(eventually([&] { return market.store().waiting_appends() == 1; }));
    market.store().plan({AppendFault::InDoubtLost, AppendFault::InDoubtStored});
    std::thread stopper([&market] { market.stop(); });
    market.store().let_go();
    stopper.join();
    CHECK(market.tickets() == tickets_up_to(200));
    CHECK_clean(market);
}
