// A fresh database with a journal in it, for tests of writers and readers.
#pragma once

#include "eventstore/database.hpp"
#include "eventstore/pg_journal.hpp"
#include "tests/support/block_chain.hpp"
#include "tests/support/test_cluster.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace buttonwood::test {

class PgJournalFixture {
public:
    PgJournalFixture() : conninfo_(fresh_database()) {}
    explicit PgJournalFixture(std::string conninfo) : conninfo_(std::move(conninfo)) {}

    [[nodiscard]] std::unique_ptr<eventstore::Journal> open(int answer_timeout_ms = 60'000) {
        eventstore::PgJournalOptions options;
        options.settings_check_interval_ms = 0;  // every append
        options.conninfo = conninfo_;
        options.application_name = "journal-under-test";
        options.answer_timeout_ms = answer_timeout_ms;
        options.on_trouble = [this](std::string_view line) {
            const std::lock_guard lock(mutex_);
            troubles_.append(line).append("\n");
        };
        return eventstore::make_pg_journal(std::move(options));
    }

    [[nodiscard]] eventstore::Head fence(eventstore::Journal& journal) {
        const auto head = journal.fence();
        if (!head) FAIL("fence: " << name_of(head.error()) << ": " << troubles());
        return *head;
    }

    [[nodiscard]] std::vector<eventstore::Block> read_all(eventstore::Journal& journal, engine::EventSeq after = 0) {
        std::vector<eventstore::Block> blocks;
        const auto done = journal.read(after, [&](const eventstore::Block& block) {
            blocks.push_back(block);
            return true;
        });
        if (!done) FAIL("read: " << name_of(done.error()) << ": " << troubles());
        return blocks;
    }

    // A session of a person with psql.
    [[nodiscard]] eventstore::Connection connect() {
        auto connection = eventstore::Connection::open(conninfo_, "somebody");
        if (!connection) FAIL(connection.error().message);
        return *std::move(connection);
    }

    [[nodiscard]] const std::string& conninfo() const { return conninfo_; }

    // What on_trouble was told, a line each.
    [[nodiscard]] std::string troubles() const {
        const std::lock_guard lock(mutex_);
        return troubles_;
    }

private:
    std::string conninfo_;
    mutable std::mutex mutex_;
    std::string troubles_;
};

}  // namespace buttonwood::test
