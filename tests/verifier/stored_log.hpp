// A log of random commands in a database, as a server would have stored it.
#pragma once

#include "eventstore/codec.hpp"
#include "eventstore/database.hpp"
#include "eventstore/journal.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace buttonwood::test {

struct LogShape {
    bool digests = true;  // of the state, as pipelines write them
    bool crowd = false;   // ends with more orders than one command can cancel
};
// The same arguments, the same blocks: a random market's commands in blocks of random sizes, under writers that change
// now and then.
[[nodiscard]] std::vector<eventstore::Block> random_blocks(std::uint64_t seed, int commands, LogShape shape = {});

// Seals records as one block behind `head`, and moves it.
[[nodiscard]] eventstore::Block block_of(const eventstore::Records& records, eventstore::Head& head,
                                         engine::Timestamp committed_at);

// Fills an empty journal; partitions hold that many events each.
void store(eventstore::Connection& connection, const std::vector<eventstore::Block>& blocks,
           std::int64_t events_per_partition = 10'000'000);

// Fails the test on an error.
eventstore::Rows run(eventstore::Connection& connection, const std::string& sql,
                     std::initializer_list<eventstore::Param> params = {});
[[nodiscard]] eventstore::Connection connect(const std::string& conninfo);

}  // namespace buttonwood::test
