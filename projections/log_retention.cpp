#include "projections/log_retention.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace buttonwood::projections {

using eventstore::Connection;
using eventstore::DbError;

namespace {

std::uint64_t number(const eventstore::Rows& rows, int row, int column) {
    return static_cast<std::uint64_t>(rows.integer(row, column));
}

}  // namespace

std::expected<LogPartitions, DbError> ensure_log_partitions(Connection& connection, std::string_view table,
                                                            std::uint64_t upto) {
    auto rows = connection.prepared(
        "SELECT complete_from, log.ensure_partitions(table_name, $2::bigint) FROM log.extent WHERE table_name = $1",
        {table, upto});
    if (!rows) return std::unexpected(rows.error());
    return LogPartitions{number(*rows, 0, 0), upto + (number(*rows, 0, 1) - upto) / 2};
}

std::expected<std::vector<LogExtent>, DbError> read_log_extent(Connection& connection) {
    auto rows = connection.query(R"(
SELECT e.table_name, e.complete_from, s.checkpoint, p.keep_events,
       to_char(e.dropped_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
  FROM log.extent e JOIN projections.status s ON s.name = e.table_name
  CROSS JOIN (SELECT keep_events FROM log.extent WHERE table_name = 'events') p
 ORDER BY e.table_name DESC)");
    if (!rows) return std::unexpected(rows.error());
    std::vector<LogExtent> all;
    for (int row = 0; row < rows->size(); ++row)
        all.push_back({std::string(rows->text(row, 0)), number(*rows, row, 1), number(*rows, row, 2),
                       rows->is_null(row, 3) ? std::nullopt : std::optional(number(*rows, row, 3)),
                       std::string(rows->text(row, 4))});
    return all;
}

std::expected<void, DbError> keep_events(Connection& connection, std::optional<std::uint64_t> newest) {
    auto set = connection.query("UPDATE log.extent SET keep_events = $1::bigint WHERE table_name = 'events'",
                                {newest ? eventstore::Param(*newest) : eventstore::Param(std::nullopt)});
    if (!set) return std::unexpected(set.error());
    return {};
}

std::expected<std::vector<DroppedPartition>, DbError> drop_old_log(Connection& connection) {
    auto transaction = eventstore::Transaction::begin(connection);
    if (!transaction) return std::unexpected(transaction.error());
    if (auto set = connection.execute("SET LOCAL lock_timeout = '2s'"); !set) return std::unexpected(set.error());
    auto rows = connection.query("SELECT table_name, partition_name, complete_from FROM log.drop_old_partitions()");
    if (!rows) return std::unexpected(rows.error());
    if (auto done = transaction->commit(); !done) return std::unexpected(done.error());
    std::vector<DroppedPartition> dropped;
    for (int row = 0; row < rows->size(); ++row)
        dropped.push_back(
            {std::string(rows->text(row, 0)), std::string(rows->text(row, 1)), number(*rows, row, 2)});
    return dropped;
}

struct LogKeeper::Impl {
    std::string conninfo;
    std::chrono::milliseconds period;
    std::function<void(const std::string&)> say;
    std::mutex mutex;
    std::condition_variable woken;
    bool stopping = false;
    std::thread thread;

    void run() {
        std::unique_lock lock(mutex);
        do {
            lock.unlock();
            keep();
            lock.lock();
        } while (!woken.wait_for(lock, period, [this] { return stopping; }));
    }

    // A connection for the moment: between two rounds there is nothing to keep one for.
    void keep() const {
        auto connection = Connection::open(conninfo, "buttonwood-log-keeper");
        if (!connection) return;  // the store is away; the next round will find it
        connection->set_answer_timeout_ms(10'000);
        const auto dropped = drop_old_log(*connection);
        if (!dropped) {
            if (dropped.error().kind != eventstore::DbErrorKind::Conflict)
                say("cannot drop old partitions of the log: " + dropped.error().message);
            return;
        }
        for (const DroppedPartition& partition : *dropped)
            say("dropped log." + partition.partition + ": log." + partition.table + " begins with " +
                std::to_string(partition.complete_from) + ", the journal keeps what was before");
    }
};

LogKeeper::LogKeeper(std::string conninfo, std::chrono::milliseconds period,
                     std::function<void(const std::string&)> say)
    : impl_(std::make_unique<Impl>()) {
    impl_->conninfo = std::move(conninfo);
    impl_->period = period;
    impl_->say = std::move(say);
    impl_->thread = std::thread([this] { impl_->run(); });
}

LogKeeper::~LogKeeper() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
    }
    impl_->woken.notify_all();
    impl_->thread.join();
}

}  // namespace buttonwood::projections
