#include "eventstore/codec.hpp"
#include "eventstore/codec_crc32c.hpp"

#include "engine/assert.hpp"

#include <array>
#include <cstring>

namespace buttonwood::eventstore {
namespace codec {
namespace {

constexpr std::uint32_t kPolynomial = 0x82F6'3B78;

// Eight tables: table k advances a byte past k further bytes, so eight bytes take one step (slicing by 8).
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables make_tables() {
    Tables tables{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t crc = byte;
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
        tables[0][byte] = crc;
    }
    for (std::size_t k = 1; k < tables.size(); ++k)
        for (std::size_t byte = 0; byte < 256; ++byte) {
            const std::uint32_t crc = tables[k - 1][byte];
            tables[k][byte] = (crc >> 8) ^ tables[0][crc & 0xFF];
        }
    return tables;
}

constexpr Tables kTables = make_tables();

}  // namespace

std::uint32_t crc32c_by_table(std::string_view bytes, std::uint32_t seed) {
    std::uint32_t crc = ~seed;
    while (bytes.size() >= 8) {
        std::uint64_t word{};
        std::memcpy(&word, bytes.data(), sizeof word);
        word ^= crc;
        crc = 0;
        for (std::size_t k = 0; k < 8; ++k) crc ^= kTables[7 - k][(word >> (8 * k)) & 0xFF];
        bytes.remove_prefix(8);
    }
    for (const char c : bytes) crc = (crc >> 8) ^ kTables[0][(crc ^ static_cast<std::uint8_t>(c)) & 0xFF];
    return ~crc;
}

#if defined(__x86_64__)

bool has_crc32c_instruction() { return __builtin_cpu_supports("sse4.2") != 0; }

__attribute__((target("sse4.2"))) std::uint32_t crc32c_by_instruction(std::string_view bytes, std::uint32_t seed) {
    std::uint64_t crc = static_cast<std::uint32_t>(~seed);
    while (bytes.size() >= 8) {
        std::uint64_t word{};
        std::memcpy(&word, bytes.data(), sizeof word);
        crc = __builtin_ia32_crc32di(crc, word);
        bytes.remove_prefix(8);
    }
    auto narrow = static_cast<std::uint32_t>(crc);
    for (const char c : bytes) narrow = __builtin_ia32_crc32qi(narrow, static_cast<std::uint8_t>(c));
    return ~narrow;
}

#else

bool has_crc32c_instruction() { return false; }

std::uint32_t crc32c_by_instruction(std::string_view, std::uint32_t) {
    BUTTONWOOD_ASSERT(has_crc32c_instruction());
    std::abort();
}

#endif

}  // namespace codec

std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed) {
    static const auto implementation =
        codec::has_crc32c_instruction() ? codec::crc32c_by_instruction : codec::crc32c_by_table;
    return implementation(bytes, seed);
}

}  // namespace buttonwood::eventstore
