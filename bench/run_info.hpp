// Where and how a benchmark was run, for its report. Thread safety: pure reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace buttonwood::bench {

struct RunInfo {
    std::string commit;   // of the environment variable BUTTONWOOD_COMMIT, which ./dev sets
    std::string machine;  // processor, cores, memory, compiler
    std::uint64_t seed{};
    std::size_t rounds{};
};
[[nodiscard]] RunInfo run_info(std::uint64_t seed, std::size_t rounds);

}  // namespace buttonwood::bench
