#include "eventstore/archives.hpp"

#include "eventstore/pg_journal_reader.hpp"
#include "eventstore/record_json.hpp"
#include "eventstore/verify_block.hpp"

#include <algorithm>
#include <utility>

namespace buttonwood::eventstore {
namespace {

using engine::EventSeq;

// One COPY of the blocks that come back: bounded memory, few round trips.
constexpr std::size_t kCopyBytes = 8 << 20;
constexpr std::uint64_t kBlocksPerProgress = 200;

constexpr const char* kPartitions = R"(
WITH attached AS (
    SELECT substring(bound FROM 'FROM \(''(\d+)''\)')::bigint AS lower_bound,
           substring(bound FROM 'TO \(''(\d+)''\)')::bigint AS upper_bound
      FROM (SELECT pg_get_expr(c.relpartbound, c.oid) AS bound
              FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
             WHERE i.inhparent = 'eventstore.journal'::regclass) partitions)
SELECT lower_bound, coalesce(p.upper_bound, a.upper_bound), coalesce(a.first_seq, 0), coalesce(a.last_seq, 0),
       coalesce(a.block_count, 0), coalesce(a.event_count, 0), coalesce(a.command_count, 0),
       a.previous_hash, a.last_hash, coalesce(a.file_name, ''), coalesce(a.file_bytes, 0), a.file_sha256,
       CASE WHEN p.upper_bound IS NULL
            THEN to_char(a.detached_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') ELSE '' END,
       (h.last_seq + 1 >= coalesce(p.upper_bound, a.upper_bound))::integer
  FROM attached p FULL JOIN eventstore.archives a USING (lower_bound) CROSS JOIN eventstore.head h
 ORDER BY lower_bound)";

// What a partition's file has to say of it.
constexpr const char* kContent = R"(
SELECT coalesce(min(first_seq), 0), coalesce(max(last_seq), 0), count(*), coalesce(sum(event_count), 0)::bigint,
       coalesce(sum(command_count), 0)::bigint,
       (SELECT hash FROM eventstore.journal WHERE first_seq >= $1::bigint AND first_seq < $2::bigint
         ORDER BY first_seq DESC LIMIT 1)
  FROM eventstore.journal WHERE first_seq >= $1::bigint AND first_seq < $2::bigint)";

constexpr const char* kDetach = R"(
SELECT eventstore.detach_journal_partition(
    ROW($1::bigint, $2::bigint, $3::bigint, $4::bigint, $5::bigint, $6::bigint, $7::bigint, $8::bytea, $9::bytea,
        $10::text, $11::bigint, $12::bytea, now(), NULL)::eventstore.archives))";

std::unexpected<std::string> failed(const DbError& error) { return std::unexpected(error.message); }

Param bytea(const Hash& hash) {
    return Param::bytea(std::string(reinterpret_cast<const char*>(hash.data()), hash.size()));
}

std::uint64_t number(const Rows& rows, int row, int column) {
    return static_cast<std::uint64_t>(rows.integer(row, column));
}

JournalPartition partition_at(const Rows& rows, int row) {
    JournalPartition out;
    ArchiveHeader& range = out.range;
    int column = 0;
    for (std::uint64_t* value : {&range.lower_bound, &range.upper_bound, &range.first_seq, &range.last_seq,
                                 &range.block_count, &range.event_count, &range.command_count})
        *value = number(rows, row, column++);
    // A column that is NULL or of another length leaves the hash zero.
    static_cast<void>(to_hash(rows.bytes(row, 7), range.previous_hash));
    static_cast<void>(to_hash(rows.bytes(row, 8), range.last_hash));
    out.file_name = rows.text(row, 9);
    out.file_bytes = number(rows, row, 10);
    static_cast<void>(to_hash(rows.bytes(row, 11), out.seal));
    out.detached_at = rows.text(row, 12);
    out.is_full = rows.integer(row, 13) == 1;
    return out;
}

// The partition that goes next, with all that its file's header says.
std::expected<JournalPartition, std::string> oldest_attached(Connection& connection) {
    auto partitions = list_partitions(connection);
    if (!partitions) return std::unexpected(partitions.error());
    const auto is_attached = [](const JournalPartition& p) { return p.detached_at.empty(); };
    const auto oldest = std::ranges::find_if(*partitions, is_attached);
    if (oldest == partitions->end()) return std::unexpected("the journal has no partition");
    ArchiveHeader& range = oldest->range;
    if (!oldest->is_full)
        return std::unexpected("the oldest partition is still written to: it holds events from " +
                               std::to_string(range.lower_bound) + " to below " + std::to_string(range.upper_bound));
    const Param bounds[] = {range.lower_bound, range.upper_bound};
    auto rows = connection.prepared_binary(kContent, bounds);
    if (!rows) return failed(rows.error());
    int column = 0;
    for (std::uint64_t* value :
         {&range.first_seq, &range.last_seq, &range.block_count, &range.event_count, &range.command_count})
        *value = number(*rows, 0, column++);
    if (range.block_count == 0) return std::unexpected("the oldest partition holds no block");
    if (!to_hash(rows->bytes(0, 5), range.last_hash)) return std::unexpected("a stored hash is not 32 bytes long");
    range.previous_hash = oldest == partitions->begin() ? Hash{} : std::prev(oldest)->range.last_hash;
    return *oldest;
}

// Copies a partition, each block checked on its way.
std::expected<Hash, std::string> write_file(Connection& connection, const std::filesystem::path& file,
                                            const ArchiveHeader& range, const ArchiveProgress& progress) {
    auto writer = ArchiveWriter::create(file, range);
    if (!writer) return std::unexpected(writer.error());
    VerifiedUpTo before;
    before.head.last_seq = range.first_seq - 1;
    before.head.hash = range.previous_hash;
    Succession succession(before);
    std::string trouble;
    std::uint64_t done = 0;
    const auto take = [&](const Block& block) {
        if (block.header.first_seq >= range.upper_bound) return false;
        if (const auto bad = succession.follow(examine(succession.at().head.hash, block))) {
            trouble = "the partition is damaged and stays where it is: event " + std::to_string(bad->event_seq) +
                      ": " + bad->what;
            return false;
        }
        if (auto written = writer->append(block); !written) trouble = written.error();
        if (progress && ++done % kBlocksPerProgress == 0) progress(done, range.block_count);
        return trouble.empty();
    };
    const auto read = read_blocks(connection, range.first_seq - 1, take);
    if (!read) return failed(read.error().cause);
    if (!trouble.empty()) return std::unexpected(trouble);
    return writer->finish();
}

// The file, read again from its first byte to its last, is what was meant.
std::expected<void, std::string> read_back(const std::filesystem::path& file, const ArchiveHeader& range,
                                           const Hash& seal) {
    const auto found = check_archive_file(file);
    if (!found) return std::unexpected(found.error());
    const auto reader = ArchiveReader::open(file);
    if (!reader) return std::unexpected(reader.error());
    if (*found != range || reader->seal() != seal)
        return std::unexpected(file.string() + " does not hold what was written to it");
    return {};
}

void append_row(const Block& block, std::string& rows) {
    const BlockHeader& h = block.header;
    const auto bytea_field = [&rows](std::string_view bytes) {
        static constexpr std::string_view kDigits = "0123456789abcdef";
        rows += "\t\\\\x";
        for (const char c : bytes) {
            rows += kDigits[static_cast<unsigned char>(c) >> 4U];
            rows += kDigits[static_cast<unsigned char>(c) & 15U];
        }
    };
    rows += std::to_string(h.first_seq) + '\t' + std::to_string(h.last_seq) + '\t' + std::to_string(h.epoch) + '\t' +
            to_rfc3339(h.committed_at) + '\t' + std::to_string(h.event_count) + '\t' +
            std::to_string(h.command_count) + '\t' + std::to_string(h.format_version);
    bytea_field(block.payload);
    bytea_field({reinterpret_cast<const char*>(block.hash.data()), block.hash.size()});
    rows += '\n';
}

// Fills the table that prepare_journal_partition made. REQUIRES: check_archive_file() has accepted the file.
std::expected<void, std::string> copy_blocks(Connection& connection, ArchiveReader& reader,
                                             const ArchiveProgress& progress) {
    const ArchiveHeader& range = reader.header();
    const std::string copy = "COPY eventstore.journal_from_" + std::to_string(range.lower_bound) +
                             " (first_seq, last_seq, epoch, committed_at, event_count, command_count, format_version, "
                             "payload, hash) FROM STDIN";
    std::string rows;
    for (std::uint64_t done = 0;;) {
        auto block = reader.next();
        if (!block) return std::unexpected(block.error());
        if (*block) append_row(**block, rows);
        if (rows.size() >= kCopyBytes || (!*block && !rows.empty())) {
            if (auto copied = connection.copy_in(copy, rows); !copied) return failed(copied.error());
            rows.clear();
            if (progress) progress(done, range.block_count);
        }
        if (!*block) return {};
        ++done;
    }
}

}  // namespace

std::expected<std::vector<JournalPartition>, std::string> list_partitions(Connection& connection) {
    auto rows = connection.prepared_binary(kPartitions, {});
    if (!rows) return failed(rows.error());
    std::vector<JournalPartition> partitions;
    for (int row = 0; row < rows->size(); ++row) partitions.push_back(partition_at(*rows, row));
    return partitions;
}

std::expected<JournalPartition, std::string> detach_oldest(Connection& connection,
                                                           const std::filesystem::path& directory,
                                                           const ArchiveProgress& progress) {
    auto partition = oldest_attached(connection);
    if (!partition) return partition;
    const ArchiveHeader& range = partition->range;
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) return std::unexpected("cannot create " + directory.string() + ": " + error.message());
    partition->file_name = archive_file_name(range);
    const std::filesystem::path file = directory / partition->file_name;
    auto seal = write_file(connection, file, range, progress);
    if (!seal) return std::unexpected(seal.error());
    if (auto same = read_back(file, range, *seal); !same) return std::unexpected(same.error());
    partition->seal = *seal;
    partition->file_bytes = std::filesystem::file_size(file, error);

    auto detached = connection.query(
        kDetach, {range.first_seq, range.last_seq, range.lower_bound, range.upper_bound, range.block_count,
                  range.event_count, range.command_count, bytea(range.previous_hash), bytea(range.last_hash),
                  partition->file_name, partition->file_bytes, bytea(*seal)});
    if (!detached) return failed(detached.error());
    return partition;
}

std::expected<JournalPartition, std::string> attach(Connection& connection, const std::filesystem::path& file,
                                                    const ArchiveProgress& progress) {
    const auto checked = check_archive_file(file);
    if (!checked) return std::unexpected(checked.error());
    auto reader = ArchiveReader::open(file);
    if (!reader) return std::unexpected(reader.error());
    auto partitions = list_partitions(connection);
    if (!partitions) return std::unexpected(partitions.error());
    const auto of_file = [&](const JournalPartition& p) { return p.range == *checked && p.seal == reader->seal(); };
    const auto partition = std::ranges::find_if(*partitions, of_file);
    if (partition == partitions->end())
        return std::unexpected(file.string() + " is not an archive of this journal (table eventstore.archives)");

    auto transaction = Transaction::begin(connection);
    if (!transaction) return failed(transaction.error());
    if (auto made = connection.query("SELECT eventstore.prepare_journal_partition($1)", {checked->first_seq}); !made)
        return failed(made.error());
    if (auto copied = copy_blocks(connection, *reader, progress); !copied) return std::unexpected(copied.error());
    if (auto attached = connection.query("SELECT eventstore.attach_journal_partition($1)", {checked->first_seq});
        !attached)
        return failed(attached.error());
    if (auto committed = transaction->commit(); !committed) return failed(committed.error());
    partition->detached_at.clear();
    return *partition;
}

}  // namespace buttonwood::eventstore
