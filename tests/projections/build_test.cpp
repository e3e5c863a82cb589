// Copies built beside the serving tables: complete, resumable, cancellable, and never seen by readers half-built.
#include "tests/projections/growing_log.hpp"

#include "projections/build.hpp"
#include "projections/table_copy.hpp"
#include "projections/verify.hpp"

#include <atomic>

namespace buttonwood::projections::test {
namespace {

using engine::EventSeq;
using eventstore::Connection;

// Everything that a migration determines about the tables and views that clients may know, a line each.
constexpr const char* kCatalog = R"(
SELECT string_agg(line, E'\n' ORDER BY line) FROM (
    SELECT format('relation %s %s %s options %s comment %s grants %s part of %s %s', c.oid::regclass, c.relkind,
                  c.relpersistence, c.reloptions, obj_description(c.oid, 'pg_class'),
                  (SELECT array_agg(a ORDER BY a.grantee, a.privilege_type)
                     FROM aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a WHERE c.relkind <> 'i'),
                  (SELECT inhparent::regclass FROM pg_inherits WHERE inhrelid = c.oid),
                  pg_get_expr(c.relpartbound, c.oid)) AS line
      FROM pg_class c WHERE c.relnamespace = ANY($1::regnamespace[]) AND c.relkind <> 't'
    UNION ALL
    SELECT format('column %s.%s %s %s null %s default %s comment %s', a.attrelid::regclass, a.attnum, a.attname,
                  format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
                  (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d
                    WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum),
                  col_description(a.attrelid, a.attnum))
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
     WHERE c.relnamespace = ANY($1::regnamespace[]) AND c.relkind IN ('r', 'p', 'v') AND a.attnum > 0
       AND NOT a.attisdropped
    UNION ALL
    SELECT format('constraint %s %s %s comment %s', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid),
                  obj_description(k.oid, 'pg_constraint'))
      FROM pg_constraint k WHERE k.connamespace = ANY($1::regnamespace[])
    UNION ALL
    SELECT 'index ' || pg_get_indexdef(i.indexrelid) || ' valid ' || i.indisvalid
      FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
     WHERE c.relnamespace = ANY($1::regnamespace[]) AND c.relkind <> 't'
    UNION ALL
    SELECT 'trigger ' || pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
     WHERE NOT t.tgisinternal AND c.relnamespace = ANY($1::regnamespace[])
    UNION ALL
    SELECT 'view ' || v.oid || ' ' || v.oid::regclass || pg_get_viewdef(v.oid)
      FROM pg_class v WHERE v.relkind = 'v' AND v.relnamespace = ANY($1::regnamespace[])) lines)";

std::string catalog(Connection& db) {
    const auto rows =
        must(db.query(kCatalog, {"{api,log,identity,reference,trading,portfolio,market_data,projections}"}));
    return std::string(rows.text(0, 0));
}

std::string copies(Connection& db) {
    return value(db, "SELECT count(*) FROM pg_namespace WHERE nspname ~ '_(next|check)_'");
}

void fill_all(Connection& db) {
    for (const auto& projection : make_all()) must(rebuild(db, projection->name()));
}

std::unique_ptr<Build> adopt(Connection& db, std::string_view name, EventSeq events_per_step) {
    auto build = must(Build::adopt(db, make(name), events_per_step));
    REQUIRE(build);
    return build;
}

Build::Step run_to_the_end(Build& build) {
    Build::Step step{};
    REQUIRE(eventually([&] {
        step = must(build.step());
        return step == Build::Step::Swapped || step == Build::Step::Cancelled;
    }));
    return step;
}

TEST_CASE("a rebuilt projection leaves the catalog as the migrations made it", "[postgres]") {
    GrowingLog log;
    CAPTURE(log.seed);
    log.grow(300);
    fill_all(log.db);
    must(log.db.execute(
        "GRANT SELECT ON trading.trades, log.events TO PUBLIC; GRANT UPDATE (notional) ON trading.trades TO PUBLIC; "
        "COMMENT ON INDEX trading.trades_pkey IS 'of a trade'; ALTER VIEW api.trades SET (security_barrier = true); "
        "CREATE FUNCTION public.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'; "
        "CREATE TRIGGER quiet BEFORE UPDATE ON trading.trades FOR EACH ROW EXECUTE FUNCTION public.nothing()"));
    const std::string before = catalog(log.db);
    const auto rows = log.all_rows();
    REQUIRE(before.find("FOREIGN KEY") != std::string::npos);
    for (const auto& projection : make_all()) {
        CAPTURE(projection->name());
        must(rebuild(log.db, projection->name()));
        CHECK(catalog(log.db) == before);
    }
    CHECK(log.all_rows() == rows);
    CHECK(copies(log.db) == "0");
    CHECK(value(log.db, "SELECT count(*) FROM projections.builds") == "0");
    CHECK(value(log.db, "SELECT (SELECT count(*) FROM api.trades) - (SELECT count(*) FROM trading.trades)") == "0");
}

TEST_CASE("a copy gets the indexes that filling it does not use when it is full", "[postgres]") {
    Connection db = connect(::buttonwood::test::fresh_database());
    const auto projection = make("portfolio");
    const auto indexes = [&db](const std::string& names) {
        return value(db, "SELECT count(*) FROM pg_indexes WHERE schemaname = 'portfolio_next_portfolio' "
                         "AND indexname IN (" + names + ")");
    };
    const std::string late = "'activities_pkey', 'lots_open', 'holdings_security'";
    CHECK(must(request_build(db, *projection)));
    CHECK(indexes(late) == "0");
    CHECK(indexes("'lots_pkey', 'lot_disposals_pkey', 'activities_event_seq'") == "3");
    for (int time = 0; time < 2; ++time) {
        must(complete_copy(db, *projection, build_schema(*projection)));
        CHECK(indexes(late) == "3");
    }
}

TEST_CASE("a build goes on after its session died, and gives what the workers gave", "[postgres]") {
    GrowingLog log;
    CAPTURE(log.seed);
    const EventSeq last = log.grow(400);
    const std::string name = GENERATE("events", "portfolio", "market_data");
    CAPTURE(name);
    must(rebuild(log.db, name));
    CHECK(must(request_build(log.db, *make(name))));
    CHECK_FALSE(must(request_build(log.db, *make(name))));
    EventSeq reached = 0;
    {
        Connection builder = connect(log.conninfo);
        const auto build = adopt(builder, name, 60);
        CHECK(must(Build::adopt(log.db, make(name))) == nullptr);  // one at a time
        for (int i = 0; i < 3; ++i) CHECK(must(build->step()) == Build::Step::Advanced);
        reached = build->checkpoint();
        must(log.db.query("SELECT pg_terminate_backend($1::integer)", {builder.backend_pid()}));
        const auto lost = build->step();
        REQUIRE_FALSE(lost);
        CHECK(lost.error().kind == eventstore::DbErrorKind::Unavailable);
    }
    REQUIRE(reached > 0);
    CHECK(reached < last);
    std::unique_ptr<Build> build;
    REQUIRE(eventually([&] {
        build = must(Build::adopt(log.db, make(name), 60));
        return build != nullptr;
    }));
    CHECK(build->checkpoint() == reached);
    CHECK(run_to_the_end(*build) == Build::Step::Swapped);
    build.reset();
    CHECK(must(differences_after_rebuild(log.db, name)).empty());
    CHECK(value(log.db, "SELECT checkpoint || ' ' || generation FROM projections.status WHERE name = '" + name + "'") ==
          std::to_string(last) + " 3");
}

TEST_CASE("a cancelled build leaves the serving tables and nothing else", "[postgres]") {
    GrowingLog log;
    CAPTURE(log.seed);
    log.grow(300);
    must(rebuild(log.db, "trades"));
    const auto rows = rows_of(log.db, "trading.trades");
    must(request_build(log.db, *make("trades")));
    Connection builder = connect(log.conninfo);
    {
        const auto build = adopt(builder, "trades", 50);
        CHECK(must(build->step()) == Build::Step::Advanced);
        CHECK(must(cancel_build(log.db, *make("trades"))));
        CHECK(must(build->step()) == Build::Step::Cancelled);
    }
    CHECK(copies(log.db) == "0");
    CHECK(rows_of(log.db, "trading.trades") == rows);
    must(request_build(log.db, *make("trades")));  // and one that nobody builds
    CHECK(must(cancel_build(log.db, *make("trades"))));
    CHECK(copies(log.db) == "0");
    CHECK_FALSE(must(cancel_build(log.db, *make("trades"))));
}

// A reader that has looked at the checkpoint, and will look at the table in the same snapshot.
struct Reader {
    Connection db;
    EventSeq checkpoint;

    explicit Reader(const std::string& conninfo) : db(connect(conninfo)) {
        must(db.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
        checkpoint = std::stoull(value(db, "SELECT checkpoint FROM projections.status WHERE name = 'commands'"));
    }
    [[nodiscard]] EventSeq newest_in_table() {
        return std::stoull(
            value(db, "SELECT coalesce(max(first_event_seq + event_count - 1), 0) FROM log.commands"));
    }
    ~Reader() { static_cast<void>(db.execute("COMMIT")); }
};

TEST_CASE("a snapshot from before the hand-over is waited for", "[postgres]") {
    GrowingLog log;
    CAPTURE(log.seed);
    log.grow(200);
    must(rebuild(log.db, "commands"));
    must(request_build(log.db, *make("commands")));
    Connection builder = connect(log.conninfo);
    const auto build = adopt(builder, "commands", Build::kEventsPerStep);
    {
        Reader reader(log.conninfo);
        CHECK(must(build->step()) == Build::Step::Waiting);
        CHECK(reader.newest_in_table() == reader.checkpoint);
    }
    CHECK(run_to_the_end(*build) == Build::Step::Swapped);
    CHECK(Reader(log.conninfo).newest_in_table() == log.market.last_seq());
}

TEST_CASE("tables swapped without that wait show an old snapshot a half-built table", "[postgres]") {
    GrowingLog log;
    CAPTURE(log.seed);
    log.grow(200);
    must(rebuild(log.db, "commands"));
    must(request_build(log.db, *make("commands")));
    Connection builder = connect(log.conninfo);
    const auto build = adopt(builder, "commands", 50);
    CHECK(must(build->step()) == Build::Step::Advanced);
    Reader reader(log.conninfo);
    must(builder.execute("SELECT projections.swap_tables('log', 'log_next_commands', '{commands}')"));
    CHECK(reader.newest_in_table() < reader.checkpoint);
}

TEST_CASE("readers of a projection that is rebuilt again and again never see it go back", "[postgres]") {
    GrowingLog log;
    CAPTURE(log.seed);
    const auto workers = Workers::start(log.conninfo);
    EventSeq last = log.grow(200);
    REQUIRE(all_reach(*workers, last, log.db));
    std::atomic<bool> done = false;
    std::atomic<int> reads = 0;
    std::vector<std::string> wrong;
    std::thread reading([&] {
        for (EventSeq before = 0; !done.load(); ++reads) {
            Reader reader(log.conninfo);
            const EventSeq newest = reader.newest_in_table();
            if (reader.checkpoint < before) wrong.push_back("checkpoint " + std::to_string(reader.checkpoint));
            if (newest < reader.checkpoint) wrong.push_back("table ends at " + std::to_string(newest));
            before = reader.checkpoint;
        }
    });
    for (int round = 0; round < 4; ++round) {
        last = log.grow(60, [&](const eventstore::Records& block) { workers->offer(as_batch(block)); });
        const auto rebuilt = rebuild(log.db, "commands");
        if (!rebuilt) wrong.push_back(rebuilt.error().message);
        const int seen = reads.load();
        if (!eventually([&] { return reads.load() > seen; })) wrong.emplace_back("no read is answered");
    }
    done = true;
    reading.join();
    CHECK(wrong == std::vector<std::string>{});
    REQUIRE(all_reach(*workers, last, log.db));
    CHECK(must(differences_after_rebuild(log.db, "commands")).empty());
}

TEST_CASE("tables of another version are built again when the workers start", "[postgres]") {
    GrowingLog log;
    CAPTURE(log.seed);
    EventSeq last = log.grow(300);
    fill_all(log.db);
    must(log.db.execute(
        "UPDATE projections.status SET version = 1 WHERE name IN ('trades', 'users'); "
        "UPDATE trading.trades SET notional = notional + 1"));
    const auto workers = Workers::start(log.conninfo);
    last = log.grow(100);
    workers->wake(last);
    REQUIRE(all_reach(*workers, last, log.db));
    CHECK(value(log.db, "SELECT string_agg(DISTINCT version || ' ' || status, ',') FROM projections.status") ==
          "2 running");
    CHECK(must(differences_after_rebuild(log.db, "trades")).empty());
    CHECK(copies(log.db) == "0");
}

}  // namespace
}  // namespace buttonwood::projections::test
