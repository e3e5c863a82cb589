#include "projections/table_copy.hpp"

#include <algorithm>

namespace buttonwood::projections {

using eventstore::Connection;

namespace {

// Rows are only added to these, and apply() looks for none of them. Not portfolio.lot_disposals: a canceled trade is
// looked up there. Not what others refer to.
constexpr std::string_view kAppended[]{"log.events",
                                       "log.commands",
                                       "trading.bid_events",
                                       "trading.listing_events",
                                       "trading.trades",
                                       "trading.settlement_steps",
                                       "trading.prevented_matches",
                                       "portfolio.activities"};

std::string array_of_names(const std::vector<std::string_view>& names) {
    std::string out = "{";
    for (const std::string_view name : names) (out += out.size() > 1 ? "," : "") += name;
    return out + '}';
}

}  // namespace

std::string tables_array(const Projection& projection) { return array_of_names(projection.tables()); }

Result make_copy(Connection& connection, const Projection& projection, const std::string& schema) {
    auto copied = connection.query("SELECT projections.copy_tables($1, $2, $3::text[])",
                                   {projection.schema(), schema, tables_array(projection)});
    if (!copied) return std::unexpected(copied.error());
    std::vector<std::string_view> appended = projection.tables();
    std::erase_if(appended, [&](std::string_view table) {
        return std::ranges::find(kAppended, qualified(projection, table)) == std::end(kAppended);
    });
    auto dropped = connection.query("SELECT projections.drop_late_indexes($1, $2::text[], $3::text[])",
                                    {schema, tables_array(projection), array_of_names(appended)});
    if (!dropped) return std::unexpected(dropped.error());
    return {};
}

Result complete_copy(Connection& connection, const Projection& projection, const std::string& schema) {
    for (const std::string_view table : projection.tables()) {
        auto made = connection.query("SELECT projections.add_late_indexes($1, $2, $3)",
                                     {projection.schema(), schema, table});
        if (!made) return std::unexpected(made.error());
    }
    return {};
}

}  // namespace buttonwood::projections
