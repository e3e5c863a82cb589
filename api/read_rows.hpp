// What the queries of the API share: rows by column name, the event that an answer reflects, pages.
// Thread safety: plain functions on a connection's own thread.
#pragma once

#include "api/ids.hpp"
#include "api/json_writer.hpp"
#include "api/read_models.hpp"
#include "eventstore/record_json.hpp"

#include <stdexcept>

namespace buttonwood::api {

// timestamptz as every answer spells it.
[[nodiscard]] inline std::string rfc3339(std::string_view column) {
    return "to_char(" + std::string(column) + " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')";
}

// '{1,2}'
[[nodiscard]] std::string id_array(const std::vector<engine::AccountId>& accounts);
// '{"fee","buy"}'; of words that need no escape.
[[nodiscard]] std::string word_array(const std::vector<std::string>& words);

[[nodiscard]] inline eventstore::Param or_null(const std::string& text) {
    return text.empty() ? eventstore::Param(std::nullopt) : eventstore::Param(text);
}
[[nodiscard]] inline eventstore::Param or_null(const std::optional<std::uint64_t>& number) {
    return number ? eventstore::Param(*number) : eventstore::Param(std::nullopt);
}

// Reads by column name, so that a query's list of columns can be read beside it. An unknown name is our own mistake.
class Row {
public:
    Row(const eventstore::Rows& rows, int row) : rows_(rows), row_(row) {}
    [[nodiscard]] std::string text(std::string_view name) const { return std::string(rows_.text(row_, column(name))); }
    [[nodiscard]] std::int64_t integer(std::string_view name) const { return rows_.integer(row_, column(name)); }
    [[nodiscard]] bool is_null(std::string_view name) const { return rows_.is_null(row_, column(name)); }
    [[nodiscard]] bool flag(std::string_view name) const { return text(name) == "t"; }
    // Units at the row's price_scale and quantity_scale.
    [[nodiscard]] std::string price(std::string_view name) const {
        return eventstore::to_decimal(integer(name), static_cast<int>(integer("price_scale")));
    }
    [[nodiscard]] std::string quantity(std::string_view name) const {
        return eventstore::to_decimal(integer(name), static_cast<int>(integer("quantity_scale")));
    }
    [[nodiscard]] std::string price_or_empty(std::string_view name) const {
        return is_null(name) ? std::string{} : price(name);
    }
    [[nodiscard]] std::string quantity_or_empty(std::string_view name) const {
        return is_null(name) ? std::string{} : quantity(name);
    }
    [[nodiscard]] std::optional<std::string> optional(std::string_view name) const {
        return is_null(name) ? std::nullopt : std::optional(text(name));
    }
    [[nodiscard]] std::optional<std::string> price_or_none(std::string_view name) const {
        return is_null(name) ? std::nullopt : std::optional(price(name));
    }
    [[nodiscard]] std::optional<std::string> quantity_or_none(std::string_view name) const {
        return is_null(name) ? std::nullopt : std::optional(quantity(name));
    }
    template <class Id> [[nodiscard]] std::string id(std::string_view name) const {
        return to_text(static_cast<Id>(integer(name)));
    }
    template <class Id> [[nodiscard]] std::optional<std::string> id_or_none(std::string_view name) const {
        return is_null(name) ? std::nullopt : std::optional(id<Id>(name));
    }

private:
    [[nodiscard]] int column(std::string_view name) const {
        for (int i = 0; i < rows_.columns(); ++i)
            if (rows_.name(i) == name) return i;
        throw std::logic_error("no such column: " + std::string(name));
    }
    const eventstore::Rows& rows_;
    int row_;
};

// The oldest checkpoint of these projections.
[[nodiscard]] OrDbError<engine::EventSeq> checkpoint(eventstore::Connection& connection, const Sources& sources);

// {data, has_more, next_cursor, event_seq}; the query asked for one row more than the page holds.
template <class WriteRow>
ReadAnswer page(const eventstore::Rows& rows, std::size_t limit, std::string_view cursor_column, engine::EventSeq seq,
                WriteRow write) {
    const bool has_more = static_cast<std::size_t>(rows.size()) > limit;
    const int shown = has_more ? static_cast<int>(limit) : rows.size();
    ReadAnswer answer{"", seq, true};
    if (has_more) answer.next_cursor = Row(rows, shown - 1).text(cursor_column);
    JsonWriter w;
    w.object([&] {
        w.array("data", [&] {
            for (int i = 0; i < shown; ++i) write(w, Row(rows, i));
        });
        w.member("has_more", has_more);
        w.member("next_cursor", has_more ? std::optional(answer.next_cursor) : std::nullopt);
        w.member("event_seq", seq);
    });
    answer.json = w.take();
    return answer;
}

}  // namespace buttonwood::api
