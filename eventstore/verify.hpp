// Is the stored log what it claims to be? Reads all of it, from archived files and the database, and names the first
// event that cannot be trusted.
//
//     LogSource ─ pieces ─▶ workers: load, checksums, decode, hash ─ in any order ─┐
//                                                                                 ▼ in the order of the log
//                                             caller's thread: succession, anchors, decide again, further checks
//
// The rules are verify_block.hpp's; the end is compared with eventstore.head. The server may run meanwhile: what it
// appends after the start is left for the next time. Memory: a few pieces of 4 MB per worker, and the engine's state.
#pragma once

#include "engine/state_hash.hpp"
#include "eventstore/verify_block.hpp"

#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

namespace buttonwood::eventstore {

// A hash of the chain that was kept where nobody who can write to the database can: the block that ends with `seq` has
// it, or the log was cut or rewritten as a whole.
struct Anchor {
    engine::EventSeq seq{};
    Hash hash{};
};

struct VerifyOptions {
    std::string conninfo;
    std::filesystem::path archives = {};  // directory of archived files; empty: they are left out
    engine::EventSeq from = 1;            // from the block with this event; with from > 1 nothing is decided again
    engine::EventSeq to = INT64_MAX;      // up to the block with this event; the head is compared without it only
    int jobs = 0;                         // workers; 0 = one per processor
    std::int64_t piece_blocks = 1'000;    // what a worker takes at a time
    bool redecide = true;
    std::vector<Anchor> anchors = {};
    std::filesystem::path state_file = {};  // goes on where the last verification with it ended; needs from == 1
    // On the calling thread, after each piece.
    std::function<void(engine::EventSeq done, engine::EventSeq total)> progress = {};
    // Further checks of what was found good, block by block on the calling thread.
    std::function<std::optional<Finding>(const std::shared_ptr<const ExaminedBlock>&)> also = {};
};

struct VerifyReport {
    std::optional<Finding> finding;  // empty: the log is good
    engine::EventSeq first_seq{};    // of the first block looked at
    VerifiedUpTo at;                 // the last good block
    std::uint64_t blocks{};
    std::uint64_t commands{};
    std::uint64_t events{};
    std::uint64_t payload_bytes{};
    std::string left_out;            // archived events that were not looked at, in words; empty: none
    std::optional<engine::StateHash> state_hash;  // after the last good block; empty: nothing was decided again
};

// With a state file: a good log's end is written to it; a log that no longer goes through the last one's end is bad.
// The error is one line: the log or the file could not be read, which says nothing about the log.
[[nodiscard]] std::expected<VerifyReport, std::string> verify(const VerifyOptions& options);

}  // namespace buttonwood::eventstore
