// The table of routes: who may call what, and what answers. GET /v1/orders/{id}: {..} matches one segment.
// Thread safety: built before the server starts, read-only afterwards.
#pragma once

#include "api/http/message.hpp"

#include <boost/asio/awaitable.hpp>
#include <functional>

namespace buttonwood::api::http {

enum class Access : unsigned char { Public, AnyKey, Trader, Operator };

// May return a Problem: the router's caller turns it into a reply.
using Result = std::expected<Reply, Problem>;
using Handler = std::function<boost::asio::awaitable<Result>(Request&)>;
using ImmediateHandler = std::function<Result(Request&)>;

struct Route {
    Verb verb{};
    std::string pattern;
    Access access{};
    std::vector<std::string_view> parameters;  // the query parameters it takes; any other is refused
    Handler handler;                           // exactly one of the two
    ImmediateHandler immediate;
    std::vector<std::string> segments;
    std::vector<std::string_view> repeatable;  // of the parameters: may appear more than once
};

class Router {
public:
    // The route stays where it is until the next one is added.
    Route& add(Verb verb, std::string pattern, Access access, std::vector<std::string_view> parameters,
               Handler handler);
    Route& add_immediate(Verb verb, std::string pattern, Access access, std::vector<std::string_view> parameters,
                         ImmediateHandler handler);

    // Finds the route, checks the query's parameter names and fills request.params.
    // 404 for an unknown path, 405 with Allow for a known path without this method.
    [[nodiscard]] std::expected<const Route*, Problem> find(Request& request) const;
    [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

private:
    Route& insert(Route route);
    std::vector<Route> routes_;
};

}  // namespace buttonwood::api::http
