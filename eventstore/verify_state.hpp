// Where a verification ended, so that the next one goes on there: the place in the chain, and the engine that decided
// every command up to it. A file of its own, best kept outside: it is an anchor too.
//
//     magic "BWVERIFY" | u16 version | last_seq, hash, epoch, committed_at, last command, its time | engine | SHA-256
//
// Thread safety: pure functions of files.
#pragma once

#include "engine/engine.hpp"
#include "eventstore/verify_block.hpp"

#include <expected>
#include <filesystem>
#include <optional>
#include <string>

namespace buttonwood::eventstore {

struct VerifyState {
    VerifiedUpTo at;
    std::optional<engine::Engine> engine;  // none: commands were not decided again
};

// nullopt: there is no file yet. The error is one line: the file is damaged, or another program's.
[[nodiscard]] std::expected<std::optional<VerifyState>, std::string> load_verify_state(
    const std::filesystem::path& file);
// Replaces the file at once and for good: a crash leaves the old one or the new one. The error is one line.
[[nodiscard]] std::expected<void, std::string> save_verify_state(const std::filesystem::path& file,
                                                                 const VerifiedUpTo& at, const engine::Engine* engine);

}  // namespace buttonwood::eventstore
