#include "eventstore/store_guard.hpp"

namespace buttonwood::eventstore {
namespace {

// Column 0: the settings without which an acknowledged commit can be lost or a damaged page read as empty, as
// name=value; empty = safe. The others identify the server.
constexpr const char* kAsk = R"(
SELECT concat_ws(', ',
    (SELECT string_agg(name || '=' || setting, ', ' ORDER BY name) FROM pg_settings
      WHERE name IN ('fsync', 'full_page_writes', 'data_checksums') AND setting <> 'on'
         OR name IN ('zero_damaged_pages', 'ignore_checksum_failure') AND setting <> 'off'
         OR name = 'synchronous_commit' AND setting NOT IN ('on', 'remote_apply')
         OR name = 'wal_level' AND setting = 'minimal'),
    CASE WHEN pg_is_in_recovery() THEN 'in recovery' END),
  (SELECT system_identifier FROM pg_control_system()),
  current_setting('synchronous_standby_names'),
  current_setting('server_version_num')::integer / 10000)";

std::string changed(const char* what, const std::string& from, const std::string& to) {
    return std::string(what) + " was '" + from + "' and is '" + to + "'";
}

}  // namespace

std::expected<std::string, DbError> StoreGuard::complaint(Connection& connection) {
    auto rows = connection.prepared(kAsk, {});
    if (!rows) return std::unexpected(std::move(rows).error());
    const std::string_view unsafe = rows->text(0, 0);
    if (!unsafe.empty()) return "it would not keep an acknowledged commit: " + std::string(unsafe);
    const Identity now{std::string(rows->text(0, 1)), std::string(rows->text(0, 2)), rows->integer(0, 3)};
    if (now.major_version < kOldestPostgres) {
        return "version " + std::to_string(now.major_version) + " is older than " + std::to_string(kOldestPostgres);
    }
    if (known_) return difference(now);
    known_ = now;
    return std::string();
}

std::string StoreGuard::difference(const Identity& now) const {
    if (now.cluster != known_->cluster)
        return changed("this is another cluster: its identifier", known_->cluster, now.cluster);
    if (now.standbys != known_->standbys) return changed("synchronous_standby_names", known_->standbys, now.standbys);
    if (now.major_version == known_->major_version) return {};
    return changed("its major version", std::to_string(known_->major_version), std::to_string(now.major_version));
}

}  // namespace buttonwood::eventstore
