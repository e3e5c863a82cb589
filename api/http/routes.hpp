// The routes of api/README.md, by audience. Each function adds its part of the table.
#pragma once

#include "api/http/router.hpp"
#include "api/read_models.hpp"
#include "api/server.hpp"

#include <boost/asio/use_awaitable.hpp>

namespace buttonwood::api::http {

void add_public_routes(Router& router, Services& services);   // market data, info, health
void add_trading_routes(Router& router, Services& services);  // orders: place, amend, cancel
void add_account_routes(Router& router, Services& services);  // own orders, fills, balances, portfolio
void add_admin_routes(Router& router, Services& services);    // users, securities, funds, audits
void add_control_routes(Router& router, Services& services);  // trading states, bands, end of day, mass cancel
void add_projection_routes(Router& router, Services& services);  // read models: status, acts
void add_event_routes(Router& router, Services& services);       // the log: pages, server-sent events
void add_batch_routes(Router& router, Services& services);       // many orders in one request
void add_portfolio_routes(Router& router, Services& services);   // positions, ledger, history, settlements
void add_people_routes(Router& router, Services& services);      // compliance, terms of securities, fees
void add_page_routes(Router& router);                         // the page at /

// Levels of a book per side.
inline constexpr std::uint64_t kDefaultDepth = 50;
inline constexpr std::uint64_t kMaxDepth = 5'000;

// Query parameters, checked. Errors: 400 invalid_parameter with what would be accepted.
[[nodiscard]] std::expected<std::uint64_t, Problem> number_parameter(const Request& request, std::string_view name,
                                                                     std::uint64_t otherwise, std::uint64_t min,
                                                                     std::uint64_t max);
[[nodiscard]] std::expected<std::optional<std::uint64_t>, Problem> cursor_parameter(const Request& request);
// Empty where it is absent.
[[nodiscard]] std::string text_or_empty(const Request& request, std::string_view name);
// A time, nullopt where it is absent. Errors: 400 invalid_parameter.
[[nodiscard]] std::expected<std::optional<engine::Timestamp>, Problem> time_parameter(const Request& request,
                                                                                      std::string_view name);
// `Link` to the next page: the same request with this cursor.
[[nodiscard]] std::string next_page_link(const Request& request, std::string_view cursor);
// An answer of the read models; with `Link` where it is a page that has a next one.
[[nodiscard]] Reply page_reply(const Request& request, const ReadAnswer& answer);
// Why an operator acts. Errors: 400 invalid_parameter.
[[nodiscard]] std::expected<engine::Note, Problem> reason_parameter(const Request& request);
// The security named by a path segment, 404 when there is none.
[[nodiscard]] std::expected<const LiveSecurity*, Problem> security_in_path(const Services& services,
                                                                           const Request& request);
// min_event_seq and wait_ms: waits until the read models have reached that event. Errors: 503 read_lag.
[[nodiscard]] boost::asio::awaitable<std::expected<void, Problem>> wait_for_reads(
    Services& services, const Request& request, const std::vector<std::string_view>& projections);
// A read of the live view that honours min_event_seq.
[[nodiscard]] Handler live_read(Services& services, ImmediateHandler handler);
// Submits a command of the request's user and waits for its outcome. The command is moved from.
[[nodiscard]] inline auto decide(Services& services, const Request& request, engine::Command& command) {
    return services.gateway.execute(request.who.user, request.request_id, command, boost::asio::use_awaitable);
}
// Why the command did not happen; nullopt when it did.
[[nodiscard]] std::optional<Problem> failed(const Outcome& outcome, const LiveView& view);
// The accounts of the caller.
[[nodiscard]] std::vector<engine::AccountId> accounts_of(const Services& services, const Request& request);

}  // namespace buttonwood::api::http
