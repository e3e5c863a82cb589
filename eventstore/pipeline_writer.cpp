#include "eventstore/pipeline_writer.hpp"

#include "engine/assert.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace buttonwood::eventstore {
namespace {

constexpr std::chrono::milliseconds kFirstRetryDelay{10};
constexpr std::chrono::milliseconds kLongestRetryDelay{250};  // service resumes within two seconds (P09)

// Will it pass by waiting, or is this writer at its end?
bool is_passing(StoreError error) { return error == StoreError::Unavailable || error == StoreError::InDoubt; }

}  // namespace

LogWriter::Outcome LogWriter::write(Block& block) {
    BUTTONWOOD_ASSERT(block.header.event_count > 0 && block.header.command_count > 0);
    block.header.first_seq = head_.last_seq + 1;
    block.header.last_seq = head_.last_seq + block.header.event_count;
    return persist(append(block), [this, &block] { return settle(block); });
}

LogWriter::Outcome LogWriter::check() {
    return persist(journal_->check(), [this] { return renew(); });
}

LogWriter::Outcome LogWriter::persist(Outcome first, const std::function<Outcome()>& again) {
    if (first || !is_passing(first.error())) return first;
    hooks_.store_away(first.error());
    for (auto delay = kFirstRetryDelay;; delay = std::min(2 * delay, kLongestRetryDelay)) {
        Outcome outcome = again();
        if (outcome || !is_passing(outcome.error())) return outcome;
        if (!hooks_.wait(delay)) return std::unexpected(StoreError::Unavailable);
    }
}

// Seals the block on the head of the current term and sends it.
LogWriter::Outcome LogWriter::append(Block& block) {
    block.header.epoch = head_.epoch;
    block.header.committed_at = std::max(committed_at_, hooks_.now());
    block.hash = seal(head_.hash, block.header, block.payload);
    Outcome outcome = journal_->append(block);
    if (!outcome) return outcome;
    head_.last_seq = block.header.last_seq;
    head_.hash = block.hash;
    committed_at_ = block.header.committed_at;
    return {};
}

// A new term on the same log. Nothing is in doubt: the log must end where it did.
LogWriter::Outcome LogWriter::renew() {
    const auto found = journal_->fence();
    if (!found) return std::unexpected(found.error());
    if (found->epoch <= head_.epoch) return std::unexpected(StoreError::Corrupt);
    return continue_at(*found);
}

// Finds out what became of the block, and sends it again if it is not stored.
LogWriter::Outcome LogWriter::settle(Block& block) {
    const auto found = journal_->fence();
    if (!found) return std::unexpected(found.error());
    if (found->epoch <= head_.epoch) return std::unexpected(StoreError::Corrupt);
    if (found->last_seq == block.header.last_seq) return confirm(block, *found);
    if (const Outcome continued = continue_at(*found); !continued) return continued;
    return append(block);
}

// The new term begins where the last one ended.
LogWriter::Outcome LogWriter::continue_at(const Head& found) {
    if (found.last_seq > head_.last_seq) return std::unexpected(StoreError::Fenced);
    // A log that ends before what was acknowledged has lost it, or is not ours.
    if (found.last_seq < head_.last_seq || found.hash != head_.hash) return std::unexpected(StoreError::Corrupt);
    head_.epoch = found.epoch;
    return {};
}

// The log ends where our block would end: is it ours? An earlier attempt may have stored it, under an earlier epoch.
LogWriter::Outcome LogWriter::confirm(Block& block, const Head& found) {
    std::optional<Block> stored;
    const auto read = journal_->read(head_.last_seq, [&stored](const Block& tail) {
        stored = tail;
        return false;
    });
    if (!read) return read;
    if (!stored || stored->header.first_seq != block.header.first_seq || stored->payload != block.payload)
        return std::unexpected(StoreError::Fenced);
    if (stored->header.last_seq != block.header.last_seq || stored->hash != found.hash ||
        stored->hash != seal(head_.hash, stored->header, stored->payload))
        return std::unexpected(StoreError::Corrupt);
    block = std::move(*stored);
    head_ = found;
    committed_at_ = block.header.committed_at;
    return {};
}

}  // namespace buttonwood::eventstore
