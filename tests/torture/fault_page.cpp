#include "tests/torture/fault_page.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace buttonwood::torture {
namespace {

template <class T>
std::atomic_ref<T> shared(T& value) {
    return std::atomic_ref<T>(value);
}

}  // namespace

FaultPage::FaultPage(std::filesystem::path file) : file_(std::move(file)) {
    const int fd = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    // Everybody's: PostgreSQL may run as another user.
    if (fd < 0 || ::fchmod(fd, 0666) != 0 || ::ftruncate(fd, sizeof(fault_page)) != 0)
        throw std::runtime_error("cannot make " + file_.string());
    void* mapped = ::mmap(nullptr, sizeof(fault_page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ::close(fd);
    if (mapped == MAP_FAILED) throw std::runtime_error("cannot map " + file_.string());
    page_ = static_cast<fault_page*>(mapped);
}

FaultPage::~FaultPage() { ::munmap(page_, sizeof(fault_page)); }

void FaultPage::arm(const DiskFault& fault) {
    disarm();
    std::strncpy(page_->path_part, fault.path_part.c_str(), sizeof(page_->path_part) - 1);
    page_->error = fault.error;
    shared(page_->calls_to_pass) = fault.pass;
    shared(page_->calls_to_fail) = fault.fail;
    shared(page_->armed_calls) = static_cast<std::uint32_t>(fault.call);
}

void FaultPage::disarm() { shared(page_->armed_calls) = 0; }
void FaultPage::shift_clock(std::chrono::nanoseconds offset) { shared(page_->clock_offset_ns) = offset.count(); }
std::uint64_t FaultPage::syncs() const { return shared(page_->syncs); }
std::uint64_t FaultPage::writes() const { return shared(page_->writes); }
std::uint64_t FaultPage::clock_reads() const { return shared(page_->clock_reads); }
std::uint64_t FaultPage::failed() const { return shared(page_->failed); }

FaultPage::Loaded::Loaded(const FaultPage& page)
    : page_before_(set(FAULT_SHIM_ENVIRONMENT, page.file_)), shim_before_(set("LD_PRELOAD", BUTTONWOOD_FAULT_SHIM)) {}

FaultPage::Loaded::~Loaded() {
    static_cast<void>(set("LD_PRELOAD", shim_before_));
    static_cast<void>(set(FAULT_SHIM_ENVIRONMENT, page_before_));
}

std::optional<std::string> FaultPage::Loaded::set(const char* variable, const std::optional<std::string>& value) {
    const char* const there = std::getenv(variable);
    std::optional<std::string> before = there ? std::optional<std::string>(there) : std::nullopt;
    if (value)
        ::setenv(variable, value->c_str(), 1);
    else
        ::unsetenv(variable);
    return before;
}

}  // namespace buttonwood::torture
