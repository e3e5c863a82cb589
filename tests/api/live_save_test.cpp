// A view that was saved and loaded answers and streams like the view that was saved.
#include "api/live/live_snapshot.hpp"
#include "market.hpp"
#include "random_command.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace buttonwood;
using namespace buttonwood::engine;
using test::LiveMarket;

namespace {

std::string saved(const api::LiveView& view) {
    std::string bytes;
    ArchiveWriter writer([&bytes](std::string_view piece) { bytes += piece; });
    view.save(writer);
    writer.finish();
    return bytes;
}

// Nothing, when it loads to the last byte.
std::string load(api::LiveView& view, std::string_view bytes) {
    ArchiveReader reader([&bytes] { return std::exchange(bytes, {}); });
    view.load(reader);
    if (!reader.at_end()) return reader.ok() ? "bytes are left" : reader.problem();
    return {};
}

// Every message of every public stream and of one user, as it leaves.
class Listener final : public api::ws::Subscriber {
public:
    explicit Listener(api::LiveView& view) : hub_(view) {
        for (const api::LiveSecurity& security : view.securities()) {
            hub_.subscribe_book(*this, security, 10);
            for (const auto topic : {api::ws::Topic::Trades, api::ws::Topic::Ticker, api::ws::Topic::Auction,
                                     api::ws::Topic::Status})
                hub_.subscribe(*this, topic, &security);
        }
        for (const api::LiveUser& user : view.users()) hub_.subscribe_executions(*this, user.id);
        hub_.subscribe(*this, api::ws::Topic::Status, nullptr);
    }
    ~Listener() override { hub_.unsubscribe_all(*this); }
    void send(api::ws::Message message) override { heard += *message + '\n'; }
    void go_away() override {}
    void tell(const api::Changes& changes) { hub_.on_changes(changes); }

    std::string heard;

private:
    api::ws::Hub hub_;
};

}  // namespace

TEST_CASE("A live view loaded from a snapshot goes on with the same answers and streams", "[property]") {
    const char* fixed = std::getenv("BUTTONWOOD_SEED");
    const std::uint64_t seed = fixed ? std::stoull(fixed) : std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    LiveMarket market;
    OrderId newest{};
    const auto run = [&] {
        const auto later_us = static_cast<std::int64_t>(1 + random() % 20'000'000);
        const api::Changes& changes =
            market.run(test::random_command(random, newest, market.engine.last_time()), later_us);
        for (const Event& event : market.events)
            if (const auto* accepted = std::get_if<OrderAccepted>(&event.body)) newest = accepted->order;
        return &changes;
    };
    for (int round = 0; round < 12; ++round) {
        for (std::uint64_t left = 1 + random() % 400; left > 0; --left) run();
        const std::string bytes = saved(market.view);
        api::LiveView copy;
        REQUIRE(load(copy, bytes) == "");
        REQUIRE(saved(copy) == bytes);
        Listener to_market(market.view);
        Listener to_copy(copy);
        REQUIRE(to_copy.heard == to_market.heard);
        for (int i = 0; i < 100; ++i) {
            CAPTURE(round, i);
            to_market.tell(*run());
            to_copy.tell(copy.apply(market.record, market.events));
            REQUIRE(to_copy.heard == to_market.heard);
        }
        REQUIRE(saved(copy) == saved(market.view));
    }
}

TEST_CASE("A saved view that is cut or altered is refused or another view, and never breaks the loader", "[property]") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    LiveMarket market;
    OrderId newest{};
    for (int i = 0; i < 300; ++i) {
        market.run(test::random_command(random, newest, market.engine.last_time()));
        for (const Event& event : market.events)
            if (const auto* accepted = std::get_if<OrderAccepted>(&event.body)) newest = accepted->order;
    }
    std::string bytes = saved(market.view);
    api::LiveView view;
    for (int i = 0; i < 300; ++i) {
        const auto cut = std::string_view(bytes).substr(0, random() % bytes.size());
        REQUIRE_FALSE(load(view, cut).empty());
    }
    for (int i = 0; i < 2'000; ++i) {
        const std::size_t bit = random() % (8 * bytes.size());
        const auto flip = [&] { bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8))); };
        const std::string whole = bytes;
        flip();
        CAPTURE(bit);
        if (load(view, bytes).empty()) REQUIRE(saved(view) != whole);
        flip();
    }
}
