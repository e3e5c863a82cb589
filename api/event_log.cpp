#include "api/event_log.hpp"

#include "engine/reject_reason.hpp"
#include "eventstore/error_class.hpp"
#include "eventstore/record_json.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <nlohmann/json.hpp>

namespace buttonwood::api {
namespace {

using engine::EventSeq;
using eventstore::Connection;
using eventstore::DbError;
using eventstore::Param;
using eventstore::Rows;

// What one statement looks at: a tenth of a second, or less.
constexpr EventSeq kTableRange = 50'000;
constexpr EventSeq kJournalRange = 20'000;
EventLogError from(const DbError& error) {
    const auto cls = eventstore::class_of_sqlstate(error.sqlstate);
    const bool damaged = cls == eventstore::ErrorClass::Data;
    std::string message = error.message + " (" + std::string(name_of(cls)) + " error";
    if (!error.sqlstate.empty()) message += ' ' + error.sqlstate;
    return {damaged ? EventLogError::Kind::Damaged : EventLogError::Kind::Unavailable, message + ')'};
}

EventLogError from(const projections::BadBlock& bad) {
    return {EventLogError::Kind::Damaged, "event " + std::to_string(bad.seq) + ": " + bad.what};
}

std::string compact(std::string_view json) {
    return nlohmann::json::parse(json).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<std::string> text_or_none(const Rows& rows, int row, int column) {
    return rows.is_null(row, column) ? std::nullopt : std::optional(std::string(rows.text(row, column)));
}

LogEvent event_at(const Rows& rows, int row) {
    LogEvent event;
    event.event_seq = static_cast<EventSeq>(rows.integer(row, 0));
    event.stream_type = rows.text(row, 1);
    event.stream_id = static_cast<std::uint64_t>(rows.integer(row, 2));
    event.stream_version = rows.integer(row, 3);
    event.event_type = rows.text(row, 4);
    event.schema_version = rows.integer(row, 5);
    event.payload = compact(rows.text(row, 6));
    event.command_type = rows.text(row, 7);
    event.command_id = static_cast<engine::CommandSeq>(rows.integer(row, 8));
    event.correlation_id = text_or_none(rows, row, 9);
    event.actor = static_cast<std::uint64_t>(rows.integer(row, 10));
    event.occurred_at = rows.text(row, 11);
    return event;
}

std::optional<std::string> request_id_of(const eventstore::CommandRecord& command) {
    if (command.header.request_id.empty()) return std::nullopt;
    return std::string(command.header.request_id.view());
}

LogEvent event_of(const eventstore::CommandRecord& command, const engine::Event& event) {
    const auto [stream_type, stream_id] = eventstore::stream_of(event);
    return {.event_seq = event.seq,
            .stream_type = std::string(stream_type),
            .stream_id = stream_id,
            .stream_version = std::nullopt,
            .event_type = std::string(eventstore::type_name(event.body)),
            .schema_version = eventstore::newest_version(event.body),
            .payload = compact(eventstore::to_json(event.body)),
            .command_type = std::string(eventstore::type_name(command.command)),
            .command_id = event.command,
            .correlation_id = request_id_of(command),
            .actor = static_cast<std::uint64_t>(command.header.actor),
            .occurred_at = eventstore::to_rfc3339(event.time)};
}

LogCommand command_of(const eventstore::CommandRecord& command) {
    const bool accepted = command.outcome == engine::RejectReason::None;
    return {.command_seq = command.header.seq,
            .command_type = std::string(eventstore::type_name(command.command)),
            .payload = compact(eventstore::to_json(command.command)),
            .actor = static_cast<std::uint64_t>(command.header.actor),
            .request_id = request_id_of(command),
            .occurred_at = eventstore::to_rfc3339(command.header.time),
            .outcome = accepted ? "accepted" : std::string(engine::code_of(command.outcome)),
            .first_event_seq = command.first_seq,
            .event_count = command.event_count};
}

// f(command, event) for every event of the blocks, in order, until it returns false.
template <class F> void each_event(const std::vector<projections::Batch>& blocks, F&& f) {
    for (const projections::Batch& block : blocks) {
        auto event = block->records.events.begin();
        for (const eventstore::CommandRecord& command : block->records.commands)
            for (std::uint32_t i = 0; i < command.event_count; ++i)
                if (!f(command, *event++)) return;
    }
}

std::string array_of(const std::vector<std::string>& words) { return nlohmann::json(words).dump(); }

// The conditions of a filter, with their parameters.
class Where {
public:
    void add(const std::string& before, Param value, const std::string& after) {
        sql_ += " AND " + before + place(std::move(value)) + after;
    }
    // One of these members of the payload is one of the ids.
    void names(const std::vector<std::string>& ids, std::initializer_list<const char*> members) {
        const std::string list = "ARRAY(SELECT jsonb_array_elements_text(" + place(array_of(ids)) + "::jsonb))";
        sql_ += " AND (";
        for (const char* member : members)
            sql_ += std::string(member == *members.begin() ? "" : " OR ") + "payload->>'" + member + "' = ANY(" + list +
                    ')';
        sql_ += ')';
    }
    void streams(const std::vector<StreamName>& any) {
        for (std::size_t i = 0; i < any.size(); ++i) {
            sql_ += std::string(i == 0 ? " AND (" : " OR ") + "(stream_type = " + place(any[i].type);
            if (any[i].id) sql_ += " AND stream_id = " + place(*any[i].id) + "::bigint";
            sql_ += ')';
        }
        if (!any.empty()) sql_ += ')';
    }
    [[nodiscard]] const std::string& sql() const { return sql_; }
    [[nodiscard]] const std::vector<Param>& params() const { return params_; }

private:
    // "$3", which stands for the value.
    std::string place(Param value) {
        params_.push_back(std::move(value));
        return '$' + std::to_string(params_.size());
    }

    std::string sql_;
    std::vector<Param> params_;
};

Where where(EventSeq after, EventSeq upto, const EventFilter& filter) {
    Where all;
    all.add("event_seq > ", after, "::bigint");
    all.add("event_seq <= ", upto, "::bigint");
    if (!filter.types.empty())
        all.add("event_type IN (SELECT jsonb_array_elements_text(", array_of(filter.types), "::jsonb))");
    all.streams(filter.streams);
    if (filter.actor) all.add("actor = ", *filter.actor, "::bigint");
    if (!filter.accounts.empty()) all.names(filter.accounts, {"account", "maker_account", "taker_account"});
    if (filter.order) all.names({*filter.order}, {"order", "maker_order", "taker_order"});
    if (!filter.text.empty())
        all.add("EXISTS (SELECT FROM jsonb_each_text(payload) v WHERE strpos(lower(v.value), lower(", filter.text,
                ")) > 0)");
    return all;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool contains(const std::string& text, const std::string& part) {
    return std::ranges::search(text, part, {}, lower, lower).begin() != text.end();
}

// One of these members of the payload is one of the ids.
bool names(const nlohmann::json& payload, const std::vector<std::string>& ids,
           std::initializer_list<const char*> members) {
    return std::ranges::any_of(members, [&](const char* member) {
        const auto found = payload.find(member);
        return found != payload.end() && found->is_string() &&
               std::ranges::find(ids, found->get_ref<const std::string&>()) != ids.end();
    });
}

}  // namespace

std::optional<StreamName> parse_stream(std::string_view text) {
    const std::size_t slash = text.find('/');
    StreamName stream{std::string(text.substr(0, slash)), std::nullopt};
    if (stream.type.empty()) return std::nullopt;
    if (slash == std::string_view::npos) return stream;
    std::uint64_t id{};
    const char* end = text.data() + text.size();
    const auto [last, error] = std::from_chars(text.data() + slash + 1, end, id);
    if (error != std::errc{} || last != end || id > INT64_MAX) return std::nullopt;
    stream.id = id;
    return stream;
}

bool EventFilter::matches(const LogEvent& event) const {
    if (!types.empty() && std::ranges::find(types, event.event_type) == types.end()) return false;
    const auto is_of = [&event](const StreamName& stream) {
        return stream.type == event.stream_type && (!stream.id || *stream.id == event.stream_id);
    };
    if (!streams.empty() && std::ranges::none_of(streams, is_of)) return false;
    if (actor && *actor != event.actor) return false;
    if (accounts.empty() && !order && text.empty()) return true;
    const auto payload = nlohmann::json::parse(event.payload);
    if (!accounts.empty() && !names(payload, accounts, {"account", "maker_account", "taker_account"})) return false;
    if (order && !names(payload, {*order}, {"order", "maker_order", "taker_order"})) return false;
    return text.empty() || std::ranges::any_of(payload, [this](const nlohmann::json& value) {
               return contains(value.is_string() ? value.get<std::string>() : value.dump(), text);
           });
}

LogResult<EventSeq> EventLog::last_seq() {
    auto now = extent();
    if (!now) return std::unexpected(now.error());
    return now->last;
}

LogResult<EventLog::Extent> EventLog::extent() {
    // In one statement: retention may move complete_from at any moment.
    auto rows = connection_.prepared(
        "SELECT h.last_seq, e.complete_from, s.checkpoint FROM eventstore.head h, log.extent e, projections.status s "
        "WHERE e.table_name = 'events' AND s.name = 'events'",
        {});
    if (!rows) return std::unexpected(from(rows.error()));
    if (rows->size() != 1)
        return std::unexpected(EventLogError{EventLogError::Kind::Unavailable, "the database has no log: migrate up"});
    const auto at = [&rows](int column) { return static_cast<EventSeq>(rows->integer(0, column)); };
    return Extent{at(0), at(1), at(2)};
}

LogResult<EventLog::Page> EventLog::page(EventSeq after, EventSeq upto, const EventFilter& filter, std::size_t limit) {
    auto now = extent();
    if (!now) return std::unexpected(now.error());
    const EventSeq next = after + 1;
    if (next < now->table_from) upto = std::min(upto, now->table_from - 1);
    if (next < now->table_from || next > now->table_to) return page_of_journal(after, upto, filter, limit);
    auto page = page_of_table(after, std::min(upto, now->table_to), filter, limit);
    if (!page) return page;
    // A partition that was dropped meanwhile took its rows along: the journal has them.
    const auto later = extent();
    if (!later) return std::unexpected(later.error());
    if (later->table_from <= next) return page;
    return page_of_journal(after, std::min(upto, later->table_from - 1), filter, limit);
}

LogResult<EventLog::Page> EventLog::page_of_table(EventSeq after, EventSeq upto, const EventFilter& filter,
                                                  std::size_t limit) {
    // The events of one stream are found by its index, wherever they are.
    const bool by_stream = filter.streams.size() == 1 && filter.streams.front().id;
    if (!by_stream) upto = std::min(upto, after + kTableRange);
    const Where filtered = where(after, upto, filter);
    auto rows = connection_.query(R"(
SELECT event_seq, stream_type, stream_id, stream_version, event_type, schema_version, payload,
       metadata->>'command_type', command_id, correlation_id, actor,
       record_format.time_text((extract(epoch FROM occurred_at) * 1000000)::bigint)
  FROM log.events WHERE true)" + filtered.sql() + " ORDER BY event_seq LIMIT " + std::to_string(limit),
                                  filtered.params());
    if (!rows) return std::unexpected(from(rows.error()));
    Page page{.events = {}, .looked_until = upto};
    page.events.reserve(static_cast<std::size_t>(rows->size()));
    for (int row = 0; row < rows->size(); ++row) page.events.push_back(event_at(*rows, row));
    if (page.events.size() == limit) page.looked_until = page.events.back().event_seq;
    return page;
}

LogResult<EventLog::Page> EventLog::page_of_journal(EventSeq after, EventSeq upto, const EventFilter& filter,
                                                    std::size_t limit) {
    upto = std::min(upto, after + kJournalRange);
    auto blocks = blocks_at(after + 1, upto - after);
    if (!blocks) return std::unexpected(blocks.error());
    Page page{.events = {}, .looked_until = after};
    each_event(*blocks, [&](const eventstore::CommandRecord& command, const engine::Event& event) {
        if (event.seq <= after) return true;
        if (event.seq > upto || page.events.size() == limit) return false;
        page.looked_until = event.seq;
        LogEvent row = event_of(command, event);
        if (filter.matches(row)) page.events.push_back(std::move(row));
        return true;
    });
    return page;
}

LogResult<std::vector<projections::Batch>> EventLog::blocks_at(EventSeq seq, EventSeq events) {
    auto first = connection_.prepared("SELECT eventstore.first_seq_of_block($1::bigint)", {seq});
    if (!first) return std::unexpected(from(first.error()));
    const auto before = static_cast<EventSeq>(first->integer(0, 0)) - 1;
    auto range = projections::read_journal(connection_, before, seq - before + events);
    if (!range) return std::unexpected(from(range.error()));
    const bool reached = !range->batches.empty() && range->batches.back()->header.last_seq >= seq;
    if (reached) return std::move(range->batches);
    auto archived = connection_.prepared("SELECT eventstore.archived_in($1::bigint)", {seq});
    if (!archived) return std::unexpected(from(archived.error()));
    if (archived->size() == 1 && !archived->is_null(0, 0))
        return std::unexpected(EventLogError{
            EventLogError::Kind::NotThere, std::string(archived->text(0, 0)) + ": attach it, or begin behind it"});
    if (range->bad) return std::unexpected(from(*range->bad));
    return std::unexpected(EventLogError{EventLogError::Kind::NotThere,
                                         "event " + std::to_string(seq) + " is not in the log; `buttonwood events "
                                         "tail --no-follow` shows its end"});
}

LogResult<engine::Timestamp> EventLog::time_of(EventSeq seq) {
    auto rows = connection_.prepared(
        "SELECT (extract(epoch FROM occurred_at) * 1000000)::bigint FROM log.events WHERE event_seq = $1::bigint",
        {seq});
    if (!rows) return std::unexpected(from(rows.error()));
    if (rows->size() == 1) return engine::Timestamp{rows->integer(0, 0)};
    auto context = blocks_at(seq, 1);
    if (!context) return std::unexpected(context.error());
    engine::Timestamp time;
    each_event(*context, [&](const eventstore::CommandRecord&, const engine::Event& event) {
        time = event.time;
        return event.seq < seq;
    });
    return time;
}

LogResult<EventSeq> EventLog::first_since(engine::Timestamp time) {
    auto last = last_seq();
    if (!last) return last;
    EventSeq first = 1;
    for (EventSeq end = *last + 1; first < end;) {
        const EventSeq middle = first + (end - first) / 2;
        auto then = time_of(middle);
        if (!then) return std::unexpected(then.error());
        if (*then < time) first = middle + 1;
        else end = middle;
    }
    return first;
}

LogResult<EventSeq> EventLog::first_of_order(std::uint64_t order) {
    auto rows = connection_.query(
        "SELECT coalesce((SELECT event_seq FROM log.events WHERE stream_type = 'order' AND stream_id = $1::bigint AND "
        "stream_version = 1), 1)",
        {order});
    if (!rows) return std::unexpected(from(rows.error()));
    return static_cast<EventSeq>(rows->integer(0, 0));
}

LogResult<EventLog::Context> EventLog::context_of(EventSeq seq) {
    auto blocks = blocks_at(seq, 1);
    if (!blocks) return std::unexpected(blocks.error());
    Context context;
    each_event(*blocks, [&](const eventstore::CommandRecord& command, const engine::Event& event) {
        if (command.first_seq > seq || seq >= command.first_seq + command.event_count) return event.seq < seq;
        context.command = command_of(command);
        context.events.push_back(event_of(command, event));
        return true;
    });
    auto versions = connection_.query(
        "SELECT event_seq, stream_version FROM log.events WHERE event_seq BETWEEN $1::bigint AND $2::bigint",
        {context.events.front().event_seq, context.events.back().event_seq});
    if (!versions) return std::unexpected(from(versions.error()));
    for (int row = 0; row < versions->size(); ++row) {
        const auto place = static_cast<EventSeq>(versions->integer(row, 0)) - context.events.front().event_seq;
        context.events[place].stream_version = versions->integer(row, 1);
    }
    return context;
}

}  // namespace buttonwood::api
