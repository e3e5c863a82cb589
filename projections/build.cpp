#include "projections/build.hpp"

#include "projections/checkpoint.hpp"
#include "projections/fault.hpp"
#include "projections/journal_reader.hpp"
#include "projections/replay.hpp"
#include "projections/table_copy.hpp"

#include <thread>

namespace buttonwood::projections {

using engine::EventSeq;
using eventstore::Connection;
using eventstore::DbError;
using eventstore::DbErrorKind;
using eventstore::Transaction;
using Clock = std::chrono::steady_clock;

namespace {

// So few events behind the journal's end, the copy is as good as there.
constexpr EventSeq kNearlyThere = 5'000;
// How long the serving tables stand still, at most, before it is given up until the next step.
constexpr auto kStandStill = std::chrono::seconds(2);
constexpr auto kBetweenLooks = std::chrono::milliseconds(5);
// Shorter than deadlock_timeout: where readers and the swap wait for each other, it is the swap that gives way.
constexpr const char* kLockTimeout = "SET LOCAL lock_timeout = '100ms'";

constexpr const char* kNewestMigration = "(SELECT max(version) FROM buttonwood_meta.migrations)";

// Snapshots that were taken before transaction $1 was over. Builders and workers read no other projection's tables.
constexpr const char* kOldSnapshots = R"(
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
   AND application_name NOT LIKE 'buttonwood-projection-%' AND application_name <> 'buttonwood-build'
   AND backend_xmin IS NOT NULL AND age(backend_xmin) >= age($1::xid))";
constexpr const char* kLongTransactions = R"(
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
   AND application_name NOT LIKE 'buttonwood-projection-%' AND application_name <> 'buttonwood-build'
   AND backend_xmin IS NOT NULL AND xact_start < clock_timestamp() - interval '1 second')";

Result drop_copy(Connection& connection, const std::string& schema) {
    return connection.execute("SET client_min_messages = warning; DROP SCHEMA IF EXISTS " + schema +
                              " CASCADE; RESET client_min_messages");
}

}  // namespace

std::string build_schema(const Projection& projection) {
    return std::string(projection.schema()) + "_next_" + std::string(projection.name());
}

std::expected<bool, DbError> request_build(Connection& connection, const Projection& projection) {
    auto transaction = Transaction::begin(connection);
    if (!transaction) return std::unexpected(transaction.error());
    if (auto locked = lock_checkpoint(connection, projection); !locked) return std::unexpected(locked.error());
    auto same = connection.query("SELECT FROM projections.builds WHERE name = $1 AND version = $2::integer "
                                 "AND migration = " + std::string(kNewestMigration) + " FOR UPDATE",
                                 {projection.name(), projection.version()});
    if (!same) return std::unexpected(same.error());
    if (same->size() == 1) return false;
    if (auto gone = connection.query("DELETE FROM projections.builds WHERE name = $1", {projection.name()}); !gone)
        return std::unexpected(gone.error());
    auto made = connection.query(
        "INSERT INTO projections.builds (name, version, migration) VALUES ($1, $2::integer, " +
            std::string(kNewestMigration) + ")",
        {projection.name(), projection.version()});
    if (!made) return std::unexpected(made.error());
    if (auto copied = make_copy(connection, projection, build_schema(projection)); !copied)
        return std::unexpected(copied.error());
    if (auto done = transaction->commit(); !done) return std::unexpected(done.error());
    return true;
}

std::expected<bool, DbError> cancel_build(Connection& connection, const Projection& projection) {
    auto gone = connection.query("DELETE FROM projections.builds WHERE name = $1", {projection.name()});
    if (!gone) return std::unexpected(gone.error());
    // Whoever builds sees that the row is gone, and drops the copy; where nobody does, it is ours to drop.
    auto lock = AdvisoryLock::try_take(connection, building_key(projection.name()));
    if (!lock) return std::unexpected(lock.error());
    if (*lock)
        if (auto dropped = drop_copy(connection, build_schema(projection)); !dropped)
            return std::unexpected(dropped.error());
    return gone->affected() == 1;
}

Build::Build(Connection& connection, std::unique_ptr<Projection> projection, AdvisoryLock lock,
             EventSeq events_per_step)
    : connection_(connection),
      projection_(std::move(projection)),
      lock_(std::move(lock)),
      schema_(build_schema(*projection_)),
      events_per_step_(events_per_step) {}

std::expected<std::unique_ptr<Build>, DbError> Build::adopt(Connection& connection,
                                                            std::unique_ptr<Projection> projection,
                                                            EventSeq events_per_step) {
    auto lock = AdvisoryLock::try_take(connection, building_key(projection->name()));
    if (!lock) return std::unexpected(lock.error());
    if (!*lock) return nullptr;
    std::unique_ptr<Build> build(
        new Build(connection, std::move(projection), std::move(**lock), events_per_step));
    const auto found = build->load();
    if (!found) return std::unexpected(found.error());
    return *found ? std::move(build) : nullptr;
}

std::expected<bool, DbError> Build::load() {
    projection_->reset();
    for (const char* setting : kPlanSettings)
        if (auto set = connection_.execute(std::string("SET ") + setting); !set) return std::unexpected(set.error());
    auto rows = connection_.query("SELECT build_id, checkpoint FROM projections.builds "
                                  "WHERE name = $1 AND version = $2::integer AND migration = " +
                                      std::string(kNewestMigration),
                                  {projection_->name(), projection_->version()});
    if (!rows) return std::unexpected(rows.error());
    if (rows->size() == 0) return false;
    build_id_ = rows->integer(0, 0);
    checkpoint_ = static_cast<EventSeq>(rows->integer(0, 1));
    return true;
}

std::expected<Build::Step, DbError> Build::step() {
    const auto advanced = advance();
    if (!advanced) {
        projection_->reset();
        record(advanced.error());
        return std::unexpected(advanced.error());
    }
    if (!*advanced) return cancelled();
    if (**advanced > std::min(kNearlyThere, events_per_step_ / 2)) return Step::Advanced;
    if (indexed_) return hand_over();
    if (auto completed = complete_copy(connection_, *projection_, schema_); !completed) {
        record(completed.error());
        return std::unexpected(completed.error());
    }
    indexed_ = true;
    return step();  // what was appended meanwhile
}

std::expected<std::optional<EventSeq>, DbError> Build::advance() {
    const auto started = Clock::now();
    auto transaction = Transaction::begin(connection_);
    if (!transaction) return std::unexpected(transaction.error());
    auto range = read_journal(connection_, checkpoint_, events_per_step_);
    if (!range) return std::unexpected(range.error());
    if (range->batches.empty() && range->bad)
        return fault("event " + std::to_string(range->bad->seq) + ": " + range->bad->what);
    const EventSeq to = range->batches.empty() ? checkpoint_ : range->batches.back()->header.last_seq;
    const auto skipped = skipped_events(connection_, *projection_, checkpoint_);
    if (!skipped) return std::unexpected(skipped.error());
    if (auto entered = enter_schema(schema_, connection_); !entered) return std::unexpected(entered.error());
    if (const auto records = without(joined(range->batches), *skipped); !records.events.empty())
        if (auto applied = projection_->apply(records, connection_); !applied) return std::unexpected(applied.error());
    const double seconds = std::chrono::duration<double>(Clock::now() - started).count();
    const auto moved = move(to, static_cast<double>(to - checkpoint_) / seconds);
    if (!moved) return std::unexpected(moved.error());
    if (!*moved) return std::nullopt;
    if (auto done = transaction->commit(); !done) return std::unexpected(done.error());
    return to - std::exchange(checkpoint_, to);
}

std::expected<bool, DbError> Build::move(EventSeq to, double events_per_s) {
    auto moved = connection_.prepared(
        "UPDATE projections.builds SET checkpoint = $3::bigint, "
        "events_per_s = CASE WHEN checkpoint = $3::bigint THEN events_per_s ELSE $4::double precision END, "
        "last_error = '', updated_at = now() WHERE build_id = $1::bigint AND checkpoint = $2::bigint",
        {build_id_, checkpoint_, to, std::to_string(events_per_s)});
    if (!moved) return std::unexpected(moved.error());
    return moved->affected() == 1;
}

// The serving tables stand still from when the lock on their key is ours. Then
//   1  the copy gets, and commits, what it lacks of their checkpoint;
//   2  every reader's snapshot from before that commit comes to its end;
//   3  one transaction swaps the tables.
// Without 2 a reader whose snapshot is older than 1 and whose first look at the table is after 3 would find there the
// copy as it was before 1. A copy that is ahead of the serving checkpoint needs no more than the same.
std::expected<Build::Step, DbError> Build::hand_over() {
    if (!analyzed_)  // or readers' first plans are made for empty tables
        for (const std::string_view table : projection_->tables())
            if (auto done = connection_.execute("ANALYZE " + schema_ + '.' + std::string(table)); !done)
                return std::unexpected(done.error());
    analyzed_ = true;
    const auto count = [this](const char* sql, std::initializer_list<eventstore::Param> params)
        -> std::expected<std::int64_t, DbError> {
        auto rows = connection_.query(sql, params);
        if (!rows) return std::unexpected(rows.error());
        return rows->integer(0, 0);
    };
    const auto busy = count(kLongTransactions, {});
    if (!busy) return std::unexpected(busy.error());
    if (*busy > 0) return Step::Waiting;

    const auto until = Clock::now() + kStandStill;
    auto still = AdvisoryLock::try_take(connection_, serving_key(projection_->name()));
    if (!still) return std::unexpected(still.error());
    if (!*still) return Step::Waiting;
    const auto serving = count("SELECT checkpoint FROM projections.status WHERE name = $1", {projection_->name()});
    if (!serving) return std::unexpected(serving.error());
    while (checkpoint_ < static_cast<EventSeq>(*serving)) {
        const auto advanced = advance();
        if (!advanced) return std::unexpected(advanced.error());
        if (!*advanced) return cancelled();
        if (**advanced == 0) return fault("the journal ends before event " + std::to_string(*serving));
    }
    auto committed = connection_.query("SELECT pg_current_xact_id()::xid::text");
    if (!committed) return std::unexpected(committed.error());
    const std::string transaction_id(committed->text(0, 0));
    while (Clock::now() < until) {
        const auto old = count(kOldSnapshots, {transaction_id});
        if (!old) return std::unexpected(old.error());
        if (*old == 0) {
            const auto swapped = swap();
            if (swapped || swapped.error().kind != DbErrorKind::Conflict) return swapped;
        }
        std::this_thread::sleep_for(kBetweenLooks);
    }
    return Step::Waiting;
}

std::expected<Build::Step, DbError> Build::swap() {
    auto transaction = Transaction::begin(connection_);
    if (!transaction) return std::unexpected(transaction.error());
    if (auto set = connection_.execute(kLockTimeout); !set) return std::unexpected(set.error());
    if (auto locked = lock_checkpoint(connection_, *projection_); !locked) return std::unexpected(locked.error());
    auto gone = connection_.query("DELETE FROM projections.builds WHERE build_id = $1::bigint", {build_id_});
    if (!gone) return std::unexpected(gone.error());
    if (gone->affected() == 0) return Step::Waiting;  // cancelled: the next step finds that too
    auto swapped = connection_.query("SELECT projections.swap_tables($1, $2, $3::text[])",
                                     {projection_->schema(), schema_, tables_array(*projection_)});
    if (!swapped) return std::unexpected(swapped.error());
    auto moved = connection_.query(
        "UPDATE projections.status SET checkpoint = $2::bigint, version = $3::integer, generation = generation + 1, "
        "events_applied = events_applied + $2::bigint, error_seq = NULL, attempts = 0, updated_at = now(), "
        "status = CASE WHEN status IN ('error', 'rebuilding') THEN 'running' ELSE status END, "
        "control_seq = control_seq + 1 WHERE name = $1 AND checkpoint <= $2::bigint",
        {projection_->name(), checkpoint_, projection_->version()});
    if (!moved) return std::unexpected(moved.error());
    if (moved->affected() == 0) return Step::Waiting;  // a worker without the lock: of an older program
    if (auto done = transaction->commit(); !done) return std::unexpected(done.error());
    return Step::Swapped;
}

std::expected<Build::Step, DbError> Build::cancelled() {
    if (auto dropped = drop_copy(connection_, schema_); !dropped) return std::unexpected(dropped.error());
    return Step::Cancelled;
}

void Build::record(const DbError& error) {
    if (error.kind == DbErrorKind::Unavailable || error.kind == DbErrorKind::Conflict) return;
    // The error is returned as well; if this fails too, there is nobody left to tell.
    static_cast<void>(connection_.query(
        "UPDATE projections.builds SET last_error = $2, updated_at = now() WHERE build_id = $1::bigint",
        {build_id_, error.message}));
}

}  // namespace buttonwood::projections
