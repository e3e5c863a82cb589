// The Journal in PostgreSQL: tables eventstore.journal and eventstore.head of sql/001.
//
// Append is one statement: it advances head where (epoch, last_seq) are the expected ones and inserts the block only if
// that updated a row. No row means Fenced. Checks on every connect that the server's settings make a commit durable (R5).
#pragma once

#include "eventstore/journal.hpp"

#include <memory>

namespace buttonwood::eventstore {

struct PgJournalOptions {
    std::string conninfo;
    std::string application_name = "buttonwood-engine";
    int answer_timeout_ms = 10'000;  // of one append; then the socket is closed and the outcome is in doubt
};

[[nodiscard]] std::unique_ptr<Journal> make_pg_journal(PgJournalOptions options);

}  // namespace buttonwood::eventstore
