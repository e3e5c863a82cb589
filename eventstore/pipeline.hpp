// From a command to a durable fact: the one writer of the system.
//
//     submit() ─▶ bounded queue ─▶ ENGINE THREAD decide, apply ─▶ batch ─▶ JOURNAL THREAD one block, commit ─▶ release
//
// While one block is on its way the next batch grows; a flush starts when nothing is in flight and something waits.
// Nothing is released before it is durable. When the store does not answer, or answers in doubt, the journal thread
// fences (epoch + 1), reads the tail and either finds its block stored or appends the very same payload again; submit()
// refuses meanwhile, and service resumes by itself. Fenced: releases nothing more and reports once. With nothing to
// write it looks after the store once a second, so that all of this holds for an idle server too.
//
// The engine has no clock. Its thread submits engine::AdvanceClock (actor None, no request id, ticket 0) when the
// engine wants it: orders run out, halts and auctions end, and what a long command left goes on, with traffic and
// without. These are commands like any other: numbered, journaled, released. While the store is away only commands
// that were queued before bring one along.
//
// Thread safety: submit(), inspect(), status() from any thread. The callbacks run on the journal thread (released,
// stopped, alarm) and must not block; during start() they run on the caller's thread. wall_clock_us runs on both.
#pragma once

#include "engine/engine.hpp"
#include "eventstore/codec.hpp"
#include "eventstore/journal.hpp"
#include "eventstore/verify_block.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

namespace buttonwood::eventstore {

// Most commands that wait to be decided; beyond it submit() refuses with Full.
inline constexpr std::size_t kCommandQueueCapacity = 65'536;
// Most commands of one block; bounds the size of a row and the time of a commit.
inline constexpr std::size_t kMaxCommandsPerBlock = 8'192;
// After so many events the journal gets a digest, at the end of their last command, of what about the last
// kEventsDigested of them name: all of them would cost the engine thread as much as deciding.
inline constexpr std::size_t kEventsPerDigest = 256;
inline constexpr std::size_t kEventsDigested = 64;

// Carried from submit() to release untouched; what it means is the submitter's business. 0 = nobody waits.
using Ticket = std::uint64_t;

// What became durable with one block, in log order.
struct DurableBatch {
    Records records;
    std::vector<Ticket> tickets;  // one per command
    BlockHeader header;
    Hash hash{};                  // the block's, in the chain
};

// A state to start from, and where in the log it stands.
struct RestoredState {
    engine::Engine engine;
    VerifiedUpTo position;
};

enum class SubmitError : std::uint8_t {
    Full,         // overload: not executed, retry later
    StoreAway,    // the store is unreachable: not executed, retry later
    Stopped,      // fenced, stopping or not started: not executed
};

enum class PipelineState : std::uint8_t { Replaying, Running, StoreAway, Fenced, Stopped };
[[nodiscard]] std::string_view name_of(PipelineState state);

struct PipelineStatus {
    PipelineState state{};
    std::uint32_t epoch{};
    engine::EventSeq durable_seq{};
    std::size_t queued_commands{};
    std::uint64_t blocks{};        // committed by this process
    std::uint64_t store_outages{};
};

class Pipeline {
public:
    struct Callbacks {
        // Asked once by start(), after the fence: the state from which the replay goes on. Empty, or nullopt: from the
        // first event of the log. What is restored was checked, and is not newer than the log.
        std::function<std::optional<RestoredState>()> restore;
        // Every durable batch, in order, replayed ones first (their tickets are all 0). May be empty.
        std::function<void(std::shared_ptr<const DurableBatch>)> released;
        // Once, when the pipeline stops for good by itself: Fenced or Corrupt.
        std::function<void(StoreError)> stopped;
        // Microseconds since the epoch, UTC; the pipeline makes it monotonic. Must not call the pipeline. While
        // something is set to fall due it is asked at that time, and every 100 ms until then.
        std::function<std::int64_t()> wall_clock_us;
        // Replay: blocks done, last_seq so far of total. Called at most every 1,000 blocks. May be empty.
        std::function<void(engine::EventSeq done, engine::EventSeq total)> replay_progress;
        // One line for the operator's log: the store is away, is back, is corrupt and where. May be empty.
        std::function<void(const std::string&)> alarm;
    };
    struct Options {
        // How long the two threads stay awake, yielding to others, before they sleep; 0 = they sleep at once. About a
        // commit is worth it where processors are idle: waking one costs more than a commit's share of a thread.
        std::chrono::microseconds linger{};
    };

    // Fences the store, replays the journal through apply() (verifying chain, density and records) from the restored
    // state on, then opens the queue. Blocks until open. Errors: Unavailable (the store cannot be reached), Corrupt.
    [[nodiscard]] static std::expected<std::unique_ptr<Pipeline>, StoreError> start(std::unique_ptr<Journal> journal,
                                                                                    Callbacks callbacks,
                                                                                    Options options);
    [[nodiscard]] static std::expected<std::unique_ptr<Pipeline>, StoreError> start(std::unique_ptr<Journal> journal,
                                                                                    Callbacks callbacks) {
        return start(std::move(journal), std::move(callbacks), {});
    }
    // Refuses new commands, decides the queued ones, makes all durable, releases it, joins the threads. While the store
    // is away it waits two more seconds for it, then leaves unreleased what is not durable.
    ~Pipeline();

    // Queues one command; the engine thread numbers and stamps it. REQUIRES: a group has at most kMaxGroupLegs legs.
    [[nodiscard]] std::expected<void, SubmitError> submit(engine::UserId actor, const engine::RequestId& request_id,
                                                          engine::Command command, Ticket ticket);

    // Runs f on the engine thread between two commands, and waits for it: state hash, invariants, depth. An exception
    // of f is thrown here. What it sees may be ahead of what is durable. Works while the store is away; once the
    // pipeline has stopped it returns without running f. REQUIRES: not called by f itself.
    void inspect(const std::function<void(const engine::Engine&)>& f);

    [[nodiscard]] PipelineStatus status() const;

private:
    class Impl;
    explicit Pipeline(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace buttonwood::eventstore
