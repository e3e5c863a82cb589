// Recorded order flow that is not part of the repository: ../shared/data beside the source tree, where it exists.
#pragma once

#include <algorithm>
#include <filesystem>
#include <vector>

namespace buttonwood::bench {

// Every *.flow.csv.gz below it, sorted; empty where the data is absent.
inline std::vector<std::filesystem::path> real_flow_files() {
    namespace fs = std::filesystem;
    std::vector<fs::path> files;
    std::error_code absent;
    const fs::path data = fs::path(BUTTONWOOD_SOURCE_DIR) / ".." / "shared" / "data";
    for (fs::recursive_directory_iterator it(data, absent), end; it != end; it.increment(absent))
        if (it->path().string().ends_with(".flow.csv.gz")) files.push_back(it->path());
    std::ranges::sort(files);
    return files;
}

}  // namespace buttonwood::bench
