#include "projections/table_writer.hpp"

namespace buttonwood::projections {

using eventstore::Connection;
using eventstore::Param;

TableWriter::TableWriter(std::string_view table, const std::vector<Column>& columns)
    : table_(table), update_columns_(columns.size()) {
    const auto join = [](std::string& out, std::string_view separator) -> std::string& {
        if (!out.empty()) out += separator;
        return out;
    };
    std::string names, assignments, matches, update_names, update_arrays, key_names, key_arrays;
    int parameter = 0;
    for (const auto& [name, type, use] : columns) {
        columns_.push_back({column_type(type), use});
        join(names, ", ") += name;
        if (use == ColumnUse::Fixed) continue;
        const std::string array = "$" + std::to_string(++parameter) + "::" + std::string(type) + "[]";
        join(update_names, ", ") += name;
        join(update_arrays, ", ") += array;
        const std::string pair = std::string(name) + " = s." + std::string(name);
        if (use == ColumnUse::Changing) {
            join(assignments, ", ") += pair;
            continue;
        }
        erase_columns_.emplace_back();
        join(matches, " AND ") += "t." + pair;
        join(key_names, ", ") += name;
        join(key_arrays, ", ") += array;
    }
    copy_sql_ = "COPY " + table_ + " (" + names + ") FROM STDIN (FORMAT binary)";
    update_sql_ = "UPDATE " + table_ + " t SET " + assignments + " FROM unnest(" + update_arrays + ") AS s(" +
                  update_names + ") WHERE " + matches;
    erase_sql_ =
        "DELETE FROM " + table_ + " t USING unnest(" + key_arrays + ") AS s(" + key_names + ") WHERE " + matches;
}

Result TableWriter::flush(Connection& connection) {
    if (erased_ != 0)
        if (auto done = run(connection, erase_sql_, erase_columns_, erased_, "remove"); !done) return done;
    if (updated_ != 0)
        if (auto done = run(connection, update_sql_, update_columns_, updated_, "change"); !done) return done;
    if (inserts_.count() != 0)
        if (auto copied = connection.copy_in(copy_sql_, inserts_.finish()); !copied)
            return std::unexpected(copied.error());
    clear();
    return {};
}

Result TableWriter::run(Connection& connection, const std::string& sql, std::vector<std::string>& arrays,
                        std::int64_t rows, std::string_view verb) {
    std::vector<Param> params;
    for (std::string& array : arrays)
        if (!array.empty()) params.emplace_back(std::move(array += '}'));
    auto result = connection.prepared(sql, params);
    if (!result) return std::unexpected(result.error());
    if (result->affected() != rows)
        return fault(table_ + ": " + std::to_string(rows - result->affected()) + " of " + std::to_string(rows) +
                     " rows to " + std::string(verb) + " are not there");
    return {};
}

void TableWriter::clear() {
    inserts_.clear();
    for (std::string& array : update_columns_) array.clear();
    for (std::string& array : erase_columns_) array.clear();
    updated_ = erased_ = 0;
}

}  // namespace buttonwood::projections
