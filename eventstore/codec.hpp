// How commands and events become the bytes of a journal block, and back.
//
// A block's payload is a sequence of records, in the order in which the engine made them: a command, then its events.
//
//     record := u32 size of body | u32 CRC32C over (kind, type, version, body) | u8 kind | u8 type | u16 version | body
//     kind 1 = command (type = index in engine::Command), 2 = event (type = index in engine::EventBody),
//          3 = digest (type 0): what the state of the writer's engine was here, see StateDigest
//
// All integers little-endian; fields in the order of BUTTONWOOD_RECORD: enums and integers at their size, Money 16
// bytes, FixedString u8 length + characters, bool u8, optional u8 + value, Sha256 32 bytes, nested records inline,
// a list of records u8 count (at most kMaxGroupLegs) + the records.
// A command's body is its CommandHeader, u8 RejectReason (the outcome), u32 number of its events, then its fields.
// An event's body is its fields: its seq follows from the block's first_seq, command and time from its command.
// A digest stands after the last event of a command, in the block of that event; readers may ignore it.
//
// version counts per record type, from 1 (BUTTONWOOD_VERSIONS in engine/fields.hpp). A record grows only at its end,
// and encode() writes the newest version; decode() reads all of them and gives the fields that an older one lacks
// their defaults, which mean what their absence meant. A nested record is stored with all fields of its holder's
// version: the holder gets a new version whenever it does. Formats are pinned by golden files in tests/.
// Thread safety: pure functions.
#pragma once

#include "engine/events.hpp"
#include "engine/state_hash.hpp"

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

// What Engine::digest() of the events first_seq to last_seq was after event last_seq, the last one of its command.
// first_seq may lie in an earlier block.
struct StateDigest {
    engine::EventSeq first_seq{};
    engine::EventSeq last_seq{};
    engine::StateHash hash;
    friend bool operator==(const StateDigest&, const StateDigest&) = default;
};

// The content of one block.
struct Records {
    std::vector<CommandRecord> commands;
    std::vector<engine::Event> events;  // those of commands[0], then those of commands[1], ...
    std::vector<StateDigest> digests;   // in the order of their last_seq; they do not overlap
};

// What is wrong with stored bytes, and where.
struct CorruptRecord {
    std::size_t offset{};  // in the payload
    std::string what;
};

// The version at which this record is stored today.
[[nodiscard]] std::uint16_t newest_version(const engine::EventBody& event);
[[nodiscard]] std::uint16_t newest_version(const engine::Command& command);

// Appends one command and its events. REQUIRES: events.size() == command.event_count; a group has at most kMaxGroupLegs
// legs.
void encode(const CommandRecord& command, std::span<const engine::Event> events, std::string& payload);
void encode(const StateDigest& digest, std::string& payload);
// Appends a whole block's content: each command, its events, and the digest that ends there.
void encode(const Records& records, std::string& payload);

// Reads a whole payload; first_seq is the seq of its first event. Never throws, never reads outside `payload`,
// whatever the bytes.
[[nodiscard]] std::expected<Records, CorruptRecord> decode(std::string_view payload, engine::EventSeq first_seq);

[[nodiscard]] std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed = 0);

}  // namespace buttonwood::eventstore
