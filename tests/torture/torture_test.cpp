// A short run of the rig: every kind of fault once or twice, and the controls that show that the rig sees.
// Longer: ./dev torture store.
#include "tests/torture/controls.hpp"
#include "tests/torture/kinds.hpp"

#include <catch2/catch.hpp>

using namespace buttonwood::torture;

namespace {

constexpr const char* kServer = BUTTONWOOD_SERVER;

// One for all test cases: its PostgreSQL takes seconds to make.
struct SharedRig {
    const std::uint64_t seed = std::random_device{}();
    const buttonwood::test::ScratchDirectory scratch;
    Rig rig{{.setup = {.server = kServer}, .scratch = scratch.path(), .seed = seed}};

    static SharedRig& get() {
        static SharedRig shared;
        return shared;
    }
};

}  // namespace

TEST_CASE("whatever breaks, what was acknowledged is in the log, once, and service resumes", "[fault]") {
    auto& [seed, scratch, rig] = SharedRig::get();
    rig.set_up_with({.server = kServer});
    for (const Kind& kind : all_kinds()) {
        if (!kind.is_quick) continue;  // the others: ./dev torture store
        const Cycle cycle = rig.run(kind.strike);
        INFO(kind.name << " (" << kind.promises << "), seed " << seed);
        CHECK(cycle.violations == std::vector<std::string>{});
        CHECK(cycle.in_flight > 0);
        CHECK(cycle.acknowledged > 0);
    }
}

TEST_CASE("what was acknowledged survives a power cut; a disk that lies is seen (P03 and its control)", "[fault]") {
    if (const auto obstacle = PowerCutDisk::obstacle()) {
        WARN("left out: " << *obstacle);
        return;
    }
    const std::uint64_t seed = std::random_device{}();
    INFO("seed " << seed);
    const buttonwood::test::ScratchDirectory scratch;
    Rig rig({.setup = {.server = kServer}, .scratch = scratch.path(), .on_power_cut_disk = true, .seed = seed});
    for (int cut = 0; cut < 2; ++cut) {
        const Cycle cycle = rig.run(kind_named("power-cut")->strike);
        CHECK(cycle.violations == std::vector<std::string>{});
        CHECK(cycle.in_flight > 0);
    }
    for (const Control& control : all_controls())
        if (control.lying_disk) CHECK(run_control(rig, control).has_value());
}

TEST_CASE("the rig sees a server that takes its hopes for facts (controls of P01 and P09)", "[fault]") {
    auto& [seed, scratch, rig] = SharedRig::get();
    for (const Control& control : all_controls()) {
        if (!control.is_quick) continue;  // the others: ./dev torture store --controls
        INFO(control.name << ", seed " << seed);
        CHECK(run_control(rig, control).has_value());
    }
}
