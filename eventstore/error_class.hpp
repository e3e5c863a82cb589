// What kind of mistake an SQLSTATE tells of, for people: who has to act. DbErrorKind says what the program does next.
// Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <string_view>

namespace buttonwood::eventstore {

enum class ErrorClass : std::uint8_t {
    Integrity,    // class 23: the data contradicts a rule of the schema
    Operational,  // no connection, no resources, a lock, a stop, a missing right: the operator, or simply later
    Data,         // class 22 and damaged storage: a value is not what its type says
    Programming,  // syntax, an unknown table, a misused statement: a mistake of ours
};

// "" (no server answered) is Operational; classes that nobody lists here are Programming.
[[nodiscard]] ErrorClass class_of_sqlstate(std::string_view sqlstate);
// "integrity", "operational", "data", "programming".
[[nodiscard]] std::string_view name_of(ErrorClass error);

}  // namespace buttonwood::eventstore
