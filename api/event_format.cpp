#include "api/event_format.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace buttonwood::api {
namespace {

std::string user(std::uint64_t actor) { return actor == 0 ? "system" : "usr_" + std::to_string(actor); }

// "account=acc_3 price=10183 side=buy": what is null, false, none or nothing is left out.
std::string brief(const std::string& payload) {
    std::string text;
    const auto members = nlohmann::json::parse(payload);
    for (const auto& [name, value] : members.items()) {
        const std::string shown = value.is_string() ? value.get<std::string>() : value.dump();
        if (value.is_null() || shown == "false" || shown == "none" || shown == "0" || shown == "0.00000000") continue;
        const bool plain = shown.find_first_of(" =\"") == std::string::npos;
        text += (text.empty() ? "" : " ") + name + '=' + (plain ? shown : value.dump());
    }
    return text;
}

// Quoted where RFC 4180 asks for it.
std::string field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) quoted.append(c == '"' ? "\"\"" : std::string(1, c));
    return quoted + '"';
}

std::string metadata_of(const LogEvent& event) { return R"({"command_type":")" + event.command_type + "\"}"; }

}  // namespace

std::string line_of(const LogEvent& event) {
    const std::string version = event.stream_version ? " v" + std::to_string(*event.stream_version) : "";
    return fmt::format("{:>10}  {}  {:<20} {:<18} {:<9} {}", event.event_seq, event.occurred_at, event.event_type,
                       event.stream_type + '/' + std::to_string(event.stream_id) + version, user(event.actor),
                       brief(event.payload));
}

std::string line_of(const LogCommand& command) {
    return fmt::format("command {}  {}  {}  {}  {}{}  {}", command.command_seq, command.occurred_at,
                       command.command_type, user(command.actor), command.outcome,
                       command.request_id ? "  request " + *command.request_id : "", brief(command.payload));
}

void put(JsonWriter& writer, const LogEvent& event) {
    writer.object([&] {
        writer.member("event_seq", event.event_seq);
        writer.member("stream_type", event.stream_type);
        writer.member("stream_id", event.stream_id);
        writer.member("stream_version", event.stream_version);
        writer.member("event_type", event.event_type);
        writer.member("schema_version", event.schema_version);
        writer.raw_member("payload", event.payload);
        writer.raw_member("metadata", metadata_of(event));
        writer.member("command_id", event.command_id);
        writer.member("correlation_id", event.correlation_id);
        writer.member("causation_id", event.command_id);
        writer.member("actor", event.actor);
        writer.member("occurred_at", event.occurred_at);
    });
}

void put(JsonWriter& writer, const LogCommand& command) {
    writer.object([&] {
        writer.member("command_seq", command.command_seq);
        writer.member("command_type", command.command_type);
        writer.raw_member("payload", command.payload);
        writer.member("actor", command.actor);
        writer.member("request_id", command.request_id);
        writer.member("occurred_at", command.occurred_at);
        writer.member("outcome", command.outcome);
        writer.member("first_event_seq", command.first_event_seq);
        writer.member("event_count", command.event_count);
    });
}

std::string json_of(const LogEvent& event) {
    JsonWriter writer;
    put(writer, event);
    return writer.take();
}

std::string csv_header() {
    return "event_seq,stream_type,stream_id,stream_version,event_type,schema_version,payload,metadata,command_id,"
           "correlation_id,causation_id,actor,occurred_at\n";
}

std::string csv_of(const LogEvent& event) {
    return fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{}\n", event.event_seq, event.stream_type, event.stream_id,
                       event.stream_version ? std::to_string(*event.stream_version) : "", event.event_type,
                       event.schema_version, field(event.payload), field(metadata_of(event)), event.command_id,
                       field(event.correlation_id.value_or("")), event.command_id, event.actor, event.occurred_at);
}

}  // namespace buttonwood::api
