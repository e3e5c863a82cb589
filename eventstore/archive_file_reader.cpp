#include "eventstore/archive_file_internal.hpp"
#include "eventstore/sha256.hpp"

#include <zstd.h>

#include <algorithm>
#include <vector>

namespace buttonwood::eventstore {

using namespace archive_format;

namespace {

struct FreeContext {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

}  // namespace

struct ArchiveReader::Impl {
    std::filesystem::path file;
    std::uint64_t file_bytes{};
    File in;
    ArchiveHeader header;
    Hash seal{};
    std::unique_ptr<ZSTD_DCtx, FreeContext> zstd{ZSTD_createDCtx()};
    std::vector<char> compressed = std::vector<char>(ZSTD_DStreamInSize());
    ZSTD_inBuffer unread{nullptr, 0, 0};
    bool frame_ended = true;

    template <class What>
    auto fail(const What& what) const {
        return std::unexpected(trouble(file, what));
    }

    std::expected<void, std::string> read_exactly(void* to, std::size_t size) {
        if (std::fread(to, 1, size, in.get()) == size) return {};
        return fail("is cut off");
    }

    // Everything but the last frame is what the seal stands for.
    std::expected<void, std::string> check_seal() {
        Sha256Stream digest;
        std::vector<char> bytes(1 << 20);
        for (std::uint64_t left = file_bytes - kSealFrameSize; left > 0;) {
            const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left, bytes.size()));
            if (auto read = read_exactly(bytes.data(), size); !read) return read;
            digest.absorb(bytes.data(), size);
            left -= size;
        }
        std::string frame(kSealFrameSize, '\0');
        if (auto read = read_exactly(frame.data(), frame.size()); !read) return read;
        seal = digest.finish();
        if (frame != frame_of(seal)) return fail("is damaged: its seal does not match");
        return {};
    }

    // Decompresses exactly `size` bytes; false: the data has ended before the first of them.
    std::expected<bool, std::string> decompress(char* to, std::size_t size) {
        ZSTD_outBuffer out{to, size, 0};
        while (out.pos < out.size) {
            if (unread.pos == unread.size) {
                unread = {compressed.data(), std::fread(compressed.data(), 1, compressed.size(), in.get()), 0};
                if (unread.size == 0) {
                    if (out.pos == 0 && frame_ended) return false;
                    return fail("its data is cut off");
                }
            }
            const std::size_t left = ZSTD_decompressStream(zstd.get(), &out, &unread);
            if (ZSTD_isError(left) != 0) return fail(ZSTD_getErrorName(left));
            frame_ended = left == 0;
        }
        return true;
    }
};

ArchiveReader::ArchiveReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ArchiveReader::ArchiveReader(ArchiveReader&&) noexcept = default;
ArchiveReader& ArchiveReader::operator=(ArchiveReader&&) noexcept = default;
ArchiveReader::~ArchiveReader() = default;

const ArchiveHeader& ArchiveReader::header() const { return impl_->header; }
const Hash& ArchiveReader::seal() const { return impl_->seal; }
std::uint64_t ArchiveReader::file_bytes() const { return impl_->file_bytes; }

std::expected<ArchiveReader, std::string> ArchiveReader::open(const std::filesystem::path& file) {
    auto impl = std::make_unique<Impl>();
    impl->file = file;
    impl->in.reset(std::fopen(file.c_str(), "rb"));
    if (!impl->in) return std::unexpected(trouble_of_system(file, "cannot open"));
    std::error_code error;
    impl->file_bytes = std::filesystem::file_size(file, error);
    if (error) return impl->fail(error.message());
    if (impl->file_bytes < kHeaderFrameSize + kSealFrameSize) return impl->fail("is cut off");
    if (auto sealed = impl->check_seal(); !sealed) return std::unexpected(sealed.error());
    std::rewind(impl->in.get());
    std::string frame(kHeaderFrameSize, '\0');
    if (auto read = impl->read_exactly(frame.data(), frame.size()); !read) return std::unexpected(read.error());
    auto header = header_from(frame);
    if (!header) return impl->fail(header.error());
    impl->header = *header;
    return ArchiveReader(std::move(impl));
}

std::expected<std::optional<Block>, std::string> ArchiveReader::next() {
    std::array<char, kBlockHeadSize> head{};
    const auto more = impl_->decompress(head.data(), head.size());
    if (!more) return std::unexpected(more.error());
    if (!*more) return std::nullopt;
    std::string_view fields(head.data(), head.size());
    std::optional<Block> block(std::in_place);
    BlockHeader& h = block->header;
    h.first_seq = take<std::uint64_t>(fields);
    h.last_seq = take<std::uint64_t>(fields);
    h.epoch = take<std::uint32_t>(fields);
    h.committed_at.us = take<std::int64_t>(fields);
    h.event_count = take<std::uint32_t>(fields);
    h.command_count = take<std::uint32_t>(fields);
    h.format_version = take<std::uint16_t>(fields);
    const auto size = take<std::uint32_t>(fields);
    if (size > kMaxPayload) return impl_->fail("a block is larger than a block can be");
    block->payload.resize(size);
    for (const auto& [to, length] : {std::pair{block->payload.data(), std::size_t{size}},
                                     std::pair{reinterpret_cast<char*>(block->hash.data()), block->hash.size()}}) {
        if (length == 0) continue;
        const auto read = impl_->decompress(to, length);
        if (!read) return std::unexpected(read.error());
        if (!*read) return impl_->fail("its data is cut off");
    }
    return block;
}

}  // namespace buttonwood::eventstore
