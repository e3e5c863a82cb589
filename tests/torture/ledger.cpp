#include "tests/torture/ledger.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <stdexcept>

namespace buttonwood::torture {

LedgerFile::LedgerFile(const std::filesystem::path& path)
    : fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {
    if (fd_ < 0) throw std::runtime_error("cannot write " + path.string());
}

LedgerFile::~LedgerFile() { ::close(fd_); }

void LedgerFile::write(char kind, const Entry& entry) const {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    std::string line{kind, ' '};
    line += std::to_string(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()) + " " + entry.key + " ";
    line += kind == 'I' ? entry.body : std::to_string(entry.status) + " " + entry.id;
    line += '\n';
    if (::write(fd_, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
        throw std::runtime_error("the ledger cannot be written");
}

}  // namespace buttonwood::torture
