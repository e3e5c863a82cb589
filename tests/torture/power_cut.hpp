// A disk whose power can be cut while everything on it runs: an ext4 file system in an image on an XFS of its own.
// A cut is a clone of the image (a reflink: one instant, no flush by us); what the inner file system had not yet
// written to its disk is not in it.
//
// It holds a prefix of the writes that the disk was given. A drive that loses some of its volatile cache and keeps later
// writes is not modelled. Needs root, loop devices and xfsprogs. Thread safety: one thread at a time.
#pragma once

#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace buttonwood::torture {

class PowerCutDisk {
public:
    // What keeps this process from making one, in one line that says what to do; none = nothing known.
    [[nodiscard]] static std::optional<std::string> obstacle();
    // Under `parent`, an existing directory.
    [[nodiscard]] static std::expected<std::unique_ptr<PowerCutDisk>, std::string> make(
        const std::filesystem::path& parent);
    PowerCutDisk(const PowerCutDisk&) = delete;
    PowerCutDisk& operator=(const PowerCutDisk&) = delete;
    ~PowerCutDisk();
    // Where the file system is mounted; open to all users.
    [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

    // What a machine would find after the power came back: mounted as long as this lives.
    class Remains {
    public:
        Remains(const Remains&) = delete;
        Remains& operator=(const Remains&) = delete;
        ~Remains();
        [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

    private:
        friend class PowerCutDisk;
        Remains(std::filesystem::path image, std::filesystem::path directory);
        std::filesystem::path image_;
        std::filesystem::path directory_;
    };
    // The instant is within the call. Throws std::runtime_error where it cannot be done.
    [[nodiscard]] std::unique_ptr<Remains> cut() const;

private:
    explicit PowerCutDisk(const std::filesystem::path& parent);
    std::filesystem::path outer_;      // XFS, which can clone a file
    std::filesystem::path directory_;  // ext4 in an image on it
};

}  // namespace buttonwood::torture
