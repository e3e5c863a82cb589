#include "eventstore/archive_file_internal.hpp"
#include "eventstore/sha256.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <zstd.h>

#include <vector>

namespace buttonwood::eventstore {

using namespace archive_format;

namespace {

// Payloads are binary and dense; higher levels take several times as long for a few per cent.
constexpr int kLevel = 6;

struct FreeContext {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

// A rename is durable once its directory is.
bool sync_directory_of(const std::filesystem::path& file) {
    const auto directory = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
    const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return false;
    const bool synced = ::fsync(fd) == 0;
    ::close(fd);
    return synced;
}

}  // namespace

struct ArchiveWriter::Impl {
    std::filesystem::path file;
    std::filesystem::path partial;
    File out;
    std::unique_ptr<ZSTD_CCtx, FreeContext> zstd{ZSTD_createCCtx()};
    Sha256Stream digest;
    std::vector<char> buffer = std::vector<char>(ZSTD_CStreamOutSize());
    std::string row;

    ~Impl() {
        if (!out) return;
        out.reset();
        std::error_code ignored;
        std::filesystem::remove(partial, ignored);
    }

    std::expected<void, std::string> write(std::string_view bytes) {
        digest.absorb(bytes);
        if (std::fwrite(bytes.data(), 1, bytes.size(), out.get()) == bytes.size()) return {};
        return std::unexpected(trouble_of_system(partial, "cannot write"));
    }

    std::expected<void, std::string> compress(std::string_view bytes, ZSTD_EndDirective end) {
        ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
        for (;;) {
            ZSTD_outBuffer to{buffer.data(), buffer.size(), 0};
            const std::size_t left = ZSTD_compressStream2(zstd.get(), &to, &in, end);
            if (ZSTD_isError(left) != 0) return std::unexpected(trouble(partial, ZSTD_getErrorName(left)));
            if (auto written = write({buffer.data(), to.pos}); !written) return written;
            if (end == ZSTD_e_end ? left == 0 : in.pos == in.size) return {};
        }
    }
};

ArchiveWriter::ArchiveWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ArchiveWriter::ArchiveWriter(ArchiveWriter&&) noexcept = default;
ArchiveWriter& ArchiveWriter::operator=(ArchiveWriter&&) noexcept = default;
ArchiveWriter::~ArchiveWriter() = default;

std::expected<ArchiveWriter, std::string> ArchiveWriter::create(std::filesystem::path file,
                                                                const ArchiveHeader& header) {
    auto impl = std::make_unique<Impl>();
    impl->partial = file.string() + ".partial";
    impl->file = std::move(file);
    impl->out.reset(std::fopen(impl->partial.c_str(), "wb"));
    if (!impl->out) return std::unexpected(trouble_of_system(impl->partial, "cannot create"));
    ZSTD_CCtx_setParameter(impl->zstd.get(), ZSTD_c_compressionLevel, kLevel);
    ZSTD_CCtx_setParameter(impl->zstd.get(), ZSTD_c_checksumFlag, 1);
    if (auto written = impl->write(frame_of(header)); !written) return std::unexpected(written.error());
    return ArchiveWriter(std::move(impl));
}

std::expected<void, std::string> ArchiveWriter::append(const Block& block) {
    const BlockHeader& h = block.header;
    std::string& row = impl_->row;
    row.clear();
    put(row, h.first_seq);
    put(row, h.last_seq);
    put(row, h.epoch);
    put(row, h.committed_at.us);
    put(row, h.event_count);
    put(row, h.command_count);
    put(row, h.format_version);
    put(row, static_cast<std::uint32_t>(block.payload.size()));
    row += block.payload;
    put(row, block.hash);
    return impl_->compress(row, ZSTD_e_continue);
}

std::expected<Hash, std::string> ArchiveWriter::finish() {
    if (auto ended = impl_->compress({}, ZSTD_e_end); !ended) return std::unexpected(ended.error());
    const Hash seal = impl_->digest.finish();
    if (auto written = impl_->write(frame_of(seal)); !written) return std::unexpected(written.error());
    if (std::fflush(impl_->out.get()) != 0 || ::fsync(::fileno(impl_->out.get())) != 0)
        return std::unexpected(trouble_of_system(impl_->partial, "cannot sync"));
    if (std::rename(impl_->partial.c_str(), impl_->file.c_str()) != 0)
        return std::unexpected(trouble_of_system(impl_->partial, "cannot rename"));
    impl_->out.reset();
    if (!sync_directory_of(impl_->file))
        return std::unexpected(trouble_of_system(impl_->file, "cannot sync its directory"));
    return seal;
}

}  // namespace buttonwood::eventstore
