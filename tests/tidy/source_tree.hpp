// The project's own text files, as the tidy rules see them: generated, fetched and binary files are left out.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace buttonwood::tidy {

struct SourceFile {
    std::string path;                // from the root, with '/': "engine/engine.hpp"
    std::vector<std::string> lines;  // without their line ends; a carriage return stays visible
    bool ends_with_newline = true;   // an empty file counts as one that does
    bool executable = false;

    [[nodiscard]] bool has_extension(std::string_view extension) const { return path.ends_with(extension); }
    [[nodiscard]] bool is_header() const { return has_extension(".hpp"); }
    [[nodiscard]] bool is_cpp() const { return is_header() || has_extension(".cpp"); }
    // Written by us line by line, so that the rules of form apply: C++, SQL, CMake, TypeScript, shell, YAML.
    [[nodiscard]] bool is_code() const;
    // The first folder of the path, "" for files of the root: "engine".
    [[nodiscard]] std::string_view module() const;
};

// Cuts a text into a file's lines.
[[nodiscard]] SourceFile source_from(std::string path, std::string_view text);

// Every text file under `root`, sorted by path.
[[nodiscard]] std::vector<SourceFile> read_sources(const std::filesystem::path& root);

}  // namespace buttonwood::tidy
