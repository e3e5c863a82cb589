// Reads "2026-11-20T17:25:49.348123Z" (RFC 3339, UTC, up to 6 decimals). Thread safety: pure function.
#pragma once

#include "engine/types.hpp"

#include <optional>
#include <string_view>

namespace buttonwood::api {

// nullopt for anything else, including dates that do not exist.
[[nodiscard]] std::optional<engine::Timestamp> parse_rfc3339(std::string_view text);

}  // namespace buttonwood::api
