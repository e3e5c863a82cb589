#include "eventstore/verify_block.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace buttonwood::eventstore {
namespace {

using engine::EventSeq;

// The frame of a record, codec.hpp: u32 size, u32 checksum, u8 kind, u8 type, u16 version.
constexpr std::size_t kFrameSize = 12;
constexpr std::size_t kKindOffset = 8;
constexpr unsigned char kEventKind = 2;

// The event that a record at this offset is, or precedes; for a digest at the end, the one before. Everything before it
// has been read once without fault.
EventSeq event_at(std::string_view payload, std::size_t offset, const BlockHeader& header) {
    EventSeq seq = header.first_seq;
    for (std::size_t at = 0; at < offset;) {
        std::uint32_t size{};
        std::memcpy(&size, payload.data() + at, sizeof size);
        if (static_cast<unsigned char>(payload[at + kKindOffset]) == kEventKind) ++seq;
        at += kFrameSize + size;
    }
    return std::min(seq, header.last_seq);
}

std::string block_of(const BlockHeader& header) {
    return "the block of " + events_in_words(header.first_seq, header.last_seq);
}

}  // namespace

std::string events_in_words(EventSeq first, EventSeq last) {
    if (first == last) return "event " + std::to_string(first);
    return "events " + std::to_string(first) + " to " + std::to_string(last);
}

ExaminedBlock examine(const Hash& previous, Block block) {
    ExaminedBlock out{std::move(block), {}, {}, {}};
    const BlockHeader& header = out.block.header;
    auto records = decode(out.block.payload, header.first_seq);
    if (!records) {
        const CorruptRecord& error = records.error();
        out.bad_record = {event_at(out.block.payload, error.offset, header),
                          "damaged record at byte " + std::to_string(error.offset) + " of " + block_of(header) + ": " +
                              error.what};
        return out;
    }
    out.records = std::move(*records);
    if (out.records.commands.size() != header.command_count || out.records.events.size() != header.event_count)
        out.bad_seal = {header.first_seq, "the header of " + block_of(header) + " and its records count differently"};
    else if (seal(previous, header, out.block.payload) != out.block.hash)
        out.bad_seal = {header.first_seq, "the hash of " + block_of(header) + " does not continue the chain"};
    return out;
}

std::optional<Finding> Succession::follow(const ExaminedBlock& examined) {
    const BlockHeader& header = examined.block.header;
    if (auto bad = check_place(header)) return bad;
    if (auto bad = check_header(header)) return bad;
    if (examined.bad_record) return examined.bad_record;
    VerifiedUpTo next = at_;
    if (auto bad = check_commands(examined.records, next)) return bad;
    if (examined.bad_seal) return examined.bad_seal;
    next.head = {header.epoch, header.last_seq, examined.block.hash};
    next.committed_at = header.committed_at;
    at_ = next;
    return std::nullopt;
}

std::optional<Finding> Succession::check_place(const BlockHeader& header) const {
    const EventSeq expected = at_.head.last_seq + 1;
    if (header.first_seq > expected)
        return Finding{expected, events_in_words(expected, header.first_seq - 1) +
                                     (header.first_seq - expected == 1 ? " is missing" : " are missing")};
    if (header.first_seq < expected)
        return Finding{header.first_seq, "a second block claims event " + std::to_string(header.first_seq) +
                                             ", the one before ends with event " + std::to_string(expected - 1)};
    return std::nullopt;
}

std::optional<Finding> Succession::check_header(const BlockHeader& header) const {
    const auto refuse = [&header](const std::string& what) {
        return Finding{header.first_seq, block_of(header) + ' ' + what};
    };
    if (header.format_version != kFormatVersion)
        return refuse("has the unknown format version " + std::to_string(header.format_version));
    if (header.last_seq < header.first_seq || header.event_count == 0 ||
        header.last_seq - header.first_seq != header.event_count - 1)
        return refuse("claims " + std::to_string(header.event_count) + " events");
    if (header.command_count == 0 || header.command_count > header.event_count)
        return refuse("claims " + std::to_string(header.command_count) + " commands");
    if (header.epoch < at_.head.epoch || header.epoch == 0)
        return refuse("is of epoch " + std::to_string(header.epoch) + ", the one before of epoch " +
                      std::to_string(at_.head.epoch));
    if (header.committed_at < at_.committed_at) return refuse("was committed before the one before it");
    return std::nullopt;
}

std::optional<Finding> Succession::check_commands(const Records& records, VerifiedUpTo& next) const {
    for (const CommandRecord& command : records.commands) {
        if (next.last_command != 0 || next.head.last_seq == 0)
            if (const engine::CommandSeq expected = next.last_command + 1; command.header.seq != expected)
                return Finding{command.first_seq, "command " + std::to_string(command.header.seq) + " stands where " +
                                                      std::to_string(expected) + " belongs"};
        if (command.header.time < next.last_time)
            return Finding{command.first_seq, "time goes back at command " + std::to_string(command.header.seq)};
        next.last_command = command.header.seq;
        next.last_time = command.header.time;
    }
    return std::nullopt;
}

}  // namespace buttonwood::eventstore
