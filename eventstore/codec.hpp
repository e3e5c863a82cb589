// How commands and events become the bytes of a journal block, and back.
//
// A block's payload is a sequence of records, in the order in which the engine made them: a command, then its events.
//
//     record := u32 size of body | u32 CRC32C over (kind, type, version, body) | u8 kind | u8 type | u16 version | body
//     kind 1 = command (type = index in engine::Command), 2 = event (type = index in engine::EventBody)
//
// All integers little-endian; fields in the order of BUTTONWOOD_RECORD: enums and integers at their size, Money 16
// bytes, FixedString u8 length + characters, bool u8, optional u8 + value, Sha256 32 bytes, nested records inline.
// A command's body is its CommandHeader, u8 RejectReason (the outcome), u32 number of its events, then its fields.
// An event's body is its fields: its seq follows from the block's first_seq, command and time from its command.
// Formats are pinned by golden files in tests/; a changed record gets the next version and the old one stays readable.
// Thread safety: pure functions.
#pragma once

#include "engine/events.hpp"

#include <expected>
#include <span>
#include <string>
#include <vector>

namespace buttonwood::eventstore {

struct CommandRecord {
    engine::CommandHeader header;
    engine::Command command;
    engine::RejectReason outcome{};
    engine::EventSeq first_seq{};  // of its first event
    std::uint32_t event_count{};   // > 0
};

// The content of one block.
struct Records {
    std::vector<CommandRecord> commands;
    std::vector<engine::Event> events;  // those of commands[0], then those of commands[1], ...
};

// What is wrong with stored bytes, and where.
struct CorruptRecord {
    std::size_t offset{};  // in the payload
    std::string what;
};

// Appends one command and its events. REQUIRES: events.size() == command.event_count.
void encode(const CommandRecord& command, std::span<const engine::Event> events, std::string& payload);

// Reads a whole payload; first_seq is the seq of its first event. Never throws, never reads outside `payload`,
// whatever the bytes.
[[nodiscard]] std::expected<Records, CorruptRecord> decode(std::string_view payload, engine::EventSeq first_seq);

[[nodiscard]] std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed = 0);

}  // namespace buttonwood::eventstore
