// The log over the operator's routes: pages, and a stream that tells every event once, whatever happens to it.
#include "tests/support/event_source.hpp"
#include "tests/support/test_cluster.hpp"
#include "tests/system/bad_input.hpp"
#include "tests/system/trading_load.hpp"

#include <random>
#include <sstream>

using namespace buttonwood::test;

namespace {

constexpr const char* kStream = "/v1/admin/events/stream";

EventSource open_stream(const Market& market, const std::string& key, const std::string& query,
                        const std::string& last_id = {}) {
    auto source = EventSource::open(market.url(), key, kStream + query, last_id);
    if (!source) FAIL(source.error());
    return std::move(*source);
}

// The journal alone does not know the versions: who is told an event before log.events has it gets none.
json without_version(const std::string& text) {
    json event = json::parse(text);
    event.erase("stream_version");
    return event;
}

std::uint64_t end_of_log(const Market& market) { return market.state().at("event_seq"); }

// All that matches, from page to page.
std::vector<json> all_pages(const Market& market, const std::string& query) {
    HttpClient op = market.as_operator();
    std::vector<json> all;
    for (std::string target = "/v1/admin/events?after_seq=0&limit=50" + query; !target.empty();) {
        const auto answer = op.get(target);
        const json page = expect(answer, 200);
        for (const json& event : page.at("data")) all.push_back(event);
        CHECK(page.at("data").size() <= 50);
        const std::string link = answer->header("link");
        CHECK(link.empty() == !page.at("has_more").get<bool>());
        target = link.empty() ? "" : link.substr(1, link.find('>') - 1);
        if (!link.empty())
            CHECK(target.find("after_seq=" + page.at("next_cursor").dump() + "&") != std::string::npos);
    }
    return all;
}

}  // namespace

TEST_CASE("a reader that is cut, over kill -9 of the server too, is told every event once", "[fault]") {
    Market market(fresh_database());
    for (int i = 0; i < 2; ++i) market.register_trader("trader " + std::to_string(i));
    const std::string key = market.server().operator_key();
    const std::uint64_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    std::vector<ServerEvent> told;
    std::string last_id = "0";
    const auto read = [&](std::size_t events) {
        EventSource source = open_stream(market, key, "", last_id);
        CHECK(source.headers().at("content-type") == "text/event-stream");
        while (events-- > 0) {
            auto event = source.next(std::chrono::seconds(5));
            if (!event) break;
            told.push_back(std::move(*event));
        }
        last_id = source.last_id();
    };

    for (int cycle = 0; cycle < 2; ++cycle) {
        TradingLoad load(market,
                         {.seed = seed + static_cast<std::uint64_t>(cycle), .run = "e" + std::to_string(cycle)});
        for (int cut = 0; cut < 4; ++cut) read(std::uniform_int_distribution<std::size_t>(0, 60)(random));
        load.wait_for_acknowledgements(100);
        {  // killed under the reader's hands
            EventSource source = open_stream(market, key, "", last_id);
            market.server().kill9();
            while (auto event = source.next()) told.push_back(std::move(*event));
            last_id = source.last_id();
        }
        static_cast<void>(load.stop());
        market.restart();
    }
    const std::uint64_t end = end_of_log(market);
    while (told.empty() || told.back().id < end) read(100'000);

    REQUIRE(told.size() == end);
    market.wait_for_projections();
    const std::vector<json> log = all_pages(market, "");
    REQUIRE(log.size() == end);
    for (std::uint64_t i = 0; i < end; ++i) {
        CAPTURE(i);
        REQUIRE(told[i].id == i + 1);
        REQUIRE(told[i].event == log[i].at("event_type"));
        REQUIRE(without_version(told[i].data) == without_version(log[i].dump()));
    }
}

TEST_CASE("a reader that does not read slows nobody, and then gets everything from the log", "[system]") {
    Market market(fresh_database());
    for (int i = 0; i < 2; ++i) market.register_trader("trader " + std::to_string(i));
    EventSource lazy = open_stream(market, market.server().operator_key(), "?after_seq=0");
    {
        TradingLoad load(market, {.seed = 5, .run = "lazy"});
        load.wait_for_acknowledgements(1'000);
        static_cast<void>(load.stop());
    }
    const std::uint64_t end = end_of_log(market);
    for (std::uint64_t seq = 1; seq <= end; ++seq) {
        const auto event = lazy.next();
        REQUIRE(event.has_value());
        REQUIRE(event->id == seq);
    }
}

TEST_CASE("filters choose the same events on a page, as lines and in a stream", "[system]") {
    Market market(fresh_database());
    const Trader seller = market.register_trader("Sarah");
    const Trader buyer = market.register_trader("Bob");
    const auto place = [&](const Trader& who, const char* side, const char* id) {
        return expect(market.as(who).post("/v1/orders", limit_order(side, "10", "25.50", id)), 201);
    };
    place(seller, "sell", "s");
    place(buyer, "buy", "b");
    market.wait_for_projections();
    const std::string key = market.server().operator_key();
    for (const std::string& query :
         {std::string("&type=TradeExecuted"), std::string("&type=TradeExecuted&type=OrderAccepted"),
          std::string("&stream=order/1"), std::string("&stream=order&stream=user/1"), "&account=" + buyer.account,
          "&account=" + buyer.account + "&account=" + seller.account + "&type=CashDeposited&type=TradeExecuted"}) {
        CAPTURE(query);
        const std::vector<json> pages = all_pages(market, query);
        REQUIRE_FALSE(pages.empty());
        EventSource source = open_stream(market, key, "?after_seq=0" + query);
        for (const json& expected : pages) {
            const auto event = source.next();
            REQUIRE(event.has_value());
            CHECK(json::parse(event->data) == expected);
        }
        const auto lines = market.as_operator().request("GET", "/v1/admin/events?limit=1000" + query, {},
                                                        {{"Accept", "application/x-ndjson"}});
        REQUIRE(lines.has_value());
        CHECK(lines->header("content-type") == "application/x-ndjson");
        std::istringstream text(lines->body);
        std::vector<json> parsed;
        for (std::string line; std::getline(text, line);) parsed.push_back(json::parse(line));
        CHECK(parsed == pages);
    }
    // Events of one account: its own, and trades with it as maker or taker.
    for (const json& event : all_pages(market, "&account=" + seller.account))
        CHECK(event.at("payload").dump().find(seller.account) != std::string::npos);

    // Without a place to begin at: what happens from now on, and an id to come back with.
    EventSource fresh = open_stream(market, key, "?type=OrderAccepted");
    const std::uint64_t end = end_of_log(market);
    place(buyer, "buy", "later");
    const auto event = fresh.next();
    REQUIRE(event.has_value());
    CHECK(event->id > end);
    CHECK(json::parse(event->data).at("payload").at("client_order_id") == "later");
}

TEST_CASE("a stream goes on from the journal while the table of events stands still", "[system]") {
    Market market(fresh_database());
    const Trader trader = market.register_trader("trader");
    market.wait_for_projections();
    HttpClient op = market.as_operator();
    expect(op.post("/v1/admin/projections/events/pause", {{"reason", "a test"}}), 200);
    wait_until("the worker to pause", [&] {
        return expect(op.get("/v1/admin/projections/events"), 200).at("status") == "paused";
    });
    const std::uint64_t end = end_of_log(market);
    EventSource source = open_stream(market, market.server().operator_key(), "?after_seq=" + std::to_string(end));
    expect(market.as(trader).post("/v1/orders", limit_order("buy", "1", "1.00", "x")), 201);
    const auto event = source.next();
    REQUIRE(event.has_value());
    CHECK(event->id == end + 1);
    CHECK(json::parse(event->data).at("stream_version").is_null());
    CHECK(all_pages(market, "&type=OrderAccepted").size() == 1);
}

TEST_CASE("questions to the log that make no sense are refused", "[system]") {
    BadInputBench bench;
    std::vector<std::string> many(33, "type=TradeExecuted");
    std::string too_many;
    for (const std::string& one : many) too_many += (too_many.empty() ? "?" : "&") + one;
    for (const std::string path : {"/v1/admin/events", kStream}) {
        const auto refused = [&](const std::string& query, int status, const std::string& code) {
            bench.check({"GET", path + query, "", status, code, Who::Operator});
        };
        for (const char* query : {"?type=NoSuchEvent", "?type=", "?type=tradeexecuted", "?stream=order/x", "?stream=/1",
                                  "?stream=orders", "?stream=order/99999999999999999999", "?account=3",
                                  "?account=acc_x", "?account=acc_0", "?after_seq=-1", "?after_seq=x",
                                  "?after_seq=1&after_seq=2"})
            refused(query, 400, "invalid_parameter");
        refused("?order=ord_1", 400, "unknown_field");
        refused(too_many, 400, "invalid_parameter");
        refused("?after_seq=1000000", 422, "as_of_in_future");
        bench.check({"GET", path, "", 403, "scope_missing"});
        bench.check({"GET", path, "", 401, "unauthorized", Who::Nobody});
        bench.check({"POST", path, "{}", 405, "method_not_allowed", Who::Operator});
    }
    for (const char* limit : {"0", "1001", "x"})
        bench.check({"GET", "/v1/admin/events?limit=" + std::string(limit), "", 400, "invalid_parameter",
                     Who::Operator});
    CHECK(bench.is_alive());
}

TEST_CASE("an unreadable Last-Event-ID and one too many streams are refused", "[system]") {
    Market market(fresh_database());
    const std::string key = market.server().operator_key();
    for (const char* id : {"x", "-1", "1x", "99999999999999999999999", "1000000"}) {
        const auto refused = EventSource::open(market.url(), key, kStream, id);
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().starts_with("HTTP/1.1 4"));
    }
    std::vector<EventSource> open;
    for (int i = 0; i < 32; ++i) open.push_back(open_stream(market, key, ""));
    const auto refused = EventSource::open(market.url(), key, kStream);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().starts_with("HTTP/1.1 503"));
    open.clear();
    wait_until("the places to be free again",
               [&] { return EventSource::open(market.url(), key, kStream).has_value(); });
}
