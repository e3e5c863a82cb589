#include "eventstore/journal.hpp"

#include "eventstore/sha256.hpp"

#include <bit>

namespace buttonwood::eventstore {
namespace {

static_assert(std::endian::native == std::endian::little, "the seal covers the header as it lies in memory");

}  // namespace

std::string_view name_of(StoreError error) {
    switch (error) {
        case StoreError::Unavailable: return "unavailable";
        case StoreError::InDoubt: return "in_doubt";
        case StoreError::Fenced: return "fenced";
        case StoreError::Corrupt: return "corrupt";
    }
    return "unknown";
}

Hash seal(const Hash& previous, const BlockHeader& header, std::string_view payload) {
    Sha256Stream digest;
    digest.absorb_value(previous);
    digest.absorb_value(header.first_seq);
    digest.absorb_value(header.last_seq);
    digest.absorb_value(header.epoch);
    digest.absorb_value(header.committed_at.us);
    digest.absorb_value(header.event_count);
    digest.absorb_value(header.command_count);
    digest.absorb_value(header.format_version);
    digest.absorb(payload);
    return digest.finish();
}

std::string to_hex(const Hash& hash) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    hex.reserve(2 * hash.size());
    for (const std::byte byte : hash) {
        const auto value = std::to_integer<unsigned>(byte);
        hex += kDigits[value >> 4];
        hex += kDigits[value & 15];
    }
    return hex;
}

}  // namespace buttonwood::eventstore
