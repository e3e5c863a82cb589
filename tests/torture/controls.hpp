// Controls of the rig itself: servers without one protection each. A rig that finds nothing wrong with them is blind.
#pragma once

#include "tests/torture/rig.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace buttonwood::torture {

struct Control {
    std::string_view name;
    std::string_view promise;   // that the weakness breaks
    std::string_view kind;      // of the fault that must bring it to light
    std::string_view weakness;  // of weak_journal.cpp; empty = the real server
    std::string_view sql;       // run in each world's database; may be empty
    int most_cycles;            // within which the rig must see it
    bool is_quick;              // seconds: a part of every test run
    bool lying_disk = false;    // syncs are answered, and not done; needs a rig with a PowerCutDisk
};

[[nodiscard]] std::span<const Control> all_controls();
// The violation that it led to; none = the rig saw nothing.
[[nodiscard]] std::optional<std::string> run_control(Rig& rig, const Control& control);

}  // namespace buttonwood::torture
