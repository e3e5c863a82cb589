// Promises P06 and P12: whatever happens to a stored log, both verifiers see it, and name the same event.
#include "tests/support/test_cluster.hpp"
#include "tests/verifier/damage.hpp"
#include "tests/verifier/second_verifier.hpp"
#include "tests/verifier/stored_log.hpp"

#include "eventstore/verify.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>

namespace buttonwood::test {
namespace {

using namespace eventstore;

constexpr int kCommands = 400;

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
    const char* const text = std::getenv(name);
    return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

VerifyReport verified(VerifyOptions options) {
    auto report = verify(options);
    if (!report) FAIL("cannot verify: " << report.error());
    return *std::move(report);
}

Verdict first_verdict(const std::string& conninfo) {
    const VerifyReport report = verified({.conninfo = conninfo, .jobs = 2, .piece_blocks = 3});
    if (!report.finding) return {0, "ok"};
    return {report.finding->event_seq, report.finding->what};
}

// A clone of a good log that a superuser has at his mercy: no triggers, no constraints, and a copy to go back to.
class Clone {
public:
    explicit Clone(const std::string& conninfo) : connection_(connect(conninfo)) {
        for (const char* constraint : {"journal_pkey", "journal_first_seq_positive", "journal_seq_order",
                                       "journal_event_count", "journal_command_count", "journal_epoch_positive"})
            run(connection_, std::string("ALTER TABLE eventstore.journal DROP CONSTRAINT ") + constraint);
        run(connection_, "SET session_replication_role = replica");
        run(connection_, "SET synchronous_commit = off");
        run(connection_, "CREATE TABLE good_journal AS TABLE eventstore.journal");
        run(connection_, "CREATE TABLE good_head AS TABLE eventstore.head");
    }
    // False: PostgreSQL has refused.
    bool apply(const Damage& damage) { return connection_.query(damage.sql).has_value(); }
    void restore() {
        run(connection_, "DELETE FROM eventstore.journal");
        run(connection_, "DELETE FROM eventstore.head");
        run(connection_, "INSERT INTO eventstore.journal TABLE good_journal");
        run(connection_, "INSERT INTO eventstore.head TABLE good_head");
    }

private:
    Connection connection_;
};

}  // namespace

TEST_CASE("any damage to the log is found by two verifiers, which name the same event", "[postgres]") {
    const std::uint64_t seed = number_from_environment("BUTTONWOOD_SEED", std::random_device{}());
    const auto damages = static_cast<int>(number_from_environment("BUTTONWOOD_VERIFY_DAMAGES", 2 * kDamageKinds));
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const std::string conninfo = fresh_database();
    const std::vector<Block> log = random_blocks(seed, kCommands);
    {
        Connection connection = connect(conninfo);
        store(connection, log);
    }
    SecondVerifier second;
    REQUIRE(first_verdict(conninfo).words == "ok");
    REQUIRE(second.ask(conninfo).bad_seq == 0);
    Clone clone(conninfo);
    for (int i = 0; i < damages; ++i) {
        Damage damage = random_damage(log, i, random);
        while (!clone.apply(damage)) damage = random_damage(log, i, random);
        const Verdict one = first_verdict(conninfo);
        const Verdict two = second.ask(conninfo);
        CAPTURE(i, damage.name, damage.sql, one.words, two.words);
        CHECK(one.bad_seq == two.bad_seq);
        CHECK(one.bad_seq >= damage.lowest);
        CHECK(one.bad_seq <= damage.highest);
        clone.restore();
    }
    CHECK(first_verdict(conninfo).words == "ok");
}

}  // namespace buttonwood::test
