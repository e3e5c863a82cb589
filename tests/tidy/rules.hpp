// The rules of form and architecture that a machine can check. Each takes one file (or the whole tree) and tells what
// breaks it; none changes anything. rules_test.cpp shows for each a file that breaks it.
#pragma once

#include "tests/tidy/source_tree.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace buttonwood::tidy {

inline constexpr std::size_t kMaxFileLines = 600;
inline constexpr std::size_t kMaxLineLength = 120;  // in characters, not bytes
inline constexpr std::size_t kMaxScriptLineLength = 140;  // TypeScript and JavaScript

struct Violation {
    std::string path;
    std::size_t line{};  // from 1; 0 = the file as a whole
    std::string what;
};
using Violations = std::vector<Violation>;

// "engine/engine.hpp:12: what", one per line.
[[nodiscard]] std::string describe(const Violations& violations);

// The direction of dependencies, engine <- eventstore <- projections <- api, and where each library may be used.
[[nodiscard]] Violations check_includes(const SourceFile& file);
// The engine is a pure function of its commands: no floating point, clock, randomness, thread or stream.
[[nodiscard]] Violations check_engine_is_pure(const SourceFile& file);
// A header starts with a comment, has #pragma once, opens its folder's namespace and no other's.
[[nodiscard]] Violations check_header(const SourceFile& file);
// At most kMaxFileLines lines.
[[nodiscard]] Violations check_file_size(const SourceFile& file);
// At most kMaxLineLength characters, in scripts kMaxScriptLineLength; no tabs; no blank or carriage return at the end;
// the file ends with one newline.
[[nodiscard]] Violations check_lines(const SourceFile& file);
// Nothing is left for later, and no path of somebody's machine is written down.
[[nodiscard]] Violations check_words(const SourceFile& file);
// The targets of relative links in Markdown exist under `root`.
[[nodiscard]] Violations check_links(const SourceFile& file, const std::filesystem::path& root);
// sql/NNN_name.up.sql and sql/NNN_name.down.sql come in pairs, one pair per number.
[[nodiscard]] Violations check_migrations(std::span<const SourceFile> files);

}  // namespace buttonwood::tidy
