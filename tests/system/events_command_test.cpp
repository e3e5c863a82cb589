// `buttonwood events`: the same log whether it comes from log.events or, where that has nothing, from the journal.
#include "eventstore/database.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/test_cluster.hpp"
#include "tests/system/market.hpp"

#include <fstream>
#include <future>
#include <sstream>

using namespace buttonwood;
using namespace buttonwood::test;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

// A market in which two traders have traded, and the command line beside it.
class EventsCommand {
public:
    EventsCommand() {
        const Trader seller = market.register_trader("Sarah Seller");
        const Trader buyer = market.register_trader("Bob \"Bid\" Buyer, junior");
        const auto place = [&](const Trader& who, const char* side, const char* price, const char* id) {
            const json body{{"symbol", "ACME"}, {"side", side}, {"quantity", "10"}, {"price", price},
                            {"client_order_id", id}};
            return expect(market.as(who).request("POST", "/v1/orders", body.dump()), 201).at("id").get<std::string>();
        };
        maker_order = place(seller, "sell", "25.50", "needle-1");
        for (int i = 0; i < 20; ++i) place(seller, "sell", "26.00", ("s" + std::to_string(i)).c_str());
        taker_order = place(buyer, "buy", "25.50", "b");
        account = buyer.account;
        market.wait_for_projections();
    }

    CommandOutcome run(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), {server_binary(), "events"});
        arguments.insert(arguments.end(), {"--database-url", database});
        return run_command(arguments);
    }
    std::string output(const std::vector<std::string>& arguments) const {
        const CommandOutcome done = run(arguments);
        INFO(done.output);
        REQUIRE(done.exit_code == 0);
        return done.output;
    }
    json search(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), {"search", "--json"});
        return json::parse(output(arguments)).at("data");
    }
    void sql(const std::string& statement) const {
        auto connection = eventstore::Connection::open(database, "buttonwood-tests");
        REQUIRE(connection.has_value());
        if (const auto done = connection->execute(statement); !done) FAIL(done.error().message);
    }

    std::string database = fresh_database();
    Market market{database};
    std::string maker_order, taker_order, account;
};

json seqs_of(const json& events) {
    json seqs = json::array();
    for (const json& event : events) seqs.push_back(event.at("event_seq"));
    return seqs;
}

// Every question the command knows, with its answers' numbers.
json answers(const EventsCommand& events) {
    const json trade = events.search({"--type", "TradeExecuted"}).at(0);
    const std::string then = trade.at("occurred_at");
    return {seqs_of(events.search({"--order", events.maker_order})),
            seqs_of(events.search({"--order", events.taker_order})),
            seqs_of(events.search({"--account", events.account})),
            seqs_of(events.search({"--actor", "system"})),
            seqs_of(events.search({"--stream", "order/1"})),
            seqs_of(events.search({"--stream", "user"})),
            seqs_of(events.search({"--text", "NEEDLE"})),
            seqs_of(events.search({"--type", "UserRegistered", "--type", "AccountOpened"})),
            seqs_of(events.search({"--since", then})),
            seqs_of(events.search({"--until", then})),
            seqs_of(events.search({"--from", "5", "--to", "9"}))};
}

// Without what the journal alone does not know.
json without_versions(const std::string& jsonl) {
    json all = json::array();
    for (const std::string& line : lines_of(jsonl)) {
        all.push_back(json::parse(line));
        all.back().erase("stream_version");
    }
    return all;
}

}  // namespace

TEST_CASE("events are found, shown and exported, from the table as from the journal", "[system]") {
    const EventsCommand events;
    const json found = answers(events);
    for (const json& numbers : found) CHECK_FALSE(numbers.empty());
    CHECK(found[0].size() >= 2);  // accepted, and the trade that names it as maker
    CHECK(found[6].size() == 1);
    CHECK(found[10] == json{5, 6, 7, 8, 9});

    const json trade = events.search({"--type", "TradeExecuted"}).at(0);
    CHECK(trade.at("stream_version") == 1);
    CHECK(trade.at("payload").at("maker_order") == events.maker_order);
    const std::string seq = std::to_string(trade.at("event_seq").get<std::uint64_t>());
    const json shown = json::parse(events.output({"show", seq, "--json"}));
    CHECK(shown.at("command").at("command_type") == "PlaceOrder");
    CHECK(shown.at("command").at("outcome") == "accepted");
    CHECK(shown.at("command").at("payload").at("client_order_id") == "b");
    REQUIRE(shown.at("events").size() == 2);
    CHECK(shown.at("events").at(1) == trade);
    CHECK(events.output({"show", seq}).find("> ") != std::string::npos);

    const std::string exported = events.output({"export"});
    const auto csv = lines_of(events.output({"export", "--format", "csv"}));
    CHECK(csv.size() == lines_of(exported).size() + 1);
    CHECK(csv.front().starts_with("event_seq,stream_type,stream_id,"));
    CHECK(events.output({"tail", "--no-follow", "-n", "1000000", "--json"}) == exported);

    // Retention took the first half, and the projection has yet to write the last events.
    events.sql("UPDATE log.extent SET complete_from = 20 WHERE table_name = 'events'; "
               "DELETE FROM log.events WHERE event_seq < 20");
    CHECK(answers(events) == found);
    const std::string half = events.output({"export"});
    CHECK(without_versions(half) == without_versions(exported));
    CHECK(json::parse(lines_of(half).front()).at("stream_version") == nullptr);
    CHECK(json::parse(lines_of(half).back()).at("stream_version") != nullptr);
    events.sql("UPDATE projections.status SET checkpoint = 0 WHERE name = 'events'; DELETE FROM log.events");
    CHECK(answers(events) == found);
    CHECK(without_versions(events.output({"export"})) == without_versions(exported));
}

TEST_CASE("a search goes on where its page ended", "[system]") {
    const EventsCommand events;
    const json all = events.search({"--type", "OrderAccepted", "--limit", "10000"});
    json paged = json::array();
    std::string from = "1";
    for (int page = 0; page < 100; ++page) {
        const json answer = json::parse(events.output({"search", "--json", "--type", "OrderAccepted", "--limit", "5",
                                                       "--from", from}));
        for (const json& event : answer.at("data")) paged.push_back(event);
        CHECK(answer.at("data").size() <= 5);
        if (!answer.at("has_more").get<bool>()) break;
        from = std::to_string(answer.at("next_from").get<std::uint64_t>());
    }
    CHECK(paged == all);

    // What cannot be asked is said, with the exit code of a wrong use.
    for (const std::vector<std::string>& wrong :
         {std::vector<std::string>{"search", "--order", "12"}, {"search", "--since", "yesterday"},
          {"search", "--stream", "order/x"}, {"export", "--format", "xml"}, {"retention", "--keep", "much"}}) {
        CAPTURE(wrong);
        CHECK(events.run(wrong).exit_code == 2);
    }
    const CommandOutcome none = events.run({"show", "1000000"});
    CHECK(none.exit_code == 1);
    CHECK(none.output.find("event 1000000 is not in the log") != std::string::npos);
    const json extent = json::parse(events.output({"retention", "--keep", "1000", "--json"}));
    CHECK(extent.at(0).at("keep_events") == 1000);
    CHECK(json::parse(events.output({"retention", "--keep", "all", "--json"})).at(0).at("keep_events") == nullptr);
}

TEST_CASE("tail follows the log", "[system]") {
    EventsCommand events;
    const std::string command = server_binary().string() + " events tail -n 0 --json --type CashDeposited "
                                "--database-url '" + events.database + "' | head -n 2";
    auto followed = std::async(std::launch::async, [&] { return run_command({"/bin/sh", "-c", command}); });
    const json deposit{{"account_id", events.account}, {"currency", "USD"}, {"amount", "1.00"}};
    REQUIRE(eventually([&] {
        expect(events.market.as_operator().request("POST", "/v1/admin/deposits", deposit.dump()), 201);
        return followed.wait_for(std::chrono::milliseconds(50)) == std::future_status::ready;
    }));
    const auto lines = lines_of(followed.get().output);
    REQUIRE(lines.size() == 2);
    CHECK(json::parse(lines[0]).at("event_seq") < json::parse(lines[1]).at("event_seq"));
    CHECK(json::parse(lines[0]).at("payload").at("account") == events.account);
}

TEST_CASE("a damaged block is named, and only when it is read", "[system]") {
    const EventsCommand events;
    events.sql("SET session_replication_role = replica; UPDATE projections.status SET checkpoint = 0 WHERE name = "
               "'events'; UPDATE eventstore.journal SET payload = set_byte(payload, 30, get_byte(payload, 30) # 1) "
               "WHERE first_seq <= 8 AND last_seq >= 8");
    const CommandOutcome done = events.run({"export"});
    CHECK(done.exit_code == 4);
    CHECK(done.output.find("damaged record at byte") != std::string::npos);
    CHECK(events.run({"tail", "--no-follow", "-n", "3"}).exit_code == 0);
}
