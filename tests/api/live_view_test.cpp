// The live view and the streams against the engine: whatever a client can see is what the engine has.
#include "api/identity.hpp"
#include "api/json_reader.hpp"
#include "api/render.hpp"
#include "tests/api/market.hpp"
#include "tests/api/random_command.hpp"

#include <array>
#include <boost/crc.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sodium.h>

using namespace buttonwood;
using namespace buttonwood::engine;
using test::limit;
using test::LiveMarket;

namespace {

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

// Every level and every open order of the view is the engine's.
void compare(const LiveMarket& market, const BookClient& followed) {
    const api::LiveSecurity& live = market.acme();
    const OrderBook& book = *market.engine.book(test::kAcme);
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
        REQUIRE((side == Side::Buy ? followed.bids_.size() : followed.asks_.size()) == levels);
    }
}

void compare(const LiveMarket& market, OrderId id) {
    const auto open = market.engine.order(id);
    const api::LiveOrder* order = market.view.order(id);
    REQUIRE(order);
    REQUIRE(api::is_open(order->status) == open.has_value());
    if (!open) return;
    REQUIRE(order->leaves == open->leaves_quantity);
    REQUIRE(order->quantity == open->quantity);
    REQUIRE(order->price == open->price);
    REQUIRE(order->filled == open->quantity - open->leaves_quantity);
    REQUIRE(order->shown == open->displayed_quantity);
    REQUIRE((order->status == api::OrderStatus::Held) == open->held);
    if (open->held) REQUIRE(api::trigger_of(*order, market.acme()) == open->trigger_price);
}

}  // namespace

TEST_CASE("Live view: books, orders and streams equal the engine's after every command", "[property]") {
    const char* fixed = std::getenv("BUTTONWOOD_SEED");
    const std::uint64_t seed = fixed ? std::stoull(fixed) : std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    LiveMarket market;
    BookClient ten(10), full(api::ws::kFullDepth);
    const api::LiveSecurity& live = market.acme();
    market.hub.attach(ten);
    market.hub.subscribe_book(ten, live, 10);
    market.hub.subscribe_book(full, live, api::ws::kFullDepth);
    OrderId newest{};
    std::array<int, std::variant_size_v<EventBody>> seen{};
    for (int i = 0; i < 8'000; ++i) {
        CAPTURE(i);
        market.run(test::random_command(random, newest, market.engine.last_time()));
        for (const Event& event : market.events) {
            ++seen[event.body.index()];
            if (const auto* accepted = std::get_if<OrderAccepted>(&event.body)) newest = accepted->order;
        }
        compare(market, full);
        if (newest == OrderId::None) continue;
        compare(market, static_cast<OrderId>(1 + random() % std::to_underlying(newest)));
    }
    CHECK(ten.seq_ == live.book_seq);
    CHECK(full.seq_ == live.book_seq);
    CHECK(full.messages_ > 1'000);
    CHECK(market.view.account(AccountId{1})->open_orders.size() +
              market.view.account(AccountId{2})->open_orders.size() ==
          market.engine.open_order_count());
    for (const AccountId account : {AccountId{1}, AccountId{2}})
        for (const OrderId id : market.view.account(account)->open_orders) compare(market, id);
    // The stream is worth its name only if it reaches what it is made for.
    for (const EventBody& wanted : std::initializer_list<EventBody>{
             OrderActivated{}, MatchPrevented{}, OrderReduced{}, OrderRefreshed{}, AuctionIndicated{},
             AuctionUncrossed{}, OrderExpired{}, CancelAfterFired{}, PriceBandsSet{}, TradingStateChanged{}}) {
        CAPTURE(wanted.index());
        CHECK(seen[wanted.index()] > 0);
    }
}

TEST_CASE("Live view: a taker's execution messages tell its whole life", "[unit]") {
    LiveMarket market;
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
    const api::LiveOrder& taker = *market.view.order(OrderId{2});
    CHECK(taker.leaves == Quantity{60});
    const auto json = api::parse_json(api::order_json(taker, market.acme()));
    REQUIRE(json);
    CHECK(json->find("average_price")->text == "25.5000");
    CHECK(json->find("remaining_quantity")->text == "60");
    CHECK(json->find("event_seq")->text == std::to_string(market.view.event_seq()));
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
    LiveMarket market;
    const api::NewKey key = api::make_key();
    market.run(CreateApiKey{UserId{1}, key.id, key.secret_hash, RoleSet{}.add(Role::Trader)});
    const auto who = api::identify(market.view, key.text);
    REQUIRE(who);
    CHECK(who->user == UserId{1});
    CHECK(who->may(Role::Trader));
    CHECK_FALSE(who->may(Role::Operator));
    std::string wrong = key.text;
    wrong.back() = wrong.back() == 'a' ? 'b' : 'a';
    CHECK_FALSE(api::identify(market.view, wrong));
    CHECK_FALSE(api::identify(market.view, ""));
    CHECK_FALSE(api::identify(market.view, key.text + "0"));
    CHECK_FALSE(api::identify(market.view, api::make_key().text));
    market.run(RevokeApiKey{key.id});
    CHECK_FALSE(api::identify(market.view, key.text));
}
