// Events and commands of the log as lines for people, JSON and CSV. Thread safety: pure functions.
#pragma once

#include "api/event_log.hpp"
#include "api/json_writer.hpp"

#include <string>

namespace buttonwood::api {

// "      12  2026-11-20T17:25:49.348123Z  OrderAccepted  order/3 v1  usr_2  account=acc_2 price=2550 ...", without a
// newline; members of the payload that say nothing are left out.
[[nodiscard]] std::string line_of(const LogEvent& event);
[[nodiscard]] std::string line_of(const LogCommand& command);

// One object, members as the columns of log.events and log.commands.
void put(JsonWriter& writer, const LogEvent& event);
void put(JsonWriter& writer, const LogCommand& command);
[[nodiscard]] std::string json_of(const LogEvent& event);

// RFC 4180, the columns of log.events; rows end with a newline.
[[nodiscard]] std::string csv_header();
[[nodiscard]] std::string csv_of(const LogEvent& event);

}  // namespace buttonwood::api
