// A digest of engine state. Thread safety: a plain value.
#pragma once

#include <cstdint>
#include <string>

namespace buttonwood::engine {

// Independent of how the engine stores its state: equal states, equal hashes, across builds, compilers and paths (live,
// replayed, loaded from a snapshot).
struct StateHash {
    std::uint64_t high{};
    std::uint64_t low{};
    friend bool operator==(const StateHash&, const StateHash&) = default;
    [[nodiscard]] std::string hex() const;  // 32 hexadecimal digits
};

}  // namespace buttonwood::engine
