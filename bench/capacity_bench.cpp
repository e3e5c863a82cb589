// capacity_bench: the whole engine with 10 million resting orders, 100,000 securities and 1 million accounts.
//
// Loads them one command at a time, with the resident memory after each step; then random operations on top, and a mass
// cancel of an account's 100,000 orders in the pieces that the engine makes of it. Every command must be accepted, but
// for those random cancels and amends that meet an order that is gone.
#include "bench/core_measure.hpp"
#include "bench/core_random.hpp"
#include "bench/core_trader.hpp"
#include "bench/process_figures.hpp"
#include "bench/progress_bar.hpp"
#include "engine/engine.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace buttonwood::bench;
using namespace buttonwood::engine;
using nlohmann::json;

constexpr std::uint64_t kDefaultSeed = 20'261'121;
constexpr std::size_t kSecuritiesPerAccount = 10;  // in which it orders, and holds
constexpr std::int64_t kCenter = 10'000;
constexpr std::int64_t kDepth = 100;               // ticks that orders rest away from the centre
constexpr std::size_t kOutboxEvents = 1'024;
constexpr std::size_t kProgressInterval = 65'536;  // commands
constexpr Currency kCurrency = "USD";
constexpr Money kCash{pow10_128(24)};
constexpr Quantity kHolding{1'000'000'000};

struct Size {
    std::size_t accounts, securities, orders, whale_orders, operations;
};
constexpr Size kFull{1'000'000, 100'000, 10'000'000, 100'000, 2'000'000};
constexpr Size kSmoke{1'000, 100, 10'000, 3'000, 5'000};

struct Step {
    std::string what;
    std::size_t count{};
    double seconds{};
    double bytes{};                    // grown by
    std::vector<std::uint32_t> ticks;  // of each command, where they are of interest
};

class Capacity {
public:
    Capacity(const Size& size, std::uint64_t seed) : size_(size), random_(seed) {
        outbox_.reserve(kOutboxEvents);
        engine_.reserve(size_.orders + size_.operations, size_.accounts, size_.securities);
    }

    void run(const std::function<void(Step&)>& report) {
        using Member = void (Capacity::*)(Step&);
        const std::vector<std::pair<const char*, Member>> steps{
            {"accounts", &Capacity::open_accounts}, {"securities", &Capacity::create_securities},
            {"holdings", &Capacity::issue_holdings}, {"orders", &Capacity::place_orders},
            {"random operations", &Capacity::operate}, {"orders mass-canceled", &Capacity::mass_cancel}};
        for (const auto& [what, member] : steps) {
            Step step;
            step.what = what;
            const auto before = static_cast<double>(resident_bytes());
            const std::uint64_t begin = CycleClock::now();
            (this->*member)(step);
            step.seconds = static_cast<double>(CycleClock::now() - begin) * CycleClock::ns_per_tick() * 1e-9;
            step.bytes = static_cast<double>(resident_bytes()) - before;
            report(step);
        }
    }
    [[nodiscard]] const Engine& engine() const { return engine_; }

private:
    void open_accounts(Step& step) {
        for (std::size_t i = 1; i <= size_.accounts; ++i, show(++step.count, size_.accounts, "accounts")) {
            for (const Command& command : new_trader(i, kCurrency, kCash)) must(command);
        }
    }

    void create_securities(Step& step) {
        for (std::size_t i = 1; i <= size_.securities; ++i, show(++step.count, size_.securities, "securities")) {
            CreateSecurity security;
            security.symbol = Symbol("S" + std::to_string(i));
            security.name = Name("security " + std::to_string(i));
            security.currency = kCurrency;
            security.price_scale = 2;
            security.tick_size = Price{1};
            security.lot_size = Quantity{1};
            must(security);
        }
    }

    // Every account has something to list in half of its securities.
    void issue_holdings(Step& step) {
        const std::size_t total = size_.accounts * kSecuritiesPerAccount / 2;
        for (std::size_t i = 0; i < size_.accounts; ++i)
            for (std::size_t k = 1; k < kSecuritiesPerAccount; k += 2, show(++step.count, total, "holdings")) {
                IssueHoldings holding;
                holding.account = account(i);
                holding.security = security_of(i, k);
                holding.quantity = kHolding;
                must(holding);
            }
    }

    // The first account places more than the others: it is the one that cancels them all at once.
    void place_orders(Step& step) {
        while (step.count < size_.orders) {
            const std::size_t owner = step.count < size_.whale_orders ? 0 : step.count % size_.accounts;
            PlaceOrder order = place(owner, random_.below(kSecuritiesPerAccount));
            const std::int64_t distance = random_.between(1, kDepth);
            order.price = Price{order.side == Side::Buy ? kCenter - distance : kCenter + distance};
            must(order);
            owners_.push_back(order.account);
            show(++step.count, size_.orders, "orders");
        }
    }

    // 40 % new orders of which some trade, 40 % cancels, 20 % amends of orders anywhere.
    void operate(Step& step) {
        step.ticks.reserve(size_.operations);
        while (step.count < size_.operations) {
            const Command command = any_operation();
            const CommandHeader header = next_header();
            outbox_.clear();
            const std::uint64_t begin = CycleClock::now();
            const RejectReason reason = engine_.decide(header, command, outbox_);
            step.ticks.push_back(static_cast<std::uint32_t>(CycleClock::now() - begin));
            if (const auto* order = std::get_if<PlaceOrder>(&command); order && reason == RejectReason::None)
                owners_.push_back(order->account);
            show(++step.count, size_.operations, "operations");
        }
    }

    // The command, and what the clock finishes of it. Each of these commands is timed.
    void mass_cancel(Step& step) {
        const std::size_t before = engine_.open_order_count();
        MassCancel all;
        all.account = account(0);
        const auto timed = [&](const Command& command) {
            const std::uint64_t begin = CycleClock::now();
            must(command);
            step.ticks.push_back(static_cast<std::uint32_t>(CycleClock::now() - begin));
        };
        timed(all);
        while (engine_.wants_clock(engine_.last_time())) timed(AdvanceClock{});
        step.count = before - engine_.open_order_count();
    }

    Command any_operation() {
        const std::size_t draw = random_.below(10);
        if (draw < 4) {
            PlaceOrder order = place(1 + random_.below(size_.accounts - 1), random_.below(kSecuritiesPerAccount));
            const std::int64_t distance = random_.between(-kDepth / 10, kDepth);
            order.price = Price{order.side == Side::Buy ? kCenter - distance : kCenter + distance};
            return order;
        }
        const std::size_t index = random_.below(owners_.size());
        if (draw < 8) {
            CancelOrder cancel;
            cancel.account = owners_[index];
            cancel.target.order = static_cast<OrderId>(index + 1);
            return cancel;
        }
        AmendOrder amend;
        amend.account = owners_[index];
        amend.target.order = static_cast<OrderId>(index + 1);
        amend.quantity = Quantity{random_.between(1, 100)};
        return amend;
    }

    PlaceOrder place(std::size_t owner, std::size_t nth) {
        PlaceOrder order;
        order.account = account(owner);
        order.security = security_of(owner, nth);
        order.side = nth % 2 == 0 ? Side::Buy : Side::Sell;
        order.type = OrderType::Limit;
        order.time_in_force = TimeInForce::Gtc;
        order.quantity = Quantity{random_.between(1, 100)};
        return order;
    }
    static AccountId account(std::size_t index) { return static_cast<AccountId>(index + 1); }
    // The ten of one account are scattered over all.
    [[nodiscard]] SecurityId security_of(std::size_t owner, std::size_t nth) const {
        const std::uint64_t spread = (owner * kSecuritiesPerAccount + nth) * 0x9E3779B97F4A7C15;
        return static_cast<SecurityId>((spread >> 32) % size_.securities + 1);
    }

    [[nodiscard]] CommandHeader next_header() const {
        CommandHeader header;
        header.seq = engine_.last_command() + 1;
        header.time = Timestamp{static_cast<std::int64_t>(header.seq)};
        return header;
    }
    void must(const Command& command) {
        outbox_.clear();
        const RejectReason reason = engine_.decide(next_header(), command, outbox_);
        if (reason != RejectReason::None)
            throw std::runtime_error("the engine refused a command: " + std::string(code_of(reason)));
    }
    void show(std::size_t done, std::size_t total, const char* what) {
        if (done % kProgressInterval == 0) bar_.show(done, total, what);
    }

    const Size& size_;
    Random random_;
    Engine engine_;
    std::vector<Event> outbox_;
    std::vector<AccountId> owners_;  // by OrderId - 1
    ProgressBar bar_{"capacity"};
};

void report(Step& step, bool as_json, json& all) {
    const auto n = static_cast<double>(std::max<std::size_t>(step.count, 1));
    const Percentiles p = percentiles_of(step.ticks, CycleClock::own_ticks());
    if (as_json) {
        all.push_back({{"what", step.what}, {"count", step.count}, {"seconds", step.seconds},
                       {"per_second", n / step.seconds}, {"bytes_each", step.bytes / n}});
        if (!step.ticks.empty())
            all.back().update({{"commands", step.ticks.size()}, {"p50_ns", p.p50}, {"p99_ns", p.p99},
                               {"p999_ns", p.p999}, {"worst_ns", p.worst}});
        return;
    }
    std::printf("%-20s %10zu  %7.2f s %12.0f/s %8.0f MB %8.0f B each\n", step.what.c_str(), step.count, step.seconds,
                n / step.seconds, step.bytes / 1e6, step.bytes / n);
    if (!step.ticks.empty())
        std::printf("%-20s %10zu commands, us: p50 %.2f  p99 %.2f  p99.9 %.2f  worst %.0f\n", "", step.ticks.size(),
                    p.p50 / 1e3, p.p99 / 1e3, p.p999 / 1e3, p.worst / 1e3);
    std::fflush(stdout);
}

void run(std::uint64_t seed, bool smoke, bool as_json) {
    Capacity capacity(smoke ? kSmoke : kFull, seed);
    json steps = json::array();
    capacity.run([&](Step& step) { report(step, as_json, steps); });
    const std::size_t resting = capacity.engine().open_order_count();
    if (as_json)
        std::printf("%s\n", json{{"seed", seed}, {"steps", steps}, {"resting_orders", resting},
                                 {"resident_bytes", resident_bytes()}}.dump(2).c_str());
    else
        std::printf("%zu orders rest at the end; %.2f GB resident\n", resting,
                    static_cast<double>(resident_bytes()) / 1e9);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Loads the engine to its stated capacity and operates on it");
    std::uint64_t seed = kDefaultSeed;
    bool smoke = false;
    bool as_json = false;
    app.add_flag("--json", as_json, "print JSON");
    app.add_flag("--smoke", smoke, "tiny: shows that it runs");
    app.add_option("--seed", seed, "seed of the orders")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    try {
        run(seed, smoke, as_json);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "capacity_bench: %s\n", error.what());
        return 1;
    }
}
