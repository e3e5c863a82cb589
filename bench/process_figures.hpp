// What the kernel says about a process: processor time and memory. Thread safety: pure reads.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace buttonwood::bench {

// User and system time of this process, all threads, in seconds.
[[nodiscard]] double own_cpu_seconds();
// Of another process; 0 when it is gone.
[[nodiscard]] double cpu_seconds(pid_t process);

// Resident memory of this process in bytes, and the most of it since start_peak().
[[nodiscard]] std::uint64_t resident_bytes();
[[nodiscard]] std::uint64_t peak_resident_bytes();
// Gives free heap back to the kernel and measures the peak anew. Where the kernel does not allow that, the peak stays.
void start_peak();
// What a process holds that is not a file or shared memory, in bytes; 0 when it is gone.
[[nodiscard]] std::uint64_t private_bytes(pid_t process);

}  // namespace buttonwood::bench
