#include "api/read_rows.hpp"

namespace buttonwood::api {

std::string id_array(const std::vector<engine::AccountId>& accounts) {
    std::string text = "{";
    for (const engine::AccountId id : accounts) {
        if (text.size() > 1) text += ',';
        text += std::to_string(std::to_underlying(id));
    }
    return text + "}";
}

std::string word_array(const std::vector<std::string>& words) {
    std::string text = "{";
    for (const std::string& word : words) ((text += text.size() > 1 ? ",\"" : "\"") += word) += '"';
    return text + "}";
}

OrDbError<engine::EventSeq> checkpoint(eventstore::Connection& connection, const Sources& sources) {
    std::string names = "{";
    for (const std::string_view name : sources) (names += names.size() > 1 ? "," : "") += name;
    auto rows = connection.prepared(
        "SELECT coalesce(min(checkpoint), 0) FROM projections.status WHERE name = ANY($1::text[])",
        {eventstore::Param(names + "}")});
    if (!rows) return std::unexpected(rows.error());
    return static_cast<engine::EventSeq>(rows->integer(0, 0));
}

}  // namespace buttonwood::api
