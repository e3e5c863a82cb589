// The rules, applied to the project as it lies on disk.
#include "tests/tidy/rules.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace buttonwood::tidy {
namespace {

const std::filesystem::path kRoot = BUTTONWOOD_SOURCE_DIR;

const std::vector<SourceFile>& sources() {
    static const std::vector<SourceFile> files = read_sources(kRoot);
    return files;
}

template <class Rule> void require_of_all(Rule rule) {
    Violations found;
    for (const SourceFile& file : sources()) std::ranges::move(rule(file), std::back_inserter(found));
    INFO(describe(found));
    CHECK(found.empty());
}

}  // namespace

TEST_CASE("the tidy rules see every module", "[tidy]") {
    for (const std::string_view module : {"engine", "eventstore", "projections", "api", "bench", "tests", "sql"}) {
        CAPTURE(module);
        CHECK(std::ranges::count(sources(), module, &SourceFile::module) >= 2);
    }
}

TEST_CASE("dependencies point one way: engine, eventstore, projections, api, bench", "[tidy]") {
    require_of_all(check_includes);
}

TEST_CASE("the engine uses no floating point, clock, randomness, thread or stream", "[tidy]") {
    require_of_all(check_engine_is_pure);
}

TEST_CASE("every header says what it is for, guards itself and keeps to its namespace", "[tidy]") {
    require_of_all(check_header);
}

TEST_CASE("no file is longer than 600 lines", "[tidy]") { require_of_all(check_file_size); }

TEST_CASE("no line is too long, none has tabs or blanks at its end", "[tidy]") {
    require_of_all(check_lines);
}

TEST_CASE("nothing is left for later and no path of one machine is written down", "[tidy]") {
    require_of_all(check_words);
}

TEST_CASE("relative links in the documents lead somewhere", "[tidy]") {
    require_of_all([](const SourceFile& file) { return check_links(file, kRoot); });
}

TEST_CASE("every migration can be undone and has a number of its own", "[tidy]") {
    const Violations found = check_migrations(sources());
    INFO(describe(found));
    CHECK(found.empty());
}

TEST_CASE("the two commands of the README are executable", "[tidy]") {
    for (const std::string_view path : {"dev", ".ci/run"}) {
        CAPTURE(path);
        const auto file = std::ranges::find(sources(), path, &SourceFile::path);
        REQUIRE(file != sources().end());
        CHECK(file->executable);
        CHECK(file->lines.front() == "#!/usr/bin/env bash");
    }
}

}  // namespace buttonwood::tidy
