#include "eventstore/verify_source.hpp"

#include "eventstore/archive_file.hpp"
#include "eventstore/pg_journal_reader.hpp"

#include <algorithm>
#include <utility>

namespace buttonwood::eventstore {
namespace {

using engine::EventSeq;

constexpr std::int64_t kPieceBytes = 4 << 20;

// One statement, one snapshot: the two belong together whatever a server appends meanwhile.
constexpr const char* kEnd = R"(
SELECT h.epoch, h.last_seq, h.hash, coalesce(j.first_seq, 0), coalesce(j.last_seq, 0), coalesce(j.epoch, 0), j.hash
  FROM eventstore.head h
  LEFT JOIN LATERAL (SELECT first_seq, last_seq, epoch, hash FROM eventstore.journal
                      ORDER BY first_seq DESC LIMIT 1) j ON true)";

constexpr const char* kArchives = R"(
SELECT first_seq, last_seq, previous_hash, last_hash, file_sha256, file_name
  FROM eventstore.archives WHERE attached_at IS NULL ORDER BY first_seq)";

// first_seq of the first and last block of the next piece, given the first_seq after which it begins and the last one.
constexpr const char* kNextPiece = R"(
SELECT coalesce(min(first_seq), 0), coalesce(max(first_seq), 0)
  FROM (SELECT first_seq, sum(octet_length(payload)) OVER (ORDER BY first_seq ROWS UNBOUNDED PRECEDING)
                          - octet_length(payload) AS bytes_before
          FROM eventstore.journal
         WHERE first_seq > $1::bigint AND first_seq <= $2::bigint
         ORDER BY first_seq
         LIMIT $3::bigint) piece
 WHERE bytes_before < $4::bigint)";

// Where the block that holds an event begins (behind the newest one: the next), and the block before.
constexpr const char* kBlockWith = R"(
SELECT CASE WHEN last_seq < $1::bigint THEN last_seq + 1 ELSE first_seq END FROM eventstore.journal
 WHERE first_seq <= $1::bigint ORDER BY first_seq DESC LIMIT 1)";
constexpr const char* kBlockBefore =
    "SELECT last_seq, hash FROM eventstore.journal WHERE first_seq < $1::bigint ORDER BY first_seq DESC LIMIT 1";

const std::string kBlocks = "SELECT " + std::string(kBlockColumns) +
                            " FROM eventstore.journal WHERE first_seq BETWEEN $1::bigint AND $2::bigint "
                            "ORDER BY first_seq, last_seq LIMIT $3::bigint OFFSET $4::bigint";

EventSeq seq(const Rows& rows, int row, int column) { return static_cast<EventSeq>(rows.integer(row, column)); }

class DatabaseAndFiles final : public LogSource {
public:
    DatabaseAndFiles(Options options, Connection connection)
        : options_(std::move(options)), connection_(std::move(connection)) {}

    std::expected<void, DbError> prepare() {
        if (auto read = read_end(); !read) return read;
        if (auto read = read_archives(); !read) return read;
        return find_start();
    }

    const End& end() const override { return end_; }
    const VerifiedUpTo& start() const override { return start_; }
    const std::string& left_out() const override { return left_out_; }

    std::expected<std::optional<LogPiece>, std::string> next() override {
        if (ended_) return std::nullopt;
        while (next_archive_ < archives_.size()) {
            LogPiece piece = piece_of_file();
            if (!piece.trouble.empty()) ended_ = true;
            if (!piece.blocks.empty() || !piece.trouble.empty()) return piece;
        }
        return piece_of_database();
    }

private:
    std::expected<void, DbError> read_end() {
        auto rows = connection_.prepared_binary(kEnd, {});
        if (!rows) return std::unexpected(rows.error());
        if (rows->size() != 1)
            return std::unexpected(DbError{DbErrorKind::Fault, "", "", "eventstore.head has lost its row"});
        end_.head = {static_cast<std::uint32_t>(rows->integer(0, 0)), seq(*rows, 0, 1), {}};
        end_.newest.first_seq = seq(*rows, 0, 3);
        end_.newest.last_seq = seq(*rows, 0, 4);
        end_.newest.epoch = static_cast<std::uint32_t>(rows->integer(0, 5));
        // A hash of another length stays all zero, and equals none.
        static_cast<void>(to_hash(rows->bytes(0, 2), end_.head.hash));
        static_cast<void>(to_hash(rows->bytes(0, 6), end_.newest_hash));
        return {};
    }

    std::expected<void, DbError> read_archives() {
        auto rows = connection_.prepared_binary(kArchives, {});
        if (!rows) return std::unexpected(rows.error());
        for (int row = 0; row < rows->size(); ++row) {
            ArchivedRange range{seq(*rows, row, 0), seq(*rows, row, 1), {}, {}, {}, std::string(rows->text(row, 5))};
            static_cast<void>(to_hash(rows->bytes(row, 2), range.previous_hash));
            static_cast<void>(to_hash(rows->bytes(row, 3), range.last_hash));
            static_cast<void>(to_hash(rows->bytes(row, 4), range.seal));
            archives_.push_back(std::move(range));
        }
        return {};
    }

    // What is archived comes before what is not.
    std::expected<void, DbError> find_start() {
        const auto before = [this](EventSeq last_seq, const Hash& hash) {
            start_.head.last_seq = last_seq;
            start_.head.hash = hash;
        };
        while (next_archive_ < archives_.size()) {
            const ArchivedRange& range = archives_[next_archive_];
            if (options_.from <= range.last_seq && !options_.archives.empty()) {
                before(range.first_seq - 1, range.previous_hash);
                return {};
            }
            if (options_.from <= range.last_seq)
                left_out_ += (left_out_.empty() ? "" : ", ") + events_in_words(range.first_seq, range.last_seq) +
                             " in " + range.file_name;
            before(range.last_seq, range.last_hash);
            ++next_archive_;
        }
        if (options_.from <= start_.head.last_seq + 1) return {};
        const Param from[] = {options_.from};
        auto rows = connection_.prepared_binary(kBlockWith, from);
        if (!rows) return std::unexpected(rows.error());
        if (rows->size() == 0) return {};
        const std::int64_t first = rows->integer(0, 0);
        const Param block[] = {first};
        rows = connection_.prepared_binary(kBlockBefore, block);
        if (!rows) return std::unexpected(rows.error());
        if (rows->size() == 0) return {};
        after_ = first - 1;
        Hash hash{};
        static_cast<void>(to_hash(rows->bytes(0, 1), hash));
        before(seq(*rows, 0, 0), hash);
        return {};
    }

    LogPiece piece_of_file() {
        const ArchivedRange& range = archives_[next_archive_];
        LogPiece piece;
        piece.previous = file_ ? last_hash_ : range.previous_hash;
        const auto give_up = [&](const std::string& why) {
            piece.trouble = events_in_words(range.first_seq, range.last_seq) + " are archived: " + why;
            return std::move(piece);
        };
        if (!file_) {
            auto opened = ArchiveReader::open(options_.archives / range.file_name);
            if (!opened) return give_up(opened.error());
            if (opened->seal() != range.seal) return give_up(range.file_name + " is not the file that was written");
            file_.emplace(std::move(*opened));
        }
        for (std::int64_t bytes = 0; bytes < kPieceBytes && std::ssize(piece.blocks) < options_.piece_blocks;) {
            auto block = file_->next();
            if (!block) return give_up(block.error());
            if (!*block || (*block)->header.first_seq > options_.to) {
                file_.reset();
                ++next_archive_;
                return piece;
            }
            bytes += static_cast<std::int64_t>((*block)->payload.size());
            last_hash_ = (*block)->hash;
            piece.blocks.push_back(std::move(**block));
        }
        return piece;
    }

    std::expected<std::optional<LogPiece>, std::string> piece_of_database() {
        const auto last = std::min<std::int64_t>(static_cast<std::int64_t>(options_.to),
                                                 static_cast<std::int64_t>(end_.newest.first_seq));
        const Param params[] = {after_, last, options_.piece_blocks, kPieceBytes};
        auto rows = connection_.prepared_binary(kNextPiece, params);
        if (!rows) return std::unexpected(rows.error().message);
        LogPiece piece;
        piece.first = seq(*rows, 0, 0);
        piece.last = seq(*rows, 0, 1);
        if (piece.last == 0) {
            ended_ = true;
            return std::nullopt;
        }
        if (std::exchange(is_first_of_database_, false) && archives_.empty() && start_.head.last_seq == 0)
            piece.previous = Hash{};
        else if (archives_.size() == next_archive_ && !archives_.empty() && after_ == INT64_MIN)
            piece.previous = archives_.back().last_hash;
        after_ = static_cast<std::int64_t>(piece.last);
        return piece;
    }

    const Options options_;
    Connection connection_;
    End end_;
    VerifiedUpTo start_;
    std::string left_out_;
    std::vector<ArchivedRange> archives_;
    std::size_t next_archive_ = 0;
    std::optional<ArchiveReader> file_;  // of archives_[next_archive_], while it is read
    Hash last_hash_{};                   // of the newest block read from it
    std::int64_t after_ = INT64_MIN;     // first_seq of the newest block handed out from the database
    bool is_first_of_database_ = true;
    bool ended_ = false;
};

std::expected<Rows, DbError> blocks_of(Connection& connection, const LogPiece& piece, std::int64_t limit,
                                       std::int64_t offset) {
    const Param params[] = {piece.first, piece.last, limit, offset};
    return connection.prepared_binary(kBlocks, params);
}

void take_rows(const Rows& rows, LogPiece& piece) {
    for (int row = 0; row < rows.size() && piece.trouble.empty(); ++row) {
        auto block = block_at(rows, row);
        if (block) piece.blocks.push_back(std::move(*block));
        else piece.trouble = block.error().cause.message;
    }
}

// Storage is damaged somewhere in the piece: what comes before is good.
std::expected<void, DbError> load_one_by_one(Connection& connection, LogPiece& piece) {
    for (std::int64_t n = 0; piece.trouble.empty(); ++n) {
        auto rows = blocks_of(connection, piece, 1, n);
        if (!rows && !is_damage(rows.error())) return std::unexpected(rows.error());
        if (!rows) {
            piece.trouble = "PostgreSQL cannot read its storage: " + rows.error().message;
            return {};
        }
        if (rows->size() == 0) return {};
        take_rows(*rows, piece);
    }
    return {};
}

}  // namespace

std::expected<std::unique_ptr<LogSource>, std::string> LogSource::open(Options options) {
    auto connection = Connection::open(options.conninfo, "buttonwood-verify");
    if (!connection) return std::unexpected(connection.error().message);
    auto source = std::make_unique<DatabaseAndFiles>(std::move(options), std::move(*connection));
    if (auto ready = source->prepare(); !ready) return std::unexpected(ready.error().message);
    return source;
}

std::expected<void, DbError> load(Connection& connection, LogPiece& piece) {
    if (!piece.blocks.empty() || piece.last == 0) return {};
    if (!piece.previous) {
        const Param first[] = {piece.first};
        auto rows = connection.prepared_binary(kBlockBefore, first);
        if (!rows) return std::unexpected(rows.error());
        piece.previous.emplace();
        if (rows->size() == 1) static_cast<void>(to_hash(rows->bytes(0, 1), *piece.previous));
    }
    auto rows = blocks_of(connection, piece, INT64_MAX, 0);
    if (rows) {
        take_rows(*rows, piece);
        return {};
    }
    if (!is_damage(rows.error())) return std::unexpected(rows.error());
    return load_one_by_one(connection, piece);
}

}  // namespace buttonwood::eventstore
