#include "projections/journal_reader.hpp"

#include "eventstore/pg_journal_reader.hpp"

namespace buttonwood::projections {

using engine::EventSeq;
using eventstore::DurableBatch;
using eventstore::Rows;

namespace {

// Starts from the next block there is, wherever it begins: a hole is found, not waited for.
constexpr const char* kBlocks = R"(
SELECT first_seq, last_seq, event_count, format_version, payload FROM eventstore.journal
 WHERE first_seq > $1::bigint
   AND first_seq < (SELECT min(first_seq) FROM eventstore.journal WHERE first_seq > $1::bigint) + $2::bigint
 ORDER BY first_seq)";

std::expected<Batch, BadBlock> batch_at(const Rows& rows, int row, EventSeq expected_seq) {
    const auto first_seq = static_cast<EventSeq>(rows.integer(row, 0));
    if (first_seq != expected_seq)
        return std::unexpected(BadBlock{expected_seq, "the journal has no block that starts with event " +
                                                          std::to_string(expected_seq) + ", the next starts with " +
                                                          std::to_string(first_seq)});
    if (rows.integer(row, 3) != eventstore::kFormatVersion)
        return std::unexpected(BadBlock{
            first_seq, "format version " + std::to_string(rows.integer(row, 3)) + " is unknown to this program"});
    auto batch = std::make_shared<DurableBatch>();
    auto records = eventstore::decode(rows.bytes(row, 4), first_seq);
    if (!records)
        return std::unexpected(BadBlock{first_seq, "damaged record at byte " + std::to_string(records.error().offset) +
                                                       " of the payload: " + records.error().what});
    batch->records = std::move(*records);
    batch->header.first_seq = first_seq;
    batch->header.last_seq = static_cast<EventSeq>(rows.integer(row, 1));
    batch->header.event_count = static_cast<std::uint32_t>(rows.integer(row, 2));
    if (batch->records.events.size() != batch->header.event_count)
        return std::unexpected(BadBlock{first_seq, "the payload does not hold the number of events the block claims"});
    return batch;
}

}  // namespace

std::expected<JournalRange, eventstore::DbError> read_journal(eventstore::Connection& connection, EventSeq after,
                                                              EventSeq max_events) {
    const eventstore::Param params[] = {after, max_events};
    auto rows = connection.prepared_binary(kBlocks, params);
    if (!rows) return std::unexpected(rows.error());
    JournalRange range;
    EventSeq expected_seq = after + 1;
    for (int row = 0; row < rows->size(); ++row) {
        auto batch = batch_at(*rows, row, expected_seq);
        if (!batch) {
            range.bad = std::move(batch).error();
            if (std::string where = eventstore::where_archived(connection, expected_seq);
                range.bad->seq == expected_seq && !where.empty())
                range.bad->what = std::move(where);
            break;
        }
        expected_seq = (*batch)->header.last_seq + 1;
        range.batches.push_back(std::move(*batch));
    }
    return range;
}

eventstore::Records joined(std::span<const Batch> batches) {
    eventstore::Records all;
    std::size_t commands = 0, events = 0;
    for (const Batch& batch : batches) {
        commands += batch->records.commands.size();
        events += batch->records.events.size();
    }
    all.commands.reserve(commands);
    all.events.reserve(events);
    for (const Batch& batch : batches) {
        all.commands.insert(all.commands.end(), batch->records.commands.begin(), batch->records.commands.end());
        all.events.insert(all.events.end(), batch->records.events.begin(), batch->records.events.end());
    }
    return all;
}

}  // namespace buttonwood::projections
