#include "tests/torture/controls.hpp"

#include "tests/torture/kinds.hpp"
#include "tests/torture/weakness.hpp"

#include <cstdlib>

namespace buttonwood::torture {
namespace {

// A commit that does not wait for the disk, past every check of the settings: they are right before and after it.
constexpr const char* kAsynchronousCommits = R"(
CREATE FUNCTION eventstore.weaken() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM set_config('synchronous_commit', 'off', true); RETURN NULL; END $$;
CREATE TRIGGER weaken AFTER INSERT ON eventstore.journal EXECUTE FUNCTION eventstore.weaken())";

constexpr Control kControls[] = {
    {"acknowledge-in-doubt", "P01", "commit-cut", kAcknowledgeInDoubt, "", 12, true},
    {"acknowledge-anything", "P09", "postgres-stop", kAcknowledgeAnything, "", 6, true},
    {"ignore-fence", "P21", "server-pause-take-over", kAcknowledgeAnything, "", 2, false},
    {"asynchronous-commit", "P01", "postgres-kill", "", kAsynchronousCommits, 30, false},
    {"power-asynchronous-commit", "P03", "power-cut", "", kAsynchronousCommits, 12, false},
    {"power-lying-disk", "P03", "power-cut", "", "", 4, false, true},
};

}  // namespace

std::span<const Control> all_controls() { return kControls; }

std::optional<std::string> run_control(Rig& rig, const Control& control) {
    ::setenv(kWeaknessEnvironment, std::string(control.weakness).c_str(), 1);
    rig.set_up_with({.server = control.weakness.empty() ? BUTTONWOOD_SERVER : BUTTONWOOD_WEAK_SERVER,
                     .sql = std::string(control.sql),
                     .lying_disk = control.lying_disk});
    for (int cycle = 0; cycle < control.most_cycles; ++cycle)
        for (const std::string& violation : rig.run(kind_named(control.kind)->strike).violations)
            if (violation.starts_with(control.promise)) return violation;
    return std::nullopt;
}

}  // namespace buttonwood::torture
