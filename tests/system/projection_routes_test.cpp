// What operators see of the read models and do with them over the API.
#include "eventstore/database.hpp"
#include "projections/advisory_lock.hpp"
#include "tests/support/test_cluster.hpp"
#include "tests/system/bad_input.hpp"

#include <algorithm>

using namespace buttonwood;
using namespace buttonwood::test;

namespace {

const json kReason = {{"reason", "a test"}};

// A market with its read models, and the operator before them.
class ReadModels {
public:
    explicit ReadModels(const std::string& url) : url_(url), database(connect()) {}

    json get(const std::string& name) { return expect(http().get(path(name)), 200); }
    json post(const std::string& name, const std::string& act, const json& body, int status = 200) {
        return expect(http().post(path(name) + "/" + act, body), status);
    }
    json cancel(const std::string& name, int status) {
        return expect(http().del(path(name) + "/rebuild?reason=a%20test"), status);
    }
    void wait_for(const std::string& name, const std::function<bool(const json&)>& condition) {
        json seen;
        wait_until(name + " to come there; it was " + seen.dump(), [&] { return condition(seen = get(name)); });
    }
    void sql(const std::string& statement) {
        if (const auto done = database.execute(statement); !done) FAIL(statement << ": " << done.error().message);
    }
    void place(const std::string& id, const char* side = "buy") {
        expect(market.as(market.traders().front()).post("/v1/orders", limit_order(side, "1", "1.00", id)), 201);
    }

private:
    [[nodiscard]] HttpClient http() const { return market.as_operator(); }
    [[nodiscard]] static std::string path(const std::string& name) { return "/v1/admin/projections/" + name; }
    eventstore::Connection connect() {
        market.register_trader("trader");
        market.wait_for_projections();
        auto opened = eventstore::Connection::open(url_, "buttonwood-tests");
        if (!opened) FAIL(opened.error().message);
        return std::move(*opened);
    }

    const std::string url_;

public:
    Market market{url_};
    eventstore::Connection database;
};

}  // namespace

TEST_CASE("an operator pauses, stops and resumes a read model, and the reasons are kept", "[system]") {
    ReadModels models(fresh_database());
    CHECK(models.post("bids", "pause", kReason).at("desired") == "paused");
    models.wait_for("bids", [](const json& p) { return p.at("status") == "paused"; });
    models.place("while-paused");
    models.wait_for("listings", [](const json& p) { return p.at("lag_events") == 0; });
    json held = models.get("bids");
    CHECK(held.at("lag_events").get<int>() > 0);
    CHECK(held.at("lag_ms").get<int>() > 0);
    CHECK(models.post("bids", "pause", kReason, 409).at("code") == "status_unchanged");

    CHECK(models.post("bids", "stop", {{"reason", "for longer"}}).at("desired") == "stopped");
    models.wait_for("bids", [](const json& p) { return p.at("status") == "stopped"; });
    models.post("bids", "resume", {{"reason", "done"}});
    models.wait_for("bids", [](const json& p) { return p.at("status") == "running" && p.at("lag_events") == 0; });
    CHECK(models.post("bids", "resume", kReason, 409).at("code") == "status_unchanged");

    const json acts = models.get("bids").at("acts");
    REQUIRE(acts.size() == 3);
    CHECK(acts.at(0).at("act") == "resume");
    CHECK(acts.at(1).at("reason") == "for longer");
    CHECK(acts.at(2).at("actor") == "usr_1");
    CHECK(models.get("trades").at("acts").empty());

    const auto listed = expect(models.market.as_operator().get("/v1/admin/projections"), 200).at("data");
    CHECK(listed.size() == 9);
}

TEST_CASE("the command line's acts are in the same audit", "[system]") {
    const std::string database = fresh_database();
    ReadModels models(database);
    const auto run = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {server_binary(), "projections"});
        arguments.insert(arguments.end(), {"--database-url", database});
        const CommandOutcome done = run_command(arguments);
        INFO(done.output);
        CHECK(done.exit_code == 0);
    };
    run({"pause", "trades", "--reason", "from the shell"});
    run({"resume", "trades"});
    const json acts = models.get("trades").at("acts");
    REQUIRE(acts.size() == 2);
    CHECK(acts.at(0).at("reason") == "");
    CHECK(acts.at(1).at("act") == "pause");
    CHECK(acts.at(1).at("reason") == "from the shell");
    CHECK(acts.at(1).at("actor").get<std::string>().find('@') != std::string::npos);
}

TEST_CASE("an operator has a read model rebuilt beside the serving one, or gives that up", "[system]") {
    ReadModels models(fresh_database());
    // Nobody else builds while the test holds the lock of whoever builds.
    auto lock = projections::AdvisoryLock::try_take(models.database, projections::building_key("trades"),
                                                    std::chrono::seconds(10));
    REQUIRE((lock && *lock));
    const json asked = models.post("trades", "rebuild", kReason, 202);
    CHECK(asked.at("status") == "rebuilding");
    CHECK(asked.at("rebuild").at("checkpoint") == 0);
    CHECK(asked.at("rebuild").at("target").get<int>() > 0);
    CHECK(models.post("trades", "rebuild", kReason, 409).at("code") == "projection_conflict");
    const json canceled = models.cancel("trades", 200);
    CHECK_FALSE(canceled.contains("rebuild"));
    CHECK(models.cancel("trades", 409).at("code") == "projection_conflict");
    lock->reset();

    models.place("before");
    models.market.wait_for_projections();
    models.post("bids", "rebuild", kReason, 202);
    models.wait_for("bids", [](const json& p) { return !p.contains("rebuild") && p.at("status") == "running"; });
    const json orders =
        expect(models.market.as(models.market.traders().front()).get("/v1/orders?status=all"), 200).at("data");
    REQUIRE(orders.size() == 1);
    CHECK(orders.at(0).at("client_order_id") == "before");
}

TEST_CASE("an operator has a read model compared with the log", "[system]") {
    ReadModels models(fresh_database());
    models.place("a");
    models.market.wait_for_projections();
    CHECK(models.get("bids").at("verification").is_null());
    const auto verify = [&] {
        const json asked = models.post("bids", "verify", kReason, 202);
        CHECK(asked.at("verification").at("requested_at").is_string());
        models.wait_for("bids", [](const json& p) { return p.at("verification").at("finished_at").is_string(); });
        return models.get("bids").at("verification");
    };
    const json equal = verify();
    INFO(equal.dump());
    CHECK(equal.at("state") == "equal");
    CHECK(equal.at("done") == equal.at("total"));
    CHECK(equal.at("differences").empty());

    models.sql("UPDATE trading.bids SET client_order_id = 'somebody else''s'");
    const json differs = verify();
    CHECK(differs.at("state") == "differs");
    CHECK(differs.at("differences").dump().find("somebody else's") != std::string::npos);

    auto lock = projections::AdvisoryLock::try_take(models.database, projections::building_key("bids"),
                                                    std::chrono::seconds(10));
    REQUIRE((lock && *lock));
    models.post("bids", "verify", kReason, 202);  // waits for the lock, for two seconds
    CHECK(models.post("bids", "verify", kReason, 409).at("code") == "projection_conflict");
    models.wait_for("bids", [](const json& p) { return p.at("verification").at("state") == "failed"; });
    CHECK(models.get("bids").at("verification").at("error").is_string());
}

TEST_CASE("an operator lets a read model pass over an event that it cannot take", "[system]") {
    ReadModels models(fresh_database());
    CHECK(models.post("bids", "skip", {{"reason", "none"}, {"seq", 1}}, 409).at("code") == "projection_conflict");
    // The next bid's row is there already: a contradiction that no retry cures.
    models.place("one");
    models.market.wait_for_projections();
    models.sql("INSERT INTO trading.bids SELECT (b).* FROM (SELECT jsonb_populate_record(b, '{\"order_id\": 2, "
               "\"client_order_id\": \"in the way\"}') AS b FROM trading.bids b) copy");
    models.place("two");
    models.wait_for("bids", [](const json& p) { return p.at("status") == "error"; });
    const json failed = models.get("bids");
    CHECK(failed.at("last_error").is_string());
    CHECK(failed.at("attempts").get<int>() >= 1);
    const auto seq = failed.at("error_seq").get<std::uint64_t>();
    const json wrong = models.post("bids", "skip", {{"reason", "x"}, {"seq", seq + 1}}, 409);
    CHECK(wrong.at("detail").get<std::string>().find("stands at event " + std::to_string(seq)) != std::string::npos);
    models.place("three", "sell");  // the engine and the other projections do not notice
    models.wait_for("listings", [](const json& p) { return p.at("lag_events") == 0; });
    models.post("bids", "skip", {{"reason", "ticket 12"}, {"seq", seq}});
    models.wait_for("bids", [](const json& p) { return p.at("status") == "running" && p.at("lag_events") == 0; });
    const json act = models.get("bids").at("acts").at(0);
    CHECK(act.at("act") == "skip");
    CHECK(act.at("event_seq") == seq);
    CHECK(act.at("reason") == "ticket 12");
}

TEST_CASE("acts on read models that make no sense are refused and change nothing", "[system]") {
    BadInputBench bench;
    const std::string base = "/v1/admin/projections/";
    const auto refused = [&](const std::string& method, const std::string& target, const std::string& body, int status,
                             const std::string& code, Who who = Who::Operator) {
        bench.check({method, base + target, body, status, code, who});
    };
    refused("GET", "nothing", "", 404, "projection_not_found");
    refused("GET", "Trades", "", 404, "projection_not_found");
    refused("GET", "trades?limit=1", "", 400, "unknown_field");
    for (const std::string act : {"pause", "resume", "stop", "rebuild", "verify", "skip"}) {
        CAPTURE(act);
        refused("POST", "nothing/" + act, R"({"reason":"x","seq":1})", 404, "projection_not_found");
        refused("POST", "trades/" + act, "", 400, "invalid_json");
        refused("POST", "trades/" + act, "[]", 400, "invalid_json");
        refused("POST", "trades/" + act, R"({"seq":1})", act == "skip" ? 422 : 400,
                act == "skip" ? "missing_field" : "unknown_field");
        refused("POST", "trades/" + act, R"({"reason":""})", 422, "invalid_text");
        refused("POST", "trades/" + act, R"({"reason":7})", 422, "invalid_type");
        refused("POST", "trades/" + act, R"({"reason":")" + std::string(201, 'x') + "\"}", 422, "invalid_text");
        refused("POST", "trades/" + act, R"({"reason":"x","force":true})", 400, "unknown_field");
        refused("GET", "trades/" + act, "", 405, "method_not_allowed");
        refused("POST", "trades/" + act, R"({"reason":"x"})", 403, "scope_missing", Who::Trader);
        refused("POST", "trades/" + act, R"({"reason":"x"})", 401, "unauthorized", Who::Nobody);
    }
    for (const char* seq : {"-1", "1.5", "true", "99999999999999999999"})
        refused("POST", "trades/skip", R"({"reason":"x","seq":)" + std::string(seq) + "}", 422,
                "invalid_type|invalid_decimal");
    refused("POST", "trades/skip", R"({"reason":"x","seq":1})", 409, "projection_conflict");
    refused("POST", "trades/resume", R"({"reason":"x"})", 409, "status_unchanged");
    refused("DELETE", "trades/rebuild", "", 400, "invalid_parameter");
    refused("DELETE", "trades/rebuild?reason=x", "", 409, "projection_conflict");
    refused("DELETE", "nothing/rebuild?reason=x", "", 404, "projection_not_found");
    CHECK(bench.is_alive());
}
