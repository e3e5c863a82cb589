#include "eventstore/sha256.hpp"

#include "engine/assert.hpp"

#include <openssl/evp.h>

#include <array>
#include <bit>

namespace buttonwood::eventstore {
namespace {

EVP_MD_CTX* evp(void* context) { return static_cast<EVP_MD_CTX*>(context); }

void start(void* context) {
    BUTTONWOOD_ASSERT(context != nullptr && EVP_DigestInit_ex(evp(context), EVP_sha256(), nullptr) == 1);
}

}  // namespace

Sha256Stream::Sha256Stream() : context_(EVP_MD_CTX_new()) { start(context_.get()); }

void Sha256Stream::Free::operator()(void* context) const { EVP_MD_CTX_free(evp(context)); }

void Sha256Stream::absorb(const void* data, std::size_t size) {
    BUTTONWOOD_ASSERT(EVP_DigestUpdate(evp(context_.get()), data, size) == 1);
}

engine::Sha256 Sha256Stream::finish() {
    std::array<unsigned char, sizeof(engine::Sha256)> digest{};
    unsigned int size = 0;
    BUTTONWOOD_ASSERT(EVP_DigestFinal_ex(evp(context_.get()), digest.data(), &size) == 1 && size == digest.size());
    start(context_.get());
    return std::bit_cast<engine::Sha256>(digest);
}

}  // namespace buttonwood::eventstore
