// The live view and the streams against the engine: whatever a client can see is what the engine has.
#include "api/identity.hpp"
#include "api/json_reader.hpp"
#include "api/live/live_view.hpp"
#include "api/render.hpp"
#include "api/ws/hub.hpp"
#include "engine/engine.hpp"

#include <boost/crc.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <random>
#include <sodium.h>

using namespace buttonwood;
using namespace buttonwood::engine;

namespace {

// An engine and a live view that follows it command by command.
class Market {
public:
    Market() {
        run(RegisterUser{"Ann", RoleSet{}.add(Role::Trader)});
        run(RegisterUser{"Bob", RoleSet{}.add(Role::Trader)});
        run(CreateSecurity{"ACME", "Acme", "USD", 2, 0, {1}, {1}});
        for (const AccountId account : {AccountId{1}, AccountId{2}}) {
            run(DepositCash{account, "USD", Money{1'000'000 * pow10_128(8)}});
            run(IssueHoldings{account, SecurityId{1}, {100'000}});
        }
    }

    const api::Changes& run(Command command) {
        events_.clear();
        const CommandHeader header{engine_.last_command() + 1, {engine_.last_time().us + 1'000}, UserId::None, {}};
        const RejectReason outcome = engine_.decide(header, command, events_);
        const eventstore::CommandRecord record{header, command, outcome, events_.front().seq,
                                               static_cast<std::uint32_t>(events_.size())};
        const api::Changes& changes = view_.apply(record, events_);
        hub_.on_changes(changes);
        return changes;
    }

    Engine engine_;
    api::LiveView view_;
    api::ws::Hub hub_{view_};
    std::vector<Event> events_;
};

Command random_order(std::mt19937_64& random, OrderId newest) {
    const auto account = static_cast<AccountId>(1 + random() % 2);
    const auto target = static_cast<OrderId>(1 + random() % (std::to_underlying(newest) + 2));
    switch (random() % 10) {
        case 0: return CancelOrder{account, {target, {}}, {}};
        case 1:
            return AmendOrder{
                account, {target, {}}, Price{static_cast<std::int64_t>(90 + random() % 20)}, std::nullopt};
        case 2:
            return AmendOrder{
                account, {target, {}}, std::nullopt, Quantity{static_cast<std::int64_t>(1 + random() % 20)}};
        case 3: if (random() % 20 == 0) return MassCancel{account, SecurityId::None, std::nullopt}; [[fallthrough]];
        default: break;
    }
    PlaceOrder order;
    order.account = account;
    order.security = SecurityId{1};
    order.side = random() % 2 ? Side::Buy : Side::Sell;
    order.type = random() % 8 ? OrderType::Limit : OrderType::Market;
    order.time_in_force = order.type == OrderType::Market || random() % 5 == 0 ? TimeInForce::Ioc : TimeInForce::Gtc;
    order.quantity = {static_cast<std::int64_t>(1 + random() % 30)};
    if (order.type == OrderType::Limit) order.price = {static_cast<std::int64_t>(85 + random() % 30)};
    return order;
}

// A client that knows only what it is sent: keeps a book of limited depth and checks seq and checksum as it goes.
class BookClient : public api::ws::Subscriber {
public:
    explicit BookClient(std::size_t depth) : depth_(depth) {}
    void go_away() override {}

    void send(api::ws::Message text) override {
        const auto message = nlohmann::json::parse(*text);
        const auto seq = message.at("seq").get<std::uint64_t>();
        if (message.at("type") == "snapshot") {
            bids_.clear();
            asks_.clear();
        } else {
            REQUIRE(seq == seq_ + 1);
            REQUIRE(message.at("prev_seq") == seq_);
        }
        seq_ = seq;
        const nlohmann::json& data = message.at("data").at(0);
        take(data.at("bids"), bids_);
        take(data.at("asks"), asks_);
        REQUIRE(data.at("checksum") == checksum());
        ++messages_;
    }

    std::map<std::int64_t, std::int64_t, std::greater<>> bids_;
    std::map<std::int64_t, std::int64_t> asks_;
    std::uint64_t seq_ = 0;
    int messages_ = 0;

private:
    static std::int64_t units(const std::string& decimal) {
        std::string digits;
        for (const char c : decimal)
            if (c != '.') digits += c;
        return std::stoll(digits);
    }
    template <class Levels> void take(const nlohmann::json& list, Levels& levels) {
        for (const auto& level : list) {
            const std::int64_t price = units(level.at("price").get<std::string>());
            const auto quantity = level.at("qty").get<std::string>();
            if (quantity == "0") levels.erase(price);
            else levels[price] = std::stoll(quantity);
        }
        while (depth_ != 0 && levels.size() > depth_) levels.erase(std::prev(levels.end()));
    }
    [[nodiscard]] std::uint32_t checksum() const {
        std::string text;
        const auto add = [&text](const auto& levels) {
            int left = 10;
            for (const auto& [price, quantity] : levels)
                if (left-- > 0) text += std::to_string(price) + std::to_string(quantity);
        };
        add(asks_);
        add(bids_);
        boost::crc_32_type crc;
        crc.process_bytes(text.data(), text.size());
        return crc.checksum();
    }
    std::size_t depth_;
};

}  // namespace

TEST_CASE("Live view: books, orders and streams equal the engine's after every command", "[property]") {
    const char* fixed = std::getenv("BUTTONWOOD_SEED");
    const std::uint64_t seed = fixed ? std::stoull(fixed) : std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    Market market;
    BookClient ten(10), full(api::ws::kFullDepth);
    const api::LiveSecurity& live = *market.view_.security("ACME");
    market.hub_.attach(ten);
    market.hub_.subscribe_book(ten, live, 10);
    market.hub_.subscribe_book(full, live, api::ws::kFullDepth);
    OrderId newest{};
    for (int i = 0; i < 4'000; ++i) {
        CAPTURE(i);
        market.run(random_order(random, newest));
        for (const Event& event : market.events_)
            if (const auto* accepted = std::get_if<OrderAccepted>(&event.body)) newest = accepted->order;
        const OrderBook& book = *market.engine_.book(SecurityId{1});
        for (const Side side : {Side::Buy, Side::Sell}) {
            std::size_t levels = 0;
            auto mine = live.book.levels(side).begin();
            book.for_each_level(side, [&](const OrderBook::Level& level) {
                REQUIRE(mine != live.book.levels(side).end());
                REQUIRE(api::LiveBook::price_of(side, mine->first) == level.price);
                REQUIRE(mine->second.units == level.quantity.units);
                REQUIRE(mine->second.order_count == level.order_count);
                ++mine;
                ++levels;
                return true;
            });
            REQUIRE(live.book.levels(side).size() == levels);
            const auto& followed = full;
            REQUIRE((side == Side::Buy ? followed.bids_.size() : followed.asks_.size()) == levels);
        }
        if (newest == OrderId::None) continue;
        const auto target = static_cast<OrderId>(1 + random() % std::to_underlying(newest));
        const auto open = market.engine_.order(target);
        const api::LiveOrder* order = market.view_.order(target);
        REQUIRE(order);
        REQUIRE(api::is_open(order->status) == open.has_value());
        if (open) {
            REQUIRE(order->leaves == open->leaves_quantity);
            REQUIRE(order->quantity == open->quantity);
            REQUIRE(order->price == open->price);
            REQUIRE(order->filled == open->quantity - open->leaves_quantity);
        }
    }
    CHECK(ten.seq_ == live.book_seq);
    CHECK(full.seq_ == live.book_seq);
    CHECK(full.messages_ > 1'000);
    CHECK(market.view_.account(AccountId{1})->open_orders.size() +
              market.view_.account(AccountId{2})->open_orders.size() ==
          market.engine_.open_order_count());
}

TEST_CASE("Live view: a taker's execution messages tell its whole life", "[unit]") {
    Market market;
    const auto limit = [](AccountId account, Side side, std::int64_t price, std::int64_t quantity) {
        PlaceOrder order;
        order.account = account;
        order.security = SecurityId{1};
        order.side = side;
        order.type = OrderType::Limit;
        order.time_in_force = TimeInForce::Gtc;
        order.price = {price};
        order.quantity = {quantity};
        return order;
    };
    market.run(limit(AccountId{1}, Side::Sell, 2550, 40));
    const api::Changes& changes = market.run(limit(AccountId{2}, Side::Buy, 2560, 100));
    REQUIRE(changes.executions.size() == 3);
    CHECK(changes.executions[0].type == "new");
    CHECK(changes.executions[1].type == "trade");
    CHECK(changes.executions[1].is_maker);
    CHECK(changes.executions[1].order.status == api::OrderStatus::Filled);
    CHECK(changes.executions[2].type == "trade");
    CHECK(changes.executions[2].order.status == api::OrderStatus::PartiallyFilled);
    CHECK(changes.executions[2].seq == 2);
    const api::LiveOrder& taker = *market.view_.order(OrderId{2});
    CHECK(taker.leaves == Quantity{60});
    const auto json = api::parse_json(api::order_json(taker, *market.view_.security("ACME")));
    REQUIRE(json);
    CHECK(json->find("average_price")->text == "25.5000");
    CHECK(json->find("remaining_quantity")->text == "60");
    CHECK(json->find("event_seq")->text == std::to_string(market.view_.event_seq()));
}

TEST_CASE("Average price is rounded half up at two digits more than the price has", "[unit]") {
    // 1 at 0.01 and 2 at 0.02: 0.05 / 3 = 0.01666...
    CHECK(api::average_price(5'000'000, 3, 2, 0) == "0.0167");
    CHECK(api::average_price(0, 0, 2, 0).empty());
    // quantity scale 4: 1.5000 at 100.25
    CHECK(api::average_price(Int128{15'037'500'000}, 15'000, 2, 4) == "100.2500");
}

TEST_CASE("Keys: only the right secret of a living key opens", "[unit]") {
    REQUIRE(sodium_init() >= 0);
    Market market;
    const api::NewKey key = api::make_key();
    market.run(CreateApiKey{UserId{1}, key.id, key.secret_hash, RoleSet{}.add(Role::Trader)});
    const auto who = api::identify(market.view_, key.text);
    REQUIRE(who);
    CHECK(who->user == UserId{1});
    CHECK(who->may(Role::Trader));
    CHECK_FALSE(who->may(Role::Operator));
    std::string wrong = key.text;
    wrong.back() = wrong.back() == 'a' ? 'b' : 'a';
    CHECK_FALSE(api::identify(market.view_, wrong));
    CHECK_FALSE(api::identify(market.view_, ""));
    CHECK_FALSE(api::identify(market.view_, key.text + "0"));
    CHECK_FALSE(api::identify(market.view_, api::make_key().text));
    market.run(RevokeApiKey{key.id});
    CHECK_FALSE(api::identify(market.view_, key.text));
}
