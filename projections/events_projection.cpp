// events -> log.events: row per event, in JSON, numbered within its stream; log.streams keeps the newest numbers.
#include "projections/factories.hpp"
#include "projections/log_retention.hpp"
#include "projections/row_cache.hpp"
#include "projections/table_writer.hpp"

#include "eventstore/record_json.hpp"

namespace buttonwood::projections {
namespace {

using eventstore::CommandRecord;
using eventstore::Connection;

struct StreamKey {
    std::string type;  // short enough to live in place
    std::uint64_t id{};
    friend bool operator==(const StreamKey&, const StreamKey&) = default;
};
struct StreamKeyHash {
    std::size_t operator()(const StreamKey& key) const {
        return std::hash<std::string>{}(key.type) * 31 + std::hash<std::uint64_t>{}(key.id);
    }
};
StreamKey key_of(const engine::Event& event) {
    const auto [type, id] = eventstore::stream_of(event);
    return {std::string(type), id};
}

// Is it always the first event of its stream? Then there is no number to look up; were it ever wrong, the primary key
// of log.streams would say so.
bool opens_stream(const engine::EventBody& body) {
    using namespace engine;
    return std::holds_alternative<UserRegistered>(body) || std::holds_alternative<AccountOpened>(body) ||
           std::holds_alternative<SecurityCreated>(body) || std::holds_alternative<OrderAccepted>(body) ||
           std::holds_alternative<TradeExecuted>(body) || std::holds_alternative<CommandRejected>(body);
}

class EventsProjection final : public Projection {
public:
    std::string_view name() const override { return "events"; }
    std::string_view schema() const override { return "log"; }
    std::vector<std::string_view> tables() const override { return {"events", "streams"}; }

    Result apply(const eventstore::Records& batch, Connection& connection) override {
        if (batch.events.empty()) return {};
        if (auto made = ensure_partitions(batch, connection); !made) return made;
        if (auto loaded = load_streams(batch, connection); !loaded) return loaded;
        auto event = batch.events.begin();
        for (const CommandRecord& command : batch.commands)
            for (std::uint32_t i = 0; i < command.event_count; ++i) add(command, *event++);
        streams_.flush([this](bool stored, const StreamKey& key,
                              int version) { stream_writer_.put(stored, key.type, key.id, version); },
                       [](const StreamKey&) {},
                       // A refusal is told in one event, a trade mostly.
                       [](const StreamKey& key, int) { return key.type != "trade" && key.type != "command"; });
        if (auto written = stream_writer_.flush(connection); !written) return written;
        return event_writer_.flush(connection);
    }

    void reset() override {
        streams_.clear();
        event_writer_.clear();
        stream_writer_.clear();
        partitioned_until_ = 0;
    }

private:
    Result ensure_partitions(const eventstore::Records& batch, Connection& connection) {
        if (batch.events.back().seq < partitioned_until_) return {};
        auto extent = ensure_log_partitions(connection, "events", batch.events.back().seq);
        if (!extent) return std::unexpected(extent.error());
        complete_from_ = extent->complete_from;
        partitioned_until_ = extent->ask_again_at;
        return {};
    }

    Result load_streams(const eventstore::Records& batch, Connection& connection) {
        std::vector<StreamKey> wanted;
        for (const engine::Event& event : batch.events) {
            StreamKey key = key_of(event);
            if (streams_.knows(key)) continue;
            if (!opens_stream(event.body)) wanted.push_back(key);
            streams_.create(key, 0);
        }
        if (wanted.empty()) return {};
        auto rows = connection.prepared(
            "SELECT s.stream_type, s.stream_id, s.version FROM streams s "
            "JOIN unnest($1::text[], $2::bigint[]) AS k(stream_type, stream_id) "
            "USING (stream_type, stream_id)",
            {array_of(wanted, &StreamKey::type), array_of(wanted, &StreamKey::id)});
        if (!rows) return std::unexpected(rows.error());
        for (int row = 0; row < rows->size(); ++row)
            streams_.load({std::string(rows->text(row, 0)), static_cast<std::uint64_t>(rows->integer(row, 1))},
                          static_cast<int>(rows->integer(row, 2)));
        return {};
    }

    void add(const CommandRecord& command, const engine::Event& event) {
        const StreamKey key = key_of(event);
        const int version = ++*streams_.change(key);
        if (event.seq < complete_from_) return;  // retention let it go: only its stream's version counts
        std::string metadata = "{\"command_type\":\"";
        metadata += eventstore::type_name(command.command);
        metadata += "\"}";
        event_writer_.insert(event.seq, key.type, key.id, version, eventstore::type_name(event.body),
                             eventstore::newest_version(event.body), json_.of(event.body), metadata,
                             event.command,
                             unless_empty(command.header.request_id), event.command, command.header.actor, event.time);
    }

    RowCache<StreamKey, int, StreamKeyHash> streams_;
    eventstore::JsonbText json_;
    engine::EventSeq complete_from_{};
    engine::EventSeq partitioned_until_{};
    TableWriter event_writer_{"events",
                              {{"event_seq", "bigint", ColumnUse::Key},
                               {"stream_type", "text", ColumnUse::Fixed},
                               {"stream_id", "bigint", ColumnUse::Fixed},
                               {"stream_version", "integer", ColumnUse::Fixed},
                               {"event_type", "text", ColumnUse::Fixed},
                               {"schema_version", "smallint", ColumnUse::Fixed},
                               {"payload", "jsonb", ColumnUse::Fixed},
                               {"metadata", "jsonb", ColumnUse::Fixed},
                               {"command_id", "bigint", ColumnUse::Fixed},
                               {"correlation_id", "text", ColumnUse::Fixed},
                               {"causation_id", "bigint", ColumnUse::Fixed},
                               {"actor", "bigint", ColumnUse::Fixed},
                               {"occurred_at", "timestamptz", ColumnUse::Fixed}}};
    TableWriter stream_writer_{"streams",
                               {{"stream_type", "text", ColumnUse::Key},
                                {"stream_id", "bigint", ColumnUse::Key},
                                {"version", "integer", ColumnUse::Changing}}};
};

}  // namespace

std::unique_ptr<Projection> make_events() { return std::make_unique<EventsProjection>(); }

}  // namespace buttonwood::projections
