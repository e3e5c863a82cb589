// The faults that the rig knows. A new one is a function and a line in the table of kinds.cpp.
#pragma once

#include "tests/torture/rig.hpp"

#include <span>
#include <string_view>

namespace buttonwood::torture {

struct Kind {
    std::string_view name;
    std::string_view promises;  // of the specification, that it tries to break
    void (*strike)(Rig&);
    bool is_quick = true;     // about a second: a part of every test run
    bool cuts_power = false;  // needs a rig with a PowerCutDisk
};

[[nodiscard]] std::span<const Kind> all_kinds();
// nullptr: there is none.
[[nodiscard]] const Kind* kind_named(std::string_view name);

}  // namespace buttonwood::torture
