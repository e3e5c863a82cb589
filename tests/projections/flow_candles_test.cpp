// Candles of recorded order flow against what its file of fills gives, where ../shared/data exists.
//
// The engine decides the flow on a calendar of our own, so that it fills 75 days with a year's end and a leap day. What
// the candles must be is computed from the fills of the file alone, with the calendar of the standard library.
#include "bench/flow_file.hpp"
#include "tests/bench/real_flow_sets.hpp"
#include "tests/projections/database.hpp"
#include "tests/support/test_cluster.hpp"

#include "engine/engine.hpp"
#include "projections/factories.hpp"

#include <chrono>
#include <iostream>
#include <map>
#include <random>
#include <unordered_map>

namespace buttonwood::projections::test {
namespace {

using namespace engine;
using bench::FlowCommand;
using bench::FlowOp;
using eventstore::Connection;
using std::chrono::microseconds;
using std::chrono::sys_time;

constexpr auto kAcme = static_cast<SecurityId>(1);
constexpr auto kBuyer = static_cast<AccountId>(1);
constexpr auto kSeller = static_cast<AccountId>(2);
constexpr int kPriceScale = 4;
constexpr sys_time<microseconds> kStart = std::chrono::sys_days{std::chrono::year{2027} / 12 / 20};
constexpr microseconds kSpan = std::chrono::days{75};

// Decides recorded flow as orders of two accounts, command n at a time that n tells.
class FlowMarket {
public:
    explicit FlowMarket(const bench::FlowSet& set) : last_n_(set.commands.back().n) {
        for (const char* name : {"Buyer", "Seller"}) run(RegisterUser{name, RoleSet{}.add(Role::Trader)});
        run(CreateSecurity{"ACME", "Acme", "USD", kPriceScale, 0, {1}, {1}});
        run(DepositCash{kBuyer, "USD", kMaxMoney});
        run(IssueHoldings{kSeller, kAcme, {kMaxQuantityUnits}});
        for (const FlowCommand& c : set.commands) {
            now_ = time_of(c.n);
            tell(c);
        }
    }
    [[nodiscard]] sys_time<microseconds> time_of(std::int64_t n) const { return kStart + kSpan * n / last_n_; }
    [[nodiscard]] const eventstore::Records& log() const { return log_; }

private:
    void tell(const FlowCommand& c) {
        switch (c.op) {
            case FlowOp::Seed:
            case FlowOp::New:
            case FlowOp::Limit: return place(c, *c.side, TimeInForce::Gtc);
            case FlowOp::Ioc: return place(c, *c.side, TimeInForce::Ioc);
            case FlowOp::Cancel: return cancel(c);
            case FlowOp::Reduce: {
                const auto order = alive(c);
                if (order && order->leaves_quantity.units > c.quantity)
                    return amend(*order, order->quantity.units - c.quantity, {});
                return cancel(c);
            }
            case FlowOp::Replace: return replace(c);
        }
    }
    void place(const FlowCommand& c, Side side, TimeInForce time_in_force) {
        PlaceOrder order;
        order.account = side == Side::Buy ? kBuyer : kSeller;
        order.security = kAcme;
        order.side = side;
        order.type = OrderType::Limit;
        order.time_in_force = time_in_force;
        order.quantity = {c.quantity};
        order.price = {c.price};
        run(order);
        for (const Event& event : decided_)
            if (const auto* accepted = std::get_if<OrderAccepted>(&event.body); accepted && c.id)
                orders_[*c.id] = accepted->order;
    }
    // To the back of its level, or of another: an amend where that loses the place, else a new order.
    void replace(const FlowCommand& c) {
        const auto order = alive(c);
        if (!order) return;
        if (order->price.units != c.price || c.quantity > order->leaves_quantity.units)
            return amend(*order, (order->quantity - order->leaves_quantity).units + c.quantity, Price{c.price});
        cancel(c);
        place(c, order->side, TimeInForce::Gtc);
    }
    void amend(const OrderView& order, std::int64_t quantity, std::optional<Price> price) {
        AmendOrder amend;
        amend.account = order.account;
        amend.target.order = order.order;
        amend.quantity = Quantity{quantity};
        amend.price = price;
        run(amend);
    }
    void cancel(const FlowCommand& c) {
        if (const auto order = alive(c)) run(CancelOrder{order->account, {order->order, {}}, {}});
    }
    [[nodiscard]] std::optional<OrderView> alive(const FlowCommand& c) const {
        const auto known = orders_.find(*c.id);
        return known == orders_.end() ? std::nullopt : market_.order(known->second);
    }
    void run(Command command) {
        const CommandHeader header{market_.last_command() + 1, {now_.time_since_epoch().count()}, UserId::None, {}};
        const EventSeq first_seq = market_.last_seq() + 1;
        decided_.clear();
        REQUIRE(market_.decide(header, command, decided_) == RejectReason::None);
        log_.events.insert(log_.events.end(), decided_.begin(), decided_.end());
        log_.commands.push_back({header, std::move(command), RejectReason::None, first_seq,
                                 static_cast<std::uint32_t>(decided_.size())});
    }

    std::int64_t last_n_;
    sys_time<microseconds> now_ = kStart;
    Engine market_;
    std::vector<Event> decided_;
    eventstore::Records log_;
    std::unordered_map<std::int64_t, OrderId> orders_;
};

using Bucket = sys_time<microseconds>;

// The start of the interval that holds a time, by the calendar of the standard library.
Bucket begin_of(const std::string& interval, Bucket time) {
    using namespace std::chrono;
    const sys_days day = floor<days>(time);
    const year_month_day date{day};
    if (interval == "1M") return sys_days{date.year() / date.month() / 1};
    if (interval == "1w") return day - (weekday{day} - Monday);
    if (interval == "1d") return day;
    const std::map<std::string, seconds> lengths{{"1s", 1s},    {"1m", 1min},  {"5m", 5min}, {"15m", 15min},
                                                 {"30m", 30min}, {"1h", 1h}, {"4h", 4h}};
    const microseconds length = lengths.at(interval);
    return day + (time - day) / length * length;
}

struct Expected {
    std::int64_t open{}, high{}, low{}, close{}, volume{}, count{};
    Int128 turnover{};  // price units x quantity
};

// A row as the view gives it: money and VWAP in their smallest unit, rounded half up.
std::string row_of(const std::string& interval, Bucket bucket, const Expected& e) {
    const Int128 unit = pow10_128(kMoneyScale - kPriceScale);
    const Int128 vwap = (2 * e.turnover * unit + e.volume) / (2 * Int128{e.volume});
    std::string row = interval;
    for (const std::int64_t number : {std::int64_t{bucket.time_since_epoch().count()}, e.open, e.high, e.low, e.close,
                                      e.volume, static_cast<std::int64_t>(e.turnover * unit),
                                      static_cast<std::int64_t>(vwap), e.count})
        row += " " + std::to_string(number);
    return row;
}

std::vector<std::string> expected_candles(const bench::FlowSet& set, const FlowMarket& market) {
    std::map<std::pair<std::string, Bucket>, Expected> candles;
    for (const std::string interval : {"1s", "1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w", "1M"})
        for (const bench::FlowFill& fill : *set.fills) {
            Expected& e = candles[{interval, begin_of(interval, market.time_of(fill.n))}];
            if (e.count++ == 0) e.open = e.high = e.low = fill.price;
            e.high = std::max(e.high, fill.price);
            e.low = std::min(e.low, fill.price);
            e.close = fill.price;
            e.volume += fill.quantity;
            e.turnover += Int128{fill.price} * fill.quantity;
        }
    // Seconds stay for the hour of the newest trade and the week before it.
    const Bucket oldest = begin_of("1h", market.time_of(set.fills->back().n)) - std::chrono::days{7};
    std::vector<std::string> rows;
    for (const auto& [key, candle] : candles)
        if (key.first != "1s" || key.second >= oldest) rows.push_back(row_of(key.first, key.second, candle));
    std::ranges::sort(rows);
    return rows;
}

TEST_CASE("candles of recorded order flow are what the fills of its file give", "[replay]") {
    const auto files = bench::real_flow_files();
    if (files.empty()) std::cout << "skipped: ../shared/data with the recorded order flow is absent\n";
    const std::uint64_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (const auto& file : files) {
        const auto set = bench::load_flow(file);
        REQUIRE(set.has_value());
        if (!set->fills) continue;
        CAPTURE(set->name);
        const FlowMarket market(*set);
        Connection db = connect(::buttonwood::test::fresh_database());
        must(db.execute("SET timezone = 'America/New_York'"));
        for (const auto& projection : {make_market_data(), make_securities()})
            for (std::size_t at = 0; at < market.log().commands.size();) {
                const std::size_t next = std::min(market.log().commands.size(), at + 1 + random() % 2'000);
                apply(*projection, slice(market.log(), at, next), db);
                at = next;
            }
        const auto rows = must(db.query(
            "SELECT concat_ws(' ', \"interval\", (extract(epoch FROM bucket) * 1000000)::bigint, open_units, "
            "high_units, low_units, close_units, volume_units, (turnover * 100000000)::bigint, "
            "(vwap * 100000000)::bigint, trade_count) FROM api.candles"));
        std::vector<std::string> told;
        for (int row = 0; row < rows.size(); ++row) told.emplace_back(rows.text(row, 0));
        std::ranges::sort(told);
        const auto expected = expected_candles(*set, market);
        REQUIRE(told.size() == expected.size());
        for (std::size_t i = 0; i < told.size(); ++i) REQUIRE(told[i] == expected[i]);
        std::cout << set->name << ": " << set->fills->size() << " fills, " << told.size() << " candles\n";
    }
}

}  // namespace
}  // namespace buttonwood::projections::test
