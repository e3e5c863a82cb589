// Processes of `buttonwood project` die by SIGKILL, at every statement and together: every event is applied once.
#include "projections/verify.hpp"
#include "tests/projections/growing_log.hpp"
#include "tests/system/market.hpp"

#include <atomic>

namespace buttonwood::projections::test {
namespace {

using engine::EventSeq;

constexpr int kKilled = 128 + 9;

// Runs workers, of one projection or of all, until the shim kills them where it is told to (statement_shim.c).
void run_until_killed(const std::string& die, const std::string& conninfo, const std::string& name = {}) {
    std::vector<std::string> arguments{"env",
                                       "LD_PRELOAD=" BUTTONWOOD_STATEMENT_SHIM,
                                       "BUTTONWOOD_DIE=" + die,
                                       ::buttonwood::test::server_binary(),
                                       "project",
                                       "--database-url",
                                       conninfo};
    if (!name.empty()) arguments.push_back(name);
    const auto outcome = ::buttonwood::test::run_command(arguments);
    if (outcome.exit_code != kKilled) throw std::runtime_error("killed at " + die + ", but: " + outcome.output);
}

EventSeq checkpoint_of(eventstore::Connection& db, const std::string& name) {
    return std::stoull(
        value(db, "SELECT coalesce(max(checkpoint), 0) FROM projections.status WHERE name = '" + name + "'"));
}

void check_all_equal_a_rebuild(GrowingLog& log) {
    for (const auto& projection : make_all()) {
        CAPTURE(projection->name());
        CHECK(must(differences_after_rebuild(log.db, projection->name())).empty());
    }
    CHECK(value(log.db, "SELECT count(*) FROM projections.status WHERE error_count > 0 "
                        "OR events_applied <> checkpoint") == "0");
}

// A batch that meets rows of before, cut off before each of its statements in turn, until its commit is answered. Then
// one whose commit is made and not heard of. Returns how many boundaries there were.
int kill_at_every_statement(GrowingLog& log, const std::string& name) {
    constexpr int kMore = 20;  // commands
    const EventSeq before = checkpoint_of(log.db, name);
    EventSeq last = log.grow(kMore);
    int statement = 0;
    while (checkpoint_of(log.db, name) == before) run_until_killed(std::to_string(++statement), log.conninfo, name);
    CHECK(checkpoint_of(log.db, name) == last);
    last = log.grow(kMore);
    run_until_killed("COMMIT", log.conninfo, name);
    CHECK(eventually([&] { return checkpoint_of(log.db, name) == last; }));
    return statement;
}

}  // namespace

TEST_CASE("a worker killed at every statement leaves tables that fit their checkpoint", "[fault]") {
    GrowingLog log;
    CAPTURE(log.seed);
    const EventSeq first = log.grow(300);
    {
        const auto workers = Workers::start(log.conninfo);
        REQUIRE(all_reach(*workers, first, log.db));
    }
    for (const auto& projection : make_all()) {
        const std::string name(projection->name());
        CAPTURE(name);
        const int statements = kill_at_every_statement(log, name);
        CHECK(statements > 8);  // what opens the connection, and a batch of two at least
    }
    const EventSeq last = log.market.last_seq();
    const auto workers = Workers::start(log.conninfo);
    REQUIRE(all_reach(*workers, last, log.db));
    check_all_equal_a_rebuild(log);
}

TEST_CASE("two processes with workers of all projections, killed again and again, apply every event once", "[fault]") {
    constexpr int kLives = 8;                   // of each process
    constexpr std::uint64_t kStatements = 400;  // a life has at most
    GrowingLog log;
    CAPTURE(log.seed);
    std::atomic<int> at_work = 2;
    std::vector<std::string> failures(2);
    std::vector<std::thread> processes;
    for (std::size_t which = 0; which < 2; ++which)
        processes.emplace_back([&, which] {
            std::mt19937_64 random(log.seed + which);
            try {
                for (int life = 0; life < kLives; ++life)
                    run_until_killed(std::to_string(60 + random() % kStatements), log.conninfo);
            } catch (const std::exception& failure) {
                failures[which] = failure.what();
            }
            --at_work;
        });
    while (at_work.load() > 0) {
        const EventSeq last = log.grow(40);
        eventually([&] { return at_work.load() == 0 || checkpoint_of(log.db, "trades") >= last; });
    }
    for (std::thread& process : processes) process.join();
    CHECK(failures == std::vector<std::string>(2));
    const EventSeq last = log.grow(40);
    const auto workers = Workers::start(log.conninfo);
    REQUIRE(all_reach(*workers, last, log.db));
    check_all_equal_a_rebuild(log);
}

}  // namespace buttonwood::projections::test
