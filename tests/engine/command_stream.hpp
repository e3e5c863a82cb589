// Seeded streams of commands, valid and invalid, for the property tests.
//
// A stream looks at the model to aim: at open orders, at dead ones, at other people's, at prices a few ticks apart so
// that orders meet, at the limits of every number. The same seed and profile give the same stream on every machine.
#pragma once

#include "tests/engine/naive_engine.hpp"

#include <cstdint>
#include <deque>
#include <initializer_list>
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
    // A random element of a map or set, which must not be empty.
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
    // Everyday: modest means, prices within ten ticks. Extreme: endless means, every number near a limit.
    enum class Profile { Everyday, Extreme };
    struct Step {
        UserId actor{};
        Command command;
    };

    CommandStream(std::uint64_t seed, Profile profile);
    // The next command, given the state that the earlier ones led to.
    Step next(const NaiveEngine& model);

private:
    void add_people();
    void add_securities();
    void add_wealth();

    Step trading(const NaiveEngine& model);
    Step administration(const NaiveEngine& model);
    Step money(const NaiveEngine& model);
    Command place(const NaiveEngine& model, AccountId account);
    Command retry(const NaiveEngine& model, AccountId& account);
    Command amend(const NaiveEngine& model, AccountId& account);
    Command cancel(const NaiveEngine& model, AccountId& account);

    OrderRef target(const NaiveEngine& model, AccountId& account);
    ClientOrderId client_id();
    Price price(const NaiveEngine& model, SecurityId security);
    Quantity quantity(const NaiveEngine& model, SecurityId security);
    std::int64_t boundary();
    Money amount();
    AccountId account(const NaiveEngine& model);
    SecurityId security(const NaiveEngine& model);
    UserId user(const NaiveEngine& model);
    UserId subject(const NaiveEngine& model);
    UserId owner_or_other(const NaiveEngine& model, AccountId account);

    Dice dice_;
    Profile profile_;
    std::deque<Step> opening_;  // people, securities and wealth, before anything random
    std::uint64_t next_client_id_{};
};

}  // namespace buttonwood::engine::tests
