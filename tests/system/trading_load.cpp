#include "tests/system/trading_load.hpp"

#include "bench/decimal.hpp"

#include <random>

namespace buttonwood::test {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Outcome = LedgerEntry::Outcome;

namespace {

constexpr std::int64_t kMiddle = 10'000;  // cents
constexpr std::int64_t kSpread = 10;
constexpr auto kBackOff = 5ms;  // after a 503 or a lost connection, as a client should

class OrderSource {
public:
    OrderSource(std::uint64_t seed, std::string prefix) : random_(seed), prefix_(std::move(prefix)) {}

    bool chance(int percent) { return pick(1, 100) <= percent; }
    std::int64_t pick(std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
    }
    json order() {
        json body =
            limit_order(chance(50) ? "buy" : "sell", std::to_string(pick(1, 20)),
                        bench::to_decimal(kMiddle + pick(-kSpread, kSpread), 2), prefix_ + std::to_string(++number_));
        if (chance(15)) body["time_in_force"] = "ioc";
        return body;
    }

private:
    std::mt19937_64 random_;
    std::string prefix_;
    std::uint64_t number_ = 0;
};

void complete(LedgerEntry& entry, const HttpClient::Result& result) {
    entry.answered = Clock::now();
    if (!result) {
        entry.outcome = result.error().maybe_executed ? Outcome::Unknown : Outcome::Refused;
        return;
    }
    entry.status = result->status;
    const json body = result->json();
    if (result->status / 100 == 2) {
        entry.outcome = Outcome::Acknowledged;
        entry.order_id = body.at("id");
        entry.filled = std::stoll(body.at("filled_quantity").get<std::string>());
        return;
    }
    entry.code = body.value("code", "");
    entry.execution = body.value("execution", "");
    entry.outcome = entry.execution == "not_executed" ? Outcome::Refused : Outcome::Unknown;
}

}  // namespace

TradingLoad::TradingLoad(const Market& market, Options options)
    : market_(market), options_(std::move(options)), url_(market.url()), ledgers_(market.traders().size()) {
    for (std::size_t trader = 0; trader < ledgers_.size(); ++trader)
        threads_.emplace_back([this, trader] { trade(trader, options_.seed * 1000 + trader, ledgers_[trader]); });
}

TradingLoad::~TradingLoad() { static_cast<void>(stop()); }

void TradingLoad::trade(std::size_t trader, std::uint64_t seed, std::vector<LedgerEntry>& ledger) {
    HttpClient client(url_, market_.traders()[trader].key);
    OrderSource source(seed, options_.run + ":" + std::to_string(trader) + ":");
    std::vector<std::string> open;
    while (!stopping_) {
        LedgerEntry entry;
        entry.trader = trader;
        if (!open.empty() && source.chance(20)) {
            const auto chosen = static_cast<std::size_t>(source.pick(0, static_cast<std::int64_t>(open.size()) - 1));
            entry.cancels = open[chosen];
            open[chosen] = open.back();
            open.pop_back();
        } else {
            entry.body = source.order();
        }
        entry.sent = Clock::now();
        ledger.push_back(entry);
        const auto result =
            entry.is_order() ? client.post("/v1/orders", entry.body) : client.del("/v1/orders/" + entry.cancels);
        complete(ledger.back(), result);
        const LedgerEntry& done = ledger.back();
        if (done.outcome == Outcome::Acknowledged) {
            ++acknowledged_;
            if (done.is_order()) open.push_back(done.order_id);
        } else if (!result && !options_.survives_lost_connections) {
            return;
        } else if (!result || done.status >= 500) {
            if (done.status == 503) ++not_executed_;
            std::this_thread::sleep_for(kBackOff);
        }
    }
}

void TradingLoad::wait_for_acknowledgements(std::uint64_t count) const {
    wait_until(std::to_string(count) + " acknowledgements", [&] { return acknowledged_ >= count; });
}

std::vector<LedgerEntry> TradingLoad::stop() {
    stopping_ = true;
    for (std::thread& thread : threads_)
        if (thread.joinable()) thread.join();
    std::vector<LedgerEntry> all;
    for (auto& ledger : ledgers_) {
        all.insert(all.end(), ledger.begin(), ledger.end());
        ledger.clear();
    }
    return all;
}

namespace {

// Sends the order until the outcome is certain, as a client may: the client_order_id keeps it from happening twice.
HttpClient::Result send_until_certain(HttpClient& client, const json& body) {
    HttpClient::Result result = client.post("/v1/orders", body);
    wait_until("a certain answer", [&] {
        if (!result || result->status < 500) return true;
        result = client.post("/v1/orders", body);
        return false;
    });
    return result;
}

std::int64_t filled_of(const json& order) { return std::stoll(order.at("filled_quantity").get<std::string>()); }

void check_acknowledged_order(HttpClient& client, const LedgerEntry& entry) {
    const auto retry = send_until_certain(client, entry.body);
    const json order = expect(retry, 200);
    CHECK(retry->header("idempotency-replayed") == "true");
    CHECK(order.at("id") == entry.order_id);
    CHECK(order.at("client_order_id") == entry.client_order_id());
    CHECK(filled_of(order) >= entry.filled);
}

// True when it had been executed.
bool settle_unknown_order(HttpClient& client, const LedgerEntry& entry) {
    const auto first = send_until_certain(client, entry.body);
    REQUIRE(first.has_value());
    // Sent anew it may be refused like any new order: for cash or shares that are gone by now.
    if (first->status == 422) return false;
    REQUIRE((first->status == 200 || first->status == 201));
    const json again = expect(send_until_certain(client, entry.body), 200);
    CHECK(again.at("id") == first->json().at("id"));
    return first->status == 200;
}

}  // namespace

LedgerCounts check_ledger(const Market& market, const std::vector<LedgerEntry>& ledger) {
    LedgerCounts counts;
    std::vector<HttpClient> clients;
    for (const Trader& trader : market.traders()) clients.push_back(market.as(trader));
    for (const LedgerEntry& entry : ledger) {
        HttpClient& client = clients[entry.trader];
        INFO((entry.is_order() ? entry.body.dump() : "cancel " + entry.cancels)
             << " status " << entry.status << " code " << entry.code);
        REQUIRE(entry.outcome != Outcome::Pending);
        counts.acknowledged += entry.outcome == Outcome::Acknowledged;
        counts.refused += entry.outcome == Outcome::Refused;
        counts.unknown += entry.outcome == Outcome::Unknown;
        if (!entry.is_order()) {
            if (entry.outcome != Outcome::Acknowledged) continue;
            const json order = expect(client.get("/v1/orders/" + entry.cancels), 200);
            CHECK(order.at("status") == "canceled");
            CHECK(filled_of(order) == entry.filled);
        } else if (entry.outcome == Outcome::Acknowledged) {
            check_acknowledged_order(client, entry);
        } else if (entry.outcome == Outcome::Refused) {
            expect(client.get("/v1/orders/by-client-id/" + entry.client_order_id()), 404);
        } else {
            counts.unknown_executed += settle_unknown_order(client, entry);
        }
    }
    return counts;
}

}  // namespace buttonwood::test
