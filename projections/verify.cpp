#include "projections/verify.hpp"

#include "projections/checkpoint.hpp"
#include "projections/fault.hpp"
#include "projections/replay.hpp"

namespace buttonwood::projections {

using eventstore::Connection;
using eventstore::DbError;

namespace {

constexpr int kRowsShown = 5;

std::string copy_of(std::size_t table) { return "pg_temp.live_" + std::to_string(table); }

// Rows of `left` that `right` does not have.
Result add_missing(Connection& connection, const std::string& left, const std::string& right, const std::string& label,
                   std::vector<std::string>& differences) {
    auto rows = connection.query("SELECT row::text, count(*) OVER () FROM (TABLE " + left + " EXCEPT TABLE " + right +
                                 ") AS row ORDER BY 1 LIMIT " + std::to_string(kRowsShown));
    if (!rows) return std::unexpected(rows.error());
    for (int i = 0; i < rows->size(); ++i)
        differences.push_back(label + " (" + std::string(rows->text(i, 1)) +
                              " in all): " + std::string(rows->text(i, 0)));
    return {};
}

}  // namespace

std::expected<std::vector<std::string>, DbError> differences_after_rebuild(Connection& connection,
                                                                           std::string_view projection) {
    const auto fresh = make(projection);
    if (!fresh) return fault("no projection is called " + std::string(projection));
    auto transaction = eventstore::Transaction::begin(connection);
    if (!transaction) return std::unexpected(transaction.error());
    const auto checkpoint = lock_checkpoint(connection, projection);
    if (!checkpoint) return std::unexpected(checkpoint.error());

    const auto tables = fresh->tables();
    for (std::size_t i = 0; i < tables.size(); ++i)
        if (auto copied = connection.execute("CREATE TEMP TABLE live_" + std::to_string(i) +
                                             " ON COMMIT DROP AS TABLE " + qualified(*fresh, tables[i]));
            !copied)
            return std::unexpected(copied.error());
    if (auto emptied = delete_rows(*fresh, connection); !emptied) return std::unexpected(emptied.error());
    if (auto filled = replay(*fresh, connection, *checkpoint); !filled) return std::unexpected(filled.error());

    std::vector<std::string> differences;
    for (std::size_t i = 0; i < tables.size(); ++i) {
        const std::string table = qualified(*fresh, tables[i]);
        for (const bool live_first : {true, false}) {
            const std::string left = live_first ? copy_of(i) : table;
            const std::string right = live_first ? table : copy_of(i);
            if (auto done = add_missing(connection, left, right,
                                        table + (live_first ? ", only live" : ", only rebuilt"), differences);
                !done)
                return std::unexpected(done.error());
        }
    }
    return differences;
}

}  // namespace buttonwood::projections
