#include "tests/verifier/stored_log.hpp"

#include "tests/projections/random_market.hpp"

#include "engine/engine.hpp"

#include <catch2/catch.hpp>

#include <random>

namespace buttonwood::test {

using namespace eventstore;

namespace {

// Smaller than a server's, so that a short log has many.
constexpr std::size_t kDigestWindow = 48;
constexpr std::uint64_t kMostCommands = 24;

Param bytes(const Hash& hash) {
    return Param::bytea(std::string(reinterpret_cast<const char*>(hash.data()), hash.size()));
}

}  // namespace

Block block_of(const Records& records, Head& head, engine::Timestamp committed_at) {
    Block block;
    block.header = {head.last_seq + 1,
                    head.last_seq + records.events.size(),
                    head.epoch,
                    committed_at,
                    static_cast<std::uint32_t>(records.events.size()),
                    static_cast<std::uint32_t>(records.commands.size())};
    encode(records, block.payload);
    block.hash = seal(head.hash, block.header, block.payload);
    head.last_seq = block.header.last_seq;
    head.hash = block.hash;
    return block;
}

std::vector<Block> random_blocks(std::uint64_t seed, int commands, LogShape shape) {
    projections::test::RandomMarket market(seed);
    market.run(commands);
    if (shape.crowd) market.crowd();
    std::mt19937_64 random(seed);
    std::vector<Block> blocks;
    Head head{.epoch = 1, .last_seq = 0, .hash = {}};
    engine::Engine replica;
    std::vector<engine::Event> window;
    Records content;
    std::uint64_t room = 1;
    auto event = market.log().events.begin();
    for (const CommandRecord& command : market.log().commands) {
        content.commands.push_back(command);
        for (std::uint32_t i = 0; i < command.event_count; ++i, ++event) {
            replica.apply(*event);
            content.events.push_back(*event);
            window.push_back(*event);
        }
        if (shape.digests && window.size() >= kDigestWindow) {
            content.digests.push_back({window.front().seq, window.back().seq, replica.digest(window)});
            window.clear();
        }
        if (--room > 0 && &command != &market.log().commands.back()) continue;
        const auto later = static_cast<std::int64_t>(random() % 1'000);
        blocks.push_back(block_of(content, head, {command.header.time.us + later}));
        // What a block was sealed at never goes back.
        if (blocks.size() > 1) {
            const engine::Timestamp before = blocks[blocks.size() - 2].header.committed_at;
            if (blocks.back().header.committed_at < before) {
                head = {head.epoch, blocks.back().header.first_seq - 1, blocks[blocks.size() - 2].hash};
                blocks.back() = block_of(content, head, before);
            }
        }
        content = {};
        room = 1 + random() % kMostCommands;
        if (random() % 8 == 0) ++head.epoch;
    }
    return blocks;
}

Connection connect(const std::string& conninfo) {
    auto connection = Connection::open(conninfo, "somebody");
    if (!connection) FAIL(connection.error().message);
    return *std::move(connection);
}

Rows run(Connection& connection, const std::string& sql, std::initializer_list<Param> params) {
    auto rows = connection.query(sql, params);
    if (!rows) FAIL(sql << ": " << rows.error().message);
    return *std::move(rows);
}

void store(Connection& connection, const std::vector<Block>& blocks, std::int64_t events_per_partition) {
    run(connection, "SELECT eventstore.ensure_journal_partitions($1::bigint, $2::bigint)",
        {blocks.back().header.last_seq + 1, events_per_partition});
    run(connection, "BEGIN");
    for (const Block& block : blocks) {
        const BlockHeader& h = block.header;
        run(connection,
            "INSERT INTO eventstore.journal VALUES ($1, $2, $3, timestamptz 'epoch' + $4::bigint * interval "
            "'1 microsecond', $5, $6, $7, $8, $9)",
            {h.first_seq, h.last_seq, h.epoch, h.committed_at.us, h.event_count, h.command_count, h.format_version,
             Param::bytea(block.payload), bytes(block.hash)});
    }
    const Block& last = blocks.back();
    run(connection, "UPDATE eventstore.head SET epoch = $1, last_seq = $2, hash = $3",
        {last.header.epoch, last.header.last_seq, bytes(last.hash)});
    run(connection, "COMMIT");
}

}  // namespace buttonwood::test
