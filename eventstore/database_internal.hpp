// What database.cpp and rows.cpp share: libpq's types, owned. Included by nobody else.
#pragma once

#include "eventstore/database.hpp"

#include <libpq-fe.h>

namespace buttonwood::eventstore {

struct ResultDeleter {
    void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPtr = std::unique_ptr<PGresult, ResultDeleter>;

struct Rows::Impl {
    ResultPtr result;
    bool warned = false;
};

// The error a result carries. REQUIRES: its status is an error.
[[nodiscard]] DbError error_of(const PGresult* result);
// A failure without an answer from the server: Unavailable, no SQLSTATE.
[[nodiscard]] DbError lost(std::string_view message);
// A failed login. The message is libpq's verbose one: "...FATAL:  3D000: database \"x\" does not exist\nLOCATION: ..."
[[nodiscard]] DbError refused_login(std::string_view message);
// True for a WARNING, and for a notice of any severity with an SQLSTATE of class 01.
[[nodiscard]] bool is_warning(const PGresult* notice);

}  // namespace buttonwood::eventstore
