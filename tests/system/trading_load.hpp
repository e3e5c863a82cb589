// Traders that keep placing and cancelling orders from threads of their own, and remember what they were told.
//
// Each thread is one trader with one HTTP connection. Its ledger has an entry for every request, written before the
// first byte is sent and completed when the answer is there: acknowledged, refused, or unknown. A thread that loses its
// connection ends, or goes on at the same address, as told. Thread safety: the public functions from one thread.
#pragma once

#include "tests/system/market.hpp"

#include <atomic>
#include <thread>

namespace buttonwood::test {

struct LedgerEntry {
    enum class Outcome : std::uint8_t { Pending, Acknowledged, Refused, Unknown };
    using Time = std::chrono::steady_clock::time_point;

    std::size_t trader{};
    json body;            // as sent to POST /v1/orders
    std::string cancels;  // or the id of the order that is to be canceled
    Outcome outcome = Outcome::Pending;
    int status = 0;         // of the answer, 0 = none came
    std::string code;       // of a problem
    std::string execution;  // of a problem
    std::string order_id;
    std::int64_t filled{};
    Time sent;
    Time answered;

    [[nodiscard]] bool is_order() const { return cancels.empty(); }
    [[nodiscard]] std::string client_order_id() const { return body.value("client_order_id", ""); }
};

class TradingLoad {
public:
    struct Options {
        std::uint64_t seed = 1;
        std::string run;  // part of the client_order_ids: another one for every load on a market
        bool survives_lost_connections = false;
    };
    // One thread for each of the market's traders. REQUIRES: the market outlives the load.
    TradingLoad(const Market& market, Options options);
    TradingLoad(const TradingLoad&) = delete;
    TradingLoad& operator=(const TradingLoad&) = delete;
    ~TradingLoad();

    [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_; }
    [[nodiscard]] std::uint64_t not_executed() const { return not_executed_; }  // 503 answers
    // Waits until this many orders are acknowledged; fails the test case when that takes too long.
    void wait_for_acknowledgements(std::uint64_t count) const;
    // Ends the threads and hands over what they wrote.
    std::vector<LedgerEntry> stop();

private:
    void trade(std::size_t trader, std::uint64_t seed, std::vector<LedgerEntry>& ledger);

    const Market& market_;
    Options options_;
    std::string url_;
    std::atomic<bool> stopping_ = false;
    std::atomic<std::uint64_t> acknowledged_ = 0;
    std::atomic<std::uint64_t> not_executed_ = 0;
    std::vector<std::vector<LedgerEntry>> ledgers_;
    std::vector<std::thread> threads_;
};

// How the entries of a ledger ended.
struct LedgerCounts {
    std::size_t acknowledged = 0;
    std::size_t refused = 0;
    std::size_t unknown = 0;
    std::size_t unknown_executed = 0;
};

// Holds the ledger against the running server: every acknowledged order is there under the same id with at least the
// acknowledged fills; a retry gives the same order and says so; refused ones are not there; canceled ones are done;
// unknown ones are settled by sending them again. Fails the test case otherwise.
LedgerCounts check_ledger(const Market& market, const std::vector<LedgerEntry>& ledger);

}  // namespace buttonwood::test
