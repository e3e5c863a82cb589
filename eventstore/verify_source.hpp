// Where verify gets the log from: archived files first, then the journal in the database, in pieces of bounded size.
//
// One thread at a time asks for the next piece, which is cheap for the database (an index scan over a thousand rows);
// load() does the expensive part of a piece on any thread, each with a connection of its own. Nothing is locked: the
// server goes on appending, and what it appends after open() is not looked at.
#pragma once

#include "eventstore/database.hpp"
#include "eventstore/journal.hpp"
#include "eventstore/verify_block.hpp"

#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace buttonwood::eventstore {

// A part of the log that is in a file instead of the database: a row of eventstore.archives.
struct ArchivedRange {
    engine::EventSeq first_seq{};
    engine::EventSeq last_seq{};
    Hash previous_hash{};
    Hash last_hash{};
    Hash seal{};
    std::string file_name;
};

struct LogPiece {
    std::optional<Hash> previous;  // hash of the block before; set by load() unless it was known
    engine::EventSeq first{};      // first_seq of its first and last block in the database
    engine::EventSeq last{};
    std::vector<Block> blocks;     // set by load(); at once for a piece of a file
    std::string trouble;           // why what follows `blocks` cannot be read; empty: nothing is wrong
};

class LogSource {
public:
    struct Options {
        std::string conninfo;
        std::filesystem::path archives = {};  // directory of archived files; empty: what is archived is left out
        engine::EventSeq from = 1;       // starts with the block (the file) that holds this event
        engine::EventSeq to = INT64_MAX;
        std::int64_t piece_blocks = 1'000;  // a piece ends with the block that reaches this, or 4 MB
    };
    // What the database says of the log's end, all of one instant.
    struct End {
        Head head;           // eventstore.head
        BlockHeader newest;  // of the newest block; all zero: there is none
        Hash newest_hash{};
    };

    // The error is one line: the database cannot be reached, or has no journal.
    [[nodiscard]] static std::expected<std::unique_ptr<LogSource>, std::string> open(Options options);
    virtual ~LogSource() = default;

    [[nodiscard]] virtual const End& end() const = 0;
    // What stands before the first piece: the start of the log, or the block before `from`, taken as it is stored.
    [[nodiscard]] virtual const VerifiedUpTo& start() const = 0;
    // Events before start() that are archived and left out, in words; empty: none.
    [[nodiscard]] virtual const std::string& left_out() const = 0;
    // nullopt: the end.
    [[nodiscard]] virtual std::expected<std::optional<LogPiece>, std::string> next() = 0;
};

// Reads the blocks of a piece. Damage that the database finds in its own storage is the piece's trouble, behind the
// blocks that could be read; the error is anything else.
[[nodiscard]] std::expected<void, DbError> load(Connection& connection, LogPiece& piece);

}  // namespace buttonwood::eventstore
