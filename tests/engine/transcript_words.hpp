// The words of one line of a golden case, and what they name.
#pragma once

#include "engine/names.hpp"
#include "tests/engine/transcript.hpp"

#include <deque>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace buttonwood::engine::tests {

// Taken from the front, one by one.
class Words {
public:
    explicit Words(const std::string& line) {
        std::istringstream in(line);
        for (std::string word; in >> word;) words_.push_back(word);
    }
    [[nodiscard]] bool done() const { return words_.empty(); }
    std::string take() {
        if (words_.empty()) throw std::runtime_error("the line ends too early");
        std::string word = words_.front();
        words_.pop_front();
        return word == "\"\"" ? std::string() : word;
    }
    bool accept(std::string_view word) {
        if (words_.empty() || words_.front() != word) return false;
        words_.pop_front();
        return true;
    }
    void expect(std::string_view word) {
        if (!accept(word)) throw std::runtime_error("expected '" + std::string(word) + "'");
    }

private:
    std::deque<std::string> words_;
};

template <class E>
E word(const std::string& text) {
    const auto value = from_word<E>(text);
    if (!value) throw std::runtime_error("no such word: " + text);
    return *value;
}

[[nodiscard]] UserId user_named(std::string_view name, const NaiveEngine& state);
// acc_N, or somebody's first account.
[[nodiscard]] AccountId account_named(std::string_view name, const NaiveEngine& state);
[[nodiscard]] Price parse_price(const std::string& text, SecurityId security, const NaiveEngine& state);
[[nodiscard]] Quantity parse_quantity(const std::string& text, SecurityId security, const NaiveEngine& state);

// The commands that trade: the verb is taken already.
[[nodiscard]] Command parse_place(Words& words, AccountId account, Side side, const NaiveEngine& state);
[[nodiscard]] Command parse_group(Words& words, AccountId account, const NaiveEngine& state);
[[nodiscard]] Command parse_amend(Words& words, AccountId account, const NaiveEngine& state);
[[nodiscard]] Command parse_cancel(Words& words, AccountId account, const NaiveEngine& state);

// The commands about fees, terms, people and settlement; nullopt where the verb is none of theirs. The terms of a
// security come after "sets terms".
[[nodiscard]] std::optional<Command> parse_rule(const std::string& verb, Words& words, UserId actor,
                                                const NaiveEngine& state);
[[nodiscard]] Command parse_terms(Words& words, const NaiveEngine& state);

}  // namespace buttonwood::engine::tests
