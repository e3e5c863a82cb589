// Sends requests that must be refused, and proves that they changed nothing.
//
// After every request: status and code as expected, problem+json with all its members, execution not_executed, and the
// market's fingerprint (orders, balances, holdings, book, users, securities) as before. Requests that never reach the
// engine leave the engine's state hash untouched as well. Thread safety: one thread at a time.
#pragma once

#include "tests/system/market.hpp"

namespace buttonwood::test {

enum class Who : std::uint8_t { Trader, Operator, Nobody, Malformed, UnknownKey, WrongSecret };

struct BadRequest {
    std::string method;
    std::string target;
    std::string body;
    int status{};
    std::string code;  // or several that are acceptable: "min_price|invalid_decimal"
    Who who = Who::Trader;
    std::string header{};  // that the answer must have, in lower case
};

class BadInputBench {
public:
    BadInputBench();

    void check(const BadRequest& request);
    [[nodiscard]] HttpResponse send(const BadRequest& request);
    // The problem without what differs from request to request.
    [[nodiscard]] json strip(const HttpResponse& response) const;
    // A raw exchange that must end in this status; 0 = the server may close without an answer.
    void check_raw(const std::string& what, const std::string& bytes, const std::vector<int>& statuses);
    [[nodiscard]] bool is_alive();

    [[nodiscard]] const std::string& account() const { return trader_.account; }
    [[nodiscard]] const std::string& key() const { return trader_.key; }
    [[nodiscard]] const std::string& foreign_order() const { return foreign_order_; }
    [[nodiscard]] const std::string& foreign_account() const { return other_.account; }

private:
    [[nodiscard]] json fingerprint();
    [[nodiscard]] std::string token_of(Who who) const;
    void check_unchanged(int status);

    Market market_;
    Trader trader_;
    Trader other_;
    std::string foreign_order_;
    json state_;
    json fingerprint_;
};

}  // namespace buttonwood::test
