// Blocks that follow each other, for tests of the journal.
#pragma once

#include "eventstore/journal.hpp"

#include <string>

namespace buttonwood::test {

// Seals one block after another from a head on.
class BlockChain {
public:
    explicit BlockChain(const eventstore::Head& head) : head_(head) {}

    eventstore::Block next(std::uint32_t events, std::string payload) {
        eventstore::Block block;
        block.header.first_seq = head_.last_seq + 1;
        block.header.last_seq = head_.last_seq + events;
        block.header.epoch = head_.epoch;
        block.header.committed_at.us = 1'795'195'523'348'123 + static_cast<std::int64_t>(head_.last_seq);
        block.header.event_count = events;
        block.header.command_count = 1;
        block.payload = std::move(payload);
        block.hash = eventstore::seal(head_.hash, block.header, block.payload);
        head_.last_seq = block.header.last_seq;
        head_.hash = block.hash;
        return block;
    }

private:
    eventstore::Head head_;
};

inline bool same(const eventstore::Block& a, const eventstore::Block& b) {
    const eventstore::BlockHeader& x = a.header;
    const eventstore::BlockHeader& y = b.header;
    return x.first_seq == y.first_seq && x.last_seq == y.last_seq && x.epoch == y.epoch &&
           x.committed_at == y.committed_at && x.event_count == y.event_count && x.command_count == y.command_count &&
           x.format_version == y.format_version && a.payload == b.payload && a.hash == b.hash;
}

}  // namespace buttonwood::test
