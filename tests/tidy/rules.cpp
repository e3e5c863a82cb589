#include "tests/tidy/rules.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <map>
#include <optional>
#include <string_view>

namespace buttonwood::tidy {
namespace {

namespace fs = std::filesystem;

void add(Violations& out, const SourceFile& file, std::size_t line, std::string what) {
    out.push_back({file.path, line, std::move(what)});
}

bool is_word_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

// `word` stands in `text` with no word character before it, and none behind it when it ends with one.
bool has_word(std::string_view text, std::string_view word) {
    for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
        const auto end = at + word.size();
        const bool starts = at == 0 || !is_word_char(text[at - 1]);
        const bool ends = end == text.size() || !is_word_char(word.back()) || !is_word_char(text[end]);
        if (starts && ends) return true;
    }
    return false;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

std::string_view without_comment(std::string_view line) { return line.substr(0, line.find("//")); }

// UTF-8: every character has exactly one byte that is no continuation byte.
std::size_t characters(std::string_view text) {
    const auto is_first = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
    return static_cast<std::size_t>(std::ranges::count_if(text, is_first));
}

struct Include {
    std::string_view target;
    bool quoted{};
};

std::optional<Include> include_of(std::string_view line) {
    line = trimmed(line);
    if (!line.starts_with("#include")) return std::nullopt;
    line = trimmed(line.substr(8));
    if (line.size() < 2 || (line.front() != '"' && line.front() != '<')) return std::nullopt;
    const bool quoted = line.front() == '"';
    const auto end = line.find(quoted ? '"' : '>', 1);
    if (end == std::string_view::npos) return std::nullopt;
    return Include{line.substr(1, end - 1), quoted};
}

// What each module may include: folders of ours, and headers beyond the standard library's and POSIX's, by prefix.
struct Allowance {
    std::string_view module;
    std::vector<std::string_view> folders;
    std::vector<std::string_view> libraries;
    bool posix{};
};

const Allowance* allowance_of(std::string_view module) {
    static const std::array<Allowance, 4> kAllowances = {{
        {"engine", {"engine/"}, {}, false},
        {"eventstore",
         {"engine/", "eventstore/"},
         {"libpq-fe.h", "sodium.h", "openssl/", "zstd.h", "nmmintrin.h"},
         true},
        {"projections", {"engine/", "eventstore/", "projections/"}, {}, true},
        {"api",
         {"engine/", "eventstore/", "projections/", "api/"},
         {"boost/", "nlohmann/", "spdlog/", "fmt/", "CLI/", "sodium.h", "zlib.h"},
         true},
    }};
    const auto it = std::ranges::find(kAllowances, module, &Allowance::module);
    return it == kAllowances.end() ? nullptr : &*it;
}

bool starts_with_any(std::string_view text, const std::vector<std::string_view>& prefixes) {
    return std::ranges::any_of(prefixes, [&](std::string_view prefix) { return text.starts_with(prefix); });
}

bool is_standard(std::string_view header) { return header.find_first_of("./") == std::string_view::npos; }

bool is_posix(std::string_view header) {
    static const std::vector<std::string_view> kPosix = {
        "sys/",  "linux/",   "netinet/", "arpa/",   "unistd.h", "fcntl.h",  "poll.h",  "pwd.h",
        "grp.h", "signal.h", "spawn.h", "time.h",   "dirent.h", "netdb.h", "pthread.h"};
    return starts_with_any(header, kPosix);
}

// "017_api..."
bool is_numbered(std::string_view name) {
    const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
    return name.size() > 4 && std::ranges::all_of(name.substr(0, 3), is_digit) && name[3] == '_';
}

// A header that only the sources of its own folder include.
constexpr std::string_view kInternal = "_internal.hpp";

bool may_use_libpq(const SourceFile& file) {
    return file.module() == "eventstore" && (!file.is_header() || file.has_extension(kInternal));
}

}  // namespace

std::string describe(const Violations& violations) {
    std::string out;
    for (const Violation& v : violations) {
        out += v.path;
        if (v.line != 0) out += ":" + std::to_string(v.line);
        out += ": " + v.what + "\n";
    }
    return out;
}

Violations check_includes(const SourceFile& file) {
    Violations out;
    if (!file.is_cpp()) return out;
    const Allowance* allowance = allowance_of(file.module());
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        const auto include = include_of(file.lines[i]);
        if (!include) continue;
        const auto refuse = [&](std::string_view why) {
            add(out, file, i + 1, "includes " + std::string(include->target) + ": " + std::string(why));
        };
        const std::string_view target = include->target;
        if (target == "libpq-fe.h" && !may_use_libpq(file))
            refuse("libpq stays inside the sources of eventstore/ and the headers that only they include");
        else if (target.ends_with(kInternal) && !target.starts_with(std::string(file.module()) + "/"))
            refuse("it is internal to its folder");
        else if (!allowance)
            continue;
        else if (include->quoted && target.find('/') == std::string_view::npos)
            refuse("paths start at the root of the project");
        else if (include->quoted && !starts_with_any(target, allowance->folders))
            refuse(std::string(file.module()) + " does not depend on it");
        else if (!include->quoted && !is_standard(target) && !(allowance->posix && is_posix(target)) &&
                 !starts_with_any(target, allowance->libraries))
            refuse(std::string(file.module()) + " does not use this library");
    }
    return out;
}

Violations check_engine_is_pure(const SourceFile& file) {
    static constexpr std::array<std::string_view, 15> kImpure = {
        "double", "float", "std::chrono", "<chrono>", "<ctime>", "<random>", "<thread>", "<mutex>", "<atomic>",
        "<iostream>", "<fstream>", "<filesystem>", "std::rand", "getenv", "volatile"};
    Violations out;
    if (!file.is_cpp() || file.module() != "engine") return out;
    for (std::size_t i = 0; i < file.lines.size(); ++i)
        for (const std::string_view word : kImpure)
            if (has_word(without_comment(file.lines[i]), word))
                add(out, file, i + 1, std::string(word) + " has no place in the engine");
    return out;
}

Violations check_header(const SourceFile& file) {
    Violations out;
    if (!file.is_header()) return out;
    if (file.lines.empty() || !file.lines.front().starts_with("// "))
        add(out, file, 1, "a header starts with a comment that says what it is for");
    if (std::ranges::find(file.lines, "#pragma once") == file.lines.end()) add(out, file, 0, "#pragma once is missing");
    if (!allowance_of(file.module())) return out;
    const std::string own = "namespace buttonwood::" + std::string(file.module());
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        const std::string_view line = file.lines[i];
        if (line.starts_with("using namespace")) add(out, file, i + 1, "using namespace at the top level of a header");
        if (line.starts_with("namespace buttonwood") && !has_word(line, own))
            add(out, file, i + 1, "a header declares names of its own folder: " + own);
    }
    return out;
}

Violations check_file_size(const SourceFile& file) {
    Violations out;
    const bool data = file.has_extension(".json") || file.path.find("golden") != std::string::npos;
    if (!data && file.lines.size() > kMaxFileLines)
        add(out, file, 0, std::to_string(file.lines.size()) + " lines, at most " + std::to_string(kMaxFileLines));
    return out;
}

Violations check_lines(const SourceFile& file) {
    Violations out;
    if (!file.is_code()) return out;
    const bool wide = file.has_extension(".sql") || file.has_extension(".html") || file.has_extension(".css");
    const bool script = file.has_extension(".ts") || file.has_extension(".mjs") || file.has_extension(".js");
    const std::size_t limit = script ? kMaxScriptLineLength : kMaxLineLength;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        const std::string& line = file.lines[i];
        const std::size_t length = characters(line);
        if (!wide && length > limit)
            add(out, file, i + 1, std::to_string(length) + " characters, at most " + std::to_string(limit));
        if (line.find('\t') != std::string::npos) add(out, file, i + 1, "a tab");
        if (!line.empty() && (line.back() == ' ' || line.back() == '\r')) add(out, file, i + 1, "ends with a blank");
    }
    if (!file.ends_with_newline) add(out, file, file.lines.size(), "no newline at the end of the file");
    if (!file.lines.empty() && file.lines.back().empty()) add(out, file, file.lines.size(), "ends with an empty line");
    return out;
}

// Each word is written in two pieces, so that this file keeps its own rule.
Violations check_words(const SourceFile& file) {
    static const std::array<std::string, 5> kLater = {"TO" "DO", "FIX" "ME", "X" "XX", "HA" "CK", "not" " implemented"};
    static const std::array<std::string, 4> kMachinePaths = {"/wo" "rk/", "/tmp/bash" "_jobs", "/ho" "me/", "C:" "\\"};
    static const std::string kForTheTimeBeing = "for" " now";
    Violations out;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        const std::string& line = file.lines[i];
        for (const std::string& word : kLater)
            if (has_word(line, word)) add(out, file, i + 1, "says " + word + ": do it, or say what is so");
        if (has_word(lower(line), kForTheTimeBeing)) add(out, file, i + 1, "says " + kForTheTimeBeing);
        for (const std::string& path : kMachinePaths)
            if (has_word(line, path)) add(out, file, i + 1, "names a path of one machine: " + path);
    }
    return out;
}

Violations check_links(const SourceFile& file, const fs::path& root) {
    Violations out;
    if (!file.has_extension(".md")) return out;
    const fs::path folder = (root / file.path).parent_path();
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        const std::string_view line = file.lines[i];
        for (auto at = line.find("]("); at != std::string_view::npos; at = line.find("](", at + 2)) {
            std::string_view target = line.substr(at + 2);
            target = target.substr(0, target.find_first_of(")#"));
            if (target.empty() || target.find("://") != std::string_view::npos) continue;
            if (!fs::exists(folder / target))
                add(out, file, i + 1, "links to " + std::string(target) + ", which is not there");
        }
    }
    return out;
}

Violations check_migrations(std::span<const SourceFile> files) {
    static constexpr std::string_view kUp = ".up.sql";
    static constexpr std::string_view kDown = ".down.sql";
    Violations out;
    std::map<std::string, std::string> name_of_number;
    const auto exists = [&](const std::string& path) {
        return std::ranges::find(files, path, &SourceFile::path) != files.end();
    };
    for (const SourceFile& file : files) {
        if (file.module() != "sql") continue;
        const std::string name = fs::path(file.path).filename().string();
        const bool is_up = name.ends_with(kUp);
        if (!is_numbered(name) || !(is_up || name.ends_with(kDown))) {
            add(out, file, 0, "a migration is called NNN_name.up.sql or NNN_name.down.sql");
            continue;
        }
        const std::string stem = name.substr(0, name.size() - (is_up ? kUp : kDown).size());
        if (!exists("sql/" + stem + std::string(is_up ? kDown : kUp))) add(out, file, 0, "its counterpart is missing");
        const auto [it, is_new] = name_of_number.emplace(stem.substr(0, 3), stem);
        if (!is_new && it->second != stem) add(out, file, 0, "its number is taken by " + it->second);
    }
    return out;
}

}  // namespace buttonwood::tidy
