#include "eventstore/archive_file.hpp"

#include "eventstore/archive_file_internal.hpp"
#include "eventstore/verify_block.hpp"

#include <bit>

namespace buttonwood::eventstore {
namespace archive_format {

static_assert(std::endian::native == std::endian::little, "integers are stored as they lie in memory: little-endian");

std::string frame_of(const ArchiveHeader& header) {
    std::string out;
    put(out, kSkippableFrame);
    put(out, static_cast<std::uint32_t>(kHeaderSize));
    out += kMagic;
    put(out, kVersion);
    put(out, std::uint16_t{0});
    put(out, std::uint32_t{0});
    for (const std::uint64_t value : {header.lower_bound, header.upper_bound, header.first_seq, header.last_seq,
                                      header.block_count, header.event_count, header.command_count})
        put(out, value);
    put(out, header.previous_hash);
    put(out, header.last_hash);
    return out;
}

std::string frame_of(const Hash& seal) {
    std::string out;
    put(out, kSkippableFrame);
    put(out, static_cast<std::uint32_t>(sizeof seal));
    put(out, seal);
    return out;
}

std::expected<ArchiveHeader, std::string> header_from(std::string_view frame) {
    if (frame.size() < kHeaderFrameSize || take<std::uint32_t>(frame) != kSkippableFrame ||
        take<std::uint32_t>(frame) != kHeaderSize || !frame.starts_with(kMagic))
        return std::unexpected("is no archive of the journal");
    frame.remove_prefix(kMagic.size());
    if (const auto version = take<std::uint16_t>(frame); version != kVersion)
        return std::unexpected("has format version " + std::to_string(version) + ", which this program does not know");
    frame.remove_prefix(sizeof(std::uint16_t) + sizeof(std::uint32_t));
    ArchiveHeader header;
    for (std::uint64_t* value : {&header.lower_bound, &header.upper_bound, &header.first_seq, &header.last_seq,
                                 &header.block_count, &header.event_count, &header.command_count})
        *value = take<std::uint64_t>(frame);
    header.previous_hash = take<Hash>(frame);
    header.last_hash = take<Hash>(frame);
    return header;
}

}  // namespace archive_format

std::string archive_file_name(const ArchiveHeader& header) {
    std::array<char, 64> name{};
    const int length =
        std::snprintf(name.data(), name.size(), "journal-%012llu-%012llu.zst",
                      static_cast<unsigned long long>(header.first_seq),
                      static_cast<unsigned long long>(header.last_seq));
    return {name.data(), static_cast<std::size_t>(length)};
}

std::expected<ArchiveHeader, std::string> check_archive_file(const std::filesystem::path& file) {
    auto reader = ArchiveReader::open(file);
    if (!reader) return std::unexpected(reader.error());
    ArchiveHeader found = reader->header();
    const ArchiveHeader claimed = found;
    found.block_count = found.event_count = found.command_count = 0;
    VerifiedUpTo before;
    before.head.last_seq = claimed.first_seq - 1;
    before.head.hash = claimed.previous_hash;
    Succession succession(before);
    for (;;) {
        auto block = reader->next();
        if (!block) return std::unexpected(block.error());
        if (!*block) break;
        const ExaminedBlock examined = examine(succession.at().head.hash, std::move(**block));
        if (const auto bad = succession.follow(examined))
            return std::unexpected(archive_format::trouble(file, bad->what));
        ++found.block_count;
        found.event_count += examined.block.header.event_count;
        found.command_count += examined.block.header.command_count;
    }
    found.last_seq = succession.at().head.last_seq;
    found.last_hash = succession.at().head.hash;
    if (found != claimed || found.block_count == 0)
        return std::unexpected(archive_format::trouble(file, "its header and its blocks disagree"));
    return found;
}

}  // namespace buttonwood::eventstore
