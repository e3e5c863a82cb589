#include "eventstore/verify_state.hpp"

#include "engine/archive.hpp"
#include "eventstore/sha256.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

namespace buttonwood::eventstore {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "BWVERIFY";
constexpr std::uint16_t kVersion = 1;

template <class Archive, class At>
void fields(Archive& archive, At& at) {
    archive(at.head.last_seq, at.head.hash, at.head.epoch, at.committed_at, at.last_command, at.last_time);
}

Hash digest_of(std::string_view bytes) {
    Sha256Stream digest;
    digest.absorb(bytes);
    return digest.finish();
}

std::string system_trouble(const fs::path& file) { return file.string() + ": " + std::strerror(errno); }

bool write_and_sync(const fs::path& file, std::string_view bytes) {
    const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return false;
    bool ok = true;
    while (ok && !bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        ok = written > 0;
        if (ok) bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    ok = ok && ::fsync(fd) == 0;
    return ::close(fd) == 0 && ok;
}

std::expected<VerifyState, std::string> parse(std::string_view bytes) {
    Hash stored{};
    if (!bytes.starts_with(kMagic) || bytes.size() < kMagic.size() + sizeof stored)
        return std::unexpected("is no state of a verification");
    const std::string_view content = bytes.substr(0, bytes.size() - sizeof stored);
    std::memcpy(stored.data(), content.data() + content.size(), sizeof stored);
    if (digest_of(content) != stored) return std::unexpected("is damaged: its checksum does not match");
    std::string_view rest = content.substr(kMagic.size());
    engine::ArchiveReader archive([&rest] { return std::exchange(rest, {}); });
    VerifyState state;
    std::uint16_t version{};
    bool has_engine{};
    archive(version);
    if (archive.ok() && version != kVersion) return std::unexpected("was written by another version of this program");
    fields(archive, state.at);
    archive(has_engine);
    if (has_engine && archive.ok()) {
        auto loaded = engine::Engine::load(archive);
        if (!loaded) return std::unexpected(loaded.error());
        state.engine.emplace(std::move(*loaded));
    }
    if (!archive.at_end()) return std::unexpected(archive.ok() ? "has more bytes than it should" : archive.problem());
    return state;
}

}  // namespace

std::expected<std::optional<VerifyState>, std::string> load_verify_state(const fs::path& file) {
    if (!fs::exists(file)) return std::nullopt;
    std::ifstream in(file, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if (!in) return std::unexpected(file.string() + ": cannot be read");
    auto state = parse(bytes);
    if (!state) return std::unexpected(file.string() + ' ' + state.error() + "; without it everything is verified");
    return std::optional<VerifyState>(std::move(*state));
}

std::expected<void, std::string> save_verify_state(const fs::path& file, const VerifiedUpTo& at,
                                                   const engine::Engine* engine) {
    std::string bytes(kMagic);
    engine::ArchiveWriter archive([&bytes](std::string_view piece) { bytes += piece; });
    archive(kVersion);
    fields(archive, at);
    archive(engine != nullptr);
    if (engine != nullptr) engine->save(archive);
    archive.finish();
    const Hash digest = digest_of(bytes);
    bytes.append(reinterpret_cast<const char*>(digest.data()), digest.size());
    const fs::path partial = file.string() + ".partial";
    if (!write_and_sync(partial, bytes)) return std::unexpected(system_trouble(partial));
    if (std::rename(partial.c_str(), file.c_str()) != 0) return std::unexpected(system_trouble(file));
    return {};
}

}  // namespace buttonwood::eventstore
