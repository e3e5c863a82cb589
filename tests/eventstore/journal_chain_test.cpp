#include "eventstore/journal.hpp"

#include <catch2/catch.hpp>

using namespace buttonwood::eventstore;

namespace {

BlockHeader first_header() { return {1, 3, 7, {1'795'195'549'348'123}, 3, 2, 1}; }

}  // namespace

// The expected digests come from another implementation: Python's hashlib.sha256 over
// previous + struct.pack('<QQIqIIH', first_seq, last_seq, epoch, committed_at, event_count, command_count, version)
// + payload.
TEST_CASE("The chain of two blocks has the digests that another implementation computes", "[unit]") {
    const Hash first = seal(Hash{}, first_header(), "payload one");
    CHECK(to_hex(first) == "f40578e16a4f37f7e4772a59046e38bc9c094d86a3959e7e7a5f761acffa3fb3");
    const Hash second = seal(first, {4, 4, 8, {1'795'195'549'348'124}, 1, 1, 1}, "");
    CHECK(to_hex(second) == "273a53b7b9c6603498a40d4f67eb79f318f5e64b25debb4b3c6e5c10dd2d9264");
}

TEST_CASE("The seal covers the previous hash, every header field and the payload", "[unit]") {
    const Hash sealed = seal(Hash{}, first_header(), "payload");
    const auto changed = [&sealed](auto change) {
        BlockHeader header = first_header();
        change(header);
        return seal(Hash{}, header, "payload") != sealed;
    };
    CHECK(changed([](BlockHeader& h) { ++h.first_seq; }));
    CHECK(changed([](BlockHeader& h) { ++h.last_seq; }));
    CHECK(changed([](BlockHeader& h) { ++h.epoch; }));
    CHECK(changed([](BlockHeader& h) { ++h.committed_at.us; }));
    CHECK(changed([](BlockHeader& h) { ++h.event_count; }));
    CHECK(changed([](BlockHeader& h) { ++h.command_count; }));
    CHECK(changed([](BlockHeader& h) { ++h.format_version; }));
    CHECK(seal(sealed, first_header(), "payload") != sealed);
    CHECK(seal(Hash{}, first_header(), "payloae") != sealed);
}

TEST_CASE("Store errors have names", "[unit]") {
    CHECK(name_of(StoreError::Unavailable) == "unavailable");
    CHECK(name_of(StoreError::InDoubt) == "in_doubt");
    CHECK(name_of(StoreError::Fenced) == "fenced");
    CHECK(name_of(StoreError::Corrupt) == "corrupt");
}
