// Seeded streams of commands, valid and invalid, for the property tests.
//
// A stream looks at the model to aim: at open orders, at dead ones, at other people's, at prices a few ticks apart so
// that orders meet, at the limits of every number. The same seed and profile give the same stream on every machine.
#pragma once

#include "tests/engine/naive_engine.hpp"

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <optional>
#include <random>

namespace buttonwood::engine::tests {

// Uniform choices that do not depend on the standard library's distributions.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : bits_(seed) {}
    std::uint64_t below(std::uint64_t n) { return bits_() % n; }
    std::int64_t between(std::int64_t low, std::int64_t high) {
        return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
    }
    bool chance(int percent) { return below(100) < static_cast<std::uint64_t>(percent); }
    template <class T>
    T pick(std::initializer_list<T> choices) {
        return choices.begin()[below(choices.size())];
    }
    // A random element of a container, which must not be empty.
    template <class Container>
    const auto& any_of(const Container& container) {
        auto it = container.begin();
        std::advance(it, below(container.size()));
        return *it;
    }

private:
    std::mt19937_64 bits_;
};

class CommandStream {
public:
    // Everyday: modest means, prices within ten ticks. Sessions: the same with states, auctions and bands that change
    // all the time. Extreme: endless means, every number near a limit. Crowd: so many orders that one command cannot
    // finish what it starts. Usual: the usual market of the golden cases, for transcripts.
    enum class Profile { Everyday, Sessions, Extreme, Crowd, Usual };
    struct Step {
        Timestamp time;
        UserId actor{};
        Command command;
    };

    CommandStream(std::uint64_t seed, Profile profile);
    // The next command, given the state that the earlier ones led to.
    Step next(const NaiveEngine& model);
    // What follows depends on this seed and on the model only: for streams that are cut and shrunk.
    void reseed(std::uint64_t seed) { dice_ = Dice(seed); }
    [[nodiscard]] bool is_opening() const { return !planned_.empty(); }

private:
    struct Act {
        UserId actor{};
        Command command;
        std::optional<Timestamp> at{};  // of a planned act: exactly then
    };

    void add_people();
    void add_securities();
    void add_wealth();
    void add_usual_market();

    Act trading(const NaiveEngine& model);
    // command_stream_admin.cpp
    Act administration(const NaiveEngine& model);
    Act money(const NaiveEngine& model);
    // command_stream_rules.cpp
    void add_rules();
    Act rules(const NaiveEngine& model);
    Act set_fees(const NaiveEngine& model);
    Act set_terms(const NaiveEngine& model);
    Act change_settlement(const NaiveEngine& model);
    void plan_order(const NaiveEngine& model, AccountId account, SecurityId security, Side side, Timestamp near);
    Act spend_all(const NaiveEngine& model);
    Act squeeze(const NaiveEngine& model, TradeId id);
    Act identify(const NaiveEngine& model);
    Act delist(const NaiveEngine& model);
    // command_stream_session.cpp
    Act session(const NaiveEngine& model);
    Act change_state(const NaiveEngine& model);
    Act set_bands(const NaiveEngine& model);
    Act set_switch(const NaiveEngine& model);
    void pass_time(const NaiveEngine& model);
    // command_stream_crowd.cpp
    Act crowd(const NaiveEngine& model);
    Command crowd_order();
    Act crowd_event(const NaiveEngine& model);

    // command_stream_orders.cpp
    PlaceOrder place(const NaiveEngine& model, AccountId account);
    void shape_limit(PlaceOrder& order, const NaiveEngine& model);
    void shape_giant(PlaceOrder& order);
    void shape_market(PlaceOrder& order, const NaiveEngine& model);
    void shape_trigger(PlaceOrder& order, const NaiveEngine& model);
    void spoil(PlaceOrder& order, const NaiveEngine& model);
    Command place_group(const NaiveEngine& model, AccountId account);
    PlaceOrder exit(const PlaceOrder& entry, OrderType type, const NaiveEngine& model);
    Act oversell(const NaiveEngine& model);
    Command retry(const NaiveEngine& model, AccountId& account);
    Command amend(const NaiveEngine& model, AccountId& account);
    Command cancel(const NaiveEngine& model, AccountId& account);
    Act mass_cancel(const NaiveEngine& model, AccountId account);

    OrderRef target(const NaiveEngine& model, AccountId& account);
    ClientOrderId client_id();
    TimeInForce resting_time();
    Timestamp later();
    Price price(const NaiveEngine& model, SecurityId security);
    Quantity quantity(const NaiveEngine& model, SecurityId security);
    Quantity part_of(Quantity whole, const NaiveEngine& model, SecurityId security);
    std::int64_t boundary();
    Money amount();
    AccountId account(const NaiveEngine& model);
    SecurityId security(const NaiveEngine& model);
    UserId user(const NaiveEngine& model);
    UserId subject(const NaiveEngine& model);
    UserId owner_or_other(const NaiveEngine& model, AccountId account);

    Dice dice_;
    Profile profile_;
    std::deque<Act> planned_;  // what comes before anything else that is random
    std::optional<TradeId> squeezed_;        // to be squeezed once more, by the next command
    Timestamp time_{1'767'258'000'000'000};  // 2026-01-01 09:00
    std::uint64_t next_client_id_{};
    std::uint64_t crowd_left_{};  // orders still to gather before something happens to them
    int crowd_kind_{};
    std::uint64_t next_crowd_;  // streams of neighbouring seeds take turns at the kinds
};

}  // namespace buttonwood::engine::tests
