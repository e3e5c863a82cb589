#include "tests/tidy/source_tree.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

namespace buttonwood::tidy {
namespace {

namespace fs = std::filesystem;

// Folders that hold nothing of ours, at any depth.
constexpr std::array<std::string_view, 7> kSkippedFolders = {".git",         ".cache", ".ccache", "build",
                                                             "node_modules", "dist",   "data"};
// Kept whole as others wrote them.
constexpr std::array<std::string_view, 2> kSkippedFiles = {"LICENSE", "package-lock.json"};
constexpr std::array<std::string_view, 12> kCodeExtensions = {".hpp", ".cpp", ".sql", ".cmake", ".ts",  ".mjs",
                                                              ".js",  ".css", ".sh",  ".yml",   ".txt", ".html"};

template <class List> bool contains(const List& list, std::string_view text) {
    return std::ranges::find(list, text) != list.end();
}

std::string read(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

bool SourceFile::is_code() const {
    const fs::path name = fs::path(path).filename();
    if (name == "dev" || name == "Dockerfile" || path == ".ci/run") return true;
    if (name.extension() == ".txt") return name == "CMakeLists.txt";
    return contains(kCodeExtensions, name.extension().string());
}

std::string_view SourceFile::module() const {
    const auto slash = path.find('/');
    return slash == std::string::npos ? std::string_view() : std::string_view(path).substr(0, slash);
}

SourceFile source_from(std::string path, std::string_view text) {
    SourceFile file;
    file.path = std::move(path);
    file.ends_with_newline = text.empty() || text.back() == '\n';
    while (!text.empty()) {
        const auto end = text.find('\n');
        file.lines.emplace_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return file;
}

std::vector<SourceFile> read_sources(const fs::path& root) {
    std::vector<SourceFile> files;
    for (auto it = fs::recursive_directory_iterator(root); it != fs::recursive_directory_iterator(); ++it) {
        const std::string name = it->path().filename().string();
        if (it->is_directory()) {
            if (contains(kSkippedFolders, name)) it.disable_recursion_pending();
            continue;
        }
        if (!it->is_regular_file() || contains(kSkippedFiles, name)) continue;
        const std::string text = read(it->path());
        if (text.find('\0') != std::string::npos) continue;
        SourceFile file = source_from(fs::relative(it->path(), root).generic_string(), text);
        file.executable = (it->status().permissions() & fs::perms::owner_exec) != fs::perms::none;
        files.push_back(std::move(file));
    }
    std::ranges::sort(files, {}, &SourceFile::path);
    return files;
}

}  // namespace buttonwood::tidy
