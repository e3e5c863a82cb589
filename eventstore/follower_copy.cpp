#include "eventstore/follower_copy.hpp"

#include "engine/assert.hpp"

#include <utility>

namespace buttonwood::eventstore {

std::optional<Finding> FollowerCopy::follow(const DurableBatch& batch) {
    BUTTONWOOD_ASSERT(batch.header.first_seq == at_.head.last_seq + 1);
    if (auto parted = redecider_.decide(batch.records)) return parted;
    for (SnapshotPart* part : parts_) part->apply(batch);
    digests_compared_ += batch.records.digests.size();
    const engine::CommandHeader& last = batch.records.commands.back().header;
    at_ = {{batch.header.epoch, batch.header.last_seq, batch.hash}, batch.header.committed_at, last.seq, last.time};
    return std::nullopt;
}

std::optional<Finding> FollowerCopy::follow(const Block& block) {
    ExaminedBlock examined = examine(at_.head.hash, block);
    Succession succession(at_);
    if (auto broken = succession.follow(examined)) return broken;
    std::vector<Ticket> nobody(examined.records.commands.size(), Ticket{0});
    return follow(DurableBatch{std::move(examined.records), std::move(nobody), block.header, block.hash});
}

}  // namespace buttonwood::eventstore
