// Reading the log back at start: every block is checked against the one before it, then applied.
#pragma once

#include "engine/engine.hpp"
#include "eventstore/codec.hpp"
#include "eventstore/journal.hpp"
#include "eventstore/pipeline.hpp"

#include <expected>
#include <string>

namespace buttonwood::eventstore {

// Walks a log, from its first block or from a place that was verified. check() takes the blocks in order; a block that
// it refuses changes nothing. Thread safety: one thread at a time.
class ChainChecker {
public:
    ChainChecker() = default;
    explicit ChainChecker(const VerifiedUpTo& from) : at_(from) {}

    // Is this the next block? Verifies the chain, that no event and no command is missing, that counts, epochs and
    // times agree, and decodes the payload. The error says in words what is wrong and where.
    [[nodiscard]] std::expected<Records, std::string> check(const Block& block);

    // What check() has accepted so far; all zero at the start of the log.
    [[nodiscard]] const Head& head() const { return at_.head; }
    [[nodiscard]] const VerifiedUpTo& at() const { return at_; }

private:
    VerifiedUpTo at_;
};

// Applies the log to an empty engine, from callbacks.restore() on or from its first block, and releases each block.
// Returns when the last block was sealed.
// Errors: Corrupt (alarm() has heard why), or what reading the journal gave.
[[nodiscard]] std::expected<engine::Timestamp, StoreError> replay(Journal& journal, const Head& head,
                                                                  engine::Engine& engine,
                                                                  const Pipeline::Callbacks& callbacks);

}  // namespace buttonwood::eventstore
