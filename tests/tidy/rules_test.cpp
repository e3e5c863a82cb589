// Each rule finds what breaks it and leaves alone what does not.
#include "tests/tidy/rules.hpp"

#include <catch2/catch.hpp>

namespace buttonwood::tidy {
namespace {

struct Sample {
    std::string_view path;
    std::string_view text;
    bool breaks{};
};

template <class Rule> void try_samples(Rule rule, std::initializer_list<Sample> samples) {
    for (const Sample& sample : samples) {
        CAPTURE(sample.path, sample.text);
        CHECK(rule(source_from(std::string(sample.path), sample.text)).empty() == !sample.breaks);
    }
}

}  // namespace

TEST_CASE("an include against the direction of dependencies is found", "[tidy]") {
    try_samples(check_includes, {
        {"engine/a.cpp", "#include \"engine/types.hpp\"\n#include <vector>\n", false},
        {"engine/a.cpp", "#include \"eventstore/codec.hpp\"\n", true},
        {"engine/a.cpp", "#include <unistd.h>\n", true},
        {"engine/a.cpp", "#include <boost/container/flat_map.hpp>\n", true},
        {"engine/a.cpp", "#include \"types.hpp\"\n", true},
        {"eventstore/a.cpp", "#include \"engine/types.hpp\"\n#include <sodium.h>\n#include <sys/wait.h>\n", false},
        {"eventstore/a.cpp", "  #  include <libpq-fe.h>\n#include <libpq-fe.h>\n", false},
        {"eventstore/a.hpp", "#include <libpq-fe.h>\n", true},
        {"eventstore/a.cpp", "#include \"projections/worker.hpp\"\n", true},
        {"projections/a.cpp", "#include <nlohmann/json.hpp>\n", true},
        {"projections/a.cpp", "#include \"api/json.hpp\"\n", true},
        {"api/a.cpp", "#include \"projections/worker.hpp\"\n#include <boost/beast.hpp>\n", false},
        {"api/a.cpp", "#include \"bench/flow_file.hpp\"\n", true},
        {"api/a.cpp", "#include <libpq-fe.h>\n", true},
        {"eventstore/a_internal.hpp", "#include <libpq-fe.h>\n", false},
        {"eventstore/a.cpp", "#include \"eventstore/a_internal.hpp\"\n", false},
        {"projections/a.cpp", "#include \"eventstore/a_internal.hpp\"\n", true},
        {"bench/a.cpp", "#include \"tests/support/http_client.hpp\"\n", false},
        {"tests/engine/a.cpp", "#include <libpq-fe.h>\n", true},
    });
}

TEST_CASE("an impure engine is found, a comment about one is not", "[tidy]") {
    try_samples(check_engine_is_pure, {
        {"engine/a.cpp", "double price;\n", true},
        {"engine/a.cpp", "auto t = std::chrono::steady_clock::now();\n", true},
        {"engine/a.cpp", "#include <mutex>\n", true},
        {"engine/a.cpp", "int floats;  // never a float\n", false},
        {"api/a.cpp", "double seconds;\n", false},
    });
}

TEST_CASE("a header without comment, guard or its namespace is found", "[tidy]") {
    const std::string_view good = "// What it is.\n#pragma once\nnamespace buttonwood::engine {\n}\n";
    try_samples(check_header, {
        {"engine/a.hpp", good, false},
        {"engine/a.cpp", "int x;\n", false},
        {"engine/a.hpp", "#pragma once\n", true},
        {"engine/a.hpp", "// What it is.\nint x;\n", true},
        {"eventstore/a.hpp", good, true},
        {"engine/a.hpp", "// What it is.\n#pragma once\nusing namespace std;\n", true},
        {"engine/a.hpp", "// What it is.\n#pragma once\nnamespace buttonwood::engine_room {\n}\n", true},
    });
}

TEST_CASE("a file of 601 lines is too long, data is not measured", "[tidy]") {
    std::string lines;
    for (std::size_t i = 0; i < kMaxFileLines; ++i) lines += "x\n";
    try_samples(check_file_size, {{"engine/a.cpp", lines, false}});
    lines += "x\n";
    try_samples(check_file_size, {{"engine/a.cpp", lines, true}, {"tests/engine/golden/a.txt", lines, false}});
}

TEST_CASE("long lines, tabs, blanks at line ends and ragged file ends are found", "[tidy]") {
    const std::string full(kMaxLineLength, 'x');
    std::string accented;
    for (std::size_t i = 0; i < kMaxLineLength; ++i) accented += "é";
    try_samples(check_lines, {
        {"engine/a.cpp", full + "\n", false},
        {"engine/a.cpp", accented + "\n", false},
        {"engine/a.cpp", full + "x\n", true},
        {"sql/001_a.up.sql", full + "x\n", false},
        {"api/web/a.ts", full + std::string(20, 'x') + "\n", false},
        {"api/web/a.ts", full + std::string(21, 'x') + "\n", true},
        {"sql/001_a.up.sql", "\tSELECT 1;\n", true},
        {"engine/a.cpp", "int x; \n", true},
        {"engine/a.cpp", "int x;\r\n", true},
        {"engine/a.cpp", "int x;", true},
        {"engine/a.cpp", "int x;\n\n", true},
        {"README.md", full + full, false},
    });
}

TEST_CASE("words that put work off and paths of one machine are found", "[tidy]") {
    const std::string later = "// TO" "DO: later\n";
    const std::string for_now = "// good enough, For" " now.\n";
    const std::string path = "open(\"/ho" "me/me/file\")\n";
    try_samples(check_words, {
        {"engine/a.cpp", later, true},
        {"README.md", for_now, true},
        {"dev", path, true},
        {"dev", "mktemp -d /tmp/bw.XXXXXX\n", false},
        {"engine/a.cpp", "// the patchwork/quilt; a shack; therefore nowhere\n", false},
    });
}

TEST_CASE("a link into the void is found", "[tidy]") {
    const std::filesystem::path root = BUTTONWOOD_SOURCE_DIR;
    const auto links = [&](const char* path, const char* text) { return check_links(source_from(path, text), root); };
    CHECK(links("tests/a.md", "[code](tidy/rules.cpp#L3) [web](https://example.org)\n").empty());
    CHECK(links("a.md", "[here](tests/tidy) and [there](tests/nothing.md)\n").size() == 1);
}

TEST_CASE("a migration without counterpart, number or a number of its own is found", "[tidy]") {
    const auto is_sound = [](std::initializer_list<std::string_view> names) {
        std::vector<SourceFile> files;
        for (const std::string_view name : names)
            files.push_back(source_from("sql/" + std::string(name), "SELECT 1;\n"));
        return check_migrations(files).empty();
    };
    CHECK(is_sound({"001_a.up.sql", "001_a.down.sql", "002_b.up.sql", "002_b.down.sql"}));
    CHECK_FALSE(is_sound({"001_a.up.sql"}));
    CHECK_FALSE(is_sound({"001_a.up.sql", "001_a.down.sql", "001_b.up.sql", "001_b.down.sql"}));
    CHECK_FALSE(is_sound({"first.up.sql", "first.down.sql"}));
    CHECK_FALSE(is_sound({"001_a.sql"}));
}

}  // namespace buttonwood::tidy
