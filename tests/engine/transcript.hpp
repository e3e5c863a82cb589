// The language of the golden cases: a market day told line by line, commands at the margin, what came of them indented.
//
//     case the earlier order at a price trades first
//     given the usual market
//     ann sells 10 ACME at 10.05
//         #1 accepted, rests, reserves 10 ACME
//     book ACME
//                   10.05  10 #1
//
// The day begins at 09:00:00, and each command takes a microsecond; `time 09:30:00` lets time pass.
// Blank lines and lines that start with # are kept as they are; `case` starts a market of its own. The usual market:
// keeper (operator); ann, bob and cat (traders), each with 1000.00 USD, 100 ACME and 100 ROSE. ACME: cents, lots of 1.
// ROSE: ticks of 0.05, lots of 10. README.md lists the commands.
//
// Every command runs on the engine and on the oracle; the book is drawn from the oracle once both agree.
#pragma once

#include "engine/engine.hpp"
#include "tests/engine/naive_engine.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace buttonwood::engine::tests {

// Decimal text <-> units of 10^-scale. parse_units throws std::runtime_error with the text where it is none.
[[nodiscard]] Int128 parse_units(std::string_view text, int scale);
[[nodiscard]] std::string format_units(Int128 units, int scale);

// 09:30:00 or 09:30:00.000001 of the day of the cases (us:N: so many microseconds since 1970) <-> a time; 2026-01-05
// and 2026-01-05T09:30:00 are read, too;
// 250ms, 5s, 1us <-> microseconds. Parsing throws as parse_units does.
inline constexpr Timestamp kMidnight{1'767'225'600'000'000};  // 2026-01-01
[[nodiscard]] Timestamp parse_time(const std::string& text);
[[nodiscard]] std::string format_time(Timestamp time);
[[nodiscard]] std::string format_date(Timestamp time);  // 2026-01-05
[[nodiscard]] std::int64_t parse_duration(const std::string& text);
[[nodiscard]] std::string format_duration(std::int64_t us);

// An actor and a command, from one line. Names that nobody has give ids that nobody has.
struct Line {
    UserId actor{};
    Command command;
};
[[nodiscard]] Line parse_command(const std::string& line, const NaiveEngine& state);
// The line that parse_command reads as this; notes and the secrets of keys have no words.
[[nodiscard]] std::string write_command(const Line& line, const NaiveEngine& state);

// One event in words, without its envelope. `state` names the people and the securities.
[[nodiscard]] std::string tell(const EventBody& event, const NaiveEngine& state);
// The book with its orders in queue order, one line per price, icebergs with what they show and what they hide; the
// orders that are held; every account's cash and holdings; the trades that are not settled.
[[nodiscard]] std::string draw_book(SecurityId security, const NaiveEngine& state);
[[nodiscard]] std::string draw_held(SecurityId security, const NaiveEngine& state);
[[nodiscard]] std::string draw_accounts(const NaiveEngine& state);
[[nodiscard]] std::string draw_settlements(const NaiveEngine& state);
[[nodiscard]] SecurityId security_named(std::string_view symbol, const NaiveEngine& state);

// Reads a script, drops what is indented, and tells it again with what really comes of it.
// Throws std::runtime_error, naming the line, when a line is not understood or when engine and oracle differ.
[[nodiscard]] std::string retell(const std::string& script);

}  // namespace buttonwood::engine::tests
