#include "eventstore/journal.hpp"

#include "engine/assert.hpp"

#include <openssl/evp.h>

#include <array>
#include <bit>
#include <memory>

namespace buttonwood::eventstore {
namespace {

static_assert(std::endian::native == std::endian::little, "the seal covers the header as it lies in memory");

// SHA-256 by OpenSSL, which uses the processor's instructions: four times as fast as libsodium's here, and sealing was
// half of the pipeline's work (README, Decisions).
class Digest {
public:
    Digest() { BUTTONWOOD_ASSERT(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1); }

    template <class T>
    void absorb(const T& value) {
        absorb(&value, sizeof value);
    }
    void absorb(const void* data, std::size_t size) {
        BUTTONWOOD_ASSERT(EVP_DigestUpdate(context_.get(), data, size) == 1);
    }
    [[nodiscard]] Hash finish() {
        std::array<unsigned char, sizeof(Hash)> digest{};
        unsigned int size = 0;
        BUTTONWOOD_ASSERT(EVP_DigestFinal_ex(context_.get(), digest.data(), &size) == 1 && size == digest.size());
        return std::bit_cast<Hash>(digest);
    }

private:
    struct Free {
        void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    };
    std::unique_ptr<EVP_MD_CTX, Free> context_{EVP_MD_CTX_new()};
};

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
    Digest digest;
    digest.absorb(previous);
    digest.absorb(header.first_seq);
    digest.absorb(header.last_seq);
    digest.absorb(header.epoch);
    digest.absorb(header.committed_at.us);
    digest.absorb(header.event_count);
    digest.absorb(header.command_count);
    digest.absorb(header.format_version);
    digest.absorb(payload.data(), payload.size());
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
