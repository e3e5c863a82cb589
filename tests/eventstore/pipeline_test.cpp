#include "eventstore/pipeline.hpp"

#include "pipeline_fixture.hpp"
#include "tests/support/block_chain.hpp"

#include <catch2/catch.hpp>

using namespace buttonwood;
using namespace buttonwood::eventstore;

namespace {

engine::Command register_user() { return engine::RegisterUser{"Ada", engine::RoleSet{}.add(engine::Role::Trader)}; }

// Restarts on a log that `change` has altered and gives the alarm that this raises.
template <class Change>
std::string alarm_after(const std::vector<Block>& log, Change&& change) {
    std::vector<Block> changed = log;
    change(changed);
    Market market;
    market.store().set_blocks(std::move(changed));
    const auto started = market.start();
    REQUIRE_FALSE(started);
    CHECK(started.error() == StoreError::Corrupt);
    REQUIRE(market.alarms().size() == 1);
    return market.alarms().front();
}

// Makes the chain fit again from a block on: what a writer with a bug, not an intruder, would leave.
void reseal(std::vector<Block>& log, std::size_t from) {
    for (std::size_t i = from; i < log.size(); ++i)
        log[i].hash = seal(i == 0 ? Hash{} : log[i - 1].hash, log[i].header, log[i].payload);
}

void encode_again(Block& block, const Records& records) {
    block.payload.clear();
    std::span<const engine::Event> events = records.events;
    for (const CommandRecord& command : records.commands) {
        encode(command, events.first(command.event_count), block.payload);
        events = events.subspan(command.event_count);
    }
}

}  // namespace

TEST_CASE("A command comes out durable, decided, stamped and with its ticket", "[unit]") {
    Market market;
    REQUIRE(market.start());
    CHECK(market.state() == PipelineState::Running);
    REQUIRE(market.submit(register_user(), 42));
    REQUIRE(market.wait_for_tickets(1));
    const auto batch = market.batches().at(0);
    REQUIRE(batch->records.commands.size() == 1);
    const CommandRecord& command = batch->records.commands[0];
    CHECK(batch->tickets == std::vector<Ticket>{42});
    CHECK(command.header.seq == 1);
    CHECK(command.header.time.us == 1'000'000);
    CHECK(command.header.request_id == engine::RequestId("req"));
    CHECK(command.outcome == engine::RejectReason::None);
    CHECK(command.first_seq == 1);
    CHECK(command.event_count == 2);
    CHECK(batch->records.events.size() == 2);
    CHECK(batch->header.last_seq == 2);
    CHECK(batch->header.epoch == 1);
    const PipelineStatus status = market.pipeline().status();
    CHECK(status.durable_seq == 2);
    CHECK(status.blocks == 1);
    CHECK(status.queued_commands == 0);
    CHECK(market.violations().empty());
    CHECK(market.store().violations().empty());
}

TEST_CASE("A refused command is durable too", "[unit]") {
    Market market;
    REQUIRE(market.start());
    REQUIRE(market.submit(engine::OpenAccount{engine::UserId{9}}, 1));
    REQUIRE(market.wait_for_tickets(1));
    CHECK(market.batches().at(0)->records.commands[0].outcome == engine::RejectReason::UserNotFound);
    CHECK(market.store().last_seq() == 1);
}

TEST_CASE("Time never goes back when the clock does", "[unit]") {
    Market market;
    REQUIRE(market.start());
    REQUIRE(market.submit(register_user(), 1));
    REQUIRE(market.wait_for_tickets(1));
    market.clock_us = 500'000;
    REQUIRE(market.submit(register_user(), 2));
    REQUIRE(market.wait_for_tickets(2));
    const auto batch = market.batches().at(1);
    CHECK(batch->records.commands[0].header.time.us == 1'000'000);
    CHECK(batch->header.committed_at.us == 1'000'000);
}

TEST_CASE("While one block is on its way the next one grows", "[unit]") {
    Market market;
    REQUIRE(market.start());
    market.store().hold();
    REQUIRE(market.submit(register_user(), 1));
    REQUIRE(eventually([&] { return market.store().waiting_appends() == 1; }));
    for (Ticket ticket = 2; ticket <= 1'000; ++ticket) REQUIRE(market.submit(register_user(), ticket));
    REQUIRE(eventually([&] { return market.pipeline().status().queued_commands == 0; }));
    CHECK(market.tickets().empty());
    // All are decided once the engine thread answers.
    market.pipeline().inspect([](const engine::Engine& engine) { CHECK(engine.last_command() == 1'000); });
    market.store().let_go();
    REQUIRE(market.wait_for_tickets(1'000));
    CHECK(market.tickets() == tickets_up_to(1'000));
    CHECK(market.store().blocks().size() == 2);
}

TEST_CASE("A block holds at most kMaxCommandsPerBlock commands", "[unit]") {
    Market market;
    REQUIRE(market.start());
    market.store().hold();
    const std::size_t count = 2 * kMaxCommandsPerBlock + 100;
    for (Ticket ticket = 1; ticket <= count; ++ticket) REQUIRE(market.submit(register_user(), ticket));
    REQUIRE(eventually([&] { return market.pipeline().status().queued_commands == 0; }));
    market.store().let_go();
    REQUIRE(market.wait_for_tickets(count));
    CHECK(market.tickets() == tickets_up_to(count));
    std::uint32_t largest = 0;
    for (const Block& block : market.store().blocks()) largest = std::max(largest, block.header.command_count);
    CHECK(largest == kMaxCommandsPerBlock);
}

TEST_CASE("A store that stalls fills the queue, then submit says Full, and nothing accepted is lost", "[unit]") {
    Market market;
    REQUIRE(market.start());
    market.store().hold();
    Ticket accepted = 0;
    const auto fill = [&] {
        while (const auto sent = market.submit(register_user(), accepted + 1)) ++accepted;
        return market.pipeline().status().queued_commands == kCommandQueueCapacity;
    };
    // The engine takes from the queue until its own bound is reached; then the queue stays full.
    const std::size_t bound = kCommandQueueCapacity + 4 * kMaxCommandsPerBlock;
    REQUIRE(eventually([&] { return fill() && accepted == bound; }));
    CHECK(market.submit(register_user(), 0).error() == SubmitError::Full);
    CHECK(market.state() == PipelineState::Running);
    bool looked = false;
    market.pipeline().inspect([&looked](const engine::Engine&) { looked = true; });
    CHECK(looked);
    CHECK(market.tickets().empty());
    market.store().let_go();
    REQUIRE(market.wait_for_tickets(accepted));
    CHECK(market.tickets() == tickets_up_to(accepted));
    CHECK(market.violations().empty());
    CHECK(market.submit(register_user(), 0));
}

TEST_CASE("Commands of one thread keep their order among those of others", "[unit]") {
    Market market;
    REQUIRE(market.start());
    constexpr Ticket kEach = 20'000;
    const auto send = [&market](Ticket offset) {
        for (Ticket i = 1; i <= kEach; ++i)
            while (!market.submit(register_user(), offset + i)) std::this_thread::yield();
    };
    std::thread other([&] { send(1'000'000); });
    send(0);
    other.join();
    REQUIRE(market.wait_for_tickets(2 * kEach));
    Ticket low = 0;
    Ticket high = 1'000'000;
    bool in_order = true;
    for (const Ticket ticket : market.tickets()) in_order = in_order && ticket == (ticket > 1'000'000 ? ++high : ++low);
    CHECK(in_order);
    CHECK(low == kEach);
    CHECK(high == 1'000'000 + kEach);
    CHECK(market.violations().empty());
}

TEST_CASE("An exception of an inspection reaches who asked", "[unit]") {
    Market market;
    REQUIRE(market.start());
    CHECK_THROWS_AS(market.pipeline().inspect([](const engine::Engine&) { throw std::runtime_error("no"); }),
                    std::runtime_error);
    REQUIRE(market.submit(register_user(), 1));
    CHECK(market.wait_for_tickets(1));
}

TEST_CASE("The destructor makes durable and releases what was accepted", "[unit]") {
    Market market;
    REQUIRE(market.start());
    Traffic traffic(7);
    market.send(traffic, 5'000);
    market.stop();
    CHECK(market.tickets() == tickets_up_to(5'000));
    CHECK(market.violations().empty());
    CHECK(market.stops().empty());
}

TEST_CASE("A restart replays the log to the same state and goes on from there", "[unit]") {
    Market first;
    REQUIRE(first.start());
    Traffic traffic(11);
    first.send(traffic, 3'000);
    REQUIRE(first.wait_for_tickets(3'000));
    const engine::StateHash live = first.state_hash();
    first.stop();

    Market second(first.shared_store());
    REQUIRE(second.start());
    CHECK(second.state_hash() == live);
    CHECK(second.tickets() == std::vector<Ticket>(3'000, 0));
    CHECK(second.pipeline().status().epoch == 2);
    const engine::EventSeq end = second.store().last_seq();
    CHECK(second.pipeline().status().durable_seq == end);
    CHECK(second.progress().back() == std::pair{end, end});
    second.send(traffic, 100);
    REQUIRE(second.wait_for_tickets(3'100));
    const auto batch = second.batches().back();
    CHECK(batch->records.commands.back().header.seq == 3'100);
    CHECK(batch->header.epoch == 2);
    CHECK(second.violations().empty());
    CHECK(second.store().violations().empty());
    std::vector<std::string> broken;
    second.pipeline().inspect([&broken](const engine::Engine& engine) { broken = engine.check_invariants(); });
    CHECK(broken.empty());
}

TEST_CASE("Replay reports its progress every thousand blocks", "[unit]") {
    test::BlockChain chain(Head{1, 0, {}});
    std::vector<Block> log;
    for (engine::CommandSeq seq = 1; seq <= 2'500; ++seq) {
        const engine::CommandRejected rejected{engine::RejectReason::UserNotFound, {}, {}, {}};
        const engine::Event event{seq, seq, {}, rejected};
        std::string payload;
        encode({{seq, {}, {}, {}}, engine::OpenAccount{}, engine::RejectReason::UserNotFound, seq, 1}, {&event, 1},
               payload);
        log.push_back(chain.next(1, std::move(payload)));
    }
    Market market;
    market.store().set_blocks(std::move(log));
    REQUIRE(market.start());
    const std::vector<std::pair<engine::EventSeq, engine::EventSeq>> expected{
        {1'000, 2'500}, {2'000, 2'500}, {2'500, 2'500}};
    CHECK(market.progress() == expected);
}

TEST_CASE("A log that contradicts itself is not opened, and the alarm says where", "[unit]") {
    Market market;
    REQUIRE(market.start());
    for (Ticket ticket = 1; ticket <= 3; ++ticket) {
        REQUIRE(market.submit(register_user(), ticket));
        REQUIRE(market.wait_for_tickets(ticket));
    }
    market.stop();
    const std::vector<Block> log = market.store().blocks();
    REQUIRE(log.size() == 3);
    const auto records_of = [](const Block& block) { return decode(block.payload, block.header.first_seq).value(); };
    const std::string second = "the journal is corrupt: the block of events 3 to 4: ";

    CHECK(alarm_after(log, [](auto& b) { b[1].payload[5] ^= 1; }) == second + "its hash does not continue the chain");
    CHECK(alarm_after(log, [](auto& b) { ++b[1].header.committed_at.us; }) ==
          second + "its hash does not continue the chain");
    CHECK(alarm_after(log, [](auto& b) { b[0].hash[0] ^= std::byte{1}; }) ==
          "the journal is corrupt: the block of events 1 to 2: its hash does not continue the chain");
    CHECK(alarm_after(log, [](auto& b) { b.erase(b.begin() + 1); }) ==
          "the journal is corrupt: the block of events 5 to 6: follows event 2");
    CHECK(alarm_after(log, [](auto& b) { b[1].header.format_version = 9; }) ==
          second + "format version 9 is not known");
    CHECK(alarm_after(log, [](auto& b) {
              b[1].header.event_count = 3;
              reseal(b, 1);
          }) == second + "counts 3 events");
    CHECK(alarm_after(log, [](auto& b) {
              b[1].header.command_count = 3;
              reseal(b, 1);
          }) == second + "its header and its records count differently");
    CHECK(alarm_after(log, [](auto& b) {
              b[1].header.epoch = 0;
              reseal(b, 1);
          }) == second + "its epoch is older than the one before it");
    CHECK(alarm_after(log, [](auto& b) {
              b[1].payload[5] ^= 1;
              reseal(b, 1);
          }) == second + "byte 0: the checksum does not match");
    CHECK(alarm_after(log, [&](auto& b) {
              Records records = records_of(b[1]);
              records.commands[0].header.seq = 7;
              encode_again(b[1], records);
              reseal(b, 1);
          }) == second + "command 7 stands where 2 belongs");
    CHECK(alarm_after(log, [&](auto& b) {
              Records records = records_of(b[1]);
              records.commands[0].header.time.us = 1;
              encode_again(b[1], records);
              reseal(b, 1);
          }) == second + "time goes back at command 2");
}

TEST_CASE("A head that names another end than the log has is corruption", "[unit]") {
    class Liar final : public Journal {
    public:
        std::expected<Head, StoreError> fence() override { return Head{1, 10, {}}; }
        std::expected<void, StoreError> append(const Block&) override { return {}; }
        std::expected<void, StoreError> read(engine::EventSeq, const Sink&) override { return {}; }
    };
    Pipeline::Callbacks callbacks;
    callbacks.wall_clock_us = [] { return std::int64_t{1}; };
    const auto started = Pipeline::start(std::make_unique<Liar>(), std::move(callbacks));
    REQUIRE_FALSE(started);
    CHECK(started.error() == StoreError::Corrupt);
}

TEST_CASE("A pipeline does not start while the store cannot be reached", "[unit]") {
    Market market;
    market.store().set_away(true);
    const auto started = market.start();
    REQUIRE_FALSE(started);
    CHECK(started.error() == StoreError::Unavailable);
}

TEST_CASE("Pipeline states have names", "[unit]") {
    CHECK(name_of(PipelineState::Replaying) == "replaying");
    CHECK(name_of(PipelineState::Running) == "running");
    CHECK(name_of(PipelineState::StoreAway) == "store_away");
    CHECK(name_of(PipelineState::Fenced) == "fenced");
    CHECK(name_of(PipelineState::Stopped) == "stopped");
}
