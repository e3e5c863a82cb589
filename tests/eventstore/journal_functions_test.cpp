// What psql reads out of the journal with the functions of sql/025 and sql/027 is what the program reads.
#include "eventstore/record_json.hpp"

#include "record_format_rows.hpp"
#include "record_samples.hpp"
#include "tests/support/pg_journal_fixture.hpp"

#include <cstring>

using namespace buttonwood;
using namespace buttonwood::eventstore;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

constexpr std::size_t kFrameSize = 12;
constexpr std::size_t kCheckedOffset = 8;

template <class T>
T must(std::expected<T, DbError> outcome) {
    if (!outcome) FAIL(outcome.error().sqlstate << " " << outcome.error().message);
    if constexpr (!std::is_void_v<T>) return std::move(*outcome);
}

std::string value(Connection& db, const std::string& sql) {
    const Rows rows = must(db.query(sql));
    REQUIRE(rows.size() > 0);
    return std::string(rows.text(0, 0));
}

// One record as it is stored.
std::string record(std::uint8_t kind, std::size_t type, std::size_t version, const std::string& body) {
    std::string out(kFrameSize, '\0');
    out[8] = static_cast<char>(kind);
    out[9] = static_cast<char>(type);
    out[10] = static_cast<char>(version);
    out += body;
    const auto put = [&out](std::size_t at, std::uint32_t number) { std::memcpy(out.data() + at, &number, 4); };
    put(0, static_cast<std::uint32_t>(body.size()));
    put(4, crc32c(std::string_view(out).substr(kCheckedOffset)));
    return out;
}

// The first `count` fields as they are stored.
template <codec::Record R>
std::string stored_fields(const R& fields, std::size_t count) {
    std::string out(codec::MaxSize<R>::value, '\0');
    codec::Encoder encoder(out.data());
    R::visit(fields, [&](std::string_view, const auto& field) {
        if (count == 0) return;
        --count;
        encoder.put(field);
    });
    out.resize(static_cast<std::size_t>(encoder.at() - out.data()));
    return out;
}

// A record of this kind in each of its versions, the fields filled from `source`, each before(type) and after it.
template <class Variant, class Wrap>
void each_version(samples::Source& source, Wrap&& wrap) {
    for (std::size_t type = 0; type < std::variant_size_v<Variant>; ++type)
        std::visit(
            [&]<class R>(const R& fields) {
                std::size_t version = 0;
                for (const std::size_t count : codec::kFieldsOfVersion<R>)
                    wrap(type, ++version, stored_fields(fields, count));
            },
            samples::make<Variant>(type, source));
}

std::string command_head(samples::Source& source) {
    CommandRecord command;
    samples::fill(source, command.header);
    samples::fill(source, command.outcome);
    return stored_fields(command.header, 4) + std::string(1, static_cast<char>(command.outcome)) +
           std::string("\1\0\0\0", 4);
}

// Every type of command and of event in every version it ever had.
std::string every_version(samples::Source& source) {
    std::string payload;
    const std::string event = record(2, 4, 1, stored_fields(engine::ApiKeyRevoked{engine::UserId{1}, {}}, 2));
    const std::string command = stored_fields(engine::RevokeApiKey{}, 1);
    each_version<engine::Command>(source, [&](std::size_t type, std::size_t version, const std::string& fields) {
        payload += record(1, type, version, command_head(source) + fields) + event;
    });
    each_version<engine::EventBody>(source, [&](std::size_t type, std::size_t version, const std::string& fields) {
        payload += record(1, 4, 1, command_head(source) + command) + record(2, type, version, fields);
    });
    return payload;
}

// A journal whose blocks the test writes by hand.
class JournalForPsql : public test::PgJournalFixture {
public:
    Connection db = connect();

    JournalForPsql() { head_ = fence(*journal_); }

    void append(std::string payload, std::size_t events, std::size_t commands) {
        Block block;
        block.header.first_seq = head_.last_seq + 1;
        block.header.last_seq = head_.last_seq + events;
        block.header.epoch = head_.epoch;
        block.header.committed_at.us = 1'798'761'000'123'456;
        block.header.event_count = static_cast<std::uint32_t>(events);
        block.header.command_count = static_cast<std::uint32_t>(commands);
        block.payload = std::move(payload);
        block.hash = seal(head_.hash, block.header, block.payload);
        if (!journal_->append(block)) FAIL("append: " << troubles());
        head_.last_seq = block.header.last_seq;
        head_.hash = block.hash;
    }
    [[nodiscard]] engine::EventSeq last_seq() const { return head_.last_seq; }

    // Overwrites the payload of the block that begins with first_seq, which the journal itself refuses.
    void damage(engine::EventSeq first_seq, const std::string& payload) {
        must(db.execute("SET session_replication_role = replica"));
        must(db.query("UPDATE eventstore.journal SET payload = $2 WHERE first_seq = $1::bigint",
                      {first_seq, Param::bytea(payload)}));
        must(db.execute("RESET session_replication_role"));
    }

private:
    std::unique_ptr<Journal> journal_ = open();
    Head head_;
};

// Rows of `expected` that `actual` does not have, and the other way round, as "table row".
std::string differences(Connection& db, const std::string& expected, const std::string& actual) {
    const auto only_in = [](const std::string& word, const std::string& left, const std::string& right) {
        return "(SELECT '" + word + " ' || x::text FROM (TABLE " + left + " EXCEPT TABLE " + right + ") x)";
    };
    const Rows rows = must(db.query(only_in("missing", expected, actual) + " UNION ALL " +
                                    only_in("unexpected", actual, expected) + " LIMIT 20"));
    std::string out;
    for (int row = 0; row < rows.size(); ++row) out.append(rows.text(row, 0)).append("\n");
    return out;
}

void append_row(std::string& copy, std::initializer_list<std::string> values) {
    for (const std::string& value : values) {
        if (&value != values.begin()) copy += '\t';
        if (value == "NULL") copy += "\\N";
        else append_copy_field(copy, value);
    }
    copy += '\n';
}

std::string text_or_null(const engine::RequestId& id) {
    if (id.empty()) return "NULL";
    const std::string json = to_json(engine::Command(engine::CancelOrder{{}, {{}, id.view()}, {}}));
    const std::string key = "\"client_order_id\":";
    const std::size_t begin = json.find(key) + key.size();
    return json.substr(begin, json.find("},\"note\"") - begin);
}

// What the program reads of the blocks, in temporary tables of the shape of the functions' results.
void expect(Connection& db, const Records& records) {
    std::string events;
    std::string commands;
    auto event = records.events.begin();
    for (const CommandRecord& command : records.commands) {
        const auto actor = std::to_string(static_cast<std::uint64_t>(command.header.actor));
        const auto seq = std::to_string(static_cast<std::int64_t>(command.header.seq));
        const bool accepted = command.outcome == engine::RejectReason::None;
        append_row(commands, {seq, std::string(type_name(command.command)), to_json(command.command), actor,
                              text_or_null(command.header.request_id), to_rfc3339(command.header.time),
                              accepted ? "accepted" : std::string(engine::code_of(command.outcome)),
                              std::to_string(command.first_seq), std::to_string(command.event_count)});
        for (std::uint32_t i = 0; i < command.event_count; ++i, ++event) {
            const StreamName stream = stream_of(*event);
            append_row(events, {std::to_string(event->seq), std::string(stream.type),
                                std::to_string(static_cast<std::int64_t>(stream.id)),
                                std::string(type_name(event->body)), to_json(event->body),
                                "{\"command_type\":\"" + std::string(type_name(command.command)) + "\"}", seq,
                                text_or_null(command.header.request_id), actor, to_rfc3339(event->time)});
        }
    }
    must(db.execute("CREATE TEMP TABLE expected_events (event_seq bigint, stream_type text, stream_id bigint, "
                    "event_type text, payload jsonb, metadata jsonb, command_id bigint, correlation_id jsonb, "
                    "actor bigint, occurred_at text);"
                    "CREATE TEMP TABLE expected_commands (command_seq bigint, command_type text, payload jsonb, "
                    "actor bigint, request_id jsonb, occurred_at text, outcome text, first_event_seq bigint, "
                    "event_count bigint)"));
    must(db.copy_in("COPY expected_events FROM STDIN", events));
    must(db.copy_in("COPY expected_commands FROM STDIN", commands));
}

// The functions' rows in the same shape. Of times, the clamped text: PostgreSQL spells the year 0 "0001 BC".
constexpr const char* kActual = R"(
CREATE FUNCTION pg_temp.spelt(instant timestamptz) RETURNS text LANGUAGE sql RETURN
    coalesce(record_format.time_text((extract(epoch FROM instant) * 1000000)::bigint), '1970-01-01T00:00:00.000000Z');
CREATE TEMP TABLE actual_events AS
SELECT event_seq, stream_type, stream_id, event_type, payload, metadata, command_id, to_jsonb(correlation_id), actor,
       pg_temp.spelt(occurred_at)
  FROM eventstore.journal_events(1, 1000000, true);
CREATE TEMP TABLE actual_commands AS
SELECT command_seq, command_type, payload, actor, to_jsonb(request_id), pg_temp.spelt(occurred_at),
       outcome, first_event_seq, event_count
  FROM eventstore.journal_commands(1, 1000000, true))";

void check_psql_reads_the_same(samples::Source& source, int times) {
    JournalForPsql journal;
    Records all;
    for (int i = 0; i < times; ++i) {
        const std::string payload = every_version(source);
        auto records = decode(payload, journal.last_seq() + 1);
        if (!records) FAIL(records.error().what << " at " << records.error().offset);
        journal.append(payload, records->events.size(), records->commands.size());
        std::ranges::move(records->commands, std::back_inserter(all.commands));
        std::ranges::move(records->events, std::back_inserter(all.events));
    }
    expect(journal.db, all);
    must(journal.db.execute(kActual));
    CHECK(differences(journal.db, "expected_events", "actual_events") == "");
    CHECK(differences(journal.db, "expected_commands", "actual_commands") == "");
    CHECK(value(journal.db, "SELECT count(*) FROM actual_events") == std::to_string(all.events.size()));
    CHECK(value(journal.db, "SELECT count(*) FROM eventstore.journal_damage(check_crc => true)") == "0");
}

}  // namespace

TEST_CASE("the tables of record_format say what the codec knows", "[postgres]") {
    Connection db = test::PgJournalFixture().connect();
    const format_rows::Tables expected = format_rows::describe();
    const auto compare = [&db](const std::string& table, const std::string& columns,
                               const std::vector<std::string>& rows) {
        const std::string rows_there = " AS SELECT " + columns + " FROM record_format." + table;
        must(db.execute("CREATE TEMP TABLE expected_" + table + rows_there + " WITH NO DATA; CREATE TEMP VIEW actual_" +
                        table + rows_there));
        must(db.execute(format_rows::insert_sql("expected_" + table, rows)));
        INFO("a migration must change record_format." << table << " and call record_format.make_readers()");
        CHECK(differences(db, "expected_" + table, "actual_" + table) == "");
    };
    compare("types", "kind, type, name", expected.types);
    compare("versions", "*", expected.versions);
    compare("fields", "*", expected.fields);
    compare("words", "*", expected.words);
}

TEST_CASE("psql reads every type and version of record as the program does", "[postgres]") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    samples::RandomSource source(seed);
    check_psql_reads_the_same(source, 12);
}

TEST_CASE("psql reads the extremes of every field as the program does", "[postgres]") {
    for (const std::uint64_t extreme : {std::uint64_t{0}, ~std::uint64_t{0}, std::uint64_t{1} << 63}) {
        CAPTURE(extreme);
        samples::BoundarySource source(extreme);
        check_psql_reads_the_same(source, 1);
    }
}

namespace {

// One command with two events, and the same again: blocks 1..2 and 3..4.
std::string small_block() {
    samples::CountingSource source;
    Records records;
    samples::append(records, source, 1, 4, {4, 4});
    return samples::encode_all(records);
}

std::string error_of(Connection& db, const std::string& sql) {
    const auto rows = db.query(sql);
    if (rows) return "no error";
    CHECK(rows.error().sqlstate == "XX001");
    return rows.error().message;
}

std::string damage_of(Connection& db, const std::string& arguments = "") {
    const Rows rows = must(db.query("SELECT event_seq, problem FROM eventstore.journal_damage(" + arguments + ")"));
    std::string out;
    for (int row = 0; row < rows.size(); ++row)
        out.append(rows.text(row, 0)).append(" ").append(rows.text(row, 1)).append("\n");
    return out;
}

}  // namespace

TEST_CASE("a filter of type, actor or range of events finds the same rows as reading all", "[postgres]") {
    samples::RandomSource source(7);
    JournalForPsql journal;
    for (int i = 0; i < 3; ++i) {
        const std::string payload = every_version(source);
        const auto records = decode(payload, journal.last_seq() + 1);
        REQUIRE(records);
        journal.append(payload, records->events.size(), records->commands.size());
    }
    for (const std::string filter : {"event_type = 'TradeExecuted'", "stream_type = 'market'", "actor > 2000000000",
                                     "event_seq BETWEEN 50 AND 150"}) {
        CAPTURE(filter);
        const std::string all = "(SELECT * FROM eventstore.journal_events() OFFSET 0) e";
        must(journal.db.execute("CREATE TEMP TABLE sought AS SELECT * FROM " + all + " WHERE " + filter));
        must(journal.db.execute("CREATE TEMP TABLE filtered AS SELECT * FROM eventstore.journal_events() WHERE " +
                                filter));
        CHECK(differences(journal.db, "sought", "filtered") == "");
        CHECK(value(journal.db, "SELECT count(*) FROM sought") != "0");
        must(journal.db.execute("DROP TABLE filtered, sought"));
    }
    CHECK(value(journal.db, "SELECT string_agg(event_seq::text, ' ' ORDER BY event_seq) "
                            "FROM eventstore.journal_events(70, 73)") == "70 71 72 73");
    CHECK(value(journal.db, "SELECT string_agg(first_event_seq::text, ' ' ORDER BY command_seq) FROM (SELECT * FROM "
                            "eventstore.journal_commands(70, 73)) c") ==
          value(journal.db, "SELECT string_agg(first_event_seq::text, ' ' ORDER BY command_seq) FROM (SELECT * FROM "
                            "eventstore.journal_commands() OFFSET 0) c WHERE first_event_seq BETWEEN 70 AND 73"));
}

TEST_CASE("digests of the engine's state are rows of their own and no events", "[postgres]") {
    JournalForPsql journal;
    std::string payload = small_block();
    encode(StateDigest{1, 2, {0x0123456789abcdef, 0xfedcba9876543210}}, payload);
    journal.append(payload, 2, 1);
    CHECK(value(journal.db, "SELECT first_seq || ' ' || last_seq || ' ' || hash FROM eventstore.journal_digests()") ==
          "1 2 0123456789abcdeffedcba9876543210");
    CHECK(value(journal.db, "SELECT count(*) FROM eventstore.journal_events()") == "2");
    CHECK(damage_of(journal.db, "check_crc => true") == "");
}

TEST_CASE("psql is told which event is damaged, and how", "[postgres]") {
    JournalForPsql journal;
    for (int i = 0; i < 3; ++i) journal.append(small_block(), 2, 1);
    REQUIRE(damage_of(journal.db, "check_crc => true") == "");
    const std::string good = small_block();
    const std::size_t second_event = good.size() - kFrameSize - 12;
    const auto with = [&](std::size_t at, char byte) {
        std::string bad = good;
        bad[at] = byte;
        journal.damage(3, bad);
        return error_of(journal.db, "SELECT payload FROM eventstore.journal_events()");
    };
    CHECK(with(second_event + 9, 77) == "event 4: version 1 of type 77 of kind 2 is not known");
    CHECK(with(second_event + 9, 16) == "event 4: the fields of CommandRejected version 1 take 17 bytes, not 12");
    CHECK(with(second_event + 10, 9) == "event 4: version 9 of type 4 of kind 2 is not known");
    CHECK(with(8, 9) == "event 3: a record of kind 9 is not known");
    CHECK(with(second_event + 8, 1) == "event 4: another record comes before it");
    CHECK(with(second_event + 1, 1) == "event 4: a record is longer than the payload");
    CHECK(with(0, 100) == "event 3: a record is longer than the payload");
    CHECK(with(kFrameSize + 20, 65) == "event 3: the header of its command is cut off");
    journal.damage(3, good.substr(0, second_event));
    CHECK(error_of(journal.db, "SELECT payload FROM eventstore.journal_events()") ==
          "event 4: its block ends before it, but claims to end with 4");
    CHECK(value(journal.db, "SELECT count(*) FROM eventstore.journal_events(5, 6)") == "2");

    with(good.size() - 1, 99);
    CHECK(damage_of(journal.db) ==
          "3 event 3: the hash of its block does not follow from the block before and its content\n");
    CHECK_THAT(damage_of(journal.db, "check_crc => true"), Contains("\n4 event 4: the checksum does not match\n"));
    journal.damage(3, good);
    CHECK(damage_of(journal.db) == "");
}

TEST_CASE("psql is told which block is missing", "[postgres]") {
    JournalForPsql journal;
    for (int i = 0; i < 3; ++i) journal.append(small_block(), 2, 1);
    must(journal.db.execute("SET session_replication_role = replica"));
    must(journal.db.execute("DELETE FROM eventstore.journal WHERE first_seq = 3"));
    CHECK(damage_of(journal.db) == "3 event 3 is missing: the next block begins with 5\n");
    must(journal.db.execute("DELETE FROM eventstore.journal WHERE first_seq = 5"));
    CHECK(damage_of(journal.db) == "3 event 3 is missing: the journal ends before it, head does not\n");
    must(journal.db.execute("UPDATE eventstore.journal SET hash = sha256('x') WHERE first_seq = 1"));
    CHECK_THAT(damage_of(journal.db, "1, 2"), StartsWith("1 event 1: the hash of its block does not follow"));
}

TEST_CASE("psql takes a log whose beginning is archived for whole, if it goes on from there", "[postgres]") {
    JournalForPsql journal;
    for (int i = 0; i < 3; ++i) journal.append(small_block(), 2, 1);
    const auto archive = [&](const std::string& last_hash) {
        must(journal.db.execute("DELETE FROM eventstore.archives; INSERT INTO eventstore.archives SELECT first_seq, "
                                "last_seq, 1, 3, 1, 2, 1, hash, " + last_hash + ", 'file', 1, sha256('file') "
                                "FROM whole WHERE first_seq = 1"));
    };
    must(journal.db.execute("CREATE TEMP TABLE whole AS TABLE eventstore.journal; SET session_replication_role = "
                            "replica; DELETE FROM eventstore.journal WHERE first_seq = 1"));
    archive("hash");
    CHECK(damage_of(journal.db) == "");
    CHECK(value(journal.db, "SELECT min(event_seq) FROM eventstore.journal_events()") == "3");
    archive("sha256('another')");
    CHECK_THAT(damage_of(journal.db), StartsWith("3 event 3: the hash of its block does not follow"));
}
