// What the WebSocket promises: snapshot first, seq without holes, checksums, one book for all, across a restart.
#include "bench/book_mirror.hpp"
#include "tests/support/test_cluster.hpp"
#include "tests/system/market_socket.hpp"
#include "tests/system/trading_load.hpp"

using namespace buttonwood;
using namespace buttonwood::test;

namespace {

json levels_of(const json& book, const char* side) {
    json levels = json::array();
    for (const json& level : book.at(side)) levels.push_back({level.at(0), level.at(1)});
    return levels;
}

// A subscriber of one channel and symbol that checks what all channels promise: seq + 1 after the snapshot.
class Subscriber {
public:
    using OnMessage = std::function<void(const json&)>;
    explicit Subscriber(
        const Market& market, const json& params, OnMessage on_message = [](const json&) {})
        : socket_(open_socket(market)), on_message_(std::move(on_message)) {
        std::vector<json> early;
        must_call(socket_, "subscribe", params, &early);
        for (const json& message : early) take(message);
        while (!has_snapshot_) REQUIRE(read_one(std::chrono::seconds(30)));
    }
    void read_while(const std::function<bool()>& more) {
        while (more()) static_cast<void>(read_one(std::chrono::milliseconds(20)));
    }
    void read_until_seq(std::uint64_t seq) {
        while (seq_ < seq) REQUIRE(read_one(std::chrono::seconds(30)));
    }
    [[nodiscard]] std::uint64_t seq() const { return seq_; }

private:
    bool read_one(std::chrono::milliseconds timeout) {
        const auto text = socket_.receive(timeout);
        REQUIRE_FALSE(socket_.closed());
        if (text) take(json::parse(*text));
        return text.has_value();
    }
    void take(const json& message) {
        if (!message.contains("channel")) return;
        const std::uint64_t seq = message.at("seq");
        if (message.at("type") == "snapshot")
            has_snapshot_ = true;
        else
            REQUIRE(seq == seq_ + 1);
        seq_ = seq;
        on_message_(message);
    }

    WsClient socket_;
    OnMessage on_message_;
    bool has_snapshot_ = false;
    std::uint64_t seq_ = 0;
};

// A subscriber of `book` with its copy of the book, and what the copy complains about.
struct BookCopy {
    bench::BookMirror mirror;
    std::vector<std::string> problems;
    Subscriber subscriber;

    BookCopy(const Market& market, std::size_t depth)
        : mirror(depth, 2, 0),
          subscriber(market, {{"channel", "book"}, {"symbol", {Market::kSymbol}}, {"depth", depth}},
                     [this](const json& message) {
                         if (const auto applied = mirror.apply(message); !applied) problems.push_back(applied.error());
                     }) {}
    BookCopy(const BookCopy&) = delete;
    BookCopy& operator=(const BookCopy&) = delete;
};

}  // namespace

TEST_CASE("a book built from the stream equals the server's, at every depth, while orders flow", "[system]") {
    Market market(fresh_database());
    for (int i = 0; i < 3; ++i) market.register_trader("trader " + std::to_string(i));
    BookCopy top(market, 10);
    BookCopy full(market, 0);
    TradingLoad load(market, {.seed = 9, .run = "s"});
    for (BookCopy* copy : {&top, &full})
        copy->subscriber.read_while([&, target = load.acknowledged() + 300] { return load.acknowledged() < target; });
    static_cast<void>(load.stop());

    const json book = expect(market.as_operator().get("/v1/markets/ACME/book?depth=500"), 200);
    REQUIRE(book.at("seq").get<std::uint64_t>() > 100);
    for (BookCopy* copy : {&top, &full}) {
        copy->subscriber.read_until_seq(book.at("seq"));
        CHECK(copy->problems == std::vector<std::string>{});
        CHECK(copy->mirror.seq() == book.at("seq"));
        CHECK(copy->mirror.checksum() == book.at("checksum"));
    }
    CHECK(full.mirror.bids() == levels_of(book, "bids"));
    CHECK(full.mirror.asks() == levels_of(book, "asks"));
    const json shallow = expect(market.as_operator().get("/v1/markets/ACME/book?depth=10"), 200);
    CHECK(top.mirror.bids() == levels_of(shallow, "bids"));
    CHECK(top.mirror.asks() == levels_of(shallow, "asks"));
}

TEST_CASE("the sequence of a channel goes on after a restart", "[fault]") {
    Market market(fresh_database());
    const Trader maker = market.register_trader("maker");
    const Trader taker = market.register_trader("taker");
    auto trade = [&](int i) {
        const std::string id = std::to_string(i);
        expect(market.as(maker).post("/v1/orders", limit_order("sell", "2", "10.00", "m" + id)), 201);
        expect(market.as(taker).post("/v1/orders", limit_order("buy", "2", "10.00", "t" + id)), 201);
    };
    for (int i = 0; i < 5; ++i) trade(i);
    const json book{{"channel", "book"}, {"symbol", {"ACME"}}, {"depth", 10}};
    const json trades{{"channel", "trades"}, {"symbol", {"ACME"}}};
    auto seq_of = [&](const json& params) { return Subscriber(market, params).seq(); };
    const std::uint64_t book_before = seq_of(book);
    const std::uint64_t trades_before = seq_of(trades);
    CHECK(trades_before >= 5);
    const json rest_before = expect(market.as_operator().get("/v1/markets/ACME/book"), 200);

    market.server().kill9();
    market.restart();
    CHECK(seq_of(book) == book_before);
    CHECK(seq_of(trades) == trades_before);
    const json rest_after = expect(market.as_operator().get("/v1/markets/ACME/book"), 200);
    CHECK(rest_after.at("seq") == rest_before.at("seq"));
    trade(5);
    CHECK(seq_of(book) == book_before + 2);
    CHECK(seq_of(trades) == trades_before + 1);
}

TEST_CASE("executions tell each account what happened to its orders, in order", "[system]") {
    Market market(fresh_database());
    const Trader maker = market.register_trader("maker");
    const Trader taker = market.register_trader("taker");
    WsClient socket = open_socket(market);
    std::vector<json> messages;
    CHECK(socket.call("subscribe", {{"channel", "executions"}})->at("error").at("code") == "unauthorized");
    must_call(socket, "auth", {{"token", maker.key}});
    must_call(socket, "subscribe", {{"channel", "executions"}}, &messages);
    const json resting = must_call(socket, "add_order", limit_order("sell", "5", "10.00", "a"), &messages);
    expect(market.as(taker).post("/v1/orders", limit_order("buy", "2", "10.00", "b")), 201);
    must_call(socket, "amend_order", {{"order_id", resting.at("id")}, {"quantity", "4"}}, &messages);
    must_call(socket, "cancel_order", {{"client_order_id", "a"}}, &messages);

    std::vector<std::string> types;
    std::uint64_t seq = 0;
    auto take = [&](const json& message) {
        if (message.value("channel", "") != "executions") return;
        if (seq != 0) CHECK(message.at("seq") == seq + 1);
        seq = message.at("seq");
        CHECK(message.at("account_id") == maker.account);
        if (message.at("type") == "snapshot") return;
        for (const json& execution : message.at("data")) {
            CHECK(execution.at("client_order_id") == "a");
            types.push_back(execution.at("exec_type"));
        }
    };
    for (const json& message : messages) take(message);
    while (types.size() < 4) {
        const auto text = socket.receive(std::chrono::seconds(30));
        REQUIRE(text.has_value());
        take(json::parse(*text));
    }
    CHECK(types == std::vector<std::string>{"new", "trade", "replaced", "canceled"});
}

TEST_CASE("the trades channel tells every trade once, as REST lists them", "[system]") {
    Market market(fresh_database());
    for (int i = 0; i < 3; ++i) market.register_trader("trader " + std::to_string(i));
    std::vector<json> streamed;
    Subscriber trades(market, {{"channel", "trades"}, {"symbol", {Market::kSymbol}}}, [&](const json& message) {
        for (const json& trade : message.at("data"))
            streamed.push_back({trade.at("id"), trade.at("price"), trade.at("quantity"), trade.at("taker_side")});
    });
    TradingLoad load(market, {.seed = 21, .run = "t"});
    trades.read_while([&] { return load.acknowledged() < 300; });
    static_cast<void>(load.stop());

    market.wait_for_projections();
    std::vector<json> listed;
    std::string cursor;
    for (bool more = true; more;) {
        const json page = expect(market.as_operator().get("/v1/markets/ACME/trades?limit=50" + cursor), 200);
        for (const json& trade : page.at("data"))
            listed.insert(listed.begin(),
                          json{trade.at("id"), trade.at("price"), trade.at("quantity"), trade.at("taker_side")});
        more = page.at("has_more");
        cursor = more ? "&cursor=" + page.at("next_cursor").get<std::string>() : "";
    }
    REQUIRE(listed.size() > 10);
    while (streamed.size() < listed.size()) trades.read_until_seq(trades.seq() + 1);
    CHECK(streamed == listed);
}

TEST_CASE("a heartbeat counts the connection's messages and names the seq of each subscription", "[system]") {
    Market market(fresh_database());
    WsClient socket = open_socket(market);
    std::vector<json> messages;
    must_call(socket, "subscribe", {{"channel", "book"}, {"symbol", {Market::kSymbol}}, {"depth", 10}}, &messages);
    must_call(socket, "subscribe", {{"channel", "heartbeat"}}, &messages);
    std::size_t received = messages.size() + 2;
    json beat;
    while (beat.is_null()) {
        const auto text = socket.receive(std::chrono::seconds(30));
        REQUIRE(text.has_value());
        const json message = json::parse(*text);
        if (message.at("channel") == "heartbeat")
            beat = message;
        else
            ++received;
    }
    CHECK(beat.at("connection_seq") == received);
    CHECK(beat.at("store") == "open");
    const json book = expect(market.as_operator().get("/v1/markets/ACME/book"), 200);
    CHECK(beat.at("data") == json::array({{{"channel", "book"}, {"symbol", "ACME"}, {"seq", book.at("seq")}}}));
}
