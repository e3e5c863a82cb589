#include "eventstore/codec.hpp"

#include "eventstore/codec_crc32c.hpp"
#include "eventstore/record_json.hpp"
#include "golden.hpp"
#include "record_samples.hpp"

#include <catch2/catch.hpp>

using namespace buttonwood;
using namespace buttonwood::eventstore;

namespace {

constexpr std::size_t kFrameSize = 12;
constexpr std::size_t kEventCountOffset = kFrameSize + 8 + 8 + 4 + 1 + 1;  // empty request id

std::string hex_of(std::string_view bytes) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    for (const char c : bytes) {
        out += kDigits[static_cast<std::uint8_t>(c) >> 4];
        out += kDigits[static_cast<std::uint8_t>(c) & 15];
    }
    return out;
}

std::string bytes_of(std::string_view hex) {
    std::string out;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    return out;
}

std::uint32_t u32_at(std::string_view bytes, std::size_t offset) {
    std::uint32_t value{};
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

// Computes the checksum of the record at `offset` anew: what a writer with a bug would store.
void reseal(std::string& payload, std::size_t offset) {
    const std::uint32_t size = u32_at(payload, offset);
    const std::uint32_t checksum = crc32c(std::string_view(payload).substr(offset + 8, kFrameSize - 8 + size));
    std::memcpy(payload.data() + offset + 4, &checksum, sizeof checksum);
}

std::vector<std::string> split_records(std::string_view payload) {
    std::vector<std::string> out;
    for (std::size_t at = 0; at < payload.size();) {
        const std::size_t size = kFrameSize + u32_at(payload, at);
        out.emplace_back(payload.substr(at, size));
        at += size;
    }
    return out;
}

// A revoke that emitted one event: small, and every byte's place is known.
Records one_revoke() {
    Records records;
    CommandRecord& command = records.commands.emplace_back();
    command.header = {1, {1'000'000}, engine::UserId{1}, {}};
    command.command = engine::RevokeApiKey{engine::KeyId{7}};
    command.first_seq = 1;
    command.event_count = 1;
    records.events.push_back({1, 1, {1'000'000}, engine::ApiKeyRevoked{engine::UserId{1}, engine::KeyId{7}}});
    return records;
}

std::string error_of(std::string_view payload) {
    const auto decoded = decode(payload, 1);
    return decoded ? "no error" : decoded.error().what;
}

}  // namespace

TEST_CASE("CRC-32C gives the published values, by table and by instruction alike", "[unit]") {
    std::string rising(32, '\0');
    std::string falling(32, '\0');
    for (std::size_t i = 0; i < 32; ++i) {
        rising[i] = static_cast<char>(i);
        falling[i] = static_cast<char>(31 - i);
    }
    const std::vector<std::pair<std::string, std::uint32_t>> known{
        {"", 0},
        {"a", 0xC1D0'4330},
        {"123456789", 0xE306'9283},
        {std::string(32, '\0'), 0x8A91'36AA},  // RFC 3720 B.4
        {std::string(32, '\xFF'), 0x62A8'AB43},
        {rising, 0x46DD'794E},
        {falling, 0x113F'DB5C},
    };
    for (const auto& [text, value] : known) {
        CAPTURE(hex_of(text));
        CHECK(crc32c(text) == value);
        CHECK(codec::crc32c_by_table(text, 0) == value);
        if (codec::has_crc32c_instruction()) CHECK(codec::crc32c_by_instruction(text, 0) == value);
    }
}

TEST_CASE("Both CRC-32C agree at every length, alignment and split", "[unit]") {
    samples::RandomSource source(1);
    std::string bytes(80, '\0');
    for (char& c : bytes) c = static_cast<char>(source.next());
    for (std::size_t begin = 0; begin < 9; ++begin)
        for (std::size_t length = 0; begin + length <= bytes.size(); ++length) {
            const std::string_view part = std::string_view(bytes).substr(begin, length);
            const std::uint32_t whole = codec::crc32c_by_table(part, 0);
            REQUIRE(crc32c(part) == whole);
            REQUIRE(crc32c(part.substr(length / 3), crc32c(part.substr(0, length / 3))) == whole);
            REQUIRE(codec::crc32c_by_table(part.substr(length / 3),
                                           codec::crc32c_by_table(part.substr(0, length / 3), 0)) == whole);
        }
}

TEST_CASE("Every record type comes back as it was stored, at the bounds of its fields", "[unit]") {
    const std::uint64_t value = GENERATE(std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}, std::uint64_t{1} << 63,
                                         (std::uint64_t{1} << 63) - 1);
    CAPTURE(value);
    samples::BoundarySource source(value);
    const Records records = samples::all_types(source, 1);
    const std::string payload = samples::encode_all(records);
    const auto decoded = decode(payload, 1);
    if (!decoded) FAIL(decoded.error().what);
    CHECK(samples::same(*decoded, records));
    CHECK(samples::encode_all(*decoded) == payload);
}

TEST_CASE("Random records come back as they were stored", "[unit]") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    samples::RandomSource source(seed);
    for (int round = 0; round < 200; ++round) {
        Records records;
        const engine::EventSeq first_seq = source.next() >> 8;
        for (std::uint64_t command = 1 + source.next() % 8; command > 0; --command) {
            std::vector<std::size_t> event_types(1 + source.next() % 5);
            for (std::size_t& type : event_types) type = source.next() % samples::kEventTypes;
            samples::append(records, source, first_seq, source.next() % samples::kCommandTypes, event_types);
            if (source.next() % 2 == 0) samples::append_digest(records, source, source.next() % 400);
        }
        const std::string payload = samples::encode_all(records);
        const auto decoded = decode(payload, first_seq);
        if (!decoded) FAIL(decoded.error().what);
        REQUIRE(samples::same(*decoded, records));
        REQUIRE(samples::encode_all(*decoded) == payload);
    }
}

TEST_CASE("Encoding appends and leaves what was there", "[unit]") {
    const Records records = one_revoke();
    std::string payload = "before";
    encode(records.commands[0], records.events, payload);
    CHECK(payload == "before" + samples::encode_all(records));
}

TEST_CASE("An empty payload holds no records", "[unit]") {
    const auto decoded = decode("", 1);
    REQUIRE(decoded);
    CHECK(decoded->commands.empty());
    CHECK(decoded->events.empty());
}

TEST_CASE("A payload cut anywhere but between two commands is refused", "[unit]") {
    samples::CountingSource source;
    const Records records = samples::all_types(source, 1);
    const std::string payload = samples::encode_all(records);
    std::vector<std::size_t> ends{0};  // of the commands with their events
    const auto parts = split_records(payload);
    for (std::size_t i = 0; i + 1 < parts.size(); i += 2)
        ends.push_back(ends.back() + parts[i].size() + parts[i + 1].size());
    for (std::size_t size = 0; size <= payload.size(); ++size) {
        // A copy of exactly this size, so that a sanitizer sees a read beyond it.
        const std::vector<char> cut(payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(size));
        const bool is_whole = std::ranges::find(ends, size) != ends.end();
        REQUIRE(decode({cut.data(), cut.size()}, 1).has_value() == is_whole);
    }
}

TEST_CASE("Any single flipped bit is detected", "[unit]") {
    samples::CountingSource source;
    std::string payload = samples::encode_all(samples::all_types(source, 1));
    REQUIRE(decode(payload, 1));
    for (std::size_t bit = 0; bit < payload.size() * 8; ++bit) {
        const auto flip = [&] { payload[bit / 8] = static_cast<char>(payload[bit / 8] ^ (1 << (bit % 8))); };
        flip();
        CAPTURE(bit);
        REQUIRE_FALSE(decode(payload, 1));
        flip();
    }
}

TEST_CASE("Bytes from nowhere never break the decoder", "[unit]") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    samples::RandomSource source(seed);
    samples::CountingSource counting;
    const std::string valid = samples::encode_all(samples::all_types(counting, 1));
    const auto parts = split_records(valid);
    for (int round = 0; round < 20'000; ++round) {
        // A record with a right checksum around a wrong body reaches every check behind it.
        std::string record = parts[source.next() % parts.size()];
        for (std::uint64_t change = source.next() % 4; change > 0; --change)
            record[8 + source.next() % (record.size() - 8)] = static_cast<char>(source.next());
        record.resize(record.size() - source.next() % 3);
        const auto size = static_cast<std::uint32_t>(record.size() - kFrameSize);
        std::memcpy(record.data(), &size, sizeof size);
        reseal(record, 0);
        const std::string payload = parts[0] + record;
        if (const auto decoded = decode(payload, 1)) REQUIRE(samples::encode_all(*decoded) == payload);
        const std::string noise = source.text(300);
        REQUIRE(decode(noise, 1).has_value() == noise.empty());
    }
}

TEST_CASE("Each broken rule of the record format is refused and named", "[unit]") {
    const Records records = one_revoke();
    const std::string good = samples::encode_all(records);
    const std::size_t event = split_records(good)[0].size();
    REQUIRE(error_of(good) == "no error");

    const auto with = [&good](std::size_t offset, std::uint8_t byte, std::size_t record) {
        std::string changed = good;
        changed[offset] = static_cast<char>(byte);
        reseal(changed, record);
        return changed;
    };
    CHECK(error_of(good.substr(0, 5)) == "a record's frame is cut off");
    CHECK(error_of(good.substr(0, 40)) == "a record is longer than the payload");
    CHECK(error_of(good.substr(0, event)) == "the payload ends before the last command's events");
    CHECK(error_of(good.substr(event)) == "an event follows no command");
    CHECK(error_of(good + good.substr(event)) == "an event follows no command");
    CHECK(error_of(good.substr(0, event) + good) ==
          "a command comes before the last of the events of the one before it");
    CHECK(error_of(with(8, 4, 0)) == "kind 4 is not known");
    CHECK(error_of(with(9, samples::kCommandTypes, 0)) == "command type 29 is not known");
    CHECK(error_of(with(event + 9, samples::kEventTypes, event)) == "event type 41 is not known");
    CHECK(error_of(with(10, 0, 0)) == "record version 0 is not known");
    CHECK(error_of(with(10, 2, 0)) == "record version 2 is not known");
    CHECK(error_of(with(event + 10, 2, event)) == "record version 2 is not known");
    CHECK(error_of(with(kFrameSize + 20, 65, 0)) == "request_id is longer than its type");
    CHECK(error_of(with(kFrameSize + 20, 64, 0)) == "request_id is cut off");
    CHECK(error_of(with(kEventCountOffset - 1, 69, 0)) == "outcome is not an enumerator");
    CHECK(error_of(with(kEventCountOffset, 0, 0)) == "a command has no event");

    std::string longer = good;
    longer += '\0';
    longer[event] = static_cast<char>(longer[event] + 1);
    reseal(longer, event);
    CHECK(error_of(longer) == "a record has more bytes than fields");
}

TEST_CASE("A value that its field cannot have is refused, whatever the checksum says", "[unit]") {
    const auto refusal = [](const engine::EventBody& body) {
        Records records = one_revoke();
        records.events[0].body = body;
        return error_of(samples::encode_all(records));
    };
    engine::OrderAccepted accepted;
    accepted.side = engine::Side::Buy;
    accepted.type = engine::OrderType::Limit;
    accepted.time_in_force = engine::TimeInForce::Gtc;
    CHECK(refusal(accepted) == "no error");
    accepted.side = static_cast<engine::Side>(3);
    CHECK(refusal(accepted) == "side is not an enumerator");
    accepted.side = engine::Side::Sell;
    accepted.time_in_force = static_cast<engine::TimeInForce>(5);
    CHECK(refusal(accepted) == "time_in_force is not an enumerator");
    accepted.time_in_force = engine::TimeInForce::Gtd;
    accepted.role = static_cast<engine::GroupRole>(6);
    CHECK(refusal(accepted) == "role is not an enumerator");
    CHECK(refusal(engine::UserRegistered{{}, "A", {32}}) == "roles has an unknown role");
    CHECK(refusal(engine::CommandRejected{static_cast<engine::RejectReason>(69), {}, {}, {}}) ==
          "reason is not an enumerator");

    Records amend = one_revoke();
    amend.commands[0].command = engine::AmendOrder{};
    std::string payload = samples::encode_all(amend);
    const std::size_t has_price = kEventCountOffset + 4 + 4 + 8 + 1;
    payload[has_price] = 2;
    reseal(payload, 0);
    CHECK(error_of(payload) == "price is neither 0 nor 1");
}

TEST_CASE("A group of orders is read up to its largest, whole and leg by leg", "[unit]") {
    const std::size_t count_at = kEventCountOffset + 4 + 1;  // after the kind
    engine::PlaceOrder leg;
    leg.side = engine::Side::Buy;
    leg.type = engine::OrderType::Stop;
    leg.stop_price = {7};
    const auto with_legs = [&leg](std::size_t count) {
        Records records = one_revoke();
        records.commands[0].command =
            engine::PlaceGroup{engine::GroupKind::Oco, std::vector<engine::PlaceOrder>(count, leg)};
        return records;
    };
    for (std::size_t count = 0; count <= engine::kMaxGroupLegs; ++count) {
        const Records records = with_legs(count);
        const std::string payload = samples::encode_all(records);
        const auto decoded = decode(payload, 1);
        if (!decoded) FAIL(decoded.error().what);
        CHECK(samples::same(*decoded, records));
        CHECK(samples::encode_all(*decoded) == payload);
    }
    const auto changed = [&](std::size_t offset, char byte) {
        std::string payload = samples::encode_all(with_legs(2));
        payload[offset] = byte;
        reseal(payload, 0);
        return error_of(payload);
    };
    CHECK(changed(count_at, 1) == "a record has more bytes than fields");
    CHECK(changed(count_at, 3) == "account is cut off");
    CHECK(changed(count_at, 4) == "legs has too many elements");
    CHECK(changed(count_at, -1) == "legs has too many elements");
    CHECK(changed(count_at + 9, 9) == "side is not an enumerator");
    CHECK(changed(kEventCountOffset + 4, 3) == "kind is not an enumerator");
}

TEST_CASE("A digest stands after the events that it covers, and nowhere else", "[unit]") {
    const std::string command = samples::encode_all(one_revoke());
    const auto digest = [](engine::EventSeq first, engine::EventSeq last) {
        std::string payload;
        encode(StateDigest{first, last, {7, 8}}, payload);
        return payload;
    };
    const std::string good = digest(1, 1);
    const auto decoded = decode(command + good, 1);
    REQUIRE(decoded);
    CHECK(decoded->digests == std::vector{StateDigest{1, 1, {7, 8}}});
    CHECK(samples::encode_all(*decoded) == command + good);
    CHECK(decode(command + digest(30, 41), 41));  // its window began in an earlier block

    const std::string other = "a digest covers other events than those before it";
    CHECK(error_of(command + digest(1, 2)) == other);
    CHECK(error_of(command + digest(2, 1)) == other);
    CHECK(error_of(command + good + good) == other);
    CHECK(error_of(good + command) == "a digest follows no event");
    const auto parts = split_records(command);
    CHECK(error_of(parts[0] + good + parts[1]) == "a digest comes before the last of the events of a command");
    const auto with = [&](std::size_t offset, char byte) {
        std::string changed = command + good;
        changed[command.size() + offset] = byte;
        reseal(changed, command.size());
        return changed;
    };
    CHECK(error_of(with(9, 1)) == "digest type 1 is not known");
    CHECK(error_of(with(10, 2)) == "record version 2 is not known");
    for (std::size_t bit = 8 * command.size(); bit < 8 * (command + good).size(); ++bit) {
        std::string flipped = command + good;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
        REQUIRE_FALSE(decode(flipped, 1));
    }
}

TEST_CASE("The bytes of a digest are pinned for ever", "[unit]") {
    std::string payload;
    encode(StateDigest{0x0102'0304'0506'0708, 0x1112'1314'1516'1718, {0x2122'2324'2526'2728, 0x3132'3334'3536'3738}},
           payload);
    CHECK(hex_of(payload) == test::golden("journal_digest_v1.txt", hex_of(payload)));
}

TEST_CASE("A damaged record is located by its offset", "[unit]") {
    const Records records = one_revoke();
    std::string payload = samples::encode_all(records);
    const std::size_t event = split_records(payload)[0].size();
    payload.back() = static_cast<char>(payload.back() ^ 1);
    const auto decoded = decode(payload, 1);
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().offset == event);
    CHECK(decoded.error().what == "the checksum does not match");
}

TEST_CASE("Events take their numbers from the block and their time from the command", "[unit]") {
    samples::CountingSource source;
    Records records;
    samples::append(records, source, 41, 0, {0, 1});
    samples::append(records, source, 41, 4, {4});
    const auto decoded = decode(samples::encode_all(records), 41);
    REQUIRE(decoded);
    CHECK(decoded->commands[0].first_seq == 41);
    CHECK(decoded->commands[1].first_seq == 43);
    CHECK(decoded->events[2].seq == 43);
    CHECK(decoded->events[1].command == decoded->commands[0].header.seq);
    CHECK(decoded->events[2].time == decoded->commands[1].header.time);
}

namespace {

// One line of a golden file: a record of its type, alone.
struct PinnedRecord {
    bool is_command{};
    std::string name;
    std::string bytes;

    [[nodiscard]] std::size_t type() const { return static_cast<std::uint8_t>(bytes[9]); }
    [[nodiscard]] std::uint16_t version() const { return static_cast<std::uint16_t>(bytes[10] | bytes[11] << 8); }
};

std::vector<PinnedRecord> pinned_records(const std::string& text) {
    std::istringstream lines(text);
    std::vector<PinnedRecord> out;
    std::string kind;
    std::string name;
    std::string hex;
    while (lines >> kind >> name >> hex) out.push_back({kind == "command", name, bytes_of(hex)});
    return out;
}

// A payload that holds the record: a command needs an event, an event a command.
std::string payload_of(const PinnedRecord& record) {
    const auto other = split_records(samples::encode_all(one_revoke()));
    if (!record.is_command) return other[0] + record.bytes;
    std::string command = record.bytes;
    const std::size_t request_id = kFrameSize + 8 + 8 + 4;
    command[request_id + 1 + static_cast<std::uint8_t>(command[request_id]) + 1] = 1;  // one event
    reseal(command, 0);
    return command + other[1];
}

// The fields beyond the first `count` are those of a record that nobody filled.
template <class R>
bool lacks_fields_after(const R& record, std::size_t count) {
    const R fresh{};
    std::vector<const void*> defaults;
    R::visit(fresh, [&defaults](std::string_view, const auto& field) { defaults.push_back(&field); });
    std::size_t index = 0;
    bool all = true;
    R::visit(record, [&](std::string_view, const auto& field) {
        using Field = std::remove_cvref_t<decltype(field)>;
        if (index >= count) all = all && samples::same(*static_cast<const Field*>(defaults[index]), field);
        ++index;
    });
    return all;
}

// The first `count` fields as they are stored.
template <class R>
std::string stored_fields(const R& record, std::size_t count) {
    std::string out(codec::MaxSize<R>::value, '\0');
    codec::Encoder encoder(out.data());
    R::visit(record, [&](std::string_view, const auto& field) {
        if (count == 0) return;
        --count;
        encoder.put(field);
    });
    out.resize(static_cast<std::size_t>(encoder.at() - out.data()));
    return out;
}

// Decoded, the record has the fields that its bytes hold, and defaults where they hold none.
template <class Variant>
void check_upcast(const PinnedRecord& record, const Variant& decoded) {
    CHECK(type_name(decoded) == record.name);
    CHECK(decoded.index() == record.type());
    std::visit(
        [&record](const auto& fields) {
            using R = std::remove_cvref_t<decltype(fields)>;
            const std::size_t count = codec::kFieldsOfVersion<R>[record.version() - 1U];
            CHECK(lacks_fields_after(fields, count));
            CHECK(record.bytes.ends_with(stored_fields(fields, count)));
        },
        decoded);
}

void check_readable(const PinnedRecord& record) {
    CAPTURE(record.name);
    const std::string payload = payload_of(record);
    const auto decoded = decode(payload, 1);
    if (!decoded) FAIL(decoded.error().what);
    const engine::Command& command = decoded->commands[0].command;
    const engine::EventBody& event = decoded->events[0].body;
    record.is_command ? check_upcast(record, command) : check_upcast(record, event);
    const bool is_newest = record.version() == (record.is_command ? newest_version(command) : newest_version(event));
    CHECK((samples::encode_all(*decoded) == payload) == is_newest);
}

}  // namespace

TEST_CASE("Every record of version 1 stays readable; what it lacks has its default", "[unit]") {
    const auto pinned = pinned_records(test::golden_text("journal_records_v1.txt"));
    REQUIRE(pinned.size() == 14 + 18);
    for (const PinnedRecord& record : pinned) {
        CHECK(record.version() == 1);
        check_readable(record);
    }
}

TEST_CASE("Every record that was new or grown with the order types stays readable", "[unit]") {
    const auto pinned = pinned_records(test::golden_text("journal_records_v2.txt"));
    REQUIRE(pinned.size() == 26);
    for (const PinnedRecord& record : pinned) check_readable(record);
}

TEST_CASE("The stored bytes of every record that came or grew with fees and settlement are the pinned ones", "[unit]") {
    constexpr std::size_t kFirstNewCommand = 19;
    constexpr std::size_t kFirstNewEvent = 31;
    samples::CountingSource source;
    const Records records = samples::all_types(source, 1);
    const auto parts = split_records(samples::encode_all(records));
    std::string actual;
    const auto pin = [&actual](std::string_view kind, std::string_view name, const std::string& bytes) {
        actual += std::string(kind) + ' ' + std::string(name) + ' ' + hex_of(bytes) + '\n';
    };
    for (std::size_t type = 0; type < samples::kCommandTypes; ++type)
        if (const auto& command = records.commands[type].command;
            type >= kFirstNewCommand || newest_version(command) > 2)
            pin("command", type_name(command), parts[2 * type]);
    for (std::size_t type = 0; type < samples::kEventTypes; ++type)
        if (const auto& event = records.events[type].body; type >= kFirstNewEvent || newest_version(event) > 2)
            pin("event", type_name(event), parts[2 * type + 1]);

    const std::string pinned = test::golden("journal_records_v3.txt", actual);
    CHECK(actual == pinned);
    for (const PinnedRecord& record : pinned_records(pinned)) check_readable(record);
}
