#include "eventstore/journal_compression.hpp"

namespace buttonwood::eventstore {
namespace {

// The journal and its partitions whose payload is stored in another way than ($1, $2).
constexpr const char* kOthers = R"(
SELECT attrelid::regclass
  FROM pg_attribute
 WHERE attname = 'payload' AND attrelid IN (SELECT relid FROM pg_partition_tree('eventstore.journal'))
   AND (attstorage <> $1::"char" OR attcompression <> $2::"char"))";

struct Method {
    const char* storage;      // pg_attribute.attstorage
    const char* compression;  // pg_attribute.attcompression
    const char* actions;
};

Method method_of(JournalCompression method) {
    switch (method) {
        case JournalCompression::None:
            return {"e", "", "ALTER payload SET STORAGE EXTERNAL, ALTER payload SET COMPRESSION DEFAULT"};
        case JournalCompression::Lz4:
            return {"x", "l", "ALTER payload SET STORAGE EXTENDED, ALTER payload SET COMPRESSION lz4"};
        case JournalCompression::Pglz:
            return {"x", "p", "ALTER payload SET STORAGE EXTENDED, ALTER payload SET COMPRESSION pglz"};
    }
    return {};
}

}  // namespace

std::optional<JournalCompression> journal_compression(std::string_view word) {
    if (word == "none") return JournalCompression::None;
    if (word == "lz4") return JournalCompression::Lz4;
    if (word == "pglz") return JournalCompression::Pglz;
    return std::nullopt;
}

std::expected<void, DbError> set_journal_compression(Connection& connection, JournalCompression method) {
    const auto [storage, compression, actions] = method_of(method);
    auto others = connection.query(kOthers, {storage, compression});
    if (!others) return std::unexpected(others.error());
    if (others->size() == 0) return {};
    auto transaction = Transaction::begin(connection);
    if (!transaction) return std::unexpected(transaction.error());
    if (auto set = connection.execute("SET LOCAL lock_timeout = '5s'"); !set) return set;
    // Each by itself: SET COMPRESSION of the parent reaches new partitions only.
    for (int row = 0; row < others->size(); ++row) {
        const std::string table(others->text(row, 0));
        if (auto done = connection.execute("ALTER TABLE " + table + ' ' + actions); !done) return done;
    }
    return transaction->commit();
}

}  // namespace buttonwood::eventstore
