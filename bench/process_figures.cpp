#include "bench/process_figures.hpp"

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

namespace buttonwood::bench {
namespace {

// A line of /proc/PID/status, "VmRSS:  123 kB", in bytes; 0 when there is none.
std::uint64_t status_bytes(const std::string& process, const std::string& key) {
    std::ifstream file("/proc/" + process + "/status");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(key + ':')) return std::stoull(line.substr(key.size() + 1)) * 1024;
    return 0;
}

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

}  // namespace

double own_cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double cpu_seconds(pid_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/stat");
    std::string line;
    if (!std::getline(file, line)) return 0;
    std::istringstream fields(line.substr(line.rfind(')') + 1));  // from field 3 on; 14 and 15 are the times
    std::string skipped;
    for (int field = 3; field < 14; ++field) fields >> skipped;
    double user = 0, system = 0;
    fields >> user >> system;
    return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::uint64_t resident_bytes() { return status_bytes("self", "VmRSS"); }
std::uint64_t peak_resident_bytes() { return status_bytes("self", "VmHWM"); }

void start_peak() {
    malloc_trim(0);
    std::ofstream("/proc/self/clear_refs") << "5";  // proc(5): resets VmHWM
}

std::uint64_t private_bytes(pid_t process) { return status_bytes(std::to_string(process), "RssAnon"); }

}  // namespace buttonwood::bench
