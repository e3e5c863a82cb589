#include "api/identity.hpp"

#include <sodium.h>

namespace buttonwood::api {
namespace {

constexpr std::string_view kPrefix = "bw_";
constexpr std::size_t kIdDigits = 16;
constexpr std::size_t kSecretDigits = 64;

std::optional<std::uint64_t> parse_hex(std::string_view text) {
    std::uint64_t value = 0;
    for (const char c : text) {
        const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0) return std::nullopt;
        value = value << 4 | static_cast<std::uint64_t>(digit);
    }
    return value;
}

std::string hex(const unsigned char* bytes, std::size_t size) {
    std::string text(size * 2 + 1, '\0');
    sodium_bin2hex(text.data(), text.size(), bytes, size);
    text.pop_back();
    return text;
}

engine::Sha256 digest(std::string_view secret) {
    engine::Sha256 hash;
    crypto_hash_sha256(reinterpret_cast<unsigned char*>(hash.data()),
                       reinterpret_cast<const unsigned char*>(secret.data()), secret.size());
    return hash;
}

}  // namespace

std::string to_text(engine::KeyId id) {
    unsigned char bytes[8];
    for (int i = 0; i < 8; ++i)
        bytes[i] = static_cast<unsigned char>(std::to_underlying(id) >> (56 - 8 * i));
    return "key_" + hex(bytes, sizeof bytes);
}

NewKey make_key() {
    unsigned char id[kIdDigits / 2];
    unsigned char secret[kSecretDigits / 2];
    NewKey key;
    do {
        randombytes_buf(id, sizeof id);
        key.id = static_cast<engine::KeyId>(*parse_hex(hex(id, sizeof id)));
    } while (key.id == engine::KeyId::None);
    randombytes_buf(secret, sizeof secret);
    const std::string secret_text = hex(secret, sizeof secret);
    key.text = std::string(kPrefix) + hex(id, sizeof id) + "." + secret_text;
    key.secret_hash = digest(secret_text);
    return key;
}

std::optional<Identity> identify(const LiveView& view, std::string_view token) {
    if (token.size() != kPrefix.size() + kIdDigits + 1 + kSecretDigits || !token.starts_with(kPrefix) ||
        token[kPrefix.size() + kIdDigits] != '.')
        return std::nullopt;
    const auto id = parse_hex(token.substr(kPrefix.size(), kIdDigits));
    if (!id) return std::nullopt;
    const LiveKey* key = view.key(static_cast<engine::KeyId>(*id));
    static constexpr engine::Sha256 kNobody{};
    // An unknown key costs the same comparison as a wrong secret.
    const engine::Sha256 given = digest(token.substr(token.size() - kSecretDigits));
    const engine::Sha256& wanted = key ? key->secret_hash : kNobody;
    const bool equal = sodium_memcmp(given.data(), wanted.data(), wanted.size()) == 0;
    if (!key || !equal || key->revoked) return std::nullopt;
    const LiveUser* user = view.user(key->user);
    if (!user || user->status == engine::UserStatus::Closed) return std::nullopt;
    return Identity{key->user, static_cast<engine::KeyId>(*id),
                    engine::RoleSet{static_cast<std::uint8_t>(key->roles.bits & user->roles.bits)}};
}

}  // namespace buttonwood::api
