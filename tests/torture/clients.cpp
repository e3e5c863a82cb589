#include "tests/torture/clients.hpp"

#include "tests/support/http_client.hpp"

#include <functional>
#include <optional>
#include <random>

namespace buttonwood::torture {

using namespace std::chrono_literals;
using nlohmann::json;
using test::HttpClient;
using Clock = std::chrono::steady_clock;
using Outcome = Entry::Outcome;

namespace {

constexpr std::int64_t kMiddle = 10'000;  // cents
constexpr std::int64_t kSpread = 8;       // narrow: most orders trade, and most commands have several events
constexpr auto kBackOff = 5ms;
constexpr auto kThinkTime = 5ms;  // bounds the log's growth; the server's speed is not what is tested
constexpr auto kRequestPatience = 8s;
constexpr auto kSettlePatience = 60s;

class OrderSource {
public:
    OrderSource(std::uint64_t seed, std::string prefix) : random_(seed), prefix_(std::move(prefix)) {}

    bool chance(int percent) { return pick(1, 100) <= percent; }
    std::int64_t pick(std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
    }
    Entry order() {
        const std::int64_t price = kMiddle + pick(-kSpread, kSpread);
        std::string cents = std::to_string(price % 100);
        if (cents.size() == 1) cents.insert(0, "0");
        Entry entry;
        entry.key = prefix_ + std::to_string(++number_);
        entry.body = json{
            {"symbol", "ACME"},
            {"side", chance(50) ? "buy" : "sell"},
            {"quantity", std::to_string(pick(1, 20))},
            {"price", std::to_string(price / 100) + "." + cents},
            {"time_in_force", chance(15) ? "ioc" : "gtc"},
            {"client_order_id",
             entry.key}}.dump();
        return entry;
    }

private:
    std::mt19937_64 random_;
    std::string prefix_;
    std::uint64_t number_ = 0;
};

// A connection that follows the market wherever it is served.
class Door {
public:
    Door(std::string token, std::function<std::string()> url) : token_(std::move(token)), where_(std::move(url)) {}

    HttpClient::Result send(const Entry& entry) {
        if (const std::string now = where_(); !client_ || now != url_) {
            url_ = now;
            client_.emplace(url_, token_);
            client_->set_timeout(kRequestPatience);
        }
        return entry.is_order() ? client_->request("POST", "/v1/orders", entry.body)
                                : client_->del("/v1/orders/" + entry.key);
    }

private:
    std::string token_;
    std::function<std::string()> where_;
    std::string url_;
    std::optional<HttpClient> client_;
};

std::int64_t filled_of(const json& order) { return std::stoll(order.at("filled_quantity").get<std::string>()); }

void complete(Entry& entry, const HttpClient::Result& result) {
    entry.answered = Clock::now();
    entry.status = result ? result->status : 0;
    const json body = result ? result->json() : json();
    if (result && result->status / 100 == 2) {
        entry.outcome = Outcome::Acknowledged;
        entry.id = body.at("id");
        entry.filled = filled_of(body);
        entry.found_executed = entry.was_unknown && result->header("idempotency-replayed") == "true";
    } else if (result && body.value("execution", "") == "not_executed" && (!entry.was_unknown || entry.status < 500)) {
        // What was unknown before stays so as long as it was merely not executed once more.
        entry.outcome = Outcome::Refused;
    } else if (result && !entry.is_order() && entry.status == 409) {
        entry.outcome = Outcome::Refused;
    } else {
        entry.outcome = Outcome::Unknown;
        entry.was_unknown = true;
    }
}

char letter_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::Pending:
            break;
        case Outcome::Acknowledged:
            return 'O';
        case Outcome::Refused:
            return 'F';
        case Outcome::Unknown:
            return 'U';
    }
    return 'I';
}

}  // namespace

Clients::Clients(std::vector<Trader> traders, std::string url, const LedgerFile& file)
    : traders_(std::move(traders)), file_(file), url_(std::move(url)) {}

Clients::~Clients() { stop(); }

std::string Clients::url() const {
    const std::lock_guard lock(mutex_);
    return url_;
}

void Clients::go_to(const std::string& url) {
    const std::lock_guard lock(mutex_);
    url_ = url;
}

void Clients::start(std::uint64_t seed, const std::string& run) {
    stopping_ = false;
    acknowledged_ = 0;
    ledgers_.clear();
    for (const Trader& trader : traders_) {
        std::deque<Entry>& ledger = ledgers_[trader.account];
        threads_.emplace_back([this, &trader, &ledger, seed, run] { trade(trader, seed, run, ledger); });
        ++seed;
    }
}

void Clients::stop() {
    stopping_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
}

void Clients::trade(const Trader& trader, std::uint64_t seed, const std::string& run, std::deque<Entry>& ledger) {
    Door door(trader.key, [this] { return url(); });
    OrderSource source(seed, run + ":" + trader.account.substr(4) + ":");
    std::vector<std::string> open;
    while (!stopping_) {
        Entry entry = source.order();
        if (!open.empty() && source.chance(20)) {
            entry = {};
            const auto chosen = static_cast<std::size_t>(source.pick(0, static_cast<std::int64_t>(open.size()) - 1));
            entry.key = std::exchange(open[chosen], open.back());
            open.pop_back();
        }
        entry.sent = Clock::now();
        file_.write('I', entry);
        Entry& written = ledger.emplace_back(std::move(entry));
        do {
            ++in_flight_;
            const auto result = door.send(written);
            --in_flight_;
            complete(written, result);
            file_.write(letter_of(written.outcome), written);
            if (written.outcome != Outcome::Acknowledged && written.status >= 500)
                std::this_thread::sleep_for(kBackOff);
        } while (written.outcome == Outcome::Unknown && !stopping_);
        if (written.outcome == Outcome::Acknowledged) {
            ++acknowledged_;
            if (written.is_order()) open.push_back(written.id);
        }
        std::this_thread::sleep_for(kThinkTime);
    }
}

std::vector<std::string> Clients::settle() {
    std::vector<std::vector<std::string>> found(traders_.size());
    std::vector<std::thread> settlers;
    for (std::size_t i = 0; i < traders_.size(); ++i)
        settlers.emplace_back([this, i, &found] { settle(traders_[i], ledgers_[traders_[i].account], found[i]); });
    for (std::thread& settler : settlers) settler.join();
    std::vector<std::string> all;
    for (const auto& some : found) all.insert(all.end(), some.begin(), some.end());
    return all;
}

void Clients::settle(const Trader& trader, std::deque<Entry>& ledger, std::vector<std::string>& violations) const {
    Door door(trader.key, [this] { return url(); });
    const auto deadline = Clock::now() + kSettlePatience;
    for (Entry& entry : ledger) {
        while (entry.outcome == Outcome::Unknown || entry.outcome == Outcome::Pending) {
            if (Clock::now() > deadline) {
                violations.push_back("P07: " + entry.key + " never got a certain answer, the last was " +
                                     std::to_string(entry.status));
                return;
            }
            complete(entry, door.send(entry));
            file_.write(letter_of(entry.outcome), entry);
            if (entry.outcome == Outcome::Unknown) std::this_thread::sleep_for(kBackOff);
        }
        if (entry.outcome != Outcome::Acknowledged || !entry.is_order()) continue;
        const auto again = door.send(entry);
        const json order = again ? again->json() : json();
        if (!again || again->status != 200 || order.value("id", "") != entry.id || filled_of(order) < entry.filled)
            violations.push_back("P07: a retry of " + entry.key + ", acknowledged as " + entry.id + ", was answered " +
                                 (again ? std::to_string(again->status) + " " + again->body : again.error().what));
    }
}

}  // namespace buttonwood::torture
