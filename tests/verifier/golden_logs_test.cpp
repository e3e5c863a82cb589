// Promise P13: a log that some version has written replays under every later one to the state that it had then.
#include "tests/verifier/second_verifier.hpp"
#include "tests/verifier/stored_log.hpp"

#include "engine/engine.hpp"
#include "eventstore/archive_file.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

namespace buttonwood::test {
namespace {

using namespace eventstore;
namespace fs = std::filesystem;

const fs::path kLogs = BUTTONWOOD_SOURCE_DIR "/tests/golden/logs";
constexpr std::uintmax_t kLargestFile = 300'000;

std::vector<fs::path> golden_logs() {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(kLogs))
        if (entry.path().extension() == ".zst") files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
}

// f(block, records) for each block of a file.
template <class F>
void for_each_block(const fs::path& file, F&& f) {
    auto reader = ArchiveReader::open(file);
    if (!reader) FAIL(reader.error());
    for (;;) {
        const auto block = reader->next();
        if (!block) FAIL(block.error());
        if (!*block) return;
        const auto records = decode((*block)->payload, (*block)->header.first_seq);
        if (!records) FAIL(records.error().what);
        f(**block, *records);
    }
}

// Applies a log and compares the digests on its way with the state that they were taken of.
std::string replayed_hash(const fs::path& file) {
    engine::Engine engine;
    std::vector<engine::Event> window;
    for_each_block(file, [&](const Block&, const Records& records) {
        auto digest = records.digests.begin();
        for (const engine::Event& event : records.events) {
            engine.apply(event);
            window.push_back(event);
            if (digest == records.digests.end() || digest->last_seq != event.seq) continue;
            const auto covered = std::span(window).last(digest->last_seq - digest->first_seq + 1);
            CHECK(engine.digest(covered) == digest->hash);
            window.clear();
            ++digest;
        }
    });
    CHECK(engine.check_invariants().empty());
    return engine.state_hash().hex();
}

std::string stored_hash(const fs::path& file) {
    std::ifstream in(fs::path(file).replace_extension(".hash"));
    std::string hash;
    in >> hash;
    return hash;
}

}  // namespace

TEST_CASE("every golden log replays to the state that its writer had", "[replay]") {
    const auto files = golden_logs();
    CHECK(files.size() >= 3);
    for (const fs::path& file : files) {
        CAPTURE(file.filename().string());
        CHECK(fs::file_size(file) <= kLargestFile);
        const auto checked = check_archive_file(file);
        if (!checked) FAIL_CHECK(checked.error());
        CHECK(replayed_hash(file) == stored_hash(file));
        CHECK(second_verdict_of_files({file.string()}).bad_seq == 0);
    }
}

TEST_CASE("the golden logs hold every kind of command and event, and digests", "[replay]") {
    std::set<std::size_t> commands, events;
    std::size_t with_digests = 0;
    for (const fs::path& file : golden_logs()) {
        bool has_digests = false;
        for_each_block(file, [&](const Block&, const Records& records) {
            for (const CommandRecord& command : records.commands) commands.insert(command.command.index());
            for (const engine::Event& event : records.events) events.insert(event.body.index());
            has_digests = has_digests || !records.digests.empty();
        });
        with_digests += has_digests ? 1 : 0;
    }
    CHECK(commands.size() == std::variant_size_v<engine::Command>);
    CHECK(events.size() == std::variant_size_v<engine::EventBody>);
    CHECK(with_digests >= 1);
    CHECK(with_digests < golden_logs().size());
}

// BUTTONWOOD_NEW_GOLDEN_LOG=NAME verifier_tests '[.new-golden-log]': how another one is added (README there).
TEST_CASE("a new golden log is written where there is none of that name", "[.new-golden-log]") {
    const char* const name = std::getenv("BUTTONWOOD_NEW_GOLDEN_LOG");
    REQUIRE(name != nullptr);
    const char* const seed = std::getenv("BUTTONWOOD_SEED");
    const fs::path file = kLogs / (std::string(name) + ".zst");
    REQUIRE_FALSE(fs::exists(file));
    const std::string_view words = name;
    const std::vector<Block> log =
        random_blocks(seed != nullptr ? std::strtoull(seed, nullptr, 10) : 1, 2'500,
                      {.digests = words.find("digest") != words.npos, .crowd = words.find("crowd") != words.npos});
    ArchiveHeader header;
    header.lower_bound = header.first_seq = 1;
    header.last_seq = log.back().header.last_seq;
    header.upper_bound = header.last_seq + 1;
    header.block_count = log.size();
    for (const Block& block : log) {
        header.event_count += block.header.event_count;
        header.command_count += block.header.command_count;
    }
    header.last_hash = log.back().hash;
    auto writer = ArchiveWriter::create(file, header);
    REQUIRE(writer);
    for (const Block& block : log) REQUIRE(writer->append(block));
    REQUIRE(writer->finish());
    std::ofstream(fs::path(file).replace_extension(".hash")) << replayed_hash(file) << '\n';
}

}  // namespace buttonwood::test
