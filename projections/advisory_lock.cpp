#include "projections/advisory_lock.hpp"

#include <thread>

namespace buttonwood::projections {

using eventstore::Connection;
using eventstore::DbError;

namespace {

constexpr auto kBetweenTries = std::chrono::milliseconds(5);

// FNV-1a. The keys share one space with whatever else takes such locks in this database: 64 bits are enough.
std::int64_t key_of(std::string_view kind, std::string_view projection) {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const std::string_view part : {kind, projection})
        for (const char c : part) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    return static_cast<std::int64_t>(hash);
}

}  // namespace

std::int64_t building_key(std::string_view projection) { return key_of("buttonwood.building.", projection); }
std::int64_t serving_key(std::string_view projection) { return key_of("buttonwood.serving.", projection); }

std::expected<std::optional<AdvisoryLock>, DbError> AdvisoryLock::try_take(Connection& connection, std::int64_t key,
                                                                           std::chrono::milliseconds patience) {
    const auto until = std::chrono::steady_clock::now() + patience;
    for (;;) {
        auto rows = connection.prepared("SELECT pg_try_advisory_lock($1::bigint)::integer", {key});
        if (!rows) return std::unexpected(rows.error());
        if (rows->integer(0, 0) != 0) return AdvisoryLock(connection, key);
        if (std::chrono::steady_clock::now() >= until) return std::nullopt;
        std::this_thread::sleep_for(kBetweenTries);
    }
}

AdvisoryLock::AdvisoryLock(AdvisoryLock&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)), key_(other.key_) {}

AdvisoryLock::~AdvisoryLock() {
    // Where that fails the session is over, and the lock with it.
    if (connection_) static_cast<void>(connection_->prepared("SELECT pg_advisory_unlock($1::bigint)", {key_}));
}

}  // namespace buttonwood::projections
