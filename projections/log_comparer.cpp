#include "projections/log_comparer.hpp"

#include "projections/log_retention.hpp"
#include "projections/sql_text.hpp"

#include "engine/reject_reason.hpp"
#include "eventstore/record_json.hpp"

#include <algorithm>
#include <utility>

namespace buttonwood::projections {

using engine::EventSeq;
using eventstore::CommandRecord;
using eventstore::Connection;
using eventstore::DbError;
using eventstore::Finding;
using eventstore::Param;

namespace {

// The first row that is not what it should be. Versions are compared where they are known.
constexpr const char* kEvents = R"(
SELECT w.event_seq, (e.event_seq IS NULL)::integer
  FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::integer[], $5::text[], $6::smallint[], $7::text[], $8::text[],
              $9::bigint[], $10::text[], $11::bigint[], $12::timestamptz[])
       AS w (event_seq, stream_type, stream_id, stream_version, event_type, schema_version, payload, command_type,
             command_id, correlation_id, actor, occurred_at)
  LEFT JOIN log.events e USING (event_seq)
 WHERE e.event_seq IS NULL
    OR (w.stream_type, w.stream_id, coalesce(w.stream_version, e.stream_version), w.event_type, w.schema_version,
        w.payload::jsonb, jsonb_build_object('command_type', w.command_type), w.command_id, w.correlation_id,
        w.command_id, w.actor, w.occurred_at)
       IS DISTINCT FROM
       (e.stream_type, e.stream_id, e.stream_version, e.event_type, e.schema_version,
        e.payload, e.metadata, e.command_id, e.correlation_id, e.causation_id, e.actor, e.occurred_at)
 ORDER BY 1 LIMIT 1)";

constexpr const char* kCommands = R"(
SELECT w.first_event_seq, (c.command_seq IS NULL)::integer, w.command_seq
  FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::timestamptz[], $7::text[],
              $8::bigint[], $9::integer[])
       AS w (command_seq, command_type, payload, actor, request_id, occurred_at, outcome, first_event_seq, event_count)
  LEFT JOIN log.commands c USING (command_seq)
 WHERE c.command_seq IS NULL
    OR (w.command_type, w.payload::jsonb, w.actor, w.request_id, w.occurred_at, w.outcome, w.first_event_seq,
        w.event_count)
       IS DISTINCT FROM
       (c.command_type, c.payload, c.actor, c.request_id, c.occurred_at, c.outcome, c.first_event_seq, c.event_count)
 ORDER BY 1 LIMIT 1)";

// Array parameters, filled row by row.
class Columns {
public:
    explicit Columns(std::size_t count) : texts_(count) {}
    template <class... Values>
    void add(const Values&... values) {
        std::size_t column = 0;
        (append(texts_[column++], values), ...);
        ++rows_;
    }
    [[nodiscard]] bool empty() const { return rows_ == 0; }
    [[nodiscard]] std::vector<Param> take() {
        std::vector<Param> params;
        for (std::string& text : texts_) params.emplace_back(std::move(text += '}'));
        return params;
    }

private:
    template <class Value>
    static void append(std::string& array, const Value& value) {
        array += array.empty() ? '{' : ',';
        append_value(array, value);
    }
    std::vector<std::string> texts_;
    std::size_t rows_{};
};

std::optional<Finding> finding_from(const eventstore::Rows& rows, const std::string& table, int number_column) {
    if (rows.size() == 0) return std::nullopt;
    const std::string row = table + " row " + std::string(rows.text(0, number_column));
    return Finding{static_cast<EventSeq>(rows.integer(0, 0)),
                   rows.integer(0, 1) == 1 ? row + " is missing" : row + " is not what the journal says"};
}

}  // namespace

std::optional<std::uint32_t> StreamVersions::next(const engine::Event& event) {
    const auto [type, id] = eventstore::stream_of(event);
    if (type == "command") return 1;  // told in one event
    if (id > event.seq) return std::nullopt;
    std::vector<std::uint32_t>& versions = versions_[type];
    if (id >= versions.size()) versions.resize(id + 1);
    return ++versions[id];
}

std::expected<std::unique_ptr<LogComparer>, std::string> LogComparer::start(const std::string& conninfo) {
    std::unique_ptr<LogComparer> comparer(new LogComparer);
    std::vector<Connection> connections;
    for (std::size_t i = 0; i < kThreads; ++i) {
        auto connection = Connection::open(conninfo, "buttonwood-verify");
        if (!connection) return std::unexpected(connection.error().message);
        connections.push_back(std::move(*connection));
    }
    auto extents = read_extents(connections.front());
    if (!extents) return std::unexpected(extents.error().message);
    comparer->extents_ = *extents;
    for (Connection& connection : connections)
        comparer->threads_.emplace_back(
            [self = comparer.get(), taken = std::move(connection)]() mutable { self->work(std::move(taken)); });
    return comparer;
}

LogComparer::~LogComparer() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
}

std::expected<LogComparer::Extents, DbError> LogComparer::read_extents(Connection& connection) {
    auto rows = read_log_extent(connection);
    if (!rows) return std::unexpected(rows.error());
    Extents extents;
    for (const LogExtent& row : *rows)
        (row.table == "events" ? extents.events : extents.commands) = {row.complete_from, row.checkpoint};
    return extents;
}

std::optional<Finding> LogComparer::add(const Examined& block) {
    if (!from_genesis_) from_genesis_ = block->block.header.first_seq == 1;
    for (const engine::Event& event : block->records.events) {
        const auto version = *from_genesis_ ? versions_.next(event) : std::nullopt;
        if (*from_genesis_ && !version)
            return Finding{event.seq, "the event names an id that the log cannot have reached"};
        batch_.versions.push_back(version);
    }
    batch_.blocks.push_back(block);
    batch_.events += block->records.events.size();
    if (batch_.events >= kEventsPerBatch) send();
    std::unique_lock lock(mutex_);
    if (!finding_) return std::nullopt;
    // What is under way may hold an earlier one.
    changed_.wait(lock, [this] { return (waiting_.empty() && busy_ == 0) || !error_.empty(); });
    return finding_;
}

std::expected<std::optional<Finding>, std::string> LogComparer::finish() {
    send();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return (waiting_.empty() && busy_ == 0) || !error_.empty(); });
    if (!error_.empty()) return std::unexpected(error_);
    return finding_;
}

void LogComparer::send() {
    Batch batch = std::exchange(batch_, {});
    if (batch.events == 0) return;
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_.size() < kMostWaiting || !error_.empty(); });
    waiting_.push_back(std::move(batch));
    changed_.notify_all();
}

void LogComparer::work(Connection connection) {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        if (stopping_) return;
        const Batch batch = std::move(waiting_.front());
        waiting_.pop_front();
        ++busy_;
        changed_.notify_all();
        lock.unlock();
        auto compared = compare(connection, batch);
        lock.lock();
        --busy_;
        if (!compared) error_ = compared.error().message;
        else if (*compared && (!finding_ || (*compared)->event_seq < finding_->event_seq)) finding_ = *compared;
        changed_.notify_all();
    }
}

LogComparer::Outcome LogComparer::compare(Connection& connection, const Batch& batch) const {
    auto outcome = compare(connection, batch, extents_);
    if (!outcome || !*outcome) return outcome;
    // Retention may have dropped rows since the start; only what is still said to be there counts.
    auto now = read_extents(connection);
    if (!now) return std::unexpected(now.error());
    now->events.checkpoint = extents_.events.checkpoint;
    now->commands.checkpoint = extents_.commands.checkpoint;
    return compare(connection, batch, *now);
}

LogComparer::Outcome LogComparer::compare(Connection& connection, const Batch& batch, const Extents& extents) {
    auto events = compare_events(connection, batch, extents.events);
    if (!events) return events;
    auto commands = compare_commands(connection, batch, extents.commands);
    if (!commands || !*commands) return commands ? events : commands;
    return *events && (*events)->event_seq <= (*commands)->event_seq ? events : commands;
}

LogComparer::Outcome LogComparer::compare_events(Connection& connection, const Batch& batch, const Extent& extent) {
    Columns columns(12);
    auto version = batch.versions.begin();
    for (const Examined& block : batch.blocks) {
        auto event = block->records.events.begin();
        for (const CommandRecord& command : block->records.commands)
            for (std::uint32_t i = 0; i < command.event_count; ++i, ++event, ++version) {
                if (event->seq < extent.from || event->seq > extent.checkpoint) continue;
                const auto [type, id] = eventstore::stream_of(*event);
                columns.add(event->seq, type, id, *version, eventstore::type_name(event->body),
                            eventstore::newest_version(event->body), eventstore::to_json(event->body),
                            eventstore::type_name(command.command), event->command,
                            unless_empty(command.header.request_id), command.header.actor, event->time);
            }
    }
    if (columns.empty()) return std::nullopt;
    const auto params = columns.take();
    auto rows = connection.prepared(kEvents, params);
    if (!rows) return std::unexpected(rows.error());
    return finding_from(*rows, "log.events", 0);
}

LogComparer::Outcome LogComparer::compare_commands(Connection& connection, const Batch& batch, const Extent& extent) {
    Columns columns(9);
    for (const Examined& block : batch.blocks)
        for (const CommandRecord& command : block->records.commands) {
            const engine::CommandHeader& header = command.header;
            if (header.seq < extent.from || command.first_seq > extent.checkpoint) continue;
            const bool accepted = command.outcome == engine::RejectReason::None;
            columns.add(header.seq, eventstore::type_name(command.command), eventstore::to_json(command.command),
                        header.actor, unless_empty(header.request_id), header.time,
                        accepted ? std::string_view("accepted") : engine::code_of(command.outcome), command.first_seq,
                        command.event_count);
        }
    if (columns.empty()) return std::nullopt;
    const auto params = columns.take();
    auto rows = connection.prepared(kCommands, params);
    if (!rows) return std::unexpected(rows.error());
    return finding_from(*rows, "log.commands", 2);
}

}  // namespace buttonwood::projections
