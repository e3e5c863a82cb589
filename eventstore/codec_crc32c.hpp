// The two implementations behind crc32c() of codec.hpp, named so that tests can hold one against the other.
// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78), as in RFC 3720 B.4. Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <string_view>

namespace buttonwood::eventstore::codec {

// Can this processor compute CRC-32C by itself?
[[nodiscard]] bool has_crc32c_instruction();
// Both take and return the plain checksum; `seed` is the checksum of the bytes before these.
[[nodiscard]] std::uint32_t crc32c_by_table(std::string_view bytes, std::uint32_t seed);
// REQUIRES: has_crc32c_instruction().
[[nodiscard]] std::uint32_t crc32c_by_instruction(std::string_view bytes, std::uint32_t seed);

}  // namespace buttonwood::eventstore::codec
