#include "bench/flow_run.hpp"

#include "bench/decimal.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/ws_client.hpp"

#include <cctype>

namespace buttonwood::bench {

namespace {

using engine::Side;
using nlohmann::json;
using test::HttpClient;
using test::WsClient;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::string_view kCurrency = "USD";
constexpr int kUsualPriceScale = 4;
constexpr int kWidestPriceScale = 8;  // where a notional may have the most units
constexpr std::size_t kBookDepth = 10;
constexpr std::size_t kMaxSymbol = 16;  // leaves room for a suffix
constexpr int kMaxSymbolTries = 1000;
constexpr std::size_t kProgressEvery = 256;

// Thrown inside this file only: the run cannot go on.
struct Impossible : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// What the server must know before the first order.
struct Market {
    std::string symbol;
    int price_scale{};
    std::string token;
    std::string buyer;  // account ids
    std::string seller;
};

json must(const HttpClient::Result& result, const std::string& what) {
    if (!result) throw Impossible(what + ": " + result.error().what);
    if (result->status / 100 != 2) throw Impossible(what + ": " + std::to_string(result->status) + " " + result->body);
    return result->json();
}

std::string symbol_of(const std::string& name) {
    std::string symbol;
    for (const char c : name) {
        if (std::isalnum(static_cast<unsigned char>(c)))
            symbol.push_back(static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
        else if (!symbol.empty() && symbol.back() != '.')
            symbol.push_back('.');
    }
    symbol.resize(std::min(symbol.size(), kMaxSymbol));
    while (!symbol.empty() && symbol.back() == '.') symbol.pop_back();
    return symbol.empty() ? "FLOW" : symbol;
}

// Money has 8 decimals; the price scale decides how many units a price x quantity takes.
engine::Int128 cash_needed(const FlowPlan& plan, int price_scale) {
    return plan.buy_value * engine::pow10_128(engine::kMoneyScale - price_scale);
}

int price_scale_for(const FlowPlan& plan) {
    const bool fits =
        plan.buy_value <= engine::kMaxMoney.units / engine::pow10_128(engine::kMoneyScale - kUsualPriceScale);
    return fits ? kUsualPriceScale : kWidestPriceScale;
}

class MarketMaker {
public:
    explicit MarketMaker(const FlowRunOptions& options) : operator_(options.url, options.operator_key) {}

    Market open(const std::string& name, const FlowPlan& plan) {
        Market market;
        market.price_scale = price_scale_for(plan);
        create_security(market, name);
        const json user = must(operator_.post("/v1/admin/users", {{"name", "flow " + name}, {"roles", {"trader"}}}),
                               "cannot register a user");
        market.token = user.at("key");
        market.buyer = user.at("account_id");
        const std::string user_id = user.at("user_id");
        market.seller = must(operator_.post("/v1/admin/users/" + user_id + "/accounts", json::object()),
                             "cannot open a second account")
                            .at("account_id");
        fund(market, plan);
        return market;
    }

private:
    void create_security(Market& market, const std::string& name) {
        const std::string base = symbol_of(name);
        for (int attempt = 1; attempt <= kMaxSymbolTries; ++attempt) {
            market.symbol = attempt == 1 ? base : base + "." + std::to_string(attempt);
            const auto result =
                operator_.post("/v1/admin/securities", {{"symbol", market.symbol},
                                                        {"name", "recorded flow " + name},
                                                        {"currency", kCurrency},
                                                        {"price_scale", market.price_scale},
                                                        {"quantity_scale", 0},
                                                        {"tick_size", to_decimal(1, market.price_scale)},
                                                        {"lot_size", "1"}});
            if (result && result->json().value("code", "") == "symbol_taken") continue;
            must(result, "cannot create the security " + market.symbol);
            return;
        }
        throw Impossible("no free symbol for " + name);
    }

    void fund(const Market& market, const FlowPlan& plan) {
        const auto cash = std::min(cash_needed(plan, market.price_scale), engine::kMaxMoney.units);
        if (cash > 0)
            must(operator_.post("/v1/admin/deposits", {{"account_id", market.buyer},
                                                       {"currency", kCurrency},
                                                       {"amount", to_decimal(cash, engine::kMoneyScale)}}),
                 "cannot deposit cash");
        const auto shares = std::min(plan.sell_quantity, engine::Int128{engine::kMaxQuantityUnits});
        if (shares > 0)
            must(operator_.post(
                     "/v1/admin/issues",
                     {{"account_id", market.seller}, {"symbol", market.symbol}, {"quantity", to_decimal(shares, 0)}}),
                 "cannot issue holdings");
    }

    HttpClient operator_;
};

class Driver {
public:
    Driver(const FlowSet& set, const FlowPlan& plan, Market market, const FlowRunOptions& options)
        : plan_(plan),
          market_(std::move(market)),
          options_(options),
          check_(set, plan, market_.price_scale, kBookDepth),
          socket_(connect(options.url)) {}

    FlowResult run() {
        log_in();
        const auto begin = Clock::now();
        while (check_.answered() < plan_.commands.size()) {
            while (may_send()) send_next();
            if (!take_message(options_.patience)) break;
        }
        const std::chrono::duration<double> elapsed = Clock::now() - begin;
        settle();
        return check_.finish(elapsed.count());
    }

private:
    static WsClient connect(const std::string& url) {
        auto socket = WsClient::connect(url);
        if (!socket) throw Impossible(socket.error());
        return std::move(*socket);
    }

    void call(std::string_view method, const json& params) {
        std::vector<json> others;
        const auto answer = socket_.call(method, params, &others);
        for (const json& other : others) dispatch(other);
        if (!answer || !answer->value("success", false))
            throw Impossible(std::string(method) + " failed: " + (answer ? answer->dump() : socket_.close_reason()));
    }

    void log_in() {
        call("auth", {{"token", market_.token}});
        call("subscribe", {{"channel", "executions"}});
        call("subscribe", {{"channel", "book"}, {"symbol", {market_.symbol}}, {"depth", kBookDepth}});
    }

    const std::string& account_of(Side side) const { return side == Side::Buy ? market_.buyer : market_.seller; }

    bool may_send() const {
        return sent_ < plan_.commands.size() && sent_ - check_.answered() < options_.in_flight;
    }

    void send_next() {
        const PlannedCommand& c = plan_.commands[sent_];
        json params{{"account", account_of(c.side)}, {"client_order_id", c.client_order_id}};
        const char* method = "cancel_order";
        switch (c.action) {
            case PlannedAction::Cancel: break;
            case PlannedAction::Amend:
                method = "amend_order";
                params["symbol"] = market_.symbol;  // the order may still be on its way to the log
                if (c.price) params["price"] = to_decimal(*c.price, market_.price_scale);
                params["quantity"] = to_decimal(c.quantity, 0);
                break;
            case PlannedAction::Add:
            case PlannedAction::AddIoc:
                method = "add_order";
                params["symbol"] = market_.symbol;
                params["side"] = c.side == Side::Buy ? "buy" : "sell";
                params["type"] = "limit";
                params["time_in_force"] = c.action == PlannedAction::Add ? "gtc" : "ioc";
                params["self_trade_prevention"] = "none";  // both sides are accounts of one user
                params["price"] = to_decimal(*c.price, market_.price_scale);
                params["quantity"] = to_decimal(c.quantity, 0);
                break;
        }
        socket_.send(json{{"method", method}, {"params", params}, {"req_id", ++sent_}});
    }

    // False when nothing came in time or the connection is closed.
    bool take_message(std::chrono::milliseconds patience) {
        const auto text = socket_.receive(patience);
        if (!text) {
            check_.on_problem(socket_.closed() ? "the server closed the connection: " + socket_.close_reason()
                                               : "no message from the server for too long");
            return false;
        }
        const json message = json::parse(*text, nullptr, false);
        try {
            dispatch(message);
        } catch (const json::exception& bad) {
            check_.on_problem(std::string("not understood: ") + bad.what() + ": " + text->substr(0, 500));
        }
        return true;
    }

    void dispatch(const json& message) {
        if (const auto channel = message.find("channel"); channel != message.end()) {
            if (*channel == "book") check_.on_book(message);
            if (*channel == "executions") check_.on_execution(message);
            return;
        }
        const std::size_t id = message.at("req_id");
        if (id == 0 || id > plan_.commands.size()) throw Impossible("an answer to nothing: " + message.dump());
        check_.on_answer(id - 1, message);
        if (options_.progress &&
            (check_.answered() % kProgressEvery == 0 || check_.answered() == plan_.commands.size()))
            options_.progress(check_.answered(), plan_.commands.size(), check_.mismatches());
    }

    // Answers are in; the streams may still be on their way. REST says how far the book channel must come.
    void settle() {
        if (socket_.closed()) return;
        HttpClient http(options_.url);
        const json book = must(http.get("/v1/markets/" + market_.symbol + "/book?depth=1"), "cannot read the book");
        const std::uint64_t seq = book.at("seq");
        while (check_.book_seq() < seq || !check_.knows_all_makers())
            if (!take_message(options_.patience)) return;
        if (check_.book_seq() != seq)
            check_.on_problem("the book channel ends at seq " + std::to_string(check_.book_seq()) + ", REST at " +
                              std::to_string(seq));
    }

    const FlowPlan& plan_;
    Market market_;
    const FlowRunOptions& options_;
    FlowCheck check_;
    WsClient socket_;
    std::size_t sent_ = 0;
};

}  // namespace

std::expected<FlowResult, std::string> run_flow(const FlowSet& set, const FlowRunOptions& options) {
    if (!test::parse_url(options.url)) return std::unexpected("not an http:// URL: " + options.url);
    const auto plan = make_plan(set);
    if (!plan) return std::unexpected(plan.error());
    try {
        Market market = MarketMaker(options).open(set.name, *plan);
        return Driver(set, *plan, std::move(market), options).run();
    } catch (const Impossible& impossible) {
        return std::unexpected(set.name + ": " + impossible.what());
    } catch (const json::exception& bad) {
        return std::unexpected(set.name + ": the server's answer is not understood: " + bad.what());
    }
}

}  // namespace buttonwood::bench
