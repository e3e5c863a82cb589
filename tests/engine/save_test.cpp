// An engine that was saved and loaded is the engine that was saved: it goes on with the same events.
#include "engine/archive.hpp"
#include "tests/engine/market.hpp"
#include "tests/engine/records.hpp"
#include "tests/engine/trial.hpp"

#include <catch2/catch.hpp>

#include <iostream>

namespace buttonwood::engine::tests {
namespace {

std::string saved(const Engine& engine) {
    std::string bytes;
    ArchiveWriter writer([&bytes](std::string_view piece) { bytes += piece; });
    engine.save(writer);
    writer.finish();
    return bytes;
}

// In pieces of this size, so that values lie across their ends.
std::expected<Engine, std::string> loaded(std::string_view bytes, std::size_t piece = SIZE_MAX) {
    ArchiveReader reader([&bytes, piece] {
        const std::string_view next = bytes.substr(0, piece);
        bytes.remove_prefix(next.size());
        return next;
    });
    auto engine = Engine::load(reader);
    if (engine && !reader.at_end()) return std::unexpected("bytes are left");
    return engine;
}

// A stream on the engine that decides everything, and on one that is saved and loaded again and again.
void run_stream(std::uint64_t seed, CommandStream::Profile profile, std::uint64_t length, std::uint64_t every) {
    INFO("seed " << seed << ", profile " << static_cast<int>(profile));
    Dice dice(seed);
    CommandStream stream(seed, profile);
    NaiveEngine oracle;
    Engine engine;
    Engine copy;
    for (CommandSeq seq = 1; seq <= length; ++seq) {
        const auto [time, actor, command] = stream.next(oracle);
        static_cast<void>(oracle.decide(actor, time, command));
        std::vector<Event> events;
        std::vector<Event> copied;
        const RejectReason reason = engine.decide({seq, time, actor, {}}, command, events);
        REQUIRE(copy.decide({seq, time, actor, {}}, command, copied) == reason);
        INFO("command " << seq << ": " << describe(command));
        REQUIRE(copied.size() == events.size());
        for (std::size_t i = 0; i < events.size(); ++i) REQUIRE(describe(copied[i].body) == describe(events[i].body));
        REQUIRE(copy.digest(events) == engine.digest(events));
        if (dice.below(every) != 0) continue;
        const std::string bytes = saved(copy);
        auto again = loaded(bytes, 1 + dice.below(100));
        if (!again) FAIL(again.error());
        REQUIRE(again->state_hash() == engine.state_hash());
        REQUIRE(again->check_invariants() == std::vector<std::string>{});
        REQUIRE(saved(*again) == bytes);
        REQUIRE(saved(engine) == bytes);  // the same bytes, whatever way led to the state
        REQUIRE(again->next_deadline() == engine.next_deadline());
        copy = *std::move(again);
    }
}

// A state with something of everything that is saved.
Engine rich_state(std::uint64_t seed) {
    Dice dice(seed);
    CommandStream stream(seed, CommandStream::Profile::Sessions);
    NaiveEngine oracle;
    Engine engine;
    for (CommandSeq seq = 1; seq <= 400; ++seq) {
        const auto [time, actor, command] = stream.next(oracle);
        static_cast<void>(oracle.decide(actor, time, command));
        std::vector<Event> events;
        engine.decide({seq, time, actor, {}}, command, events);
    }
    return engine;
}

}  // namespace

TEST_CASE("An engine that was saved and loaded at any time goes on with the same events", "[property]") {
    using Profile = CommandStream::Profile;
    const std::uint64_t seed = Catch::rngSeed();
    std::cout << "saving and loading: seed " << seed << std::endl;
    for (const Profile profile : {Profile::Everyday, Profile::Sessions, Profile::Extreme, Profile::Usual})
        for (std::uint64_t i = 0; i < 3; ++i) run_stream(seed + i, profile, 1'500, 20);
    for (std::uint64_t i = 0; i < 2; ++i) run_stream(seed + i, Profile::Crowd, 1'200, 100);
}

TEST_CASE("Every bit of the saved state matters: flipped, it is refused or gives another state", "[property]") {
    const std::uint64_t seed = Catch::rngSeed();
    INFO("seed " << seed);
    const Engine engine = rich_state(seed);
    const StateHash hash = engine.state_hash();
    std::string bytes = saved(engine);
    REQUIRE(loaded(bytes));
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
        const auto flip = [&] { bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8))); };
        if (bytes.size() > 6'000 && bit % 3 != seed % 3) continue;
        flip();
        INFO("bit " << bit % 8 << " of byte " << bit / 8 << " of " << bytes.size());
        if (const auto other = loaded(bytes)) REQUIRE(other->state_hash() != hash);
        flip();
    }
}

TEST_CASE("A saved state that ends too early, or late, is refused", "[unit]") {
    const std::string bytes = saved(rich_state(7));
    for (std::size_t size = 0; size < bytes.size(); size += 1 + size / 50)
        REQUIRE_FALSE(loaded(std::string_view(bytes).substr(0, size)));
    CHECK_FALSE(loaded(bytes + '\0'));
    CHECK(loaded(bytes));
}

TEST_CASE("An empty engine can be saved and loaded", "[unit]") {
    const auto again = loaded(saved(Engine{}));
    REQUIRE(again);
    CHECK(again->state_hash() == Engine{}.state_hash());
}

}  // namespace buttonwood::engine::tests
