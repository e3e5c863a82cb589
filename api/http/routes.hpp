// The routes of api/README.md, by audience. Each function adds its part of the table.
#pragma once

#include "api/http/router.hpp"
#include "api/server.hpp"

namespace buttonwood::api::http {

void add_public_routes(Router& router, Services& services);   // market data, info, health
void add_trading_routes(Router& router, Services& services);  // orders: place, amend, cancel
void add_account_routes(Router& router, Services& services);  // own orders, fills, balances, portfolio
void add_admin_routes(Router& router, Services& services);    // users, securities, funds, state
void add_page_routes(Router& router);                         // the page at /

// Query parameters, checked. Errors: 400 invalid_parameter with what would be accepted.
[[nodiscard]] std::expected<std::uint64_t, Problem> number_parameter(const Request& request, std::string_view name,
                                                                     std::uint64_t otherwise, std::uint64_t min,
                                                                     std::uint64_t max);
[[nodiscard]] std::expected<std::optional<std::uint64_t>, Problem> cursor_parameter(const Request& request);
// The security named by a path segment, 404 when there is none.
[[nodiscard]] std::expected<const LiveSecurity*, Problem> security_in_path(const Services& services,
                                                                           const Request& request);
// min_event_seq and wait_ms: waits until the read models have reached that event. Errors: 503 read_lag.
[[nodiscard]] boost::asio::awaitable<std::expected<void, Problem>> wait_for_reads(
    Services& services, const Request& request, const std::vector<std::string_view>& projections);
// A read of the live view that honours min_event_seq.
[[nodiscard]] Handler live_read(Services& services, ImmediateHandler handler);
// The accounts of the caller.
[[nodiscard]] std::vector<engine::AccountId> accounts_of(const Services& services, const Request& request);

}  // namespace buttonwood::api::http
