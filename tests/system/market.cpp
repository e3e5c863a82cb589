#include "tests/system/market.hpp"

#include "bench/decimal.hpp"
#include "engine/types.hpp"

#include <thread>

namespace buttonwood::test {

using namespace std::chrono_literals;

namespace {

engine::Int128 units(const json& decimal, int scale) {
    const auto value = bench::to_units(decimal.get<std::string>(), scale);
    REQUIRE(value.has_value());
    return *value;
}

}  // namespace

std::filesystem::path server_binary() { return std::filesystem::path(BUTTONWOOD_BINARY_DIR) / "api" / "buttonwood"; }

json expect(const HttpClient::Result& result, int status) {
    if (!result) FAIL(result.error().what);
    INFO(result->body);
    REQUIRE(result->status == status);
    return result->json();
}

void wait_until(const std::string& what, const std::function<bool()>& condition, std::chrono::seconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) FAIL("waited in vain for: " + what);
        std::this_thread::sleep_for(2ms);
    }
}

Market::Market(const std::string& database_url) {
    std::vector<std::string> arguments;
    if (!database_url.empty()) arguments = {"--database-url", database_url};
    auto started = ServerProcess::start(
        {.binary = server_binary(), .data_dir = directory_.path() / "data", .arguments = arguments});
    if (!started) FAIL(started.error());
    server_ = std::move(*started);
    operator_key_ = server_->operator_key();
    expect(as_operator().post("/v1/admin/securities", {{"symbol", kSymbol},
                                                       {"name", "Acme"},
                                                       {"currency", "USD"},
                                                       {"price_scale", 2},
                                                       {"quantity_scale", 0},
                                                       {"tick_size", "0.01"},
                                                       {"lot_size", "1"}}),
           201);
}

void Market::restart() {
    if (const auto started = server_->restart(); !started) FAIL(started.error());
}

Trader Market::register_trader(const std::string& name, std::int64_t dollars, std::int64_t shares) {
    HttpClient op = as_operator();
    const json user = expect(op.post("/v1/admin/users", {{"name", name}, {"roles", {"trader"}}}), 201);
    Trader trader{user.at("user_id"), user.at("account_id"), user.at("key")};
    if (dollars > 0)
        expect(op.post("/v1/admin/deposits",
                       {{"account_id", trader.account}, {"currency", "USD"}, {"amount", std::to_string(dollars)}}),
               201);
    if (shares > 0)
        expect(op.post("/v1/admin/issues",
                       {{"account_id", trader.account}, {"symbol", kSymbol}, {"quantity", std::to_string(shares)}}),
               201);
    dollars_ += dollars;
    shares_ += shares;
    traders_.push_back(trader);
    return trader;
}

json Market::state() const { return expect(as_operator().get("/v1/admin/state"), 200); }

void Market::wait_for_projections() const {
    HttpClient op = as_operator();
    wait_until("all projections to reach the end of the log", [&] {
        const std::uint64_t end = state().at("event_seq");
        const json rows = expect(op.get("/v1/admin/projections"), 200).at("data");
        REQUIRE_FALSE(rows.empty());
        return std::ranges::all_of(rows, [end](const json& row) {
            INFO(row.dump());
            REQUIRE(row.at("status") != "error");
            return row.at("checkpoint").get<std::uint64_t>() >= end;
        });
    });
}

void Market::check_conservation() const {
    const json engine_state = state();
    CHECK(engine_state.at("invariant_violations") == json::array());
    const std::string fresh = "?wait_ms=10000&min_event_seq=" + engine_state.at("event_seq").dump();
    engine::Int128 cash = 0;
    engine::Int128 shares = 0;
    for (const Trader& trader : traders_) {
        const json portfolio = expect(as(trader).get("/v1/portfolio" + fresh), 200);
        for (const json& row : portfolio.at("cash")) {
            cash += units(row.at("total"), engine::kMoneyScale);
            CHECK(units(row.at("held"), engine::kMoneyScale) >= 0);
            CHECK(units(row.at("held"), engine::kMoneyScale) <= units(row.at("total"), engine::kMoneyScale));
        }
        for (const json& row : portfolio.at("data")) {
            shares += units(row.at("quantity"), 0);
            CHECK(units(row.at("held"), 0) >= 0);
            CHECK(units(row.at("held"), 0) <= units(row.at("quantity"), 0));
        }
    }
    CHECK(bench::to_decimal(cash, engine::kMoneyScale) == std::to_string(dollars_) + ".00000000");
    CHECK(bench::to_decimal(shares, 0) == std::to_string(shares_));
    const json security = expect(as_operator().get(std::string("/v1/securities/") + kSymbol), 200);
    CHECK(security.at("shares_outstanding") == std::to_string(shares_));
}

json limit_order(const std::string& side, const std::string& quantity, const std::string& price,
                 const std::string& client_order_id) {
    return {{"symbol", Market::kSymbol}, {"side", side},   {"type", "limit"},
            {"quantity", quantity},      {"price", price}, {"client_order_id", client_order_id}};
}

}  // namespace buttonwood::test
