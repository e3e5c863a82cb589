// An independent look at the stored log: reads every block, checks the chain, decides every stored command anew with an
// engine of its own, and compares the records byte for byte with the stored ones: so every command has all of its
// events or none, and nothing else is there (P05, P06). Thread safety: one thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace buttonwood::test {

struct JournalAudit {
    std::vector<std::string> problems;  // empty: the log is what it claims to be
    std::string state_hash;             // of the engine after the last event
    std::uint64_t last_seq{};
    std::uint64_t blocks{};
    std::uint32_t epoch{};  // of the last block
    std::vector<std::string> invariant_violations;

    // Of what the last reading brought.
    std::map<std::string, int> accepted;           // "acc_7 client-order-id" -> how often it was accepted
    std::map<std::string, std::string> order_ids;  // the same -> "ord_12"
    std::set<std::string> canceled;                // "ord_12"
    std::uint64_t commands{};
    std::uint64_t commands_of_many_events{};
};

// Follows a log that grows.
class JournalAuditor {
public:
    explicit JournalAuditor(std::string conninfo);
    ~JournalAuditor();
    // Reads on to the end of the log. What follows a broken block is not read.
    const JournalAudit& read_on();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// The whole log at once.
[[nodiscard]] JournalAudit audit_journal(const std::string& conninfo);

}  // namespace buttonwood::test
