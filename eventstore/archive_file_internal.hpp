// The layout of an archive file, shared by its writer and its reader.
#pragma once

#include "eventstore/archive_file.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace buttonwood::eventstore::archive_format {

inline constexpr std::string_view kMagic = "BWJOURNL";
inline constexpr std::uint16_t kVersion = 1;
inline constexpr std::uint32_t kSkippableFrame = 0x184D2A50;
inline constexpr std::size_t kFrameHeadSize = 8;
inline constexpr std::size_t kHeaderSize = 8 + 8 + 7 * sizeof(std::uint64_t) + 2 * sizeof(Hash);
inline constexpr std::size_t kHeaderFrameSize = kFrameHeadSize + kHeaderSize;
inline constexpr std::size_t kSealFrameSize = kFrameHeadSize + sizeof(Hash);
// What stands before a block's payload.
inline constexpr std::size_t kBlockHeadSize = 8 + 8 + 4 + 8 + 4 + 4 + 2 + 4;
// No block is larger: PostgreSQL holds no larger bytea.
inline constexpr std::uint32_t kMaxPayload = 1U << 30;

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

inline std::string trouble(const std::filesystem::path& file, std::string_view what) {
    return file.string() + ": " + std::string(what);
}
inline std::string trouble_of_system(const std::filesystem::path& file, std::string_view doing) {
    return trouble(file, std::string(doing) + ": " + std::strerror(errno));
}

template <class T>
void put(std::string& out, const T& value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
// Takes a value from the front. REQUIRES: in.size() >= sizeof(T).
template <class T>
T take(std::string_view& in) {
    T value{};
    std::memcpy(&value, in.data(), sizeof value);
    in.remove_prefix(sizeof value);
    return value;
}

// The header in its frame.
[[nodiscard]] std::string frame_of(const ArchiveHeader& header);
// The seal in its frame.
[[nodiscard]] std::string frame_of(const Hash& seal);
// The error says what is wrong, without the file's name.
[[nodiscard]] std::expected<ArchiveHeader, std::string> header_from(std::string_view frame);

}  // namespace buttonwood::eventstore::archive_format
