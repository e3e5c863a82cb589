// What one block of the journal must satisfy, and the event_seq to blame when it does not.
//
// Two parts, so that many threads can do the expensive one: examine() looks at a block alone and needs nothing of the
// blocks before it but one hash; Succession looks at how examined blocks follow each other and is almost free. The
// order in which the rules are applied is part of the contract (README, "Verify"), because the first rule that is
// broken decides which event_seq is named, and a second verifier in another language must name the same one:
//
//     place │ header │ records: frames, checksums, fields │ commands: numbers, times │ counts │ hash
#pragma once

#include "eventstore/codec.hpp"
#include "eventstore/journal.hpp"

#include <expected>
#include <optional>
#include <string>

namespace buttonwood::eventstore {

// Something that contradicts the rules of the log, and the first event that cannot be trusted because of it.
struct Finding {
    engine::EventSeq event_seq{};
    std::string what;  // one line
};

// A block and what can be said of it alone.
struct ExaminedBlock {
    Block block;
    Records records;                    // empty when bad_record is set
    std::optional<Finding> bad_record;  // the payload: frames, checksums, types, fields, pairing of commands and events
    std::optional<Finding> bad_seal;    // the header's counts against the records, then the hash
};

// previous: the stored hash of the block before. Thread safety: pure; never throws on bad bytes. O(payload).
[[nodiscard]] ExaminedBlock examine(const Hash& previous, Block block);

// Where a log, or a part of it, has been verified up to.
struct VerifiedUpTo {
    Head head;
    engine::Timestamp committed_at;
    engine::CommandSeq last_command{};  // 0: of the next command only the time is compared with the one before it
    engine::Timestamp last_time;
};

// Takes examined blocks in the order of the log. Thread safety: one thread at a time.
class Succession {
public:
    // At the start of the log, or behind what was verified before.
    Succession() = default;
    explicit Succession(const VerifiedUpTo& behind) : at_(behind) {}

    // The first broken rule of this block, its own ones included; it then changes nothing. O(commands in the block).
    [[nodiscard]] std::optional<Finding> follow(const ExaminedBlock& examined);
    [[nodiscard]] const VerifiedUpTo& at() const { return at_; }

private:
    [[nodiscard]] std::optional<Finding> check_place(const BlockHeader& header) const;
    [[nodiscard]] std::optional<Finding> check_header(const BlockHeader& header) const;
    [[nodiscard]] std::optional<Finding> check_commands(const Records& records, VerifiedUpTo& next) const;

    VerifiedUpTo at_;
};

// "event 7", "events 7 to 9".
[[nodiscard]] std::string events_in_words(engine::EventSeq first, engine::EventSeq last);

}  // namespace buttonwood::eventstore
