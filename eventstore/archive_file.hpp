// A sealed file that holds a partition of the journal which was taken out of the database.
//
// It is a .zst file that any zstd prints (`zstd -dc FILE`): the header and the seal travel in skippable frames.
//
//     skippable frame   header: magic "BWJOURNL" | u16 version | u16 0 | u32 0 | u64 each: lower_bound, upper_bound,
//                       first_seq, last_seq, block_count, event_count, command_count | previous_hash | last_hash
//     zstd frame        the blocks in order, each: first_seq u64 | last_seq u64 | epoch u32 | committed_at i64 |
//                       event_count u32 | command_count u32 | format_version u16 | payload size u32 | payload | hash
//     skippable frame   seal: SHA-256 of every byte before this frame
//
// All integers little-endian. A skippable frame is u32 0x184D2A50 | u32 size | that many bytes (RFC 8878, 3.1.2).
// Thread safety: one thread at a time per object. Errors are one line that names the file.
#pragma once

#include "eventstore/journal.hpp"

#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace buttonwood::eventstore {

struct ArchiveHeader {
    engine::EventSeq lower_bound{};  // the partition held blocks with lower_bound <= first_seq < upper_bound
    engine::EventSeq upper_bound{};
    engine::EventSeq first_seq{};    // of its first block, last_seq of its last
    engine::EventSeq last_seq{};
    std::uint64_t block_count{};
    std::uint64_t event_count{};
    std::uint64_t command_count{};
    Hash previous_hash{};            // what the first block continues
    Hash last_hash{};
    friend bool operator==(const ArchiveHeader&, const ArchiveHeader&) = default;
};

// "journal-000000000001-000010000007.zst": its first and last event, as names sort.
[[nodiscard]] std::string archive_file_name(const ArchiveHeader& header);

// Writes one file. Until finish() has succeeded it is called FILE.partial; an unfinished one is removed.
class ArchiveWriter {
public:
    [[nodiscard]] static std::expected<ArchiveWriter, std::string> create(std::filesystem::path file,
                                                                          const ArchiveHeader& header);
    ArchiveWriter(ArchiveWriter&&) noexcept;
    ArchiveWriter& operator=(ArchiveWriter&&) noexcept;
    ~ArchiveWriter();

    [[nodiscard]] std::expected<void, std::string> append(const Block& block);
    // Seals, syncs file and directory, gives the file its name. Returns the seal.
    [[nodiscard]] std::expected<Hash, std::string> finish();

private:
    struct Impl;
    explicit ArchiveWriter(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

// Reads one file, which nobody vouches for: open() computes the seal over all of it before anything else is believed.
class ArchiveReader {
public:
    [[nodiscard]] static std::expected<ArchiveReader, std::string> open(const std::filesystem::path& file);
    ArchiveReader(ArchiveReader&&) noexcept;
    ArchiveReader& operator=(ArchiveReader&&) noexcept;
    ~ArchiveReader();

    [[nodiscard]] const ArchiveHeader& header() const;
    [[nodiscard]] const Hash& seal() const;
    [[nodiscard]] std::uint64_t file_bytes() const;
    // The next block; nullopt at the end.
    [[nodiscard]] std::expected<std::optional<Block>, std::string> next();

private:
    struct Impl;
    explicit ArchiveReader(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

// Reads all of a file and checks what it claims: seal, counts, range, the chain from previous_hash to last_hash, every
// record. Returns its header.
[[nodiscard]] std::expected<ArchiveHeader, std::string> check_archive_file(const std::filesystem::path& file);

}  // namespace buttonwood::eventstore
