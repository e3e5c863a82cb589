// commands -> log.commands: row per command, in JSON. Rows are only added, so a batch is one COPY.
#include "projections/factories.hpp"
#include "projections/log_retention.hpp"
#include "projections/table_writer.hpp"

#include "engine/reject_reason.hpp"
#include "eventstore/record_json.hpp"

namespace buttonwood::projections {
namespace {

class CommandsProjection final : public Projection {
public:
    std::string_view name() const override { return "commands"; }
    std::string_view schema() const override { return "log"; }
    std::vector<std::string_view> tables() const override { return {"commands"}; }

    Result apply(const eventstore::Records& batch, eventstore::Connection& connection) override {
        if (batch.commands.empty()) return {};
        if (auto made = ensure_partitions(batch.commands.back().header.seq, connection); !made) return made;
        for (const eventstore::CommandRecord& record : batch.commands) {
            if (record.header.seq < complete_from_) continue;  // retention let it go
            const bool accepted = record.outcome == engine::RejectReason::None;
            writer_.insert(record.header.seq, eventstore::type_name(record.command),
                           json_.of(record.command), record.header.actor,
                           unless_empty(record.header.request_id), record.header.time,
                           accepted ? std::string_view("accepted") : engine::code_of(record.outcome), record.first_seq,
                           record.event_count);
        }
        return writer_.flush(connection);
    }
    void reset() override {
        writer_.clear();
        partitioned_until_ = 0;
    }

private:
    Result ensure_partitions(engine::CommandSeq last, eventstore::Connection& connection) {
        if (last < partitioned_until_) return {};
        auto extent = ensure_log_partitions(connection, "commands", last);
        if (!extent) return std::unexpected(extent.error());
        complete_from_ = extent->complete_from;
        partitioned_until_ = extent->ask_again_at;
        return {};
    }

    eventstore::JsonbText json_;
    engine::CommandSeq complete_from_{};
    engine::CommandSeq partitioned_until_{};
    TableWriter writer_{"commands",
                        {{"command_seq", "bigint", ColumnUse::Key},
                         {"command_type", "text", ColumnUse::Fixed},
                         {"payload", "jsonb", ColumnUse::Fixed},
                         {"actor", "bigint", ColumnUse::Fixed},
                         {"request_id", "text", ColumnUse::Fixed},
                         {"occurred_at", "timestamptz", ColumnUse::Fixed},
                         {"outcome", "text", ColumnUse::Fixed},
                         {"first_event_seq", "bigint", ColumnUse::Fixed},
                         {"event_count", "integer", ColumnUse::Fixed}}};
};

}  // namespace

std::unique_ptr<Projection> make_commands() { return std::make_unique<CommandsProjection>(); }

}  // namespace buttonwood::projections
