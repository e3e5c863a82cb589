#include "bench/decimal.hpp"
#include "bench/load_client.hpp"

namespace buttonwood::bench {

namespace {

using nlohmann::json;

// Half of what an account may hold: trades move it between the two, and neither may overflow.
constexpr engine::Int128 kCash = engine::kMaxMoney.units / 2;
constexpr std::int64_t kShares = engine::kMaxQuantityUnits / 2;

}  // namespace

std::expected<LoadTarget, std::string> open_market(const std::string& url, const std::string& operator_key,
                                                   const std::string& symbol) {
    const auto endpoint = test::parse_url(url);
    if (!endpoint) return std::unexpected("not an http:// URL: " + url);
    test::HttpClient op(url, operator_key);
    std::string problem;
    auto post = [&](const std::string& path, const json& body) {
        if (!problem.empty()) return json{};
        const auto result = op.post(path, body);
        if (!result)
            problem = path + ": " + result.error().what;
        else if (result->status / 100 != 2)
            problem = path + ": " + result->body;
        return problem.empty() ? result->json() : json{};
    };
    LoadTarget target{.endpoint = *endpoint, .token = {}, .symbol = symbol, .buyer = {}, .seller = {}, .id_prefix = {}};
    post("/v1/admin/securities", {{"symbol", symbol},
                                  {"name", "load " + symbol},
                                  {"currency", "USD"},
                                  {"price_scale", kStreamPriceScale},
                                  {"quantity_scale", 0},
                                  {"tick_size", to_decimal(1, kStreamPriceScale)},
                                  {"lot_size", "1"}});
    const json user = post("/v1/admin/users", {{"name", "load " + symbol}, {"roles", {"trader"}}});
    if (!problem.empty()) return std::unexpected(problem);
    target.token = user.at("key");
    target.buyer = user.at("account_id");
    const json second = post("/v1/admin/users/" + user.at("user_id").get<std::string>() + "/accounts", json::object());
    if (!problem.empty()) return std::unexpected(problem);
    target.seller = second.at("account_id");
    post("/v1/admin/deposits",
         {{"account_id", target.buyer}, {"currency", "USD"}, {"amount", to_decimal(kCash, engine::kMoneyScale)}});
    post("/v1/admin/issues", {{"account_id", target.seller}, {"symbol", symbol}, {"quantity", to_decimal(kShares, 0)}});
    if (!problem.empty()) return std::unexpected(problem);
    return target;
}

}  // namespace buttonwood::bench
