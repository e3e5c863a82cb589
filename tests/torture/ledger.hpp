// What the clients of a market know: every request is written down before its first byte is sent, every answer after
// its last byte is read. A file takes one line per fact, each a single write(2), so that a rig that dies leaves it
// whole.
//
//     I <steady ns> <key> <body>        about to be sent
//     O <steady ns> <key> <status> <id> acknowledged
//     F <steady ns> <key> <status>      refused: was not executed, is not executed
//     U <steady ns> <key> <status>      nobody knows; sent again under the same key until it is O or F
//
// Thread safety: a Ledger belongs to one client; the file may be shared, lines never mix.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>

namespace buttonwood::torture {

using Time = std::chrono::steady_clock::time_point;

// One command of a client.
struct Entry {
    enum class Outcome : std::uint8_t { Pending, Acknowledged, Refused, Unknown };

    std::string key;   // client_order_id of an order; of a cancel, the id of the order
    std::string body;  // of an order; empty = a cancel
    Outcome outcome = Outcome::Pending;
    int status = 0;  // of the last answer, 0 = none came
    std::string id;  // of the order, once acknowledged
    std::int64_t filled = 0;
    bool was_unknown = false;
    bool found_executed = false;  // was unknown, and a retry found it done
    Time sent;
    Time answered;

    [[nodiscard]] bool is_order() const { return !body.empty(); }
};

class LedgerFile {
public:
    explicit LedgerFile(const std::filesystem::path& path);
    LedgerFile(const LedgerFile&) = delete;
    LedgerFile& operator=(const LedgerFile&) = delete;
    ~LedgerFile();
    void write(char kind, const Entry& entry) const;

private:
    int fd_;
};

}  // namespace buttonwood::torture
