// How the result of a fold reaches one table: new rows by COPY, changed rows by one UPDATE ... FROM unnest, gone rows
// by one DELETE ... USING unnest, however many there are.
//
// Rows are collected until flush() and forgotten by it. Arrays as parameters do the work of a staging table without
// being one: nothing to create per connection, to empty per commit, or to grow inside the one long transaction of a
// rebuild. flush() fails with Fault when a row to change or remove is not there: the tables and the fold disagree.
// Thread safety: none; one projection owns a writer.
#pragma once

#include "projections/copy_rows.hpp"
#include "projections/fault.hpp"

#include <string>
#include <vector>

namespace buttonwood::projections {

enum class ColumnUse : std::uint8_t {
    Key,       // identifies the row; key columns come first
    Fixed,     // written once
    Changing,  // written again by every update
};

struct Column {
    std::string_view name;
    std::string_view type;  // one of column_type()
    ColumnUse use = ColumnUse::Changing;
};

class TableWriter {
public:
    TableWriter(std::string_view table, const std::vector<Column>& columns);

    // One value per column, in their order.
    template <class... Values>
    void insert(const Values&... values) {
        std::size_t column = 0;
        inserts_.begin_row(sizeof...(values));
        (inserts_.append(columns_[column++].type, values), ...);
    }
    // The same; values of Fixed columns are ignored.
    template <class... Values>
    void update(const Values&... values) {
        std::size_t column = 0;
        (append_to_update(column++, values), ...);
        ++updated_;
    }
    // insert() or update(), as the row is in the table already or not.
    template <class... Values>
    void put(bool stored, const Values&... values) {
        stored ? update(values...) : insert(values...);
    }
    // One value per key column.
    template <class... Keys>
    void erase(const Keys&... keys) {
        std::size_t column = 0;
        (append_element(erase_columns_[column++], keys), ...);
        ++erased_;
    }

    // Runs what was collected, inside the caller's transaction.
    [[nodiscard]] Result flush(eventstore::Connection& connection);
    void clear();

private:
    template <class Value>
    void append_to_update(std::size_t column, const Value& value) {
        if (columns_[column].use != ColumnUse::Fixed) append_element(update_columns_[column], value);
    }
    template <class Value>
    static void append_element(std::string& array, const Value& value) {
        array += array.empty() ? '{' : ',';
        append_value(array, value);
    }
    [[nodiscard]] Result run(eventstore::Connection& connection, const std::string& sql,
                             std::vector<std::string>& arrays, std::int64_t rows, std::string_view verb);

    std::string table_;
    struct ColumnShape {
        ColumnType type{};
        ColumnUse use{};
    };
    std::vector<ColumnShape> columns_;
    std::string copy_sql_;
    std::string update_sql_;
    std::string erase_sql_;

    CopyRows inserts_;
    std::vector<std::string> update_columns_;  // by column; those of Fixed columns stay empty
    std::vector<std::string> erase_columns_;   // by key column
    std::int64_t updated_{};
    std::int64_t erased_{};
};

}  // namespace buttonwood::projections
