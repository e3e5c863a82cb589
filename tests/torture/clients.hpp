// Traders that keep placing and cancelling orders, each on a thread and a connection of its own, and that trust nobody:
// what they were not told for certain they ask again, under the same client_order_id, until they are.
//
// Thread safety: the public functions from one thread.
#pragma once

#include "tests/torture/ledger.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace buttonwood::torture {

struct Trader {
    std::string account;
    std::string key;
};

class Clients {
public:
    Clients(std::vector<Trader> traders, std::string url, const LedgerFile& file);
    Clients(const Clients&) = delete;
    Clients& operator=(const Clients&) = delete;
    ~Clients();

    // Where the next requests go.
    void go_to(const std::string& url);
    // Begins to trade. `run` becomes a part of every client_order_id: another one each time.
    void start(std::uint64_t seed, const std::string& run);
    [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_; }
    // Requests that were sent and are not answered.
    [[nodiscard]] int in_flight() const { return in_flight_; }
    // No new orders; what is under way is answered, or given up when the server does not answer in time.
    void stop();
    // REQUIRES: stopped, the server works. Sends everything of this run again: what was unknown until its fate is
    // certain, what was acknowledged to see that the answer is the same. Returns what was not as promised.
    [[nodiscard]] std::vector<std::string> settle();
    // What the clients wrote in this run, by account.
    [[nodiscard]] const std::map<std::string, std::deque<Entry>>& ledgers() const { return ledgers_; }

private:
    void trade(const Trader& trader, std::uint64_t seed, const std::string& run, std::deque<Entry>& ledger);
    void settle(const Trader& trader, std::deque<Entry>& ledger, std::vector<std::string>& violations) const;
    [[nodiscard]] std::string url() const;

    const std::vector<Trader> traders_;
    const LedgerFile& file_;
    mutable std::mutex mutex_;  // guards url_
    std::string url_;
    std::atomic<bool> stopping_ = false;
    std::atomic<std::uint64_t> acknowledged_ = 0;
    std::atomic<int> in_flight_ = 0;
    std::map<std::string, std::deque<Entry>> ledgers_;
    std::vector<std::thread> threads_;
};

}  // namespace buttonwood::torture
