#include "projections/verify.hpp"

#include "projections/advisory_lock.hpp"
#include "projections/checkpoint.hpp"
#include "projections/fault.hpp"
#include "projections/replay.hpp"
#include "projections/table_copy.hpp"

namespace buttonwood::projections {

using engine::EventSeq;
using eventstore::Connection;
using eventstore::DbError;

namespace {

constexpr int kRowsShown = 5;
// For who has just swapped the tables, and is about to let go.
constexpr auto kPatience = std::chrono::seconds(2);

// Rows of `left` that `right` does not have, as often as it has them.
Result add_missing(Connection& connection, const std::string& left, const std::string& right, const std::string& label,
                   std::vector<std::string>& differences) {
    auto rows = connection.query("SELECT row::text, count(*) OVER () FROM (TABLE " + left + " EXCEPT ALL TABLE " +
                                 right + ") AS row ORDER BY 1 LIMIT " + std::to_string(kRowsShown));
    if (!rows) return std::unexpected(rows.error());
    for (int i = 0; i < rows->size(); ++i)
        differences.push_back(label + " (" + std::string(rows->text(i, 1)) +
                              " in all): " + std::string(rows->text(i, 0)));
    return {};
}

// Number of rows and sums of two 64-bit hashes of each: the same whatever the order in which they lie.
std::expected<std::string, DbError> hash_of(Connection& connection, const std::string& table) {
    auto rows = connection.query("SELECT count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 1)), 0) || ' ' || "
                                 "coalesce(sum(hashtextextended(t::text, 2)), 0) FROM " + table + " t");
    if (!rows) return std::unexpected(rows.error());
    return std::string(rows->text(0, 0));
}

Result compare(Connection& connection, const std::string& live, const std::string& rebuilt,
               std::vector<std::string>& differences) {
    const auto live_hash = hash_of(connection, live);
    if (!live_hash) return std::unexpected(live_hash.error());
    const auto rebuilt_hash = hash_of(connection, rebuilt);
    if (!rebuilt_hash) return std::unexpected(rebuilt_hash.error());
    if (*live_hash == *rebuilt_hash) return {};
    if (auto done = add_missing(connection, live, rebuilt, live + ", only live", differences); !done) return done;
    return add_missing(connection, rebuilt, live, live + ", only rebuilt", differences);
}

}  // namespace

std::expected<std::vector<std::string>, DbError> differences_after_rebuild(
    Connection& connection, std::string_view projection,
    const std::function<void(EventSeq done, EventSeq total)>& progress) {
    const auto fresh = make(projection);
    if (!fresh) return fault("no projection is called " + std::string(projection));
    const auto lock = AdvisoryLock::try_take(connection, building_key(projection), kPatience);
    if (!lock) return std::unexpected(lock.error());
    if (!*lock) return fault(std::string(projection) + " is being rebuilt or verified by somebody else; wait for them");
    auto transaction = eventstore::Transaction::begin(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ");
    if (!transaction) return std::unexpected(transaction.error());
    auto rows = connection.query("SELECT checkpoint FROM projections.status WHERE name = $1", {projection});
    if (!rows) return std::unexpected(rows.error());
    const EventSeq checkpoint = rows->size() == 1 ? static_cast<EventSeq>(rows->integer(0, 0)) : 0;
    const auto skipped = skipped_events(connection, *fresh, 0);
    if (!skipped) return std::unexpected(skipped.error());

    const std::string copy = std::string(fresh->schema()) + "_check_" + std::string(projection);
    if (auto copied = make_copy(connection, *fresh, copy); !copied) return std::unexpected(copied.error());
    if (auto filled = replay(*fresh, connection, checkpoint, {copy, *skipped, progress}); !filled)
        return std::unexpected(filled.error());
    std::vector<std::string> differences;
    for (const std::string_view table : fresh->tables())
        if (auto done = compare(connection, qualified(*fresh, table), copy + '.' + std::string(table), differences);
            !done)
            return std::unexpected(done.error());
    return differences;
}

}  // namespace buttonwood::projections
