// One block after another into a journal that may fail, stall or answer in doubt: rules R1 to R4 and R6.
//
//     append ── stored ───────────────────────────────────────────────────────────▶ durable
//        │ Unavailable, InDoubt                                                        ▲
//        ▼                                                                             │
//      fence (epoch + 1), then look at the tail:  our block is there ──────────────────┤
//        ▲   │                                    it is not: append it again ── stored ┘
//        │   └ Unavailable: wait, 10 to 250 ms          │ Unavailable, InDoubt
//        └──────────────────────────────────────────────┘      more at the tail: Fenced; less: Corrupt
//
// An answer of an older term cannot be taken for one of the current term: append() is synchronous, and the outcome of a
// failed one is only ever read from what a later fence found.
//
// A writer with nothing to write calls check() now and then: so an idle server learns as well that the store is away,
// unsafe, or another's, and is ready again before the next command comes.
// Thread safety: one thread owns a writer.
#pragma once

#include "eventstore/journal.hpp"

#include <chrono>
#include <expected>
#include <functional>
#include <memory>

namespace buttonwood::eventstore {

class LogWriter {
public:
    struct Hooks {
        std::function<engine::Timestamp()> now;
        // The store failed to take a block, or a check; it is tried again from now on.
        std::function<void(StoreError)> store_away;
        // Sleeps before the next attempt; false = give up.
        std::function<bool(std::chrono::milliseconds)> wait;
    };

    // head: what fence() returned and the log was read up to. committed_at: of its last block.
    LogWriter(std::unique_ptr<Journal> journal, const Head& head, engine::Timestamp committed_at, Hooks hooks)
        : journal_(std::move(journal)), head_(head), committed_at_(committed_at), hooks_(std::move(hooks)) {}

    // Makes block.payload durable, with the counts of block.header; fills in the rest of the block as it is stored.
    // Returns when it is durable, or Fenced, Corrupt, or Unavailable after wait() gave up: then it is unknown whether
    // the block is stored, and nothing may be written any more.
    [[nodiscard]] std::expected<void, StoreError> write(Block& block);

    // Returns when the store is there, safe and ours, fenced anew if it was not; errors as write(). Nothing is written.
    [[nodiscard]] std::expected<void, StoreError> check();

    // The end of the log, and the epoch that this writer holds.
    [[nodiscard]] const Head& head() const { return head_; }

private:
    using Outcome = std::expected<void, StoreError>;
    // `first`, and after a passing failure `again` until that succeeds, fails for good, or wait() gives up.
    Outcome persist(Outcome first, const std::function<Outcome()>& again);
    Outcome append(Block& block);
    Outcome renew();
    Outcome settle(Block& block);
    Outcome continue_at(const Head& found);
    Outcome confirm(Block& block, const Head& found);

    std::unique_ptr<Journal> journal_;
    Head head_;
    engine::Timestamp committed_at_;
    Hooks hooks_;
};

}  // namespace buttonwood::eventstore
