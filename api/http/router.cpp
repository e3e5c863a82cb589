#include "api/http/router.hpp"

#include <algorithm>

namespace buttonwood::api::http {
namespace {

std::vector<std::string> split(std::string_view path) {
    std::vector<std::string> segments;
    std::string_view rest = path.substr(1);
    while (!rest.empty()) {
        const std::size_t slash = rest.find('/');
        segments.emplace_back(rest.substr(0, slash));
        rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
    }
    return segments;
}

bool matches(const Route& route, const std::vector<std::string>& segments) {
    if (route.segments.size() != segments.size()) return false;
    for (std::size_t i = 0; i < segments.size(); ++i)
        if (route.segments[i][0] != '{' && route.segments[i] != segments[i]) return false;
    return true;
}

bool repeats_a_name(const std::vector<std::pair<std::string, std::string>>& query, const Route& route) {
    for (std::size_t i = 0; i < query.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (query[i].first == query[j].first &&
                std::ranges::find(route.repeatable, query[i].first) == route.repeatable.end())
                return true;
    return false;
}

}  // namespace

Route& Router::add(Verb verb, std::string pattern, Access access, std::vector<std::string_view> parameters,
                   Handler handler) {
    return insert({verb, std::move(pattern), access, std::move(parameters), std::move(handler), {}, {}, {}});
}

Route& Router::add_immediate(Verb verb, std::string pattern, Access access, std::vector<std::string_view> parameters,
                             ImmediateHandler handler) {
    return insert({verb, std::move(pattern), access, std::move(parameters), {}, std::move(handler), {}, {}});
}

Route& Router::insert(Route route) {
    route.segments = split(route.pattern);
    return routes_.emplace_back(std::move(route));
}

std::expected<const Route*, Problem> Router::find(Request& request) const {
    const Verb verb = request.verb == Verb::head ? Verb::get : request.verb;
    std::string allow;
    for (const Route& route : routes_) {
        if (!matches(route, request.segments)) continue;
        if (route.verb != verb) {
            allow += (allow.empty() ? "" : ", ") + std::string(boost::beast::http::to_string(route.verb));
            continue;
        }
        if (repeats_a_name(request.query, route))
            return std::unexpected(problem("invalid_parameter", "A query parameter appears twice."));
        for (const auto& [name, value] : request.query)
            if (std::ranges::find(route.parameters, name) == route.parameters.end()) {
                std::string accepted;
                for (const std::string_view p : route.parameters) (accepted += accepted.empty() ? "" : ", ") += p;
                return std::unexpected(
                    field_problem("unknown_field", "", "A query parameter is not known here.", accepted));
            }
        for (std::size_t i = 0; i < route.segments.size(); ++i)
            if (route.segments[i][0] == '{') request.params.push_back(request.segments[i]);
        return &route;
    }
    if (allow.empty()) return std::unexpected(problem("not_found", "There is no such resource."));
    Problem p = problem("method_not_allowed", "The resource has: " + allow + ".");
    p.allow = allow;
    return std::unexpected(std::move(p));
}

}  // namespace buttonwood::api::http
