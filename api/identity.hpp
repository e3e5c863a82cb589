// Who is asking: bearer keys "bw_<16 hex>.<64 hex>". The first part names the key, the second is its secret, of which
// only the SHA-256 is stored. Thread safety: pure functions over LiveView; I/O thread.
#pragma once

#include "api/live/live_view.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace buttonwood::api {

struct Identity {
    engine::UserId user{};
    engine::KeyId key{};
    engine::RoleSet roles;  // of the key, while the user still has them

    [[nodiscard]] bool may(engine::Role role) const { return roles.has(role) || roles.has(engine::Role::Admin); }
};

// A fresh key: the text to show once, and what to store.
struct NewKey {
    std::string text;
    engine::KeyId id{};
    engine::Sha256 secret_hash{};
};
[[nodiscard]] NewKey make_key();
[[nodiscard]] std::string to_text(engine::KeyId id);

// nullopt for a malformed, unknown, wrong or revoked key, or a closed user; all look alike to the caller, and the
// secret is compared in constant time.
[[nodiscard]] std::optional<Identity> identify(const LiveView& view, std::string_view token);

}  // namespace buttonwood::api
