// Answers as of an earlier event are the answers that were given then; who may ask is what it is now.
#include "tests/support/test_cluster.hpp"
#include "tests/system/market.hpp"

#include <cstdlib>

using namespace buttonwood::test;

namespace {

// The body without the marks of the past, which it must have.
json unmarked(json body) {
    REQUIRE(body.erase("as_of_seq") == 1);
    REQUIRE(body.erase("as_of") == 1);
    return body;
}

std::string number(std::uint64_t n) { return std::to_string(n); }

struct Asked {
    std::string target;
    bool as_taker{};
};

// What a market answered right after an event.
struct Moment {
    std::uint64_t event_seq{};
    std::string time;  // of that event
    std::vector<std::pair<Asked, json>> answers;
};

// A market with some trading, and everything that it answered on the way.
class RecordedMarket {
public:
    RecordedMarket() {
        record();
        place(maker_, limit_order("sell", "30", "10.00", "m1"));
        place(maker_, limit_order("sell", "20", "10.05", "m2"));
        place(taker_, limit_order("buy", "7", "10.00", "t1"));   // filled
        place(taker_, limit_order("buy", "40", "9.90", "t2"));
        place(taker_, limit_order("buy", "30", "10.05", "t3"));  // sweeps a level: a command of several events
        expect(market_.as(taker_).del("/v1/orders/ord_4"), 200);
        record();
        place(maker_, limit_order("sell", "3", "9.00", "m3"));
        place(taker_, limit_order("sell", "5", "11.00", "t4"));  // of what it bought
    }

    Market& market() { return market_; }
    [[nodiscard]] const std::vector<Moment>& moments() const { return moments_; }
    json get(const Asked& asked, const std::string& parameters, int status = 200) {
        const char join = asked.target.find('?') == std::string::npos ? '?' : '&';
        return expect(market_.as(asked.as_taker ? taker_ : maker_).get(asked.target + join + parameters), status);
    }
    [[nodiscard]] const std::string& database() const { return database_; }
    [[nodiscard]] const Trader& maker() const { return maker_; }
    [[nodiscard]] const Trader& taker() const { return taker_; }

private:
    void place(const Trader& trader, const json& order) {
        expect(market_.as(trader).post("/v1/orders", order), 201);
        ++orders_;
        record();
    }
    void record() {
        market_.wait_for_projections();
        Moment moment;
        moment.event_seq = market_.state().at("event_seq").get<std::uint64_t>();
        std::vector<Asked> all{{"/v1/markets/ACME/book"}, {"/v1/markets/ACME/book?depth=1"}, {"/v1/securities/ACME"},
                               {"/v1/balances"}, {"/v1/portfolio"}, {"/v1/balances", true}, {"/v1/portfolio", true}};
        for (std::uint64_t order = 1; order <= orders_; ++order)
            for (const bool as_taker : {false, true}) all.push_back({"/v1/orders/ord_" + number(order), as_taker});
        for (const Asked& asked : all) {
            auto answer = market_.as(asked.as_taker ? taker_ : maker_).get(asked.target);
            REQUIRE(answer);
            if (answer->status == 404) continue;  // somebody else's order
            moment.answers.emplace_back(asked, expect(answer, 200));
        }
        moment.time = get({"/v1/balances"}, "as_of_seq=" + number(moment.event_seq)).at("as_of").get<std::string>();
        moments_.push_back(std::move(moment));
    }

    std::string database_ = fresh_database();
    Market market_{database_};
    Trader maker_ = market_.register_trader("maker");
    Trader taker_ = market_.register_trader("taker");
    std::uint64_t orders_ = 0;
    std::vector<Moment> moments_;
};

json command(const RecordedMarket& recorded, std::vector<std::string> arguments, int exit_code = 0) {
    arguments.insert(arguments.begin(), server_binary().string());
    arguments.insert(arguments.end(), {"--database-url", recorded.database(), "--json"});
    const CommandOutcome outcome = run_command(arguments);
    INFO(outcome.output);
    REQUIRE(outcome.exit_code == exit_code);
    return json::parse(outcome.output, nullptr, false);
}

}  // namespace

TEST_CASE("answers as of an event or its instant are those that were given then", "[system]") {
    RecordedMarket recorded;
    for (const Moment& moment : recorded.moments()) {
        CAPTURE(moment.event_seq, moment.time);
        for (const auto& [asked, answer] : moment.answers) {
            CAPTURE(asked.target, asked.as_taker);
            const json by_seq = recorded.get(asked, "as_of_seq=" + number(moment.event_seq));
            CHECK(by_seq.at("as_of_seq") == moment.event_seq);
            CHECK(by_seq.at("as_of") == moment.time);
            CHECK(unmarked(by_seq) == answer);
            CHECK(recorded.get(asked, "as_of=" + moment.time) == by_seq);
        }
    }

    // The same without memory of it: after a restart, by command line, with the server and without.
    const Moment& middle = recorded.moments()[4];
    const auto answered = [&](const std::string& target) {
        for (const auto& [asked, answer] : middle.answers)
            if (asked.target == target) return answer;
        FAIL(target);
        return json();
    };
    const std::string seq = number(middle.event_seq);
    const json state = recorded.market().state();
    const std::string hash = state.at("state_hash").get<std::string>();
    for (const bool running : {true, false}) {
        CAPTURE(running);
        CHECK(unmarked(command(recorded, {"at", seq, "book", "ACME", "--depth", "50"})) ==
              answered("/v1/markets/ACME/book"));
        CHECK(unmarked(command(recorded, {"at", middle.time, "order", "ord_1"})) == answered("/v1/orders/ord_1"));
        CHECK(unmarked(command(recorded, {"at", seq, "account", recorded.maker().account})) ==
              answered("/v1/portfolio"));
        CHECK(unmarked(command(recorded, {"at", seq, "security", "ACME"})) == answered("/v1/securities/ACME"));
        CHECK(command(recorded, {"at", "end", "hash"}).at("state_hash") == hash);
        const json replayed = command(recorded, {"replay", "--verify-hash", hash});
        CHECK(replayed.at("events") == state.at("event_seq"));
        CHECK(replayed.at("hash_matches") == true);
        CHECK(command(recorded, {"replay", "--to", seq, "--from", "snapshot"}).at("state_hash") ==
              command(recorded, {"at", seq, "hash"}).at("state_hash"));
        command(recorded, {"replay", "--to", seq, "--verify-hash", hash}, 4);
        command(recorded, {"at", seq, "book", "NONE"}, 1);
        command(recorded, {"at", "99999999", "hash"}, 2);
        command(recorded, {"at", "yesterday", "hash"}, 2);
        if (running) REQUIRE(recorded.market().server().terminate() == 0);
    }
    recorded.market().restart();
    for (const auto& [asked, answer] : middle.answers) {
        CAPTURE(asked.target, asked.as_taker);
        CHECK(unmarked(recorded.get(asked, "as_of_seq=" + seq)) == answer);
    }
}

TEST_CASE("who may see what is the same in the past as now", "[system]") {
    RecordedMarket recorded;
    Market& market = recorded.market();
    const std::string last = "as_of_seq=" + number(recorded.moments().back().event_seq);
    for (const std::string target : {"/v1/orders/ord_1", "/v1/balances", "/v1/portfolio"}) {
        CAPTURE(target);
        for (const std::string& parameters : {std::string(), "?" + last}) {
            expect(HttpClient(market.url()).get(target + parameters), 401);
            const std::string unknown_key = "bw_0000000000000000." + std::string(64, '0');
            expect(HttpClient(market.url(), unknown_key).get(target + parameters), 401);
            const auto by_operator = market.as_operator().get(target);
            REQUIRE(by_operator);
            expect(market.as_operator().get(target + parameters), by_operator->status);
        }
    }
    CHECK(recorded.get({"/v1/orders/ord_1", true}, last, 404).at("code") == "order_not_found");
    CHECK(recorded.get({"/v1/orders/by-client-id/m1", true}, last, 404).at("code") == "order_not_found");
    CHECK(recorded.get({"/v1/orders/by-client-id/m1"}, last).at("id") == "ord_1");
    expect(HttpClient(market.url()).get("/v1/markets/ACME/book?" + last), 200);  // public, as it is now
}

TEST_CASE("what cannot be shown is refused with a code and the field", "[system]") {
    RecordedMarket recorded;
    struct Case {
        std::string parameters;
        int status;
        std::string code;
        std::string pointer;
    };
    const Asked book{"/v1/markets/ACME/book"};
    const std::vector<Case> cases{
        {"as_of_seq=", 400, "invalid_parameter", "/as_of_seq"},
        {"as_of_seq=-1", 400, "invalid_parameter", "/as_of_seq"},
        {"as_of_seq=1e3", 400, "invalid_parameter", "/as_of_seq"},
        {"as_of_seq=99999999999999999999", 400, "invalid_parameter", "/as_of_seq"},
        {"as_of=yesterday", 400, "invalid_parameter", "/as_of"},
        {"as_of=2026-02-30T00:00:00Z", 400, "invalid_parameter", "/as_of"},
        {"as_of_seq=3&as_of=2026-02-20T00:00:00Z", 400, "invalid_parameter", "/as_of"},
        {"as_of_seq=3&min_event_seq=3", 400, "invalid_parameter", "/min_event_seq"},
        {"as_of_seq=3&depth=0", 400, "invalid_parameter", ""},
        {"as_of_seq=1000000", 422, "as_of_in_future", "/as_of_seq"},
        {"as_of=2999-01-01T00:00:00Z", 422, "as_of_in_future", "/as_of"},
        {"as_of_seq=0", 404, "security_not_found", "/symbol"},
        {"as_of=1999-01-01T00:00:00Z", 404, "security_not_found", "/symbol"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.parameters);
        const json problem = recorded.get(book, c.parameters, c.status);
        CHECK(problem.at("code") == c.code);
        REQUIRE(problem.at("errors").size() == 1);
        CHECK(problem.at("errors").at(0).at("pointer") == c.pointer);
    }
    CHECK(recorded.get(book, "as_of_seq=1000000", 422).at("errors").at(0).at("limit") ==
          number(recorded.moments().back().event_seq));
    // An order that did not exist yet.
    const std::string early = "as_of_seq=" + number(recorded.moments().front().event_seq);
    CHECK(recorded.get({"/v1/orders/ord_1"}, early, 404).at("code") == "order_not_found");
}

TEST_CASE("a look into the past that would replay too much is refused", "[system]") {
    setenv("BUTTONWOOD_PAST_EVENTS", "5", 1);
    Market market(fresh_database());
    unsetenv("BUTTONWOOD_PAST_EVENTS");
    market.register_trader("trader");
    expect(HttpClient(market.url()).get("/v1/markets/ACME/book?as_of_seq=5"), 200);
    const json problem = expect(HttpClient(market.url()).get("/v1/markets/ACME/book?as_of_seq=6"), 422);
    CHECK(problem.at("code") == "as_of_too_far");
    CHECK(problem.at("errors").at(0).at("limit") == "5");
    CHECK(problem.at("errors").at(0).at("actual") == "6");
}
