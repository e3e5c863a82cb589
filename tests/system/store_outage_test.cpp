// PostgreSQL dies under load and comes back: nothing is acknowledged in between, and service resumes by itself.
#include "tests/support/test_cluster.hpp"
#include "tests/system/journal_audit.hpp"
#include "tests/system/trading_load.hpp"

using namespace buttonwood::test;

namespace {

using Time = LedgerEntry::Time;
using Clock = std::chrono::steady_clock;
struct Outage {
    Time down;  // PostgreSQL was gone
    Time up;    // it was about to be started
};

void check_outage(const std::vector<LedgerEntry>& ledger, const Outage& outage) {
    std::size_t answered = 0;
    for (const LedgerEntry& entry : ledger) {
        if (entry.sent < outage.down || entry.answered > outage.up || entry.status == 0) continue;
        INFO((entry.is_order() ? entry.body.dump() : "cancel " + entry.cancels) << " status " << entry.status);
        ++answered;
        REQUIRE(entry.outcome != LedgerEntry::Outcome::Acknowledged);
        if (entry.status == 503) {
            CHECK(entry.execution == "not_executed");
            CHECK(entry.code == "read_only");
        } else if (entry.status == 504) {
            CHECK(entry.execution == "unknown");
            CHECK(entry.code == "outcome_unknown");
        } else {
            // A cancel of an order that has ended is refused before it would be written, if at all.
            CHECK(entry.status / 100 == 4);
            CHECK(entry.execution == "not_executed");
        }
    }
    CHECK(answered > 0);
}

}  // namespace

TEST_CASE("while PostgreSQL is down nothing is acknowledged; when it is back service resumes by itself", "[fault]") {
    OwnCluster postgres;
    const std::string database = postgres.fresh_database();
    Market market(database);
    for (int i = 0; i < 4; ++i) market.register_trader("trader " + std::to_string(i));
    TradingLoad load(market, {.seed = 5, .run = "o", .survives_lost_connections = true});
    std::vector<Outage> outages;

    for (int cycle = 0; cycle < 3; ++cycle) {
        CAPTURE(cycle);
        load.wait_for_acknowledgements(load.acknowledged() + 100);
        const std::uint64_t refused_before = load.not_executed();
        REQUIRE(postgres.cluster->stop_immediate().has_value());
        const Time down = Clock::now();
        wait_until("orders to be refused while PostgreSQL is down",
                   [&] { return load.not_executed() >= refused_before + 20; });
        const json status = expect(market.as_operator().get("/v1/status"), 200);
        CHECK(status.at("status") == "read_only");
        // Books are served from memory as of the last durable event, and marked (P09).
        const auto book = market.as_operator().get("/v1/markets/ACME/book");
        CHECK(expect(book, 200).at("event_seq") == status.at("durable_seq"));
        CHECK(book->header("x-event-seq") == status.at("durable_seq").dump());
        CHECK(book->header("x-store") == "away");
        outages.push_back({down, Clock::now()});
        REQUIRE(postgres.cluster->start_again().has_value());
        load.wait_for_acknowledgements(load.acknowledged() + 100);
    }
    const auto ledger = load.stop();
    for (const Outage& outage : outages) check_outage(ledger, outage);
    const auto status = market.as_operator().get("/v1/status");
    CHECK(expect(status, 200).at("status") == "open");
    CHECK(status->header("x-store").empty());

    check_ledger(market, ledger);
    const JournalAudit audit = audit_journal(database);
    CHECK(audit.problems == std::vector<std::string>{});
    CHECK(market.state().at("state_hash") == audit.state_hash);
    for (const auto& [order, times] : audit.accepted) CHECK(times == 1);
    market.check_conservation();
}
