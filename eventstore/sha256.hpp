// SHA-256 over bytes that come in pieces.
//
// By OpenSSL, which uses the processor's instructions: four times as fast as libsodium's here, and sealing blocks was
// half of the pipeline's work (README, Decisions). Thread safety: one thread at a time.
#pragma once

#include "engine/types.hpp"

#include <memory>
#include <string_view>
#include <type_traits>

namespace buttonwood::eventstore {

class Sha256Stream {
public:
    Sha256Stream();
    void absorb(const void* data, std::size_t size);
    void absorb(std::string_view bytes) { absorb(bytes.data(), bytes.size()); }
    // A value as it lies in memory.
    template <class T>
        requires std::is_trivially_copyable_v<T>
    void absorb_value(const T& value) {
        absorb(&value, sizeof value);
    }
    // The digest of what came since the start; then it starts anew.
    [[nodiscard]] engine::Sha256 finish();

private:
    struct Free {
        void operator()(void* context) const;
    };
    std::unique_ptr<void, Free> context_;  // EVP_MD_CTX
};

}  // namespace buttonwood::eventstore
