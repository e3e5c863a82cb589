// An independent look at the stored log: reads every block, checks the chain, decides every stored command anew with an
// engine of its own, and compares the records byte for byte with the stored ones.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace buttonwood::test {

struct JournalAudit {
    std::vector<std::string> problems;  // empty: the log is what it claims to be
    std::string state_hash;             // of the engine after the last event
    std::uint64_t last_seq{};
    std::uint64_t blocks{};
    std::map<std::string, int> accepted;  // "acc_7 client-order-id" -> how often it was accepted
    std::vector<std::string> invariant_violations;
};

[[nodiscard]] JournalAudit audit_journal(const std::string& conninfo);

}  // namespace buttonwood::test
