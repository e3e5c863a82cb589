// Getting a connection: libpq's asynchronous start, with our deadline and the server's reason for a refusal.
#include "eventstore/database_internal.hpp"

#include "engine/assert.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

namespace buttonwood::eventstore {
namespace {

std::expected<void, DbError> check_conninfo(const std::string& conninfo) {
    char* reason = nullptr;
    PQconninfoOption* options = PQconninfoParse(conninfo.c_str(), &reason);
    if (options != nullptr) {
        PQconninfoFree(options);
        return {};
    }
    const std::string text = reason != nullptr ? reason : "the connection string cannot be read";
    PQfreemem(reason);
    return std::unexpected(DbError{DbErrorKind::Fault, "", "", lost(text).message});
}

// Defaults stand before the caller's conninfo, which overrides them; what we insist on stands behind.
// A silent peer is noticed within seconds (R7).
PGconn* start_connecting(const std::string& conninfo, const std::string& application_name) {
    struct Setting {
        const char* keyword;
        const char* value;
    };
    const std::array settings{
        Setting{"keepalives_idle", "3"},     Setting{"keepalives_interval", "1"},
        Setting{"keepalives_count", "3"},    Setting{"tcp_user_timeout", "3000"},
        Setting{"dbname", conninfo.c_str()}, Setting{"application_name", application_name.c_str()},
        Setting{"client_encoding", "UTF8"},  Setting{nullptr, nullptr},
    };
    std::array<const char*, settings.size()> keywords{};
    std::array<const char*, settings.size()> values{};
    std::ranges::transform(settings, keywords.begin(), &Setting::keyword);
    std::ranges::transform(settings, values.begin(), &Setting::value);
    constexpr int kExpandDbname = 1;
    return PQconnectStartParams(keywords.data(), values.data(), kExpandDbname);
}

std::expected<void, DbError> finish_connecting(PGconn* conn, int default_timeout_ms) {
    if (PQstatus(conn) == CONNECTION_BAD) return std::unexpected(lost(PQerrorMessage(conn)));
    PQsetErrorVerbosity(conn, PQERRORS_VERBOSE);  // the only way to learn the SQLSTATE of a refused login
    const Deadline deadline = deadline_in_ms(connect_timeout_ms(conn, default_timeout_ms));
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;
    while (next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING) {
        const short events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        if (!wait_for(PQsocket(conn), events, deadline)) {
            return std::unexpected(lost("PostgreSQL did not answer the connection request in time"));
        }
        next = PQconnectPoll(conn);
    }
    if (next != PGRES_POLLING_OK) return std::unexpected(refused_login(PQerrorMessage(conn)));
    PQsetErrorVerbosity(conn, PQERRORS_DEFAULT);
    return {};
}

}  // namespace

Deadline deadline_in_ms(int timeout_ms) {
    if (timeout_ms <= 0) return std::nullopt;
    return std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
}

bool wait_for(int fd, short events, Deadline deadline) {
    if (fd < 0) return true;
    pollfd entry{fd, events, 0};
    for (;;) {
        int timeout_ms = -1;
        if (deadline) {
            const auto left = *deadline - std::chrono::steady_clock::now();
            const auto left_ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
            timeout_ms = static_cast<int>(std::max<std::int64_t>(left_ms, 0));
        }
        const int ready = ::poll(&entry, 1, timeout_ms);
        if (ready > 0) return true;
        if (ready == 0) return false;
        if (errno != EINTR) return true;
    }
}

int connect_timeout_ms(PGconn* conn, int default_ms) {
    int seconds = 0;
    PQconninfoOption* options = PQconninfo(conn);
    for (PQconninfoOption* option = options; option != nullptr && option->keyword != nullptr; ++option) {
        if (option->val == nullptr || std::string_view(option->keyword) != "connect_timeout") continue;
        const std::string_view text(option->val);
        std::from_chars(text.data(), text.data() + text.size(), seconds);
    }
    PQconninfoFree(options);
    return seconds > 0 ? 1000 * seconds : default_ms;
}

std::expected<ConnectionPtr, DbError> log_in(const std::string& conninfo, const std::string& application_name,
                                             int default_timeout_ms) {
    if (auto sound = check_conninfo(conninfo); !sound) return std::unexpected(std::move(sound).error());
    ConnectionPtr conn(start_connecting(conninfo, application_name));
    BUTTONWOOD_ASSERT(conn != nullptr);  // null only when out of memory
    if (auto connected = finish_connecting(conn.get(), default_timeout_ms); !connected)
        return std::unexpected(std::move(connected).error());
    PQsetnonblocking(conn.get(), 1);
    return conn;
}

}  // namespace buttonwood::eventstore
