#include "tests/projections/database.hpp"

#include "eventstore/pg_journal.hpp"

namespace buttonwood::projections::test {

using engine::EventSeq;
using eventstore::Connection;
using eventstore::Records;

Connection connect(const std::string& conninfo) {
    Connection connection = must(Connection::open(conninfo, "buttonwood-tests"));
    must(connection.execute("SET synchronous_commit = off"));
    return connection;
}

std::string value(Connection& connection, const std::string& sql) {
    const auto rows = must(connection.query(sql));
    REQUIRE(rows.size() > 0);
    return std::string(rows.text(0, 0));
}

std::vector<std::string> rows_of(Connection& connection, std::string_view table) {
    const auto rows = must(connection.query("SELECT t::text FROM " + std::string(table) + " t ORDER BY 1"));
    std::vector<std::string> all;
    for (int row = 0; row < rows.size(); ++row) all.emplace_back(rows.text(row, 0));
    return all;
}

Records slice(const Records& log, std::size_t first, std::size_t last) {
    Records part;
    for (std::size_t i = first; i < last; ++i) {
        const eventstore::CommandRecord& command = log.commands[i];
        part.commands.push_back(command);
        const auto begin = log.events.begin() + static_cast<std::ptrdiff_t>(command.first_seq - 1);
        part.events.insert(part.events.end(), begin, begin + command.event_count);
    }
    return part;
}

void apply(Projection& projection, const Records& batch, Connection& connection) {
    auto transaction = must(eventstore::Transaction::begin(connection));
    must(enter_schema(projection, connection));
    must(projection.apply(batch, connection));
    must(transaction.commit());
}

LogWriter::LogWriter(const std::string& conninfo)
    : journal_(eventstore::make_pg_journal({.conninfo = conninfo, .application_name = "buttonwood-tests"})) {
    const auto head = journal_->fence();
    REQUIRE(head.has_value());
    head_ = *head;
}

LogWriter::~LogWriter() = default;

EventSeq LogWriter::append(const Records& records) {
    std::string payload;
    std::size_t at = 0;
    for (const eventstore::CommandRecord& command : records.commands) {
        eventstore::encode(command, std::span(records.events).subspan(at, command.event_count), payload);
        at += command.event_count;
    }
    return append(std::move(payload), records.events.size(), records.commands.size());
}

EventSeq LogWriter::append_damaged(std::uint32_t events) { return append("no records", events, 1); }

EventSeq LogWriter::append(std::string payload, std::size_t events, std::size_t commands) {
    eventstore::Block block;
    block.header.first_seq = head_.last_seq + 1;
    block.header.last_seq = head_.last_seq + events;
    block.header.epoch = head_.epoch;
    block.header.committed_at.us = 1'798'761'000'000'000;
    block.header.event_count = static_cast<std::uint32_t>(events);
    block.header.command_count = static_cast<std::uint32_t>(commands);
    block.payload = std::move(payload);
    block.hash = eventstore::seal(head_.hash, block.header, block.payload);
    const auto appended = journal_->append(block);
    REQUIRE(appended.has_value());
    head_.last_seq = block.header.last_seq;
    head_.hash = block.hash;
    return head_.last_seq;
}

}  // namespace buttonwood::projections::test
