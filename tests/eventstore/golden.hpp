// Golden files pin what is stored for ever. BUTTONWOOD_REWRITE_GOLDEN=1 writes them anew; the diff is then reviewed.
#pragma once

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace buttonwood::test {

inline std::string golden_path(const std::string& name) {
    return std::string(BUTTONWOOD_SOURCE_DIR) + "/tests/golden/" + name;
}

inline std::string golden_text(const std::string& name) {
    std::ifstream in(golden_path(name), std::ios::binary);
    std::ostringstream content;
    content << in.rdbuf();
    return content.str();
}

// What the file must contain: its content, or `actual` right after writing it there when a rewrite is asked for.
inline std::string golden(const std::string& name, const std::string& actual) {
    const char* rewrite = std::getenv("BUTTONWOOD_REWRITE_GOLDEN");
    if (rewrite != nullptr && std::string(rewrite) == "1") std::ofstream(golden_path(name), std::ios::binary) << actual;
    return golden_text(name);
}

}  // namespace buttonwood::test
