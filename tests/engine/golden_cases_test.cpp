// The golden cases: cases/*.txt told again must read exactly as they stand.
//
// BUTTONWOOD_REWRITE_GOLDEN=1 writes what happens now into the files; review the difference before committing it.
#include "engine/reject_reason.hpp"
#include "tests/engine/transcript.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

namespace buttonwood::engine::tests {
namespace {

namespace fs = std::filesystem;

const fs::path kCases = fs::path(BUTTONWOOD_SOURCE_DIR) / "tests" / "engine" / "cases";
// One list in two files.
const std::array kRefusals{kCases / "refusals.txt", kCases / "refusals_2.txt"};

std::string read(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    REQUIRE(in.good());
    std::ostringstream content;
    content << in.rdbuf();
    return content.str();
}

std::vector<fs::path> case_files() {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(kCases))
        if (entry.path().extension() == ".txt") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

}  // namespace

TEST_CASE("The golden cases come out as they are written", "[replay]") {
    const bool rewrite = std::getenv("BUTTONWOOD_REWRITE_GOLDEN") != nullptr;
    const std::vector<fs::path> files = case_files();
    REQUIRE_FALSE(files.empty());
    for (const fs::path& file : files) {
        INFO(file.string());
        const std::string written = read(file);
        const std::string told = retell(written);
        if (rewrite && told != written) {
            std::ofstream(file, std::ios::binary) << told;
            std::cout << "rewritten: " << file.string() << '\n';
            continue;
        }
        const auto expected = lines_of(written);
        const auto actual = lines_of(told);
        for (std::size_t i = 0; i < std::min(expected.size(), actual.size()); ++i) {
            INFO("line " << i + 1);
            REQUIRE(actual[i] == expected[i]);
        }
        REQUIRE(told == written);
    }
}

TEST_CASE("Every reject reason has a golden case, in the order of the enumeration", "[replay]") {
    std::vector<std::string> expected;
#define X(name, number, code, text) \
    if (RejectReason::name != RejectReason::None) expected.emplace_back(code);
    BUTTONWOOD_REJECT_REASONS(X)
#undef X
    // "case CODE: why" introduces it, and CODE is refused inside it.
    std::vector<std::string> shown;
    std::string current;
    for (const std::string& line : lines_of(read(kRefusals[0]) + read(kRefusals[1]))) {
        if (line.starts_with("case ")) current = line.substr(5, line.find(':') - 5);
        const bool refused = line.starts_with("    refused: " + current);
        if (refused && (shown.empty() || shown.back() != current)) shown.push_back(current);
    }
    REQUIRE(shown == expected);
}

TEST_CASE("A transcript that contradicts the engine or is not understood is noticed", "[replay]") {
    CHECK(retell("case lie\ngiven the usual market\nann buys 1 ACME at 1.00\n    #1 accepted, takes\n") ==
          "case lie\ngiven the usual market\nann buys 1 ACME at 1.00\n    #1 accepted, rests, reserves 1.00 USD\n");
    CHECK_THROWS_WITH(retell("case x\ngiven the usual market\nann juggles 3\n"), Catch::Contains("line 3"));
    CHECK_THROWS_WITH(retell("case x\ngiven the usual market\nann buys 1 ACME at 1.00 soon\n"),
                      Catch::Contains("soon"));
    CHECK_THROWS_WITH(retell("given the usual market\n"), Catch::Contains("a case comes first"));
}

}  // namespace buttonwood::engine::tests
