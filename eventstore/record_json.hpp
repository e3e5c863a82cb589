// Commands and events as JSON, for people with psql and for the event browser. One object per record, members in the
// order of the record's fields; ids as api.md spells them ("ord_12"), enumerators as words, money as a decimal string,
// prices and quantities as integer strings of units (the security's scales say where the point goes), times as RFC
// 3339, None ids and the time 0 as null.
#pragma once

#include "engine/events.hpp"

#include <string>

namespace buttonwood::eventstore {

[[nodiscard]] std::string to_json(const engine::EventBody& body);
[[nodiscard]] std::string to_json(const engine::Command& command);

// The same objects with their members in the order in which jsonb keeps them, so that PostgreSQL has nothing to sort.
// A text is valid until the next one is asked for. Thread safety: none.
class JsonbText {
public:
    [[nodiscard]] std::string_view of(const engine::EventBody& body);
    [[nodiscard]] std::string_view of(const engine::Command& command);

private:
    std::string text_;
    std::string members_;  // of the record that is being sorted
};

// "OrderAccepted", "PlaceOrder": the record's own name.
[[nodiscard]] std::string_view type_name(const engine::EventBody& body);
[[nodiscard]] std::string_view type_name(const engine::Command& command);

// The aggregate an event belongs to: type in {user, account, security, order, trade, command, market} and its number.
// The market is one, number 0: what concerns all securities, the clock, deferred work. A prevented match is the
// taker's.
struct StreamName {
    std::string_view type;
    std::uint64_t id{};
};
[[nodiscard]] StreamName stream_of(const engine::Event& event);

// "12.50000000": money at its full scale. "25.50" for units 2550 and scale 2.
[[nodiscard]] std::string to_decimal(engine::Money money);
[[nodiscard]] std::string to_decimal(std::int64_t units, int scale);
// "2026-11-20T17:25:49.348123Z"
[[nodiscard]] std::string to_rfc3339(engine::Timestamp time);

}  // namespace buttonwood::eventstore
