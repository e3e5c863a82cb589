// The parameters as_of_seq and as_of of a GET: the same answer as it was after that event, or at that instant.
// Who may ask, and about what, is decided by the present, before the past is looked up.
#pragma once

#include "api/http/routes.hpp"
#include "api/past_reads.hpp"

namespace buttonwood::api::http {

// What to read from a state of the past: made on the I/O thread, with copies of what it needs of the present.
using MakePastQuery = std::function<std::expected<PastReads::Query, Problem>(const Request&)>;

// Adds a GET that also takes as_of_seq and as_of.
void add_with_past(Router& router, Services& services, std::string pattern, Access access,
                   std::vector<std::string_view> parameters, Handler present, MakePastQuery past);

// nullopt: the present. Errors: 400 invalid_parameter, for both at once and beside min_event_seq too.
[[nodiscard]] std::expected<std::optional<AsOf>, Problem> as_of(const Request& request);

// The queries of the routes.
[[nodiscard]] std::expected<PastReads::Query, Problem> past_book(const Request& request);
[[nodiscard]] PastReads::Query past_security(const std::string& symbol);
// By id, or by client_order_id where there is none.
[[nodiscard]] PastReads::Query past_order(std::vector<engine::AccountId> accounts, std::optional<engine::OrderId> id,
                                          std::string client_order_id);
[[nodiscard]] PastReads::Query past_balances(std::vector<engine::AccountId> accounts);
[[nodiscard]] PastReads::Query past_portfolio(std::vector<engine::AccountId> accounts);

}  // namespace buttonwood::api::http
