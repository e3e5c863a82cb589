// The writer's side: fence and append. The statements below are the whole protocol with the database.
#include "eventstore/pg_journal.hpp"

#include "eventstore/pg_journal_reader.hpp"
#include "eventstore/store_guard.hpp"

#include <sodium.h>

#include <array>
#include <chrono>
#include <optional>

namespace buttonwood::eventstore {
namespace {

using Clock = std::chrono::steady_clock;

// Partitions are there for this many events beyond the last one; a block is far smaller.
constexpr std::int64_t kPartitionMargin = 1'000'000;
// A take-over that waits longer than this for the head row terminates those who hold it.
constexpr const char* kTakeOverPatience = "SET lock_timeout = '1s'";
constexpr int kTakeOverAttempts = 5;
// The same trouble is reported again after this long: a store that stays away is asked four times a second.
constexpr std::chrono::seconds kSameTroubleAgain{10};

// A role's or database's defaults must not weaken a commit, nor end a session that is merely idle; remote_apply is
// stronger than on and stays. A server that loses sight of us ends our session within seconds (R7).
constexpr const char* kSessionSettings = R"(
SET idle_in_transaction_session_timeout = '2s';
SET idle_session_timeout = 0;
SET statement_timeout = 0;
SET default_transaction_isolation = 'read committed';
SET tcp_user_timeout = '3s';
SET tcp_keepalives_idle = 3;
SET tcp_keepalives_interval = 1;
SET tcp_keepalives_count = 3;
SELECT set_config('synchronous_commit',
                  CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END,
                  false))";

// Only makes a second server wait politely at start-up; correctness never rests on it.
constexpr const char* kTryLock = "SELECT pg_try_advisory_lock(hashtextextended('eventstore.journal', 0))";

// The first fence takes the log from anyone, a later one only renews what is still ours.
constexpr const char* kFence = R"(
UPDATE eventstore.head
   SET epoch = epoch + 1, owner = $1::uuid, taken_by = $2, taken_at = clock_timestamp()
 WHERE $3::boolean OR owner = $1::uuid
RETURNING epoch, last_seq, hash)";

constexpr const char* kIsOurs = "SELECT coalesce(owner = $1::uuid, false) FROM eventstore.head";

// The sessions of the writer that held the log until now, and our own forgotten ones: a paused or partitioned server
// must neither hold us up nor find its session alive (R7).
constexpr const char* kTerminatePrevious = R"(
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename = current_user
   AND (application_name = $1 OR $2::boolean AND application_name = (SELECT taken_by FROM eventstore.head)))";

// Everyone else who holds a lock on head that can block its row, and does not wait for one himself.
constexpr const char* kTerminateHolders = R"(
SELECT count(pg_terminate_backend(pid))
  FROM (SELECT DISTINCT pid FROM pg_locks
         WHERE locktype = 'relation' AND granted AND pid <> pg_backend_pid()
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
           AND relation = 'eventstore.head'::regclass
           AND mode NOT IN ('AccessShareLock', 'ShareUpdateExclusiveLock')
           AND pid NOT IN (SELECT pid FROM pg_locks WHERE NOT granted)) holders)";

// The newest block, to be compared with head.
constexpr const char* kNewestBlock =
    "SELECT last_seq, hash, epoch FROM eventstore.journal ORDER BY first_seq DESC LIMIT 1";

constexpr const char* kEnsurePartitions = "SELECT eventstore.ensure_journal_partitions($1)";

// One statement, one commit (R1): no row from `moved`, no block.
constexpr const char* kAppend = R"(
WITH moved AS (
    UPDATE eventstore.head SET last_seq = $2::bigint, hash = $9::bytea
     WHERE epoch = $3::integer AND last_seq = $1::bigint - 1
    RETURNING 1)
INSERT INTO eventstore.journal (first_seq, last_seq, epoch, committed_at, event_count, command_count, format_version,
                                payload, hash)
SELECT $1::bigint, $2::bigint, $3::integer, timestamptz 'epoch' + $4::bigint * interval '1 microsecond',
       $5::integer, $6::integer, $7::smallint, $8::bytea, $9::bytea
  FROM moved)";

std::string as_bytes(const Hash& hash) { return {reinterpret_cast<const char*>(hash.data()), hash.size()}; }

// 128 random bits in the form of a uuid.
std::string random_owner() {
    std::array<unsigned char, 16> bytes{};
    randombytes_buf(bytes.data(), bytes.size());
    std::array<char, 2 * bytes.size() + 1> hex{};
    return sodium_bin2hex(hex.data(), hex.size(), bytes.data(), bytes.size());
}

class PgJournal final : public Journal {
public:
    explicit PgJournal(PgJournalOptions options)
        : options_(std::move(options)), session_name_(options_.application_name + " " + owner_.substr(0, 8)) {}

    std::expected<Head, StoreError> fence() override {
        if (fenced_out_) return std::unexpected(StoreError::Fenced);
        connection_.reset();  // an answer under way on the old one must never be taken for ours
        auto head = take_over();
        if (!head) return give_up(head.error());
        holds_epoch_ = true;
        return head;
    }

    std::expected<void, StoreError> append(const Block& block) override {
        if (fenced_out_) return std::unexpected(StoreError::Fenced);
        if (auto ready = prepare_to_append(block); !ready) return give_up(ready.error());
        const BlockHeader& h = block.header;
        auto rows = connection_->prepared(
            kAppend, {h.first_seq, h.last_seq, h.epoch, h.committed_at.us, h.event_count, h.command_count,
                      h.format_version, Param::bytea(block.payload), Param::bytea(as_bytes(block.hash))});
        if (!rows) {
            const StoreError outcome = outcome_of_failed_append(rows.error(), connection_->healthy());
            partitions_end_ = 0;  // the failure may have been a missing one
            report("append", rows.error());
            return give_up(outcome);
        }
        if (rows->warned()) {
            report("append: the commit came with a warning, it may exist on this server only");
            return give_up(StoreError::InDoubt);
        }
        if (rows->affected() == 1) return {};
        return give_up(lose("append").error());
    }

    std::expected<void, StoreError> check() override {
        if (fenced_out_) return std::unexpected(StoreError::Fenced);
        if (!connection_ || !holds_epoch_ || !connection_->healthy()) {
            report("the connection to PostgreSQL is lost");
            return give_up(StoreError::Unavailable);
        }
        if (auto safe = check_settings(); !safe) return give_up(safe.error());
        auto rows = connection_->prepared(kIsOurs, {owner_});
        if (!rows) return give_up(failed("check", rows.error()).error());
        if (rows->size() == 1 && rows->text(0, 0) == "t") return {};
        return give_up(lose("check").error());
    }

    std::expected<void, StoreError> read(engine::EventSeq after, const Sink& sink) override {
        if (!connection_ || !connection_->healthy()) {
            if (auto connected = connect(); !connected) return give_up(connected.error());
        }
        auto done = read_blocks(*connection_, after, sink);
        if (done) return {};
        report("read", done.error().cause);
        return give_up(done.error().kind);
    }

private:
    void report(std::string_view what) {
        const auto now = Clock::now();
        if (what == last_trouble_ && now - last_trouble_at_ < kSameTroubleAgain) return;
        last_trouble_ = what;
        last_trouble_at_ = now;
        if (options_.on_trouble) options_.on_trouble(what);
    }
    void report(std::string_view doing, const DbError& error) {
        report(std::string(doing) + ": " + error.message + (error.sqlstate.empty() ? "" : " [" + error.sqlstate + "]"));
    }

    // A session that saw an error is not used again.
    std::unexpected<StoreError> give_up(StoreError error) {
        if (connection_) connection_->abandon();
        connection_.reset();
        return std::unexpected(error);
    }

    // A database without the tables, or with older ones.
    static bool needs_migration(const DbError& error) {
        return error.sqlstate == "42P01" || error.sqlstate == "3F000" || error.sqlstate == "42883" ||
               error.sqlstate == "42703";
    }

    // Outside append nothing is written that matters, so an error is Unavailable unless the storage itself is damaged.
    std::unexpected<StoreError> failed(std::string_view doing, const DbError& error) {
        report(doing, error);
        if (needs_migration(error)) report("the journal's tables are missing: run buttonwood migrate up");
        return std::unexpected(is_damage(error) ? StoreError::Corrupt : StoreError::Unavailable);
    }
    std::unexpected<StoreError> corrupt(std::string_view what) {
        report(what);
        return std::unexpected(StoreError::Corrupt);
    }
    std::unexpected<StoreError> lose(const std::string& doing) {
        report(doing + ": another writer has taken the journal over");
        fenced_out_ = true;
        return std::unexpected(StoreError::Fenced);
    }

    std::expected<void, StoreError> connect() {
        auto opened = Connection::open(options_.conninfo, session_name_, options_.connect_timeout_ms);
        if (!opened) return failed("connect", opened.error());
        connection_ = *std::move(opened);
        connection_->set_answer_timeout_ms(options_.answer_timeout_ms);
        if (auto set = connection_->execute(kSessionSettings); !set) return failed("session settings", set.error());
        settings_checked_ = {};  // of another session
        return {};
    }

    std::expected<Head, StoreError> take_over() {
        if (auto done = connect(); !done) return std::unexpected(done.error());
        if (auto safe = check_settings(); !safe) return std::unexpected(safe.error());
        if (auto locked = connection_->query(kTryLock); !locked) return failed("advisory lock", locked.error());
        auto head = raise_epoch();
        if (!head) return head;
        if (auto agree = check_newest_block(*head); !agree) return std::unexpected(agree.error());
        if (auto made = ensure_partitions(head->last_seq + 1); !made) return std::unexpected(made.error());
        return head;
    }

    std::expected<void, StoreError> check_settings() {
        const auto complaint = guard_.complaint(*connection_);
        if (!complaint) return failed("check settings", complaint.error());
        settings_checked_ = Clock::now();
        if (complaint->empty()) return {};
        report("PostgreSQL cannot be trusted with the journal, nothing is acknowledged until it can (" + *complaint +
               ")");
        return std::unexpected(StoreError::Unavailable);
    }

    std::expected<Head, StoreError> raise_epoch() {
        if (auto set = connection_->execute(kTakeOverPatience); !set) return failed("fence", set.error());
        const bool take_from_anyone = !holds_epoch_;
        if (auto ended = connection_->query(kTerminatePrevious, {session_name_, take_from_anyone}); !ended)
            return failed("fence", ended.error());
        auto rows = connection_->query(kFence, {owner_, session_name_, take_from_anyone});
        for (int attempt = 1; !rows && rows.error().sqlstate == "55P03" && attempt < kTakeOverAttempts; ++attempt) {
            report("fence: another session holds the head of the journal: terminating it");
            if (auto ended = connection_->query(kTerminateHolders); !ended) return failed("fence", ended.error());
            rows = connection_->query(kFence, {owner_, session_name_, take_from_anyone});
        }
        if (!rows) return failed("fence", rows.error());
        if (rows->warned()) {
            report("fence: the commit came with a warning, it may exist on this server only");
            return std::unexpected(StoreError::Unavailable);
        }
        if (rows->affected() != 1) return no_head_row();
        if (auto set = connection_->execute("RESET lock_timeout"); !set) return failed("fence", set.error());
        Head head{.epoch = static_cast<std::uint32_t>(rows->integer(0, 0)),
                  .last_seq = static_cast<engine::EventSeq>(rows->integer(0, 1)),
                  .hash = {}};
        if (!to_hash(rows->bytes(0, 2), head.hash)) return corrupt("the hash of eventstore.head is not 32 bytes long");
        return head;
    }

    std::unexpected<StoreError> no_head_row() {
        if (!holds_epoch_) return corrupt("eventstore.head has lost its row");
        return lose("fence");
    }

    std::expected<void, StoreError> check_newest_block(const Head& head) {
        auto rows = connection_->query(kNewestBlock);
        if (!rows) return failed("read the newest block", rows.error());
        engine::EventSeq last_seq = 0;
        Hash hash{};
        if (rows->size() == 1) {
            last_seq = static_cast<engine::EventSeq>(rows->integer(0, 0));
            if (!to_hash(rows->bytes(0, 1), hash)) return corrupt("the newest block's hash is not 32 bytes long");
            if (rows->integer(0, 2) > head.epoch) return corrupt("the newest block is of a later epoch than head");
        }
        if (last_seq == head.last_seq && hash == head.hash) return {};
        return corrupt("eventstore.head (last_seq " + std::to_string(head.last_seq) +
                       ") contradicts the newest block (last_seq " + std::to_string(last_seq) + ")");
    }

    std::expected<void, StoreError> ensure_partitions(engine::EventSeq next_seq) {
        auto rows = connection_->query(kEnsurePartitions, {static_cast<std::int64_t>(next_seq) + kPartitionMargin});
        if (!rows) return failed("make partitions", rows.error());
        partitions_end_ = static_cast<engine::EventSeq>(rows->integer(0, 0));
        return {};
    }

    // Everything that can fail before the block is sent: nothing is written then.
    std::expected<void, StoreError> prepare_to_append(const Block& block) {
        if (!connection_ || !holds_epoch_ || !connection_->healthy()) {
            report("append: not connected");
            return std::unexpected(StoreError::Unavailable);
        }
        if (Clock::now() - settings_checked_ >= std::chrono::milliseconds(options_.settings_check_interval_ms)) {
            if (auto safe = check_settings(); !safe) return safe;
        }
        const engine::EventSeq next_seq = block.header.last_seq + 1;
        if (next_seq + kPartitionMargin / 2 > partitions_end_) return ensure_partitions(next_seq);
        return {};
    }

    const PgJournalOptions options_;
    const std::string owner_ = random_owner();
    const std::string session_name_;
    std::optional<Connection> connection_;
    bool holds_epoch_ = false;  // fence() has succeeded at least once
    bool fenced_out_ = false;   // for ever
    engine::EventSeq partitions_end_ = 0;
    StoreGuard guard_;
    Clock::time_point settings_checked_;
    std::string last_trouble_;
    Clock::time_point last_trouble_at_;
};

}  // namespace

StoreError outcome_of_failed_append(const DbError& error, bool connection_survived) {
    const std::string_view state = error.sqlstate;
    const std::string_view cls = state.substr(0, 2);
    // The server said nothing, or ended the session: the commit may have come before that.
    if (state.empty() || !connection_survived || cls == "08" || state == "40003") return StoreError::InDoubt;
    // Cancelled or shut down: a commit that waited for a standby may stay (R4).
    if (state == "57014" || state == "57P01" || state == "57P02") return StoreError::InDoubt;
    if (is_damage(error)) return StoreError::Corrupt;
    // "no partition of relation found for row" has no constraint name; the partition can be made.
    if (state == "23514" && error.constraint.empty()) return StoreError::Unavailable;
    // The block's place is taken although head says it is free, or the block breaks a rule of its table.
    if (cls == "22" || cls == "23") return StoreError::Corrupt;
    // An ERROR in a session that lives on: the statement was rolled back (disk full, lock timeout, read-only, ...).
    return StoreError::Unavailable;
}

std::unique_ptr<Journal> make_pg_journal(PgJournalOptions options) {
    return std::make_unique<PgJournal>(std::move(options));
}

}  // namespace buttonwood::eventstore
