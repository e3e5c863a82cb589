// What database.cpp, database_connect.cpp and rows.cpp share: libpq's types, owned. Included by nobody else.
#pragma once

#include "eventstore/database.hpp"

#include <libpq-fe.h>

#include <chrono>
#include <memory>
#include <optional>

namespace buttonwood::eventstore {

struct ConnectionDeleter {
    void operator()(PGconn* conn) const { PQfinish(conn); }
};
using ConnectionPtr = std::unique_ptr<PGconn, ConnectionDeleter>;

struct ResultDeleter {
    void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPtr = std::unique_ptr<PGresult, ResultDeleter>;

struct Rows::Impl {
    ResultPtr result;
    bool warned = false;
};

using Deadline = std::optional<std::chrono::steady_clock::time_point>;  // none = wait for ever
// None for 0.
[[nodiscard]] Deadline deadline_in_ms(int timeout_ms);
// Waits until the socket is ready for one of `events`, or broken: libpq finds out which. False = the deadline passed.
[[nodiscard]] bool wait_for(int fd, short events, Deadline deadline);

// A logged-in, non-blocking connection.
[[nodiscard]] std::expected<ConnectionPtr, DbError> log_in(const std::string& conninfo,
                                                           const std::string& application_name, int default_timeout_ms);
// How long a connection request may take: connect_timeout of the conninfo, or the default.
[[nodiscard]] int connect_timeout_ms(PGconn* conn, int default_ms);

// The error a result carries. REQUIRES: its status is an error.
[[nodiscard]] DbError error_of(const PGresult* result);
// A failure without an answer from the server: Unavailable, no SQLSTATE.
[[nodiscard]] DbError lost(std::string_view message);
// A failed login. The message is libpq's verbose one: "...FATAL:  3D000: database \"x\" does not exist\nLOCATION: ..."
[[nodiscard]] DbError refused_login(std::string_view message);
// True for a WARNING, and for a notice of any severity with an SQLSTATE of class 01.
[[nodiscard]] bool is_warning(const PGresult* notice);

}  // namespace buttonwood::eventstore
