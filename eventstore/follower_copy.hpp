// What a follower follows with: an engine, the parts saved with it, and where in the log they stand.
// Thread safety: one thread at a time.
#pragma once

#include "eventstore/snapshot_store.hpp"
#include "eventstore/verify_redecide.hpp"

#include <expected>
#include <optional>
#include <string>

namespace buttonwood::eventstore {

class FollowerCopy {
public:
    // At the first event of the log. The parts outlive the copy and stand there too.
    explicit FollowerCopy(SnapshotParts parts) : parts_(parts) {}
    // From a loaded snapshot, into whose parts it was loaded.
    FollowerCopy(engine::Engine engine, const VerifiedUpTo& at, SnapshotParts parts)
        : redecider_(std::move(engine)), at_(at), parts_(parts) {}

    // Decides the batch's commands again and folds the batch into the parts. Returns where the log and this copy part;
    // then the copy is of no use any more. REQUIRES: the batch follows at().
    [[nodiscard]] std::optional<Finding> follow(const DurableBatch& batch);
    // The same with a block as it is stored, which is checked against the chain first.
    [[nodiscard]] std::optional<Finding> follow(const Block& block);

    [[nodiscard]] const engine::Engine& engine() const { return redecider_.engine(); }
    [[nodiscard]] const VerifiedUpTo& at() const { return at_; }
    [[nodiscard]] engine::EventSeq event_seq() const { return at_.head.last_seq; }
    [[nodiscard]] SnapshotParts parts() const { return parts_; }
    [[nodiscard]] std::uint64_t digests_compared() const { return digests_compared_; }

private:
    Redecider redecider_;
    VerifiedUpTo at_;
    SnapshotParts parts_;
    std::uint64_t digests_compared_{};
};

}  // namespace buttonwood::eventstore
