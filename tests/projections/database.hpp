// A database with a journal and read models, as the tests of projections want it.
#pragma once

#include "eventstore/codec.hpp"
#include "eventstore/database.hpp"
#include "eventstore/journal.hpp"
#include "projections/projection.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <vector>

namespace buttonwood::projections::test {

// The value of an expected, or the failure of the test with its message.
template <class T>
T must(std::expected<T, eventstore::DbError> outcome) {
    if (!outcome) FAIL(outcome.error().sqlstate << " " << outcome.error().message);
    if constexpr (!std::is_void_v<T>) return std::move(*outcome);
}

[[nodiscard]] eventstore::Connection connect(const std::string& conninfo);
// The first column of the first row.
[[nodiscard]] std::string value(eventstore::Connection& connection, const std::string& sql);
// Every row of a table as text, sorted.
[[nodiscard]] std::vector<std::string> rows_of(eventstore::Connection& connection, std::string_view table);

// Commands [first, last) of a log, with their events, as one batch.
[[nodiscard]] eventstore::Records slice(const eventstore::Records& log, std::size_t first, std::size_t last);

// Applies a batch as a worker does, but for the checkpoint.
void apply(Projection& projection, const eventstore::Records& batch, eventstore::Connection& connection);

// Writes commands to the journal of a database, as blocks.
class LogWriter {
public:
    explicit LogWriter(const std::string& conninfo);
    ~LogWriter();
    // One block. Returns its last event.
    engine::EventSeq append(const eventstore::Records& records);
    // A block whose payload is not records; it claims this many events.
    engine::EventSeq append_damaged(std::uint32_t events);

private:
    engine::EventSeq append(std::string payload, std::size_t events, std::size_t commands);

    std::unique_ptr<eventstore::Journal> journal_;
    eventstore::Head head_;
};

}  // namespace buttonwood::projections::test
