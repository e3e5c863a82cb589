#include "bench/run_info.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace buttonwood::bench {
namespace {

std::string processor() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("model name")) {
            const auto at = line.find(": ");
            return at == std::string::npos ? line : line.substr(at + 2);
        }
    return "unknown processor";
}

std::string machine() {
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const double memory = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE));
    char text[64];
    std::snprintf(text, sizeof text, ", %ld cores, %.0f GB", cores, memory / 1e9);
    return processor() + text + ", g++ " + __VERSION__;
}

}  // namespace

RunInfo run_info(std::uint64_t seed, std::size_t rounds) {
    const char* commit = std::getenv("BUTTONWOOD_COMMIT");
    return {commit && *commit ? commit : "unknown", machine(), seed, rounds};
}

}  // namespace buttonwood::bench
