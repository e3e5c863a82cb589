// The journal: the truth. One block = everything decided since the last flush = one row = one synchronous commit.
//
// A writer owns an epoch. It appends blocks one at a time, each naming the event that must be the last one stored; the
// store compares (epoch, last event) and refuses the block of a writer whose epoch is over: Fenced, stop at once.
//
//     fence() ──▶ Head{epoch, last_seq, hash} ──▶ read(0) … ──▶ append(block) … append(block)
//                     ▲                                              │ InDoubt / Unavailable
//                     └──────────────────────────────────────────────┘ fence first, only then look (R3)
#pragma once

#include "engine/events.hpp"

#include <expected>
#include <functional>
#include <span>
#include <string>

namespace buttonwood::eventstore {

using Hash = engine::Sha256;

// Named by what the caller must do.
enum class StoreError : std::uint8_t {
    Unavailable,  // nothing was written; the store cannot be reached or refuses: try again later
    InDoubt,      // the write may or may not be there: fence, then read the tail, then decide
    Fenced,       // another writer took over: stop writing for ever
    Corrupt,      // what is stored contradicts itself: stop, call an operator
};
[[nodiscard]] std::string_view name_of(StoreError error);

inline constexpr std::uint16_t kFormatVersion = 1;

struct BlockHeader {
    engine::EventSeq first_seq{};
    engine::EventSeq last_seq{};   // >= first_seq: every command has at least one event
    std::uint32_t epoch{};
    engine::Timestamp committed_at;  // when the writer sealed the block
    std::uint32_t event_count{};
    std::uint32_t command_count{};
    std::uint16_t format_version = kFormatVersion;
};

struct Block {
    BlockHeader header;
    std::string payload;  // codec.hpp
    Hash hash{};          // seal()
};

// SHA-256(previous hash | header fields in order, little-endian | payload). The chain starts from 32 zero bytes.
[[nodiscard]] Hash seal(const Hash& previous, const BlockHeader& header, std::string_view payload);
[[nodiscard]] std::string to_hex(const Hash& hash);

// The end of the log as one writer sees it.
struct Head {
    std::uint32_t epoch{};
    engine::EventSeq last_seq{};  // 0 = empty
    Hash hash{};
};

// One writer's view of the store. Thread safety: one thread at a time.
class Journal {
public:
    virtual ~Journal() = default;

    // Takes the log over: epoch + 1, written synchronously and acknowledged without a warning; reconnects if needed.
    // From then on no older writer can append. Errors: Unavailable (try again), Corrupt, Fenced (another writer took
    // over since this one's first fence: two servers must not pull the log back and forth).
    [[nodiscard]] virtual std::expected<Head, StoreError> fence() = 0;

    // Writes one block durably. REQUIRES: header.first_seq == last stored + 1, header.epoch == the fenced one.
    // A warning on the commit is InDoubt, never an acknowledgement (R2). Never cancels a commit that is under way (R4).
    [[nodiscard]] virtual std::expected<void, StoreError> append(const Block& block) = 0;

    // For a writer with nothing to write, about once a second: is the store still there, still safe, still ours?
    // Errors: Unavailable (fence before the next append), Fenced. A store that cannot go away needs none of it.
    [[nodiscard]] virtual std::expected<void, StoreError> check() { return {}; }

    // Calls sink with every block that holds an event after `after`, in order, to the end or until sink returns false.
    using Sink = std::function<bool(const Block&)>;
    [[nodiscard]] virtual std::expected<void, StoreError> read(engine::EventSeq after, const Sink& sink) = 0;
};

}  // namespace buttonwood::eventstore
