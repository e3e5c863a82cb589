#include "eventstore/error_class.hpp"

#include <algorithm>
#include <array>

namespace buttonwood::eventstore {

ErrorClass class_of_sqlstate(std::string_view sqlstate) {
    // No answer; connection, transaction state, login, rollback, resources, limits, state of objects, operator, system.
    static constexpr std::array<std::string_view, 10> kOperational{"",   "08", "25", "28", "40",
                                                                   "53", "54", "55", "57", "58"};
    const std::string_view cls = sqlstate.substr(0, 2);
    const bool is_operational = std::ranges::find(kOperational, cls) != kOperational.end();
    if (is_operational || sqlstate == "42501") return ErrorClass::Operational;  // 42501: a right is missing
    if (cls == "23") return ErrorClass::Integrity;
    if (cls == "22" || sqlstate == "XX001" || sqlstate == "XX002") return ErrorClass::Data;
    return ErrorClass::Programming;
}

std::string_view name_of(ErrorClass error) {
    switch (error) {
        case ErrorClass::Integrity: return "integrity";
        case ErrorClass::Operational: return "operational";
        case ErrorClass::Data: return "data";
        case ErrorClass::Programming: return "programming";
    }
    return "unknown";
}

}  // namespace buttonwood::eventstore
