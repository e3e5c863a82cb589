#include "eventstore/snapshot_store.hpp"

#include "engine/assert.hpp"
#include "eventstore/pg_journal_reader.hpp"
#include "eventstore/snapshot_chunks.hpp"

#include <algorithm>
#include <utility>

namespace buttonwood::eventstore {
namespace {

constexpr std::string_view kEngineSection = "engine";

constexpr const char* kList = R"(
SELECT snapshot_id, format_version, event_seq, command_seq, chain_hash, state_hash, checksum,
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), created_by, build
  FROM eventstore.snapshots ORDER BY event_seq DESC, snapshot_id DESC)";
constexpr const char* kSections = R"(
SELECT section, version, chunk_count, raw_bytes, stored_bytes, checksum
  FROM eventstore.snapshot_sections WHERE snapshot_id = $1::bigint ORDER BY section COLLATE "C")";
constexpr const char* kNextId =
    "SELECT nextval(pg_get_serial_sequence('eventstore.snapshots', 'snapshot_id'))";
constexpr const char* kInsert = R"(
INSERT INTO eventstore.snapshots
       (snapshot_id, format_version, event_seq, command_seq, chain_hash, state_hash, checksum, created_by, build)
VALUES ($1::bigint, $2::smallint, $3::bigint, $4::bigint, $5, $6, $7, current_setting('application_name'), $8))";
constexpr const char* kDelete = "DELETE FROM eventstore.snapshots WHERE snapshot_id = $1::bigint";
// The block that holds the event, and where the log ends.
constexpr const char* kAnchor = R"(
SELECT last_seq, epoch, (extract(epoch FROM committed_at) * 1000000)::bigint, hash,
       (SELECT last_seq FROM eventstore.head)
  FROM eventstore.journal WHERE first_seq <= $1::bigint ORDER BY first_seq DESC LIMIT 1)";

// As StateHash::hex() shows it.
std::string state_hash_bytes(const engine::StateHash& hash) {
    std::string bytes;
    for (const std::uint64_t half : {hash.high, hash.low})
        for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(half >> shift & 0xFF);
    return bytes;
}

engine::StateHash state_hash_of(std::string_view bytes) {
    engine::StateHash hash;
    for (std::size_t i = 0; i < bytes.size() && i < 16; ++i) {
        std::uint64_t& half = i < 8 ? hash.high : hash.low;
        half = half << 8 | static_cast<std::uint8_t>(bytes[i]);
    }
    return hash;
}

// Over everything in the snapshot's row and its sections' rows that is not for people only.
Hash checksum_of(const SnapshotInfo& info) {
    Sha256Stream digest;
    digest.absorb_value(std::int32_t{info.format_version});
    digest.absorb_value(info.event_seq);
    digest.absorb_value(info.command_seq);
    digest.absorb_value(info.chain_hash);
    digest.absorb(state_hash_bytes(info.state_hash));
    for (const SnapshotSection& section : info.sections) {
        digest.absorb_value(static_cast<std::uint64_t>(section.name.size()));
        digest.absorb(section.name);
        digest.absorb_value(std::int32_t{section.version});
        digest.absorb_value(std::int32_t{section.chunk_count});
        digest.absorb_value(section.raw_bytes);
        digest.absorb_value(section.stored_bytes);
        digest.absorb_value(section.checksum);
    }
    return digest.finish();
}

std::expected<std::vector<SnapshotSection>, DbError> sections_of(Connection& connection, std::int64_t id) {
    const auto rows = connection.prepared(kSections, {id});
    if (!rows) return std::unexpected(rows.error());
    std::vector<SnapshotSection> sections;
    for (int row = 0; row < rows->size(); ++row) {
        SnapshotSection& section = sections.emplace_back();
        section.name = rows->text(row, 0);
        section.version = static_cast<int>(rows->integer(row, 1));
        section.chunk_count = static_cast<int>(rows->integer(row, 2));
        section.raw_bytes = static_cast<std::uint64_t>(rows->integer(row, 3));
        section.stored_bytes = static_cast<std::uint64_t>(rows->integer(row, 4));
        static_cast<void>(to_hash(rows->bytes(row, 5), section.checksum));
    }
    return sections;
}

std::string in_words(const SnapshotInfo& info) {
    return "snapshot " + std::to_string(info.id) + " (event " + std::to_string(info.event_seq) + ")";
}

// Checks one snapshot, step by step; the first problem ends it.
class Loading {
public:
    Loading(Connection& connection, const SnapshotInfo& info) : connection_(connection), info_(info) {}

    using Step = std::expected<void, SnapshotProblem>;

    Step check_row() const {
        if (info_.format_version != kSnapshotFormatVersion)
            return refuse("format version " + std::to_string(info_.format_version) + " is not known");
        if (checksum_of(info_) != info_.checksum) return refuse("is damaged: its row's checksum differs");
        return {};
    }

    // The log must have a block that ends there, with that hash.
    Step find_anchor(VerifiedUpTo& position) const {
        const auto rows = connection_.prepared(kAnchor, {info_.event_seq});
        if (!rows) return unavailable(rows.error().message);
        const auto end = rows->size() == 0 ? 0 : static_cast<engine::EventSeq>(rows->integer(0, 4));
        if (end < info_.event_seq) return refuse("is newer than the log, which ends at event " + std::to_string(end));
        position.head.last_seq = static_cast<engine::EventSeq>(rows->integer(0, 0));
        position.head.epoch = static_cast<std::uint32_t>(rows->integer(0, 1));
        position.committed_at.us = rows->integer(0, 2);
        if (position.head.last_seq != info_.event_seq) return refuse("ends inside a block of the journal");
        if (!to_hash(rows->bytes(0, 3), position.head.hash) || position.head.hash != info_.chain_hash)
            return refuse("stands on another log: the journal's hash differs there");
        return {};
    }

    // load(archive) reads the section's values; nullptr: only its bytes are checked.
    Step read_section(std::string_view name, int version, const std::function<void(engine::ArchiveReader&)>& load,
                      const SnapshotProgress& progress) {
        const SnapshotSection* section = info_.section(name);
        if (section == nullptr) return refuse("has no section " + std::string(name));
        if (section->version != version)
            return refuse("section " + std::string(name) + ": version " + std::to_string(section->version) +
                          " is not known");
        ChunkReader chunks(connection_, info_.id, *section);
        engine::ArchiveReader archive([&] {
            const std::string_view bytes = chunks.next();
            if (progress) progress(done_bytes_ + chunks.raw_bytes(), info_.raw_bytes());
            return bytes;
        });
        if (load) load(archive);
        const bool whole = !load || archive.at_end();
        if (auto problem = chunks.finish()) return fail(problem->kind, problem->what);  // the cause, where there is one
        done_bytes_ += chunks.raw_bytes();
        if (!whole)
            return refuse("section " + std::string(name) + ": " +
                          (archive.ok() ? "it has more bytes than values" : archive.problem()));
        return {};
    }

    [[nodiscard]] Step refuse(const std::string& what) const { return fail(SnapshotProblem::Kind::Unusable, what); }

private:
    [[nodiscard]] Step unavailable(const std::string& what) const {
        return fail(SnapshotProblem::Kind::Unavailable, what);
    }
    [[nodiscard]] Step fail(SnapshotProblem::Kind kind, const std::string& what) const {
        return std::unexpected(SnapshotProblem{kind, in_words(info_) + ' ' + what});
    }

    Connection& connection_;
    const SnapshotInfo& info_;
    std::uint64_t done_bytes_{};
};

using Step = Loading::Step;

Step load_all(Loading& loading, LoadedSnapshot& loaded, SnapshotParts parts, const SnapshotProgress& progress) {
    const SnapshotInfo& info = loaded.info;
    if (auto step = loading.check_row(); !step) return step;
    if (auto step = loading.find_anchor(loaded.position); !step) return step;
    const auto load_engine = [&loaded](engine::ArchiveReader& archive) {
        if (auto engine = engine::Engine::load(archive)) loaded.engine = *std::move(engine);
    };
    if (auto step = loading.read_section(kEngineSection, engine::Engine::kSavedVersion, load_engine, progress); !step)
        return step;
    if (loaded.engine.last_seq() != info.event_seq || loaded.engine.last_command() != info.command_seq ||
        loaded.engine.state_hash() != info.state_hash)
        return loading.refuse("gives another state: its state hash differs");
    for (SnapshotPart* part : parts) {
        const auto load = [part](engine::ArchiveReader& archive) { part->load(archive); };
        if (auto step = loading.read_section(part->name(), part->version(), load, progress); !step) return step;
        if (part->event_seq() != info.event_seq)
            return loading.refuse("section " + std::string(part->name()) + ": it stands at another event");
    }
    loaded.position.last_command = loaded.engine.last_command();
    loaded.position.last_time = loaded.engine.last_time();
    return {};
}

// Are all bytes those that were written, and stand on this log? Nothing is loaded.
Step check_bytes(Connection& connection, const SnapshotInfo& info) {
    Loading loading(connection, info);
    VerifiedUpTo position;
    if (auto step = loading.check_row(); !step) return step;
    if (auto step = loading.find_anchor(position); !step) return step;
    for (const SnapshotSection& section : info.sections)
        if (auto step = loading.read_section(section.name, section.version, nullptr, {}); !step) return step;
    return {};
}

DbError as_error(const SnapshotProblem& problem) { return {DbErrorKind::Unavailable, "", "", problem.what}; }

}  // namespace

const SnapshotSection* SnapshotInfo::section(std::string_view name) const {
    const auto it = std::ranges::find(sections, name, &SnapshotSection::name);
    return it == sections.end() ? nullptr : &*it;
}

std::uint64_t SnapshotInfo::raw_bytes() const {
    std::uint64_t sum = 0;
    for (const SnapshotSection& section : sections) sum += section.raw_bytes;
    return sum;
}

std::uint64_t SnapshotInfo::stored_bytes() const {
    std::uint64_t sum = 0;
    for (const SnapshotSection& section : sections) sum += section.stored_bytes;
    return sum;
}

std::expected<std::vector<SnapshotInfo>, DbError> list_snapshots(Connection& connection) {
    const auto rows = connection.query(kList);
    if (!rows) return std::unexpected(rows.error());
    std::vector<SnapshotInfo> all;
    for (int row = 0; row < rows->size(); ++row) {
        SnapshotInfo& info = all.emplace_back();
        info.id = rows->integer(row, 0);
        info.format_version = static_cast<int>(rows->integer(row, 1));
        info.event_seq = static_cast<engine::EventSeq>(rows->integer(row, 2));
        info.command_seq = static_cast<engine::CommandSeq>(rows->integer(row, 3));
        static_cast<void>(to_hash(rows->bytes(row, 4), info.chain_hash));
        info.state_hash = state_hash_of(rows->bytes(row, 5));
        static_cast<void>(to_hash(rows->bytes(row, 6), info.checksum));
        info.created_at = rows->text(row, 7);
        info.created_by = rows->text(row, 8);
        info.build = rows->text(row, 9);
        auto sections = sections_of(connection, info.id);
        if (!sections) return std::unexpected(std::move(sections).error());
        info.sections = *std::move(sections);
    }
    return all;
}

std::expected<LoadedSnapshot, SnapshotProblem> load_snapshot(Connection& connection, const SnapshotInfo& info,
                                                             SnapshotParts parts, const SnapshotProgress& progress) {
    LoadedSnapshot loaded{info, {}, {}};
    Loading loading(connection, loaded.info);
    if (const Step step = load_all(loading, loaded, parts, progress); !step) {
        for (SnapshotPart* part : parts) part->reset();
        return std::unexpected(step.error());
    }
    return loaded;
}

std::expected<std::optional<LoadedSnapshot>, DbError> newest_valid(
    Connection& connection, engine::EventSeq at_or_before, SnapshotParts parts,
    const std::function<void(const std::string&)>& skipped, const SnapshotProgress& progress) {
    const auto all = list_snapshots(connection);
    if (!all) return std::unexpected(all.error());
    for (const SnapshotInfo& info : *all) {
        if (info.event_seq > at_or_before) continue;
        auto loaded = load_snapshot(connection, info, parts, progress);
        if (loaded) return std::move(*loaded);
        if (loaded.error().kind == SnapshotProblem::Kind::Unavailable) return std::unexpected(as_error(loaded.error()));
        if (skipped) skipped(loaded.error().what);
    }
    return std::nullopt;
}

std::expected<SnapshotInfo, DbError> write_snapshot(Connection& connection, const engine::Engine& engine,
                                                    const Hash& chain_hash, SnapshotParts parts,
                                                    const std::string& build, const SnapshotProgress& progress) {
    auto transaction = Transaction::begin(connection);
    if (!transaction) return std::unexpected(transaction.error());
    const auto id = connection.query(kNextId);
    if (!id) return std::unexpected(id.error());
    SnapshotInfo info;
    info.id = id->integer(0, 0);
    info.format_version = kSnapshotFormatVersion;
    info.event_seq = engine.last_seq();
    info.command_seq = engine.last_command();
    info.chain_hash = chain_hash;
    info.state_hash = engine.state_hash();
    info.build = build;

    const auto write_section = [&](std::string_view name, int version, const auto& saved) -> std::optional<DbError> {
        ChunkWriter chunks(connection, info.id, std::string(name), version);
        engine::ArchiveWriter archive([&](std::string_view bytes) {
            chunks.append(bytes);
            if (progress) progress(info.raw_bytes() + chunks.raw_bytes(), 0);
        });
        saved.save(archive);
        archive.finish();
        auto section = chunks.finish();
        if (!section) return std::move(section).error();
        info.sections.push_back(*std::move(section));
        return std::nullopt;
    };
    if (auto error = write_section(kEngineSection, engine::Engine::kSavedVersion, engine))
        return std::unexpected(*std::move(error));
    for (const SnapshotPart* part : parts) {
        BUTTONWOOD_ASSERT(part->event_seq() == info.event_seq);
        if (auto error = write_section(part->name(), part->version(), *part)) return std::unexpected(*std::move(error));
    }
    std::ranges::sort(info.sections, {}, &SnapshotSection::name);
    info.checksum = checksum_of(info);
    const auto inserted = connection.query(
        kInsert, {info.id, info.format_version, info.event_seq, info.command_seq, bytes_param(info.chain_hash),
                  Param::bytea(state_hash_bytes(info.state_hash)), bytes_param(info.checksum), build});
    if (!inserted) return std::unexpected(inserted.error());
    if (auto committed = transaction->commit(); !committed) return std::unexpected(std::move(committed).error());
    return info;
}

std::expected<std::vector<SnapshotInfo>, DbError> prune_snapshots(Connection& connection, int keep) {
    const auto all = list_snapshots(connection);
    if (!all) return std::unexpected(all.error());
    int kept = 0;
    bool one_is_intact = false;
    std::vector<SnapshotInfo> deleted;
    for (const SnapshotInfo& info : *all) {
        if (kept >= std::max(keep, 1) && one_is_intact) {
            const auto gone = connection.query(kDelete, {info.id});
            if (!gone) return std::unexpected(gone.error());
            deleted.push_back(info);
            continue;
        }
        ++kept;
        if (one_is_intact) continue;
        const Step checked = check_bytes(connection, info);
        if (!checked && checked.error().kind == SnapshotProblem::Kind::Unavailable)
            return std::unexpected(as_error(checked.error()));
        one_is_intact = checked.has_value();
    }
    return deleted;
}

}  // namespace buttonwood::eventstore
