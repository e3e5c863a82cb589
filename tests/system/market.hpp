// A market to test against: the real binary with one security, and traders with keys, cash and shares.
//
// ACME has price scale 2 and quantity scale 0, tick 0.01, lot 1, currency USD. Without a database URL the server runs
// its private PostgreSQL. Failing to set up fails the running test case. Thread safety: one thread at a time.
#pragma once

#include "tests/support/http_client.hpp"
#include "tests/support/server_process.hpp"

#include <catch2/catch.hpp>

#include <functional>

namespace buttonwood::test {

using nlohmann::json;

// The binary under test.
[[nodiscard]] std::filesystem::path server_binary();

struct Trader {
    std::string user;
    std::string account;
    std::string key;
};

// Fails the test case unless the answer has this status. Its body.
json expect(const HttpClient::Result& result, int status);

// Polls until the condition holds; fails the test case when it does not within the patience.
void wait_until(const std::string& what, const std::function<bool()>& condition,
                std::chrono::seconds patience = std::chrono::seconds(60));

class Market {
public:
    static constexpr const char* kSymbol = "ACME";

    explicit Market(const std::string& database_url = {});

    [[nodiscard]] ServerProcess& server() { return *server_; }
    [[nodiscard]] const std::string& url() const { return server_->url(); }
    // Starts the stopped or killed server again; waits until it accepts requests.
    void restart();

    [[nodiscard]] HttpClient as_operator() const { return HttpClient(url(), operator_key_); }
    [[nodiscard]] HttpClient as(const Trader& trader) const { return HttpClient(url(), trader.key); }
    // Amounts in whole dollars and shares; they count for check_conservation().
    Trader register_trader(const std::string& name, std::int64_t dollars = 1'000'000, std::int64_t shares = 10'000);
    [[nodiscard]] const std::vector<Trader>& traders() const { return traders_; }

    [[nodiscard]] json state() const;  // GET /v1/admin/state
    // Every projection has applied everything durable.
    void wait_for_projections() const;
    // The engine's invariants hold; cash and shares of all traders sum up to what was given out; nothing is held
    // beyond its total.
    void check_conservation() const;

private:
    ScratchDirectory directory_;
    std::unique_ptr<ServerProcess> server_;
    std::string operator_key_;
    std::vector<Trader> traders_;
    std::int64_t dollars_ = 0;
    std::int64_t shares_ = 0;
};

// Members for POST /v1/orders.
[[nodiscard]] json limit_order(const std::string& side, const std::string& quantity, const std::string& price,
                               const std::string& client_order_id);

}  // namespace buttonwood::test
