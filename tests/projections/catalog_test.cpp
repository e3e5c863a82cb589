// What the database says of itself: every table, view and column is described, every index names its query.
#include "tests/projections/database.hpp"
#include "tests/support/test_cluster.hpp"

#include "eventstore/embedded_sql.hpp"

#include <algorithm>
#include <sstream>

namespace buttonwood::projections::test {
namespace {

using eventstore::Connection;
using Lines = std::vector<std::string>;

Lines lines(Connection& db, const std::string& query) {
    const auto rows = must(db.query(query));
    Lines all;
    for (int row = 0; row < rows.size(); ++row) all.emplace_back(rows.text(row, 0));
    return all;
}

// Our tables and views, a row per column; a partition is described by its table.
constexpr const char* kColumns =
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid "
    "WHERE c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped "
    "AND n.nspname NOT IN ('pg_catalog', 'information_schema') ";

TEST_CASE("every schema, table and view says what it is", "[postgres]") {
    Connection db = connect(::buttonwood::test::fresh_database());
    CHECK(lines(db, std::string("SELECT DISTINCT c.oid::regclass::text") + kColumns +
                        "AND obj_description(c.oid, 'pg_class') IS NULL ORDER BY 1") == Lines{});
    CHECK(lines(db, "SELECT nspname FROM pg_namespace n WHERE nspname !~ '^pg_|^information_schema$' "
                    "AND obj_description(n.oid, 'pg_namespace') IS NULL ORDER BY 1") == Lines{});
}

TEST_CASE("every column of a table says what it is", "[postgres]") {
    Connection db = connect(::buttonwood::test::fresh_database());
    CHECK(lines(db, std::string("SELECT c.oid::regclass || '.' || a.attname") + kColumns +
                        "AND c.relkind <> 'v' AND col_description(c.oid, a.attnum) IS NULL ORDER BY 1") == Lines{});
}

// A column that a view passes on under its own name is described by its table; what a view makes itself, by the view.
TEST_CASE("every column that a view makes says what it is", "[postgres]") {
    Connection db = connect(::buttonwood::test::fresh_database());
    CHECK(lines(db, std::string("SELECT c.oid::regclass || '.' || a.attname") + kColumns +
                        "AND c.relkind = 'v' AND col_description(c.oid, a.attnum) IS NULL "
                        "AND NOT EXISTS (SELECT FROM pg_rewrite r JOIN pg_depend d ON d.objid = r.oid "
                        "JOIN pg_attribute o ON o.attrelid = d.refobjid AND o.attnum = d.refobjsubid "
                        "WHERE r.ev_class = c.oid AND d.refobjid <> c.oid AND o.attname = a.attname "
                        "AND col_description(o.attrelid, o.attnum) IS NOT NULL) ORDER BY 1") == Lines{});
}

// Unique ones are rules, and need none. The comment stands above or beside.
TEST_CASE("every index names its query", "[unit]") {
    Lines silent;
    for (const auto& migration : eventstore::embedded_migrations()) {
        std::istringstream text{std::string(migration.up)};
        bool named = false;
        for (std::string line; std::getline(text, line);) {
            const std::size_t begin = line.find_first_not_of(' ');
            if (begin == std::string::npos)
                named = false;
            else if (line.compare(begin, 2, "--") == 0)
                named |= line.find("uery") != std::string::npos || line.find("ueries") != std::string::npos;
            else if (line.find("CREATE INDEX") != std::string::npos && !named && line.find("--") == std::string::npos)
                silent.push_back(std::to_string(migration.version) + ": " + line);
        }
    }
    CHECK(silent == Lines{});
}

}  // namespace
}  // namespace buttonwood::projections::test
