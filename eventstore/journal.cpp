#include "eventstore/journal.hpp"

#include <sodium/crypto_hash_sha256.h>

#include <array>
#include <bit>
#include <cstring>

namespace buttonwood::eventstore {
namespace {

static_assert(std::endian::native == std::endian::little, "the seal covers the header as it lies in memory");
static_assert(sizeof(Hash) == crypto_hash_sha256_BYTES);

const unsigned char* bytes_of(const void* data) { return static_cast<const unsigned char*>(data); }

template <class T>
void absorb(crypto_hash_sha256_state& state, const T& value) {
    crypto_hash_sha256_update(&state, bytes_of(&value), sizeof value);
}

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
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    absorb(state, previous);
    absorb(state, header.first_seq);
    absorb(state, header.last_seq);
    absorb(state, header.epoch);
    absorb(state, header.committed_at.us);
    absorb(state, header.event_count);
    absorb(state, header.command_count);
    absorb(state, header.format_version);
    crypto_hash_sha256_update(&state, bytes_of(payload.data()), payload.size());
    std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256_final(&state, digest.data());
    return std::bit_cast<Hash>(digest);
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
