// The rig's end of the shim in fault_shim.c: a disk that fails and a clock that jumps, in processes started with it.
//
// Thread safety: one thread at a time.
#pragma once

#include "tests/torture/fault_shim.h"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

namespace buttonwood::torture {

struct DiskFault {
    fault_call call = FAULT_SYNC;
    int error = 0;          // an errno; 0 of a sync: it claims to have been done
    std::int64_t pass = 0;  // so many matching calls succeed first
    std::int64_t fail = 1;  // so many fail then
    std::string path_part;  // of the files; empty = all
};

class FaultPage {
public:
    // Makes the file that processes map. Throws std::runtime_error.
    explicit FaultPage(std::filesystem::path file);
    FaultPage(const FaultPage&) = delete;
    FaultPage& operator=(const FaultPage&) = delete;
    ~FaultPage();

    void arm(const DiskFault& fault);
    void disarm();
    void shift_clock(std::chrono::nanoseconds offset);

    // Calls that the loaded processes made, and those of them that failed by our will.
    [[nodiscard]] std::uint64_t syncs() const;
    [[nodiscard]] std::uint64_t writes() const;
    [[nodiscard]] std::uint64_t clock_reads() const;
    [[nodiscard]] std::uint64_t failed() const;

    // While it lives, and no younger one does, processes that this one starts load the shim and obey this page.
    // REQUIRES: made and ended while no other thread of ours starts processes; the youngest ends first.
    class Loaded {
    public:
        explicit Loaded(const FaultPage& page);
        Loaded(const Loaded&) = delete;
        Loaded& operator=(const Loaded&) = delete;
        ~Loaded();

    private:
        // Returns what it was; none = it was not set.
        static std::optional<std::string> set(const char* variable, const std::optional<std::string>& value);

        std::optional<std::string> page_before_;
        std::optional<std::string> shim_before_;
    };

private:
    std::filesystem::path file_;
    fault_page* page_ = nullptr;
};

}  // namespace buttonwood::torture
