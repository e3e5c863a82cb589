#include "tests/torture/power_cut.hpp"

#include "tests/support/server_process.hpp"

#include <unistd.h>

#include <stdexcept>
#include <vector>

namespace buttonwood::torture {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kOuterBytes = std::uintmax_t{12} << 30;  // sparse, as the one inside
constexpr std::uintmax_t kInnerBytes = std::uintmax_t{6} << 30;

void must_run(const std::vector<std::string>& command) {
    const auto outcome = test::run_command(command);
    if (outcome.exit_code != 0) throw std::runtime_error(command.front() + ": " + outcome.output);
}

void make_image(const fs::path& file, std::uintmax_t bytes) {
    must_run({"truncate", "-s", std::to_string(bytes), file});
}

void mount_image(const fs::path& image, const fs::path& directory) {
    fs::create_directory(directory);
    must_run({"mount", "-o", "loop", image, directory});
}

// Lazily: somebody who still looks at it must not keep it for ever.
void unmount(const fs::path& directory) { static_cast<void>(test::run_command({"umount", "-l", directory})); }

bool has_program(const std::string& name) {
    return test::run_command({"sh", "-c", "command -v " + name}).exit_code == 0;
}

}  // namespace

std::optional<std::string> PowerCutDisk::obstacle() {
    if (::geteuid() != 0) return "a power cut needs root, to mount a disk of its own";
    if (!has_program("mkfs.xfs")) return "a power cut needs mkfs.xfs: apt-get install xfsprogs";
    if (!fs::exists("/dev/loop-control")) return "a power cut needs loop devices (/dev/loop-control)";
    return std::nullopt;
}

std::expected<std::unique_ptr<PowerCutDisk>, std::string> PowerCutDisk::make(const fs::path& parent) {
    if (const auto reason = obstacle()) return std::unexpected(*reason);
    try {
        return std::unique_ptr<PowerCutDisk>(new PowerCutDisk(parent));
    } catch (const std::exception& e) {
        return std::unexpected(std::string("a power cut needs a disk: ") + e.what());
    }
}

PowerCutDisk::PowerCutDisk(const fs::path& parent) : outer_(parent / "outer"), directory_(parent / "disk") {
    const fs::path outer_image = parent / "outer.img";
    make_image(outer_image, kOuterBytes);
    must_run({"mkfs.xfs", "-q", "-m", "reflink=1", outer_image});
    mount_image(outer_image, outer_);
    try {
        make_image(outer_ / "disk.img", kInnerBytes);
        must_run({"mkfs.ext4", "-q", "-F", outer_ / "disk.img"});
        mount_image(outer_ / "disk.img", directory_);
    } catch (...) {
        unmount(outer_);
        throw;
    }
    fs::permissions(directory_, fs::perms::all | fs::perms::sticky_bit);
}

PowerCutDisk::~PowerCutDisk() {
    unmount(directory_);
    unmount(outer_);
}

std::unique_ptr<PowerCutDisk::Remains> PowerCutDisk::cut() const {
    const fs::path image = outer_ / "cut.img";
    must_run({"cp", "--reflink=always", outer_ / "disk.img", image});
    std::unique_ptr<Remains> remains(new Remains(image, directory_.parent_path() / "cut"));
    mount_image(remains->image_, remains->directory_);
    return remains;
}

PowerCutDisk::Remains::Remains(fs::path image, fs::path directory)
    : image_(std::move(image)), directory_(std::move(directory)) {}

PowerCutDisk::Remains::~Remains() {
    unmount(directory_);
    std::error_code ignored;  // of the next cut, which replaces it, at the latest
    fs::remove(image_, ignored);
}

}  // namespace buttonwood::torture
