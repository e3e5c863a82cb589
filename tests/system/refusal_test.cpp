// What the server refuses to start on (P29): each with its exit code and a line that says what is wrong.
#include "eventstore/database.hpp"
#include "tests/support/test_cluster.hpp"
#include "tests/system/market.hpp"

using namespace buttonwood::test;
using buttonwood::eventstore::Connection;
using Catch::Matchers::Contains;

namespace {

constexpr int kCannotStart = 1;
constexpr int kCorrupt = 4;

// Starts a server that has to refuse, and ends one that does not.
CommandOutcome start(const std::filesystem::path& data_dir, const std::string& database) {
    return run_command({"timeout", "60", server_binary(), "serve", "--data-dir", data_dir, "--listen", "127.0.0.1:0",
                        "--database-url", database});
}

void run_sql(const std::string& database, const std::string& sql) {
    auto connection = Connection::open(database, "somebody");
    REQUIRE(connection);
    const auto done = connection->execute(sql);
    if (!done) FAIL(done.error().message);
}

// A log with a few blocks in it.
void fill(const std::string& database) {
    Market market(database);
    market.register_trader("Ada");
}

}  // namespace

TEST_CASE("a server does not start on a PostgreSQL that may lose commits (P29, R5)", "[system]") {
    OwnCluster own("fsync = off");
    const ScratchDirectory directory;
    const CommandOutcome outcome = start(directory.path() / "data", own.fresh_database());
    CHECK(outcome.exit_code == kCannotStart);
    CHECK_THAT(outcome.output, Contains("fsync=off") && Contains("nothing is acknowledged"));
}

TEST_CASE("a server does not start on the schema of a newer one (P29)", "[system]") {
    const ScratchDirectory directory;
    const std::string database = fresh_database();
    run_sql(
        database,
        "INSERT INTO buttonwood_meta.migrations (version, name, sha256, duration_us) VALUES (999, 'future', 'x', 1)");
    const CommandOutcome outcome = start(directory.path() / "data", database);
    CHECK(outcome.exit_code == kCannotStart);
    CHECK_THAT(outcome.output, Contains("run a newer buttonwood"));
}

TEST_CASE("a server does not start on a log whose chain is broken (P29, P12)", "[system]") {
    const std::string change = GENERATE(
        "UPDATE eventstore.journal SET payload = set_byte(payload, 20, get_byte(payload, 20) # 1) WHERE first_seq = 1",
        "UPDATE eventstore.journal SET hash = sha256(hash) WHERE first_seq = 1",
        "DELETE FROM eventstore.journal WHERE first_seq = 1");
    CAPTURE(change);
    const ScratchDirectory directory;
    const std::string database = fresh_database();
    fill(database);
    run_sql(database, "SET session_replication_role = replica; " + change);  // past the triggers
    const CommandOutcome outcome = start(directory.path() / "data", database);
    CHECK(outcome.exit_code == kCorrupt);
    CHECK_THAT(outcome.output, Contains("the journal is corrupt: the block of events "));
}

TEST_CASE("a server does not start with a key that others can read (P29)", "[system]") {
    const ScratchDirectory directory;
    const std::filesystem::path data_dir = directory.path() / "data";
    const std::string database = fresh_database();
    auto server = ServerProcess::start(
        {.binary = server_binary(), .data_dir = data_dir, .arguments = {"--database-url", database}});
    if (!server) FAIL(server.error());
    CHECK((*server)->terminate() == 0);

    std::filesystem::permissions(data_dir / "operator.key", std::filesystem::perms(0644));
    const CommandOutcome outcome = start(data_dir, database);
    CHECK(outcome.exit_code == kCannotStart);
    CHECK_THAT(outcome.output, Contains("operator.key can be read by others: chmod 600 it"));
    std::filesystem::permissions(data_dir / "operator.key", std::filesystem::perms(0600));
    if (const auto started = (*server)->restart(); !started) FAIL(started.error());
}
