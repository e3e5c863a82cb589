// The Journal in PostgreSQL: tables eventstore.journal and eventstore.head of sql/001.
//
// Append is one statement: it advances head where (epoch, last_seq) are the expected ones and inserts the block only if
// that updated a row. No row means Fenced. The server's settings must make a commit durable (R5, store_guard.hpp):
// checked by fence(), by check() and every 10 seconds of appending.
//
// fence() takes over from whoever holds the log when this journal fences for the first time. Later it only renews: when
// another writer has taken over in between, it returns Fenced, so that two servers cannot pull the log back and forth.
// A take-over terminates the sessions of the writer before it, and others that hold it up for a second (R7).
//
// read() needs no fence: a journal that is only read never disturbs the writer.
#pragma once

#include "eventstore/database.hpp"
#include "eventstore/journal.hpp"

#include <functional>
#include <memory>
#include <string_view>

namespace buttonwood::eventstore {

struct PgJournalOptions {
    std::string conninfo;
    std::string application_name = "buttonwood-engine";  // the session's: this and a part of the writer's identity
    int connect_timeout_ms = 2'000;           // unless conninfo has a connect_timeout
    int answer_timeout_ms = 10'000;           // of one statement; then the socket is closed and an append is in doubt
    int settings_check_interval_ms = 10'000;  // an append checks the server's settings again after this long
    // Called with one line that explains each error before it is returned, on the calling thread. For logs and people.
    std::function<void(std::string_view)> on_trouble = {};
};

// What became of an append that failed with `error`. `connection_survived`: the session still works after it; a session
// that the server ended (FATAL, PANIC) says nothing about the commit.
[[nodiscard]] StoreError outcome_of_failed_append(const DbError& error, bool connection_survived);

[[nodiscard]] std::unique_ptr<Journal> make_pg_journal(PgJournalOptions options);

}  // namespace buttonwood::eventstore
